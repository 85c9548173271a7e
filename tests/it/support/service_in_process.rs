//! The service inside the test's process, with the clock and the password hasher of its installation.

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

    fn connect(&self, endpoint: fn(&ServerHandle) -> &Endpoint) -> Client {
        Client::unix(&socket(endpoint(self.0.as_ref().unwrap())))
    }

    pub fn management_client(&self) -> Client {
        self.connect(|handle| &handle.addrs.manage)
    }

    pub fn client(&self) -> Client {
        self.connect(|handle| &handle.addrs.verify)
    }
}

impl Drop for ServiceInProcess {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            let _ = handle.stop();
        }
    }
}
