//! Servers as child processes.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::machine::{Cores, processor_time};
use super::options::Options;

/// Maximum time for a server to start listening, and to stop.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A running server, killed when dropped.
pub struct Server {
    child: Child,
    pub at: SocketAddr,
    /// The management socket of `jeton serve`.
    pub manage: PathBuf,
}

impl Server {
    /// Starts the bare server. With `like` it sends the response in that file.
    pub fn baseline(cores: Cores, like: Option<&Path>, log: &Path) -> Result<Self, String> {
        let at = free_address();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("--bare").arg(at.to_string());
        if let Some(like) = like {
            command.arg("--like").arg(like);
        }
        Server::start(cores, command, at, log)
    }

    /// Starts `jeton serve` on a store, or its replacement.
    pub fn jeton(cores: Cores, options: &Options, store: &Path, log: &Path) -> Result<Self, String> {
        let at = free_address();
        let manage = manage_socket(log);
        let command = match &options.server {
            Some(line) => {
                let filled = |word: &str| {
                    word.replace("{addr}", &at.to_string())
                        .replace("{store}", &store.display().to_string())
                        .replace("{manage}", &manage.display().to_string())
                };
                let mut words = line.split_whitespace().map(filled);
                let mut command = Command::new(words.next().unwrap_or_default());
                command.args(words);
                command
            }
            None => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_jeton"));
                command.arg("serve").arg("--store").arg(store);
                command.arg("--verify").arg(at.to_string()).arg("--manage").arg(format!("unix:{}", manage.display()));
                command
            }
        };
        Server::start(cores, command, at, log)
    }

    /// Starts `command` on the servers' core with its messages in `log`. Waits until the server listens.
    pub fn start(cores: Cores, mut command: Command, at: SocketAddr, log: &Path) -> Result<Self, String> {
        let messages = File::create(log).map_err(|e| format!("{}: {e}", log.display()))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(messages);
        let child = cores.as_server(|| command.spawn()).map_err(|e| format!("it can't be started: {e}"))?;
        let mut server = Server { child, at, manage: manage_socket(log) };
        let begun = Instant::now();
        while TcpStream::connect(at).is_err() {
            if let Ok(Some(ended)) = server.child.try_wait() {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                return Err(format!("{ended}: {}", said.lines().next().unwrap_or("it said nothing")));
            }
            if begun.elapsed() > START_TIMEOUT {
                return Err("it doesn't listen".to_owned());
            }
            sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the server is idle, so that its leftover work doesn't slow the next one.
    pub fn wait_until_idle(&self) {
        let begun = Instant::now();
        loop {
            let before = processor_time(self.pid());
            // Longer than a second, within which the service writes its uses to the store.
            sleep(Duration::from_millis(1_100));
            let busy = processor_time(self.pid()).saturating_sub(before);
            if busy < Duration::from_millis(20) || begun.elapsed() > START_TIMEOUT {
                return;
            }
        }
    }

    /// Stops the server. Returns the elapsed time and the exit status.
    pub fn stop(mut self) -> String {
        let begun = Instant::now();
        let pid = Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        if let Err(e) = kill_process(pid, Signal::TERM) {
            return format!("it can't be told: {e}");
        }
        while begun.elapsed() < START_TIMEOUT {
            if let Ok(Some(ended)) = self.child.try_wait() {
                return format!("{ended} after {} ms", begun.elapsed().as_millis());
            }
            sleep(Duration::from_millis(5));
        }
        format!("still there after {} s, killed", START_TIMEOUT.as_secs())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that has already exited can't be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the management socket of the server that writes its messages to `log`.
fn manage_socket(log: &Path) -> PathBuf {
    log.with_extension("sock")
}

/// Returns a free port of the loopback interface.
pub fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
