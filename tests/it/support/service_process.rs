//! `jeton serve` as a separate process, on a port that the system chooses.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::http::Client;

/// Maximum start time on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Maximum time to end.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// A running service, killed on drop.
pub struct ServiceProcess {
    child: Child,
    /// Address of the verify port. A placeholder if tokens are checked at a socket.
    pub verify: SocketAddr,
    /// Path of the management socket, or the address of its port.
    pub manage: PathBuf,
    stderr: Arc<Mutex<String>>,
    ended: Mutex<Receiver<()>>,
}

/// Returns the command that serves the store at `path`, on a free port and a socket next to the store.
pub fn command(path: &Path) -> Command {
    let mut command = command_at_sockets(path);
    command.args(["--verify", "127.0.0.1:0"]);
    command
}

/// Returns the command that serves the store at `path`, at sockets unless an argument changes that.
pub fn command_at_sockets(path: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jeton"));
    command.env_clear().env("HOME", path.parent().unwrap()).current_dir(path.parent().unwrap());
    command.args(["serve", "--store"]).arg(path);
    command
}

/// Returns a command that runs `command` with `sockets` open from descriptor 3 on, under these names. Follows
/// sd_listen_fds(3). The descriptors must stay open until the service has started.
pub fn pass_sockets(command: &Command, sockets: &[(&str, OwnedFd)]) -> (Command, Vec<OwnedFd>) {
    // Use high numbers, so that the copies don't occupy the target descriptors.
    let high: Vec<OwnedFd> = sockets
        .iter()
        .map(|(_, socket)| {
            let copy = rustix::io::fcntl_dupfd_cloexec(socket, 100).unwrap();
            rustix::io::fcntl_setfd(&copy, rustix::io::FdFlags::empty()).unwrap();
            copy
        })
        .collect();
    // `LISTEN_PID` must be the process's own id, so a shell sets it and then becomes the service.
    let moved: String = high.iter().enumerate().map(|(n, fd)| format!("exec {}<&{};", n + 3, fd.as_raw_fd())).collect();
    let mut shell = Command::new("/bin/bash");
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.arg("-c").arg(moved + "LISTEN_PID=$$ exec \"$@\"").arg("sh");
    let names: Vec<&str> = sockets.iter().map(|(name, _)| *name).collect();
    shell.env("LISTEN_FDS", names.len().to_string()).env("LISTEN_FDNAMES", names.join(":"));
    shell.arg(command.get_program()).args(command.get_args());
    (shell, high)
}

/// Returns a log line from the value of the field `name` on, in a log of text or JSON.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    [format!(" {name}="), format!("\"{name}\":\"")].iter().find_map(|mark| Some(line.split_once(mark)?.1))
}

/// Returns `true` for the log line with the addresses of a service that answers now.
pub fn is_ready(line: &str) -> bool {
    ["verify", "manage", "store"].iter().all(|name| field(line, name).is_some())
}

/// Counts the lines of a text log that have this level and contain all `parts`, such as `fault="proof"`.
pub fn count_events(log: &str, level: &str, parts: &[&str]) -> usize {
    let is_event =
        |line: &&str| line.split_whitespace().nth(1) == Some(level) && parts.iter().all(|part| line.contains(part));
    log.lines().filter(is_event).count()
}

impl ServiceProcess {
    /// Serves the store at `path`.
    pub fn start(path: &Path) -> ServiceProcess {
        Self::spawn(command(path))
    }

    /// Serves the store at `path` with this text as configuration.
    pub fn start_with_config(path: &Path, configuration: &str) -> ServiceProcess {
        let file = path.with_file_name("config.toml");
        std::fs::write(&file, configuration).unwrap();
        let mut command = command(path);
        command.env("JETON_CONFIG", OsString::from(file));
        Self::spawn(command)
    }

    /// Waits until the service that `command` starts answers.
    pub fn spawn(mut command: Command) -> ServiceProcess {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = Arc::new(Mutex::new(String::new()));
        let (kept, (tell, told), (end, ended)) = (Arc::clone(&said), channel(), channel());
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if is_ready(&line) {
                    let _ = tell.send(line.clone());
                }
                kept.lock().unwrap().push_str(&format!("{line}\n"));
            }
            drop(tell);
            let _ = end.send(());
        });
        let line = told.recv_timeout(START_TIMEOUT);
        let line = line.unwrap_or_else(|e| panic!("no service: {e}: {}", said.lock().unwrap()));
        // As text or JSON: an address contains neither a blank nor a quote.
        let word = |name: &str| field(&line, name).expect("an address").split([' ', '"']).next().unwrap().to_owned();
        let verify = word("verify");
        let verify = verify.parse().unwrap_or_else(|_| {
            assert!(verify.starts_with("unix:"), "{verify}");
            SocketAddr::from(([0, 0, 0, 0], 0))
        });
        let manage = word("manage");
        let manage = manage.strip_prefix("unix:").unwrap_or(&manage).into();
        ServiceProcess { child, verify, manage, stderr: said, ended: Mutex::new(ended) }
    }

    /// Connects to the verify listener.
    pub fn client(&self) -> Client {
        Client::tcp(self.verify)
    }

    /// Returns the proof header of a proxy that has the printed configuration.
    pub fn proxy_proof(store: &Path) -> String {
        let values = jeton::platform::proof_file::load(store).unwrap().expect("a port has them");
        format!("X-Jeton-Proof: {}", &*values.current.request())
    }

    /// Returns the address of the management listener with TLS.
    pub fn https(&self) -> SocketAddr {
        self.logged("address").expect("a port with TLS").parse().unwrap()
    }

    /// Returns the pin of the last certificate in the log.
    pub fn pin(&self) -> String {
        self.logged("pin").expect("a certificate")
    }

    /// Returns the last value of a field in a log of text.
    fn logged(&self, name: &str) -> Option<String> {
        let log = self.stderr();
        let last = log.lines().filter_map(|line| field(line, name)).next_back()?;
        last.split(' ').next().map(str::to_owned)
    }

    /// Connects to the management listener.
    pub fn management_client(&self) -> Client {
        Client::unix(&self.manage)
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Returns the log so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Returns the service's memory in KiB.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    pub fn request_stop(&self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
    }

    /// Stops the service, asserts that it ends in time with success, and returns the log.
    #[track_caller]
    pub fn stop(self) -> String {
        self.request_stop();
        self.wait_for_end()
    }

    /// Does the same as [`ServiceProcess::stop`], for a service that is already stopping.
    #[track_caller]
    pub fn wait_for_end(self) -> String {
        self.wait_for_code(0)
    }

    /// Does the same as [`ServiceProcess::wait_for_end`], with this exit status.
    #[track_caller]
    pub fn wait_for_code(mut self, code: i32) -> String {
        let ended = self.ended.get_mut().unwrap().recv_timeout(STOP_TIMEOUT);
        assert!(ended.is_ok(), "it runs on: {}", self.stderr());
        let status: ExitStatus = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(code), "{}", self.stderr());
        self.stderr()
    }
}

impl Drop for ServiceProcess {
    fn drop(&mut self) {
        // The service may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
