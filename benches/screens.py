#!/usr/bin/env python3
"""Measures the screens from outside, in a pseudo-terminal, as a user at a terminal feels them.

    cargo build --release
    benches/screens.py                              # 10,000 and 1,000,000 tokens, then the same over a slow link
    benches/screens.py --tokens 100000 --runs 9     # another store, more runs

Makes the stores with `jeton demo` in a folder of its own, and removes them. Prints medians beside their goals: the times from a
key to its first frame (of a filter or an order: to the first frame with rows) and to the last byte that follows it (of a filter:
with the exact count; the pane follows once the cursor rests), the bytes before it rests, and the peak memory. Then, at rest for
10 s, bytes and CPU time; what each way out leaves behind; and a change of many tokens. A slow link delays both directions, and
passes a number of bits each second. csvlens and fzf, if they are on the PATH, show the same tokens in turn with the screens, as a
scale. Compare figures of one run only: they depend on the machine and on what else it does. Needs Linux and Python 3.9; nothing
is installed.
"""

import argparse
import atexit
import csv
import fcntl
import functools
import math
import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from typing import NamedTuple

DOWN, PAGE_DOWN, HOME, END, ESCAPE = b"\x1b[B", b"\x1b[6~", b"\x1b[H", b"\x1b[F", b"\x1b"
TERMINAL_QUERY, TERMINAL_ANSWER = b"\x1b[c", b"\x1b[?62;22c"
TICKS = os.sysconf("SC_CLK_TCK")
SEQUENCE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
# Bytes that the systems on the way hold back: what the program has written and the terminal has not shown.
LINK_BUFFER = 16 * 1024
# Time after a move until the pane follows, and a margin, in seconds.
REST = 0.12
# Starts of a program in each run. The first one after another program also pays for memory that the system has taken back.
STARTS = 3
# Name (None isn't reported), keys (None is a pause), number of repetitions, keys written at once, goals for the times in ms.
STEPS = [
    ("Down", DOWN, 20, 1, (2, None)),
    ("Page down", PAGE_DOWN, 8, 1, (2, None)),
    ("End", END, 1, 1, (2, None)),
    ("Home", HOME, 1, 1, (2, None)),
    ("End again", END, 1, 1, (2, None)),
    ("Home again", HOME, 1, 1, (2, None)),
    ("200 Downs at once", DOWN, 1, 200, (25, None)),
    (None, HOME, 1, 1, None),
    *[step for _ in range(8) for step in [(None, b"ss", 1, 1, None), ("sort by the next column", b"\r", 1, 1, (10, None))]],
    (None, b"/", 1, 1, None),
    ("filter: x (loads the texts)", b"x", 1, 1, (None, None)),
    (None, None, 1, 1, None),
    (None, b"\x7f", 1, 1, None),
    ("filter: p", b"p", 1, 1, (16, 50)),
    ("filter: pa", b"a", 1, 1, (16, 50)),
    ("filter: pay", b"y", 1, 1, (16, 50)),
    (None, b"\x7f\x7f\x7f", 1, 1, None),
    ("filter: a rare word", b"000123", 1, 1, (16, 50)),
    (None, b"\x7f" * 6, 1, 1, None),
    ("filter: a word far in the order", b"pub", 1, 1, (16, 50)),
    (None, b"\x7f" * 3, 1, 1, None),
    ("filter: method:get", b"method:get", 1, 1, (16, 50)),
    (None, ESCAPE, 1, 1, None),
    (None, b"/pay\r", 1, 1, None),
    ("mark all", b"a", 1, 1, (5, None)),
    (None, ESCAPE, 1, 1, None),
]
# The same steps in other programs.
CSVLENS_STEPS = [
    *[step[:4] + (None,) for step in STEPS[:2]],
    ("End", b"G", 1, 1, None),
    ("Home", b"g", 1, 1, None),
    ("200 Downs at once", DOWN, 1, 200, None),
    (None, b"\t", 2, 1, None),
    ("sort by the next column", b"J", 1, 1, None),
    (None, b"&", 1, 1, None),
    (None, b"pay", 1, 1, None),
    ("filter: pay", b"\r", 1, 1, None),
]
# The list of fzf grows upwards.
FZF_STEPS = [
    ("Down", b"\x1b[A", 20, 1, None),
    ("Page down", b"\x1b[5~", 8, 1, None),
    ("200 Downs at once", b"\x1b[A", 1, 200, None),
    ("filter: p", b"p", 1, 1, None),
    ("filter: pa", b"a", 1, 1, None),
    ("filter: pay", b"y", 1, 1, None),
    ("mark all", b"\x01", 1, 1, None),
    (None, b"\x15", 1, 1, None),
    ("filter: a rare word", b"000123", 1, 1, None),
]
FIRST_ROW_RATIO = 10  # Times that csvlens takes longer to its first row.
GOALS_OF_BYTES = {"Down": 363, "200 Downs at once": 200}
ROWS_GOAL = {"first row": (15, None)}
# One round trip of the slow link and 30 ms for the bytes. A burst leaves no backlog: 200 bytes a key would take 5 s.
SLOW_GOALS = {"Down": (130, None), "200 Downs at once": (None, 1000)}
MEMORY_GOALS = {"peak memory without a filter": 24, "peak memory with a filter": 100}
# A move to a row of the list, below the filter and above the foot.
ROW = re.compile(rb"\x1b\[(\d+);(\d+)H")


def shows_rows(data):
    return any(4 <= int(row) <= 20 and int(column) < 60 for row, column in ROW.findall(data))


class Link:
    """A link that delays each direction, and passes a number of bytes each second."""

    def __init__(self, delay_ms=0, bits=0):
        self.delay, self.rate = delay_ms / 2e3, bits / 8
        self.free_at = 0.0

    def arrival(self, now, count):
        """Returns the time at which `count` bytes written now have arrived."""
        if not self.rate:
            return now + self.delay
        self.free_at = max(self.free_at, now) + count / self.rate
        return self.free_at + self.delay

    def is_full(self, now):
        return self.rate and (self.free_at - now) * self.rate > LINK_BUFFER


class Program(NamedTuple):
    """A program, and the steps to measure."""

    name: str
    command: list
    # What its first row shows.
    needle: bytes
    steps: list
    environment: dict = {}
    # What it writes at rest, over and over.
    tick: bytes = b""


@functools.lru_cache
def config_folder():
    """Returns a configuration folder that turns tips off, because a tip takes the place of lines of its first screen."""
    folder = tempfile.mkdtemp(prefix="jeton-screens-config-")
    atexit.register(shutil.rmtree, folder)
    os.mkdir(os.path.join(folder, "jeton"))
    with open(os.path.join(folder, "jeton", "config.toml"), "w") as config:
        config.write('tips = "no"\n')
    return folder


def screens(program, store):
    environment = {"HOME": os.path.dirname(store), "XDG_CONFIG_HOME": config_folder(), "JETON_TOKEN_FILE": f"{store}.token"}
    return Program("jeton", [program, "--store", store], "▶".encode(), STEPS, environment)


def other_programs(store, folder):
    """Returns the programs on the PATH to compare with, which show the tokens of `store`."""
    rows, names = os.path.join(folder, "rows.csv"), os.path.join(folder, "names.txt")
    db = sqlite3.connect(f"file:{store}?mode=ro&immutable=1", uri=True)
    tokens = db.execute("SELECT name, username, description, public_id, api, expires_at, created_at FROM tokens"
                        " WHERE deleted_at IS NULL ORDER BY name")
    with open(rows, "w", newline="") as csv_file, open(names, "w") as name_file:
        table = csv.writer(csv_file)
        table.writerow(column[0] for column in tokens.description)
        first = None
        for row in tokens:
            first = first or row[0].encode()
            table.writerow(row)
            name_file.write(row[0] + "\n")
    programs = [
        Program("csvlens", ["csvlens", rows], first, CSVLENS_STEPS, tick=b"\x1b[39m\x1b[49m\x1b[59m\x1b[0m\x1b[?25l"),
        Program("fzf", ["sh", "-c", 'exec fzf -m --bind ctrl-a:select-all < "$0"', names], first, FZF_STEPS),
    ]
    missing = [program.name for program in programs if not shutil.which(program.name)]
    print("".join(f"\n{name} is not on the PATH: skipped" for name in missing))
    return [program for program in programs if program.name not in missing]


class Session:
    """A program in a pseudo-terminal."""

    def __init__(self, program, link, size):
        self.link, self.quiet, self.tick = link, 0.25 if not link.rate else 1.5, program.tick
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        # A vfork, which copies no pages of this program. The terminal opened after `setsid` becomes the controlling one.
        terminal = [(os.POSIX_SPAWN_OPEN, 0, os.ttyname(slave), os.O_RDWR, 0), *[(os.POSIX_SPAWN_DUP2, 0, fd) for fd in (1, 2)]]
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color", **program.environment}
        self.started = time.monotonic()
        self.pid = os.posix_spawnp(program.command[0], program.command, environment, file_actions=terminal, setsid=True)
        os.close(slave)

    def read(self, timeout):
        if self.link.is_full(time.monotonic()):
            time.sleep(0.005)
            return b""
        if not select.select([self.master], [], [], timeout)[0]:
            return b""
        try:
            return os.read(self.master, 65536)
        except OSError:
            return b""

    def wait(self, start, needle=None, rows=False):
        """Waits until the output rests; returns milliseconds to its first frame (or to `needle`, or to `rows`), to its last
        byte, and the bytes before the cursor rests."""
        data, first, last, found, shown_bytes, deadline = b"", None, None, None, 0, start + 60
        while time.monotonic() < deadline:
            chunk = self.read(0.005)
            now = time.monotonic()
            if TERMINAL_QUERY in chunk:
                os.write(self.master, TERMINAL_ANSWER)
            if chunk and chunk != self.tick:
                data, last = data + chunk, self.link.arrival(now, len(chunk))
                first = first or last
                # What follows once the cursor rests is no part of a move.
                shown_bytes = len(data) if self.link.rate or last - first < REST else shown_bytes
                if needle and found is None and needle in SEQUENCE.sub(b"", data):
                    found = last
                if rows and found is None and shows_rows(chunk):
                    found = last
            elif needle and not found:
                continue
            elif now - (last or start) > self.quiet and (last or now - start > 1) and not self.link.is_full(now):
                break
        shown = found if needle or found else first
        since = lambda at: (at - start) * 1e3 if at else float("nan")
        return since(shown), since(last), shown_bytes if shown_bytes else len(data)

    def press(self, keys, rows=False):
        start = time.monotonic()
        if self.link.delay:
            time.sleep(self.link.delay)
        os.write(self.master, keys)
        return self.wait(start, rows=rows)

    def cpu_ms(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / TICKS

    def peak_mib(self):
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

    def end(self, how):
        """Ends the program, by a key or a signal, and waits for it."""
        if how == "q":
            os.write(self.master, b"q")
        else:
            os.kill(self.pid, how)
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            self.read(0.01)
        os.close(self.master)


class Measured:
    """What the runs of a program have shown."""

    def __init__(self):
        # Milliseconds to the first frame and to the last byte, and bytes a key, of each run.
        self.rows, self.memory, self.at_rest = {}, {}, None

    def note(self, name, values):
        self.rows.setdefault(name, []).append(values)

    def median(self, name):
        return tuple(statistics.median(column) for column in zip(*self.rows[name]))

    def run(self, program, link, size):
        is_jeton = program.steps is STEPS
        end = "q" if is_jeton else signal.SIGTERM
        for start in range(STARTS):
            session = Session(program, Link(*link), size)
            self.note("first row", session.wait(session.started, program.needle))
            if start + 1 < STARTS:
                session.end(end)
        note_memory = lambda name: self.memory.setdefault(name, []).append(session.peak_mib())
        quiet = session.quiet
        for name, keys, repeat, at_once, _ in program.steps:
            if is_jeton and keys == b"/":
                note_memory("peak memory without a filter")
            if is_jeton and name == "mark all":
                note_memory("peak memory with a filter")
            for _ in range(repeat):
                if keys is None:
                    time.sleep(2)
                    continue
                is_search = bool(name) and name.startswith(("filter", "sort"))
                # Other programs are silent while they sort.
                session.quiet = 2 if is_search and not is_jeton else quiet
                shown, settled, count = session.press(keys * at_once, is_search and is_jeton)
                if name:
                    self.note(name, (shown, settled, count / at_once))
        if not is_jeton:
            note_memory("peak memory")
        if not self.at_rest and not link[0]:
            before, begin, count = session.cpu_ms(), time.monotonic(), 0
            while time.monotonic() - begin < 10:
                count += len(session.read(0.25))
            self.at_rest = (count, session.cpu_ms() - before)
        session.end(end)


def measure(programs, link, runs, size):
    """Measures the programs in turns. Returns the results by name."""
    measured = {program.name: Measured() for program in programs}
    for _ in range(runs):
        for program in programs:
            measured[program.name].run(program, link, size)
    return measured


def beside(value, goal):
    """Returns a figure and its goal, marked if the goal is missed."""
    return f"{value:10.1f}" + (f" (≤{goal:g}){'!' if value > goal else ' '}" if goal else "").ljust(9)


def report(title, measured, is_slow=False):
    goals = SLOW_GOALS if is_slow else {**ROWS_GOAL, **{name: goals for name, _, _, _, goals in STEPS if name}}
    print(f"\n{title}   (goal; ! = missed)\n{'':32}{'shown ms':>10}{'':9}{'last ms':>10}{'':9}{'bytes/key':>10}")
    for name in measured.rows:
        shown, settled, sizes = measured.median(name)
        first, last = goals.get(name, (None, None))
        print(f"{name:32}{beside(shown, first)}{beside(settled, last)}{beside(sizes, None if is_slow else GOALS_OF_BYTES.get(name))}")
    for name, values in measured.memory.items():
        print(f"{name:32}{beside(statistics.median(values), MEMORY_GOALS.get(name))} MiB")
    if measured.at_rest:
        count, cpu = measured.at_rest
        print(f"{'10 s at rest':32}{beside(cpu, 10)} ms of CPU, {count} bytes (0)")


def compare(measured):
    """Reports the figures of all programs side by side."""
    own, others = measured["jeton"], [name for name in measured if name != "jeton"]
    if not others:
        return
    print(f"\nin turn with others: shown ms, last ms, bytes/key\n{'':24}" + "".join(f"{name:>28}" for name in measured))
    for name in own.rows:
        if any(name in measured[other].rows for other in others):
            cells = (one.median(name) if name in one.rows else None for one in measured.values())
            print(f"{name:24}" + "".join(f"{'%10.1f%9.1f%9.0f' % cell if cell else '–':>28}" for cell in cells))
    peaks = (max(statistics.median(values) for values in one.memory.values()) for one in measured.values())
    print(f"{'peak memory, MiB':24}" + "".join(f"{peak:28.1f}" for peak in peaks))
    print(f"{'10 s at rest, ms, bytes':24}" + "".join(f"{'%.0f %9d' % one.at_rest[::-1]:>28}" for one in measured.values()))
    if "csvlens" in others:
        ratio = measured["csvlens"].median("first row")[0] / own.median("first row")[0]
        is_missed = "!" if ratio < FIRST_ROW_RATIO else ""
        print(f"first row {ratio:.1f} times sooner than csvlens (≥{FIRST_ROW_RATIO}){is_missed}")


def check_ends(program, store, size):
    """Reports what each way out leaves beside the store."""
    print("\nafter the end by        -wal left, bytes     next first row, ms")
    for name, how in [("q", "q"), ("SIGTERM", signal.SIGTERM), ("SIGHUP", signal.SIGHUP), ("SIGINT", signal.SIGINT)]:
        session = Session(screens(program, store), Link(), size)
        session.wait(session.started)
        session.end(how)
        wal = f"{store}-wal"
        left = os.path.getsize(wal) if os.path.exists(wal) else 0
        session = Session(screens(program, store), Link(), size)
        first, _, _ = session.wait(session.started, "▶".encode())
        session.end("q")
        print(f"{name:24}{left:12}{first:22.1f}")


def check_bulk_change(program, store, size):
    """Disables all tokens with a frequent word, and reports when the progress and the end are shown."""
    session = Session(screens(program, store), Link(), size)
    session.wait(session.started)
    for keys in [b"/pay\r", b"a", b"d"]:
        session.press(keys)
        time.sleep(3)
    start = time.monotonic()
    os.write(session.master, b"\r")
    shown, last, _ = session.wait(start, b"Disabling ")
    session.end("q")
    # A change of few tokens shows no progress.
    took = "made at once" if math.isnan(shown) else f"progress after {shown:.0f} ms, end after {last / 1e3:.1f} s"
    print(f"\ndisabling all tokens with a frequent word: {took}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jeton", default="target/release/jeton", help="the program [target/release/jeton]")
    parser.add_argument("--tokens", type=int, action="append", help="tokens of a store; can be repeated")
    parser.add_argument("--store", action="append", default=[], help="a store that exists, made by `jeton demo --tokens`")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--size", default="120x40", help="columns and rows [120x40]")
    parser.add_argument("--link", default="100,64000", help="delay in ms of a round trip, and bits a second [100,64000]")
    options = parser.parse_args()
    program, size = os.path.abspath(options.jeton), tuple(map(int, options.size.split("x")))
    link = tuple(map(int, options.link.split(",")))
    folder = tempfile.mkdtemp(prefix="jeton-screens-")
    try:
        stores = [(store, os.path.abspath(store)) for store in options.store]
        for tokens in options.tokens or ([] if stores else [10_000, 1_000_000]):
            store = os.path.join(folder, f"{tokens}.db")
            command = [program, "demo", "--tokens", str(tokens), "--store", store, "--no-open"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "HOME": folder})
            stores.append((f"{tokens:,} tokens", store))
        for title, store in stores:
            programs = [screens(program, store), *other_programs(store, folder)]
            measured = measure(programs, (0, 0), options.runs, size)
            report(f"{title}, {options.size}", measured["jeton"])
            compare(measured)
            check_ends(program, store, size)
            if store.startswith(folder):
                check_bulk_change(program, store, size)
        title, store = stores[-1]
        name = f"{title}, {options.size}, over {link[0]} ms and {link[1]:,} bit/s"
        report(name, measure([screens(program, store)], link, 1, size)["jeton"], is_slow=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
