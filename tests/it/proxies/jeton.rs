//! `jeton serve`, the real program, for a proxy to ask.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::program::Home;

/// A running service of a home's store.
pub struct Jeton {
    /// Where it checks tokens.
    pub verify: String,
    manage: PathBuf,
    child: Child,
    looked: AtomicUsize,
}

impl Jeton {
    /// Starts it, to listen for questions at `verify`; port 0 is any.
    pub fn start(home: &Home, verify: &str) -> Jeton {
        let mut command = home.command(&["serve", "--verify", verify, "--log", "error"]);
        let log = fs::File::create(home.path("serve.log")).unwrap();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut said = home.store().into_os_string();
        said.push("-service");
        let (_never, pause) = mpsc::channel::<()>();
        for _ in 0..1_500 {
            let text = fs::read_to_string(&said).unwrap_or_default();
            let place = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            // It is written once both are listened on.
            if let (Some(verify), Some(manage)) = (place("verify"), place("manage")) {
                let manage = PathBuf::from(manage.trim_start_matches("unix:"));
                return Jeton { verify: verify.to_owned(), manage, child, looked: AtomicUsize::new(0) };
            }
            if let Some(ended) = child.try_wait().unwrap() {
                panic!("it ended, {ended}: {}", fs::read_to_string(home.path("serve.log")).unwrap());
            }
            let _ = pause.recv_timeout(Duration::from_millis(20));
        }
        panic!("it doesn't begin: {}", fs::read_to_string(home.path("serve.log")).unwrap());
    }

    /// How many connections came to be asked over.
    #[expect(clippy::disallowed_methods, reason = "somebody who looks after the service")]
    pub fn connections(&self) -> usize {
        let mut stream = UnixStream::connect(&self.manage).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: jeton\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let all: usize =
            text.lines().find_map(|l| l.strip_prefix("jeton_connections_total ")).expect(&text).trim().parse().unwrap();
        all - 1 - self.looked.fetch_add(1, Ordering::SeqCst)
    }

    /// Ends it as a service manager does, and waits until its ledger is written.
    pub fn stop(&mut self) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(id, Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Jeton {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
