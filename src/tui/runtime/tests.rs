use super::*;
use crate::domain::token::Purgeable;
use crate::platform;
use crate::propagation::PropagationProbe;
use crate::tui::effect::Call;
use crate::tui::msg::RequestId;
use crate::tui::worker::Connections;
use crate::verbs::Backend;
use crate::verbs::batches::Progress;
use crate::verbs::credential::Credential;
use crate::verbs::request::{Request, Response};
use crate::verbs::secret_delivery::SecretReceiver;
use crate::verbs::tokens::{CountTokens, PurgeTokens};

struct Nothing;

impl Backend for Nothing {
    fn run(&self, _: &Credential, _: Request, _: Option<&mut SecretReceiver<'_>>) -> Result<Response> {
        Err(Error::failure("nothing"))
    }
}

#[test]
fn stop_that_came_too_late_does_not_stop_the_next_work() {
    let jeton: Arc<dyn Backend> = Arc::new(Nothing);
    let delivery = Arc::new(platform::secret_files::InterruptibleDelivery);
    let probe = PropagationProbe::new(std::path::Path::new("nowhere"));
    let connections = Connections { short: Arc::clone(&jeton), long_changes: Arc::clone(&jeton), long_reads: jeton };
    let store = StoreWorkers::start(connections, delivery, probe, Arc::default(), drop).unwrap();
    let (progress, ledger_shown) = (Arc::<Progress>::default(), Arc::default());
    let workers = Workers {
        store: Arc::new(store),
        clipboard: None,
        route: ClipboardRoute::Terminal,
        progress: Arc::clone(&progress),
        ledger_shown,
    };
    let send = |request: Request| {
        let (id, credential, request) = (RequestId(1), Credential::Store, Box::new(request));
        workers.send(Job::Call(Call { id, replaces: None, credential, request })).unwrap();
    };
    progress.stop();
    send(PurgeTokens::new(Purgeable::Trashed, 5_000).into());
    assert!(!progress.is_stopped());
    progress.stop();
    send(CountTokens.into());
    assert!(progress.is_stopped(), "it is for the purge, which may not have begun");
}
