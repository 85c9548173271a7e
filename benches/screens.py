#!/usr/bin/env python3
"""Measures the screens from outside, in a pseudo-terminal, as a user at a terminal feels them.

    cargo build --release
    benches/screens.py                              # 10,000 and 1,000,000 tokens, then the same over a slow link
    benches/screens.py --tokens 100000 --runs 9     # another store, more runs

Makes the stores with `jeton demo` in a folder of its own, and removes them. Prints medians: the times from a key to its first
frame and to the last byte that follows it (the pane follows once the cursor rests), the bytes, and the peak memory. Then, at
rest for 10 s, bytes and CPU time. A slow link delays both directions, and passes a number of bits each second. Compare figures of one run only: they
depend on the machine and on what else it does. Needs Linux and Python 3.9; nothing is installed.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

DOWN, PAGE_DOWN, HOME, END, ESCAPE = b"\x1b[B", b"\x1b[6~", b"\x1b[H", b"\x1b[F", b"\x1b"
TICKS = os.sysconf("SC_CLK_TCK")
SEQUENCE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
# Bytes that the systems on the way hold back: what the program has written and the terminal has not shown.
LINK_BUFFER = 16 * 1024
# Name (None isn't reported), keys (None is a pause), number of repetitions, keys written at once.
STEPS = [
    ("Down", DOWN, 20, 1),
    ("Page down", PAGE_DOWN, 8, 1),
    ("End", END, 1, 1),
    ("Home", HOME, 1, 1),
    ("End again", END, 1, 1),
    ("Home again", HOME, 1, 1),
    ("200 Downs at once", DOWN, 1, 200),
    (None, HOME, 1, 1),
    (None, b"/", 1, 1),
    ("filter: x (loads the texts)", b"x", 1, 1),
    (None, None, 1, 1),
    (None, b"\x7f", 1, 1),
    ("filter: p", b"p", 1, 1),
    ("filter: pa", b"a", 1, 1),
    ("filter: pay", b"y", 1, 1),
    (None, b"\x7f\x7f\x7f", 1, 1),
    ("filter: a rare word", b"000123", 1, 1),
    (None, b"\x7f" * 6, 1, 1),
    ("filter: method:get", b"method:get", 1, 1),
    (None, ESCAPE, 1, 1),
    ("mark all", b"a", 1, 1),
    (None, ESCAPE, 1, 1),
]


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


class Session:
    """The screens in a pseudo-terminal."""

    def __init__(self, program, store, link, size):
        self.link, self.quiet = link, 0.25 if not link.rate else 1.5
        environment = {"HOME": os.path.dirname(store), "JETON_TOKEN_FILE": f"{store}.token", "TERM": "xterm-256color"}
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.started = time.monotonic()
        take_terminal = lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.process = subprocess.Popen([program, "--store", store], stdin=slave, stdout=slave, stderr=slave,
                                        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment},
                                        preexec_fn=take_terminal)
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

    def wait(self, start, needle=None):
        """Waits until the output rests; returns milliseconds to its first frame (or to `needle`), to its last byte, and the bytes."""
        data, first, last, found, deadline = b"", None, None, None, start + 60
        while time.monotonic() < deadline:
            chunk = self.read(0.005)
            now = time.monotonic()
            if chunk:
                data, last = data + chunk, self.link.arrival(now, len(chunk))
                first = first or last
                if needle and found is None and needle in SEQUENCE.sub(b"", data):
                    found = last
            elif now - (last or start) > self.quiet and (last or now - start > 1) and not self.link.is_full(now):
                break
        shown = found if needle else first
        since = lambda at: (at - start) * 1e3 if at else float("nan")
        return since(shown), since(last), len(data)

    def press(self, keys):
        start = time.monotonic()
        if self.link.delay:
            time.sleep(self.link.delay)
        os.write(self.master, keys)
        return self.wait(start)

    def cpu_ms(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / TICKS

    def peak_mib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

    def end(self, how):
        """Ends the program, by a key or a signal, and waits for it."""
        if how == "q":
            os.write(self.master, b"q")
        else:
            self.process.send_signal(how)
        while self.process.poll() is None:
            self.read(0.01)
        os.close(self.master)


def measure(program, store, link, runs, size):
    """Returns rows of name, milliseconds and bytes of each run."""
    rows, memory, at_rest = {}, {}, (0, 0)
    note = lambda name, values: rows.setdefault(name, []).append(values)
    for run in range(runs):
        session = Session(program, store, Link(*link), size)
        note("first row", session.wait(session.started, "▶".encode()))
        memory.setdefault("peak memory without a filter", []).append(session.peak_mib())
        for number, (name, keys, repeat, at_once) in enumerate(STEPS):
            if name and "loads" in name:
                memory["peak memory without a filter"][-1] = session.peak_mib()
            for _ in range(repeat):
                if keys is None:
                    time.sleep(2)
                    continue
                if name == "mark all":
                    memory.setdefault("peak memory with a filter", []).append(session.peak_mib())
                shown, settled, count = session.press(keys * at_once)
                if name:
                    note((number, name), (shown, settled, count / at_once))
        if run == 0 and not link[0]:
            before, begin, count = session.cpu_ms(), time.monotonic(), 0
            while time.monotonic() - begin < 10:
                count += len(session.read(0.25))
            at_rest = (count, session.cpu_ms() - before)
        session.end("q")
    return rows, memory, at_rest


def report(title, measured):
    rows, memory, (count, cpu) = measured
    print(f"\n{title}\n{'':32}{'shown ms':>10}{'last ms':>10}{'bytes/key':>12}")
    for name, values in rows.items():
        shown, settled, sizes = (statistics.median(column) for column in zip(*values))
        name = name if isinstance(name, str) else name[1]
        print(f"{name:32}{shown:10.1f}{settled:10.1f}{sizes:12.0f}")
    for name, values in memory.items():
        print(f"{name:32}{statistics.median(values):10.1f} MiB")
    if count or cpu:
        print(f"{'10 s at rest':32}{cpu:10.1f} ms of CPU, {count} bytes")


def check_ends(program, store, size):
    """Reports what each way out leaves beside the store."""
    print("\nafter the end by        -wal left, bytes     next first row, ms")
    for name, how in [("q", "q"), ("SIGTERM", signal.SIGTERM), ("SIGHUP", signal.SIGHUP), ("SIGINT", signal.SIGINT)]:
        session = Session(program, store, Link(), size)
        session.wait(session.started)
        session.end(how)
        wal = f"{store}-wal"
        left = os.path.getsize(wal) if os.path.exists(wal) else 0
        session = Session(program, store, Link(), size)
        first, _, _ = session.wait(session.started, "▶".encode())
        session.end("q")
        print(f"{name:24}{left:12}{first:22.1f}")


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
            report(f"{title}, {options.size}", measure(program, store, (0, 0), options.runs, size))
            check_ends(program, store, size)
        title, store = stores[-1]
        name = f"{title}, {options.size}, over {link[0]} ms and {link[1]:,} bit/s"
        report(name, measure(program, store, link, 1, size))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
