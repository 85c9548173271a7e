//! The editor: a program of the user that changes a text in a private temporary file.

use std::env;
use std::ffi::OsString;
use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::low_level::signal_name;
use tempfile::TempDir;

use super::sidecar::open_options;
use super::{bounded_read, own_process, threads};
use crate::error::{Error, Result};

/// The variables that name the editor. The first one that is set is used.
const VARIABLES: [&str; 2] = ["VISUAL", "EDITOR"];
/// Name of the file with the text.
const FILE_NAME: &str = "description.txt";
/// Maximum size of the edited text, in bytes. Far more than any field takes.
const MAX_BYTES: usize = 64 * 1024;
/// Time in which an editor must end by itself if jeton ends.
const END_TIMEOUT: Duration = Duration::from_millis(200);
/// Characters of a command that can be more than a program and its arguments.
const COMPOUND: &[u8] = b"=;&|<>(){}\n";
/// The exit codes of a shell that can't run a program.
const NOT_RUN: [i32; 2] = [126, 127];

/// An editor ready to be started.
pub struct EditorCommand {
    /// The command as the user wrote it, with its variable.
    command: OsString,
    variable: &'static str,
    folder: TempDir,
}

/// An event of a running editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditorEvent {
    /// Ctrl-Z in the editor, for example.
    Stopped,
    Ended,
}

/// A running editor. Dropping it ends the editor, restores the terminal's modes and removes the file.
pub struct Editor {
    started: EditorCommand,
    child: Child,
    /// The terminal's modes from before.
    modes: Option<Termios>,
    ended: Receiver<()>,
}

impl EditorCommand {
    /// Finds the editor and writes `text` to a new file for it.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] without an editor; [`crate::error::Kind::Failure`] if the file can't be written.
    pub fn prepare(text: &str) -> Result<Self> {
        let values = VARIABLES.into_iter().filter_map(|name| Some((name, env::var_os(name)?)));
        let Some((variable, command)) = values.into_iter().find(|(_, value)| !value.as_bytes().trim_ascii().is_empty())
        else {
            return Err(Error::usage("no editor is set")
                .next("Set VISUAL or EDITOR in the shell, e.g. export EDITOR=vim, and start jeton again"));
        };
        Self::with(variable, command, text)
    }

    fn with(variable: &'static str, command: OsString, text: &str) -> Result<Self> {
        let failed = |e: io::Error| Error::failure("the file for the editor can't be written").why(e.to_string());
        let folder = private_folder().map_err(failed)?;
        let prepared = EditorCommand { command, variable, folder };
        let mut file = open_options().write(true).create_new(true).open(prepared.path()).map_err(failed)?;
        writeln!(file, "{text}").map_err(failed)?;
        Ok(prepared)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(FILE_NAME)
    }

    /// Starts the editor on the terminal. `send` gets its events from another thread.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if no process can be started.
    pub fn start(self, send: impl Fn(EditorEvent) + Send + Clone + 'static) -> Result<Editor> {
        let failed = |e: io::Error| Error::failure("the editor can't be started").why(e.to_string());
        let modes = tcgetattr(rustix::stdio::stdin()).ok();
        // Without a shell between them, signals reach the editor.
        let is_simple = !self.command.as_bytes().iter().any(|byte| COMPOUND.contains(byte));
        let mut script = OsString::from(if is_simple { "exec " } else { "" });
        // The command may have arguments and quotes. The path must not be read as a part of it.
        script.push(&self.command);
        script.push(" \"$@\"");
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(script).arg(&self.command).arg(self.path());
        own_process::hide_settings(&mut command);
        let child = command.spawn().map_err(failed)?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let (end_tx, ended) = channel();
        let on_panic = send.clone();
        let editor = Editor { started: self, child, modes, ended };
        threads::spawn(
            "editor",
            move |_| on_panic(EditorEvent::Ended),
            move || {
                wait_for_end(pid, || send(EditorEvent::Stopped));
                let _ = end_tx.send(());
                send(EditorEvent::Ended);
            },
        )
        .map_err(failed)?;
        Ok(editor)
    }
}

/// Creates a folder that only this user can use, in memory if the system has a folder for that.
fn private_folder() -> io::Result<TempDir> {
    let mut new = tempfile::Builder::new();
    new.prefix("jeton-").permissions(Permissions::from_mode(0o700));
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    // After `su` it is the folder of another user, who could replace ours.
    let is_own = |folder: &PathBuf| {
        let own = rustix::process::geteuid().as_raw();
        std::fs::metadata(folder).is_ok_and(|meta| meta.uid() == own && meta.mode() & 0o077 == 0)
    };
    runtime.filter(is_own).and_then(|folder| new.tempdir_in(folder).ok()).map_or_else(|| new.tempdir(), Ok)
}

/// Waits until the process `pid` has ended, and leaves its exit code to be read. Calls `on_stop` whenever it has stopped.
fn wait_for_end(pid: Option<Pid>, on_stop: impl Fn()) {
    let Some(pid) = pid else { return };
    let any = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
    loop {
        match waitid(WaitId::Pid(pid), any) {
            Ok(Some(status)) if status.stopped() => {
                // Each stop is reported once.
                let _ = waitid(WaitId::Pid(pid), WaitIdOptions::STOPPED | WaitIdOptions::NOHANG);
                on_stop();
            }
            Err(Errno::INTR) => {}
            _ => return,
        }
    }
}

impl Editor {
    /// Returns the edited text, once the editor has ended.
    ///
    /// # Errors
    /// The reason why the text must not be used.
    pub fn finish(mut self) -> Result<String> {
        let failed = |e: io::Error| Error::failure("the editor's result can't be read").why(e.to_string());
        let status = self.child.wait().map_err(failed)?;
        check(status, &self.started)?;
        read(&self.started.path())
    }

    /// Continues a stopped editor.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Ends the editor if it still runs.
    fn stop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        self.signal(Signal::TERM);
        // A stopped process handles the signal once it continues.
        self.signal(Signal::CONT);
        if self.ended.recv_timeout(END_TIMEOUT).is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        self.stop();
        if let Some(modes) = &self.modes {
            // A killed editor leaves its own modes.
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, modes);
        }
    }
}

fn check(status: ExitStatus, started: &EditorCommand) -> Result<()> {
    use std::os::unix::process::ExitStatusExt;
    let ended = match (status.code(), status.signal()) {
        (Some(0), _) => return Ok(()),
        (Some(code), _) if NOT_RUN.contains(&code) => {
            return Err(Error::failure("the editor can't be started")
                .why(format!("{} is \"{}\"", started.variable, started.command.display()))
                .next(format!("Correct {} in the shell, and start jeton again", started.variable)));
        }
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned),
        (None, None) => "no exit code".to_owned(),
    };
    Err(Error::failure(format!("the editor ended with {ended}; the field is unchanged")))
}

fn read(path: &Path) -> Result<String> {
    let gone = |why: String| Error::failure("the edited text can't be read; the field is unchanged").why(why);
    let file = match open_options().open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(gone("the editor removed its file".to_owned())),
        Err(e) => return Err(gone(e.to_string())),
    };
    if !file.metadata().is_ok_and(|meta| meta.is_file()) {
        return Err(gone("it is not a regular file".to_owned()));
    }
    bounded_read::read_whole_text("the edited text", file, MAX_BYTES).map_err(|e| e.next("The field is unchanged"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Runs `command` as the editor for `text`, and returns its result. Nothing of it may remain.
    fn edit(command: &str, text: &str) -> Result<String> {
        let prepared = EditorCommand::with("EDITOR", command.into(), text).unwrap();
        let folder = prepared.folder.path().to_owned();
        let (send, events) = channel();
        let editor = prepared.start(move |event| send.send(event).unwrap_or(())).unwrap();
        assert_eq!(events.recv(), Ok(EditorEvent::Ended));
        let edited = editor.finish();
        assert!(!folder.exists());
        edited
    }

    #[test]
    fn editor_changes_the_text_in_a_private_file() {
        let command =
            r#"sh -c 'modes=$(stat -c %a "$1" "${1%/*}"); { cat "$1"; echo $modes; } > "$1~"; mv "$1~" "$1"' --"#;
        assert_eq!(edit(command, "Größe 'a' $HOME").unwrap(), "Größe 'a' $HOME\n600 700\n");
    }

    #[test]
    fn editor_that_fails_leaves_an_error() {
        let commands = [
            "exit 3;",
            "kill -KILL $$;",
            "/no/such/editor -x",
            "rm",
            "rm \"$1\"; mkfifo",
            "printf 'a\\377' >\"$1\"; :",
            "head -c 10000000 /dev/zero >\"$1\"; :",
        ];
        let errors: Vec<String> =
            commands.iter().map(|command| edit(command, "text").unwrap_err().to_string()).collect();
        insta::assert_snapshot!(errors.join("\n"), @r#"
        the editor ended with exit code 3; the field is unchanged
        the editor ended with SIGKILL; the field is unchanged
        the editor can't be started: EDITOR is "/no/such/editor -x". Correct EDITOR in the shell, and start jeton again
        the edited text can't be read; the field is unchanged: the editor removed its file
        the edited text can't be read; the field is unchanged: it is not a regular file
        the edited text:1: the text is not UTF-8. The field is unchanged
        the edited text is too large: the limit is 65 536 bytes. The field is unchanged
        "#);
    }

    #[test]
    fn dropped_editor_ends_with_its_file() {
        let pipes = tempfile::tempdir().unwrap();
        let [ready, never] = ["ready", "never"].map(|name| pipes.path().join(name));
        assert!(Command::new("mkfifo").args([&ready, &never]).status().unwrap().success());
        let (ready_name, never) = (ready.display(), never.display());
        // The second one ignores the request to end.
        for trap in ["", "trap '' TERM;"] {
            let command = format!("{trap} echo > {ready_name}; read line < {never};");
            let prepared = EditorCommand::with("EDITOR", command.into(), "text").unwrap();
            let folder = prepared.folder.path().to_owned();
            let (send, events) = channel();
            let editor = prepared.start(move |event| send.send(event).unwrap_or(())).unwrap();
            assert_eq!(fs::read(&ready).unwrap(), b"\n");
            drop(editor);
            assert_eq!(events.recv(), Ok(EditorEvent::Ended));
            assert!(!folder.exists());
        }
    }
}
