//! A real pseudo-terminal with a program in it. A terminal emulator interprets the output; tests type keys and wait for
//! the screen to change. Nothing sleeps: every wait is for an event, with a deadline.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use vt100::{Color, MouseProtocolMode, Parser, Screen};

/// Maximum time of any wait. Far longer than needed, because a machine may be busy.
pub const DEADLINE: Duration = Duration::from_secs(20);
/// Text on the terminal before a program starts.
const BEFORE: &str = "$ echo before\r\nbefore\r\n$ jeton\r\n";

/// Returns the number of times each way out is tried.
pub fn rounds() -> usize {
    if std::env::var_os("JETON_SOAK").is_some() { 200 } else { 3 }
}

/// The end of a program: exit code or signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Code(i32),
    Signal(i32),
}

/// Everything known about the terminal.
struct Seen {
    parser: Parser,
    /// All output ever written, for searching.
    written: Vec<u8>,
    /// `true` once the program has closed the terminal and all its output is in `parser`.
    drained: bool,
    /// `true` to make the reader close the terminal.
    hanging_up: bool,
    stopped: bool,
    end: Option<End>,
}

impl Seen {
    /// Returns `true` if the screen shows a whole frame: the program brackets each frame with mode 2026.
    fn is_whole(&self) -> bool {
        let last = |mark: &[u8]| self.written.windows(mark.len()).rposition(|w| w == mark);
        last(b"\x1b[?2026l") >= last(b"\x1b[?2026h")
    }
}

type Shared = Arc<(Mutex<Seen>, Condvar)>;

/// A program in a pseudo-terminal. Dropping it kills the program.
pub struct Terminal {
    master: Option<Box<dyn MasterPty + Send>>,
    slave: Option<Box<dyn SlavePty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    shared: Shared,
    reader: Option<JoinHandle<()>>,
    waiter: Option<JoinHandle<()>>,
    pid: Pid,
    /// The terminal's modes before the program started.
    modes: String,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn positive(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

/// Returns the command of a program. `env` is added to a home, a temporary folder, the terminal's name and a locale, and
/// nothing else.
pub fn program<S: AsRef<OsStr>>(path: &str, args: &[S], home: &Path, env: &[(&str, &str)]) -> CommandBuilder {
    let mut command = CommandBuilder::new(path);
    command.args(args);
    command.env_clear();
    command.env("HOME", home);
    command.env("TMPDIR", home);
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    for (key, value) in env {
        command.env(key, value);
    }
    command.cwd(home);
    command
}

impl Terminal {
    /// Starts `command` in a terminal of 80 columns and 24 rows.
    pub fn start(command: CommandBuilder) -> Self {
        Self::sized(command, 80, 24)
    }

    /// Starts `command` in a terminal of this size.
    pub fn sized(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let (master, slave) = (pair.master, pair.slave);
        let name = master.tty_name().unwrap();
        // `NOCTTY`: the terminal must not become our controlling terminal.
        let shell = rustix::fs::open(&name, OFlags::WRONLY | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap();
        assert_eq!(rustix::io::write(&shell, BEFORE.as_bytes()), Ok(BEFORE.len()));
        drop(shell);
        let modes = modes(&*master);
        let seen = Seen {
            parser: Parser::new(positive(rows), positive(columns), 0),
            written: Vec::new(),
            drained: false,
            hanging_up: false,
            stopped: false,
            end: None,
        };
        let shared: Shared = Arc::new((Mutex::new(seen), Condvar::new()));
        let child = slave.spawn_command(command).unwrap();
        let pid = Pid::from_raw(i32::try_from(child.process_id().unwrap()).unwrap()).unwrap();
        let reader = read(master.try_clone_reader().unwrap(), Arc::clone(&shared));
        let waiter = wait_for(pid, Arc::clone(&shared));
        Terminal {
            writer: Some(master.take_writer().unwrap()),
            master: Some(master),
            // Held until the program has ended, so that the modes can be read then.
            slave: Some(slave),
            shared,
            reader: Some(reader),
            waiter: Some(waiter),
            pid,
            modes,
        }
    }

    pub fn pid(&self) -> Pid {
        self.pid
    }

    pub fn types(&mut self, keys: &str) {
        self.sends(keys.as_bytes());
    }

    /// Sends bytes as the terminal itself does.
    pub fn sends(&mut self, bytes: &[u8]) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(bytes).and_then(|()| writer.flush()).unwrap();
    }

    /// Reports a size that the emulator doesn't have.
    pub fn claims(&self, columns: u16, rows: u16) {
        self.master.as_ref().unwrap().resize(size(columns, rows)).unwrap();
    }

    /// Pastes `text` as a terminal does.
    pub fn pastes(&mut self, text: &str) {
        self.types(&format!("\x1b[200~{text}\x1b[201~"));
    }

    pub fn signal(&self, signal: Signal) {
        assert_eq!(self.seen().end, None, "the program has ended already");
        kill_process(self.pid, signal).unwrap();
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen().parser.set_size(positive(rows), positive(columns));
        self.master.as_ref().unwrap().resize(size(columns, rows)).unwrap();
    }

    /// Waits until `wanted` holds for a whole frame. `what` describes the condition.
    #[track_caller]
    pub fn wait(&self, what: &str, mut wanted: impl FnMut(&Screen) -> bool) {
        self.until_seen(what, DEADLINE, |seen| seen.is_whole() && wanted(seen.parser.screen()));
    }

    /// Waits until the screen shows `text`.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    /// Waits until the screen no longer shows `text`.
    #[track_caller]
    pub fn lacks(&self, text: &str) {
        self.wait(&format!("no {text}"), |screen| !screen.contents().contains(text));
    }

    /// Waits until the program has stopped, and all its earlier output is on the screen.
    #[track_caller]
    pub fn stopped(&self) {
        self.until_seen("a stopped program", DEADLINE, |seen| seen.stopped);
        self.wait("the main screen", |screen| !screen.alternate_screen());
    }

    /// Continues a stopped program.
    pub fn resume(&self) {
        // Cleared before the program continues, so that no stop is missed.
        self.seen().stopped = false;
        self.signal(Signal::CONT);
    }

    /// Waits until the program has ended and all its output is on the screen.
    #[track_caller]
    pub fn ends(&mut self) -> End {
        self.until_seen("the end", DEADLINE, |seen| seen.end.is_some());
        // Now only we hold the terminal.
        let modes = modes(&**self.master.as_ref().unwrap());
        self.slave = None;
        self.until_seen("the rest of the output", DEADLINE, |seen| seen.drained);
        assert_eq!(modes, self.modes, "the terminal's modes");
        self.seen().end.unwrap()
    }

    /// Waits for the end, and asserts that it is `end` and that the terminal is restored.
    #[track_caller]
    pub fn ends_restored(&mut self, end: End) {
        assert_eq!(self.ends(), end, "{}", self.text());
        self.is_restored();
    }

    /// Waits until the program has ended or the screen satisfies `wanted`.
    #[track_caller]
    pub fn ends_or(&self, what: &str, wanted: impl Fn(&Screen) -> bool) -> bool {
        self.until_seen(what, DEADLINE, |seen| seen.end.is_some() || (seen.is_whole() && wanted(seen.parser.screen())));
        self.seen().end.is_some()
    }

    /// Asserts that the terminal is as it was before the program started, except for the text below.
    #[track_caller]
    pub fn is_restored(&self) {
        if let Some(master) = &self.master {
            assert_eq!(modes(&**master), self.modes, "the terminal's modes");
        }
        let seen = self.seen();
        let screen = seen.parser.screen();
        let found = (
            screen.alternate_screen(),
            screen.hide_cursor(),
            screen.bracketed_paste(),
            screen.mouse_protocol_mode(),
            (screen.application_cursor(), screen.application_keypad()),
            (screen.fgcolor(), screen.bgcolor(), screen.bold(), screen.inverse()),
        );
        let none = (Color::Default, Color::Default, false, false);
        assert_eq!(found, (false, false, false, MouseProtocolMode::None, (false, false), none));
        let before = BEFORE.replace("\r\n", "\n");
        assert!(screen.contents().starts_with(before.trim_end()), "{}", screen.contents());
        assert!(seen.is_whole(), "a synchronized update was left open");
    }

    /// Returns the output after the program last left its alternate screen.
    pub fn final_output(&self) -> String {
        let written = String::from_utf8_lossy(&self.seen().written).into_owned();
        written.rsplit("\x1b[?1049l").next().unwrap_or_default().to_owned()
    }

    /// Asserts that the screen shows only the text from before.
    #[track_caller]
    pub fn is_untouched(&self) {
        assert_eq!(self.text(), BEFORE.replace("\r\n", "\n").trim_end());
    }

    /// Takes the terminal away from the program, and waits for its end.
    #[track_caller]
    pub fn hang_up(mut self) -> End {
        self.seen().hanging_up = true;
        // The reader closes its end with the next byte that arrives: the program's answer to the new size.
        self.resize(81, 24);
        self.reader.take().unwrap().join().unwrap();
        self.writer = None;
        self.slave = None;
        self.master = None;
        self.until_seen("the end after a hang-up", DEADLINE, |seen| seen.end.is_some());
        self.seen().end.unwrap()
    }

    /// Returns `true` if the terminal echoes typed text.
    pub fn echoes(&self) -> bool {
        rustix::termios::tcgetattr(self.opened()).unwrap().local_modes.contains(rustix::termios::LocalModes::ECHO)
    }

    /// Opens the terminal as the program sees it.
    fn opened(&self) -> OwnedFd {
        let name = self.master.as_ref().unwrap().tty_name().unwrap();
        rustix::fs::open(name, OFlags::RDONLY | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap()
    }

    /// Waits until the program has read all that was sent.
    #[track_caller]
    #[expect(clippy::disallowed_methods, reason = "the system reports no end of a read, so only the wait has a limit")]
    pub fn has_read(&self) {
        let (terminal, started) = (self.opened(), Instant::now());
        while rustix::io::ioctl_fionread(&terminal).unwrap() > 0 {
            assert!(started.elapsed() < DEADLINE, "the program doesn't read");
            std::thread::yield_now();
        }
    }

    /// Waits for output after the first `bytes` bytes.
    #[track_caller]
    pub fn writes_after(&self, bytes: usize) {
        self.until_seen("more output", DEADLINE, |seen| seen.written.len() > bytes);
    }

    /// Returns the text on the screen.
    pub fn text(&self) -> String {
        self.seen().parser.screen().contents()
    }

    /// Passes the current screen to `f`.
    pub fn look<T>(&self, f: impl FnOnce(&Screen) -> T) -> T {
        f(self.seen().parser.screen())
    }

    /// Returns every byte the program ever wrote.
    pub fn written(&self) -> Vec<u8> {
        self.seen().written.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // A test's own predicate may have panicked; dropping the terminal must still work.
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn until_seen(&self, what: &str, within: Duration, mut wanted: impl FnMut(&Seen) -> bool) {
        let (_, changed) = &*self.shared;
        let (seen, timeout) = changed.wait_timeout_while(self.seen(), within, |seen| !wanted(seen)).unwrap();
        let (end, screen) = (seen.end, seen.parser.screen().contents());
        // Unlock first, so that the panic doesn't poison the lock: dropping the terminal needs it.
        drop(seen);
        assert!(!timeout.timed_out(), "timed out waiting for {what:?}; end: {end:?}; screen:\n{screen}");
    }
}

/// Returns the modes that `stty` shows, as text for comparison.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

fn read(mut from: Box<dyn Read + Send>, shared: Shared) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let (seen, changed) = &*shared;
        let mut buffer = [0; 65536];
        loop {
            let got = from.read(&mut buffer).unwrap_or(0);
            let mut seen = seen.lock().unwrap();
            seen.parser.process(&buffer[..got]);
            seen.written.extend_from_slice(&buffer[..got]);
            seen.drained = got == 0;
            changed.notify_all();
            if got == 0 || seen.hanging_up {
                return;
            }
        }
    })
}

fn wait_for(pid: Pid, shared: Shared) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let (seen, changed) = &*shared;
        loop {
            let Ok(Some((_, status))) = waitpid(Some(pid), WaitOptions::UNTRACED) else { return };
            let mut seen = seen.lock().unwrap();
            seen.stopped = status.stopped();
            seen.end = status.exit_status().map(End::Code).or(status.terminating_signal().map(End::Signal));
            changed.notify_all();
            if seen.end.is_some() {
                return;
            }
        }
    })
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.seen().end.is_none() {
            let _ = kill_process(self.pid, Signal::KILL);
        }
        if let Some(waiter) = self.waiter.take() {
            let _ = waiter.join();
        }
        // The reader ends without help, because the other side is closed.
        self.slave = None;
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}
