//! `jeton serve`, the real program, as the verifier of a proxy.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::cli_program::CliHome;
use crate::support::service_process::ServiceProcess;

/// A running service of a home's store.
pub struct RealService {
    /// Address of the verify listener.
    pub verify: String,
    service: Option<ServiceProcess>,
    connections_seen: AtomicUsize,
}

impl RealService {
    /// Starts the service on a port.
    pub fn on_a_port(home: &CliHome) -> RealService {
        Self::at(home, "127.0.0.1:0")
    }

    /// Starts the service on this port.
    pub fn at(home: &CliHome, address: &str) -> RealService {
        let service = ServiceProcess::spawn(home.command(&["serve", "--verify", address]));
        Self::new(service.verify.to_string(), service)
    }

    /// Starts the service on a socket.
    pub fn on_a_socket(home: &CliHome) -> RealService {
        let verify = format!("unix:{}", home.path("verify.sock").display());
        let service = ServiceProcess::spawn(home.command(&["serve", "--verify", &verify]));
        Self::new(verify, service)
    }

    fn new(verify: String, service: ServiceProcess) -> RealService {
        RealService { verify, service: Some(service), connections_seen: AtomicUsize::new(0) }
    }

    /// Returns the number of connections to the verify listener.
    pub fn connections(&self) -> usize {
        let service = self.service.as_ref().expect("it runs");
        let text = service.management_client().request("GET", "/metrics", &[]).body;
        let all = text.lines().find_map(|line| line.strip_prefix("jeton_connections_total ")).expect(&text);
        all.parse::<usize>().unwrap() - 1 - self.connections_seen.fetch_add(1, Ordering::SeqCst)
    }

    /// Kills the service: its socket file stays behind.
    pub fn kill(&mut self) {
        drop(self.service.take().expect("it runs"));
    }

    /// Stops the service as a service manager does, which writes the ledger.
    pub fn stop(&mut self) {
        self.service.take().expect("it runs").stop();
    }
}
