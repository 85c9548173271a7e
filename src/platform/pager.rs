//! The pager: a program of the user that shows long output.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, ChildStdin, Command, Stdio};

use super::{own_process, programs};

/// Options of `less` without `LESS`: don't break the rows of a table (the arrow keys show the rest), and leave the text on
/// the screen. Without `F`, which would end `less` with rows cut off, because a shorter list never goes to a pager.
const LESS: &str = "RSX";

/// The program that shows long lists, ready to be started.
pub struct PagerCommand(Command);

/// A running pager. Dropping it waits until the user has left it.
pub struct Pager {
    input: Option<ChildStdin>,
    child: Child,
}

impl PagerCommand {
    /// Returns the pager, if there is a person to read it: `JETON_PAGER`, else `PAGER`, else `less`. `cat` or an empty
    /// variable means none. `None` if there is none.
    pub fn find() -> Option<Self> {
        if !io::stdout().is_terminal() || own_process::is_dumb_terminal() {
            return None;
        }
        let chosen = env::var_os("JETON_PAGER").or_else(|| env::var_os("PAGER"));
        let mut command = match chosen {
            Some(chosen) if matches!(chosen.as_bytes().trim_ascii(), b"" | b"cat") => return None,
            Some(chosen) => {
                let mut shell = Command::new("/bin/sh");
                shell.arg("-c").arg(chosen);
                shell
            }
            None => Command::new(programs::find("less")?),
        };
        if env::var_os("LESS").is_none() {
            command.env("LESS", LESS);
        }
        // Without a locale, `less` would show the bytes of jeton's signs.
        if env::var_os("LESSCHARSET").is_none() {
            command.env("LESSCHARSET", "utf-8");
        }
        own_process::hide_settings(&mut command);
        Some(PagerCommand(command))
    }
}

impl Pager {
    /// `None` if the program can't be started.
    pub fn start(PagerCommand(mut command): PagerCommand) -> Option<Self> {
        let mut child = command.stdin(Stdio::piped()).spawn().ok()?;
        let input = child.stdin.take();
        Some(Pager { input, child })
    }

    /// Waits until the user has left the pager. Returns `true` if it ended with an error, such as one that isn't installed.
    pub fn has_failed(mut self) -> bool {
        self.input.take();
        self.child.wait().is_ok_and(|status| status.code().is_some_and(|code| code != 0))
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.input.as_mut().map_or(Err(io::ErrorKind::BrokenPipe.into()), |input| input.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        self.input.take();
        let _ = self.child.wait();
    }
}
