//! Lasting faults in the environment of the service. Each is logged when it begins, once a minute while it lasts, and
//! when it ends. Health and metrics list them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::untrusted_text::escape_untrusted;
use crate::platform::clock::Stopwatch;
pub(super) use crate::service::fault::Fault;

/// Time between two log entries for the same fault.
const REMIND_INTERVAL: Duration = Duration::from_secs(60);

impl Fault {
    const fn describe(self) -> &'static str {
        match self {
            Fault::VerifySocket => "proxies can't connect: the verify socket is gone, and jeton can't replace it now",
            Fault::ManageSocket => "the management socket is gone, and jeton can't replace it now",
            Fault::ServiceFile => {
                "commands don't find this service: its file next to the store is gone, and can't be created again"
            }
            Fault::Proof => "proxies that check jeton's proof refuse every request: jeton can't read the proof values",
            Fault::Certificate => {
                "the new certificate for https can't be used: jeton still uses the earlier certificate"
            }
            Fault::Clock => {
                "the clock is behind the latest time that jeton knows. Until the clock is correct, jeton calculates \
                 expiries from the latest time"
            }
        }
    }

    /// Returns `true` if proxies get no permitting answers while the fault lasts.
    pub(super) const fn stops_verification(self) -> bool {
        match self {
            Fault::VerifySocket | Fault::Proof => true,
            Fault::ManageSocket | Fault::ServiceFile | Fault::Certificate | Fault::Clock => false,
        }
    }
}

struct Ongoing {
    began: Stopwatch,
    logged: Stopwatch,
}

#[derive(Default)]
pub(super) struct Faults([Mutex<Option<Ongoing>>; Fault::ALL.len()]);

impl Faults {
    fn lock(&self, fault: Fault) -> MutexGuard<'_, Option<Ongoing>> {
        self.0[fault as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a fault. Must be called repeatedly for as long as the fault lasts.
    pub fn report(&self, fault: Fault, why: &str) {
        let mut ongoing = self.lock(fault);
        let is_due = ongoing.as_ref().is_none_or(|ongoing| ongoing.logged.elapsed() >= REMIND_INTERVAL);
        if is_due {
            let seconds = ongoing.as_ref().map_or(0, |ongoing| ongoing.began.elapsed().as_secs());
            tracing::error!(fault = fault.as_str(), why = %escape_untrusted(why), seconds, "{}", fault.describe());
            let began = ongoing.as_ref().map_or_else(Stopwatch::start, |ongoing| ongoing.began);
            *ongoing = Some(Ongoing { began, logged: Stopwatch::start() });
        }
    }

    pub fn resolve(&self, fault: Fault) {
        if let Some(ongoing) = self.lock(fault).take() {
            tracing::info!(
                fault = fault.as_str(),
                seconds = ongoing.began.elapsed().as_secs(),
                "the fault is resolved"
            );
        }
    }

    pub fn is_ongoing(&self, fault: Fault) -> bool {
        self.lock(fault).is_some()
    }

    pub fn ongoing(&self) -> Vec<Fault> {
        Fault::ALL.into_iter().filter(|fault| self.is_ongoing(*fault)).collect()
    }
}
