//! The service of the demonstration, and clients that send requests for as long as the screens are open.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use zeroize::Zeroizing;

use super::history::{DemoToken, callable};
use super::sample_tokens::Traffic;
use super::seeded_rng::SeededRng;
use crate::config::ServeSettings;
use crate::domain::catalogue::Catalogue;
use crate::domain::method::MethodId;
use crate::domain::secret::Secret;
use crate::error::Result;
use crate::http::{self, ServerConfig, ServerHandle};
use crate::platform::sockets::{self, HttpReply};
use crate::platform::threads;
use crate::service::endpoint::Endpoint;
use crate::store::StoreLocation;
use crate::verbs::local_backend::Adapters;

/// Minimum time between two requests, in milliseconds. Up to as much again is added at random.
const MIN_PAUSE_MS: usize = 150;
const TIMEOUT: Duration = Duration::from_millis(500);
/// Age of the last use, in minutes, up to which a token continues to be used.
const ACTIVE_WITHIN_MINUTES: i64 = 60;
/// One request in this many uses a secret that doesn't work.
const DENIAL_ODDS: usize = 6;

/// A client that continues to use its secret.
pub(super) struct SimulatedClient {
    secret: Secret,
    methods: Vec<MethodId>,
    traffic: Traffic,
}

impl SimulatedClient {
    /// Returns clients for the sample's tokens that are in use now, and for those that are used in spite of being
    /// denied.
    pub fn from_tokens(created: Vec<DemoToken>) -> Result<Vec<SimulatedClient>> {
        let catalogue = Catalogue::shipped("cloud-platform")?;
        let calls =
            |traffic: &Traffic| traffic.denied > 0 || (traffic.a_day > 0 && traffic.last <= ACTIVE_WITHIN_MINUTES);
        let created = created.into_iter().filter(|created| calls(&created.sample.traffic));
        let caller = |created: DemoToken| SimulatedClient {
            methods: callable(&created.token, &catalogue),
            traffic: created.sample.traffic,
            // A client that missed a rotation continues with the old secret.
            secret: created.old_secret.filter(|_| created.sample.traffic.denied > 0).unwrap_or(created.secret),
        };
        Ok(created.map(caller).collect())
    }

    fn send_request(&self, service: &Endpoint, rng: &mut SeededRng) -> Result<HttpReply> {
        let method = rng.choose(&self.methods).map_or("-", MethodId::as_str);
        let (address, client) = rng.choose(self.traffic.from).copied().unwrap_or_default();
        let mut headers = Zeroizing::new(String::with_capacity(512));
        headers.push_str("Authorization: Bearer ");
        self.secret.expose(|secret| headers.push_str(secret));
        headers.push_str(&format!("\r\nX-Forwarded-For: {address}\r\nUser-Agent: {client}\r\n"));
        sockets::get(service, &format!("/v1/verify/{method}"), &headers, TIMEOUT)
    }
}

/// A running service with continuous requests.
pub struct Simulator {
    service: ServerHandle,
    end: Sender<()>,
    traffic: JoinHandle<Option<()>>,
}

impl Simulator {
    /// Starts the service and the clients on the store at `store`.
    pub(super) fn start(store: PathBuf, callers: Vec<SimulatedClient>, adapters: Adapters) -> Result<Self> {
        let service = http::start(
            ServerConfig {
                store: StoreLocation::file(store),
                settings: ServeSettings::default(),
                insecure: false,
                accept_older_store: false,
                accept_earlier_clock: false,
                adapters,
            },
            || (),
        )?;
        let (end, ended) = channel();
        let at = service.addrs.verify.clone();
        // Without this thread the demonstration only shows no new requests.
        let traffic = threads::spawn("traffic", |_| (), move || simulate_until(&ended, &at, &callers));
        match traffic {
            Ok(traffic) => Ok(Simulator { service, end, traffic }),
            Err(e) => {
                let _ = service.stop();
                Err(threads::not_started(e))
            }
        }
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.service.addrs.verify
    }

    pub fn stop(self) {
        drop(self.end);
        // A panic of that thread has been reported already.
        let _ = self.traffic.join();
        // The store is deleted after the service, so a failure doesn't matter.
        let _ = self.service.stop();
    }
}

fn simulate_until(ended: &Receiver<()>, service: &Endpoint, callers: &[SimulatedClient]) {
    let (denied, accepted): (Vec<&SimulatedClient>, Vec<&SimulatedClient>) =
        callers.iter().partition(|c| c.traffic.denied > 0);
    let mut rng = SeededRng::new(11);
    loop {
        let pause = MIN_PAUSE_MS + rng.below(MIN_PAUSE_MS);
        match ended.recv_timeout(Duration::from_millis(pause as u64)) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
        let some = if rng.below(DENIAL_ODDS) == 0 { &denied } else { &accepted };
        if let Some(caller) = rng.choose(some) {
            // The result doesn't matter: the client sends another request later.
            let _ = caller.send_request(service, &mut rng);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Demonstration;
    use crate::platform;

    #[test]
    fn simulator_is_accepted_or_denied_and_leaves_nothing() {
        let adapters = platform::adapters();
        let mut demonstration = Demonstration::create(&adapters).unwrap();
        let callers = std::mem::take(&mut demonstration.clients);
        let store = demonstration.store();
        let live = Simulator::start(store.clone(), Vec::new(), adapters.clone()).unwrap();
        let (mut rng, mut seen) = (SeededRng::new(1), (0, 0));
        for caller in &callers {
            let status = caller.send_request(live.endpoint(), &mut rng).unwrap().status;
            let is_denied = caller.traffic.denied > 0;
            assert_eq!(status, if is_denied { 401 } else { 200 });
            if is_denied { seen.1 += 1 } else { seen.0 += 1 }
        }
        assert_eq!(seen, (12, 7));
        live.stop();
        let left = |name: &str| store.with_file_name(name).exists();
        assert!(!left("jeton.db.manage"));
        let folder = store.parent().unwrap().to_owned();
        drop(demonstration);
        assert!(!folder.exists());
    }

    #[test]
    fn simulator_ends_when_stopped() {
        let (end, ended) = channel();
        drop(end);
        simulate_until(&ended, &Endpoint::parse("127.0.0.1:0").unwrap(), &[]);
    }
}
