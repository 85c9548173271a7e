//! The service inside the test's process, with the clock and the password hasher of its installation.

use std::path::PathBuf;

use jeton::http::ServerHandle;
use jeton::service::endpoint::Endpoint;

use super::fakes::{TestInstall, socket, start_service};
use super::http::Client;

/// A running service, stopped on drop.
pub struct ServiceInProcess(Option<ServerHandle>);

impl ServiceInProcess {
    pub fn start(install: &TestInstall) -> Self {
        ServiceInProcess(Some(start_service(install.temp_store.path(), install.fakes.adapters())))
    }

    fn socket(&self, endpoint: fn(&ServerHandle) -> &Endpoint) -> PathBuf {
        socket(endpoint(self.0.as_ref().unwrap()))
    }

    pub fn management_socket(&self) -> PathBuf {
        self.socket(|handle| &handle.addrs.manage)
    }

    pub fn management_client(&self) -> Client {
        Client::unix(&self.management_socket())
    }

    pub fn client(&self) -> Client {
        Client::unix(&self.socket(|handle| &handle.addrs.verify))
    }
}

impl Drop for ServiceInProcess {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            let _ = handle.stop();
        }
    }
}
