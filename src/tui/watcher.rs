//! The thread that notices changes made elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::worker::{StoreHandle, spawn_worker};
use crate::domain::wire_format::HexHash;
use crate::error::{Fault, Kind, Result};
use crate::tui::msg::Msg;
use crate::verbs::changes::{StorePosition, WaitForChanges};
use crate::verbs::credential::Credential;
use crate::verbs::request::call;

/// Time between two checks for changes of the store: well within the second that a user may wait for a change.
const POLL_INTERVAL: Duration = Duration::from_millis(300);
/// Maximum time between two attempts to reach a lost server, which may be back within two seconds.
const MAX_RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// Time in seconds for which a server waits for a change before it answers.
const WAIT: u64 = 15;

/// Starts the thread that notices changes of the store, by any process, and if its server can be reached. It ignores a
/// store that can't be read: a request that reads the store reports the error.
pub(super) fn spawn(
    store: StoreHandle,
    until: Receiver<()>,
    shown: Arc<AtomicBool>,
    answer: impl Fn(Msg) + Clone + Send + 'static,
) -> Result<()> {
    spawn_worker("watch", answer, move |answer| {
        let store = store;
        let (mut seen, mut seen_ledger) = (None::<(i64, Option<HexHash>)>, None);
        let (mut highest, mut knows_hash) = (0, true);
        let (mut is_reachable, mut was_refused) = (true, false);
        let mut pause = POLL_INTERVAL;
        loop {
            let shows_ledger = shown.load(Ordering::Relaxed);
            let (audit, hash) = seen.unzip();
            let audit_hash = knows_hash.then(|| hash.flatten().unwrap_or_default());
            let known = WaitForChanges { audit, audit_hash, ledger: seen_ledger.filter(|_| shows_ledger), wait: WAIT };
            // The return of a server is news, too.
            let can_wait = is_reachable && shows_ledger == known.ledger.is_some();
            let asked = if can_wait { known } else { WaitForChanges { audit_hash, ..WaitForChanges::default() } };
            let position = call(&*store.backend, &Credential::Store, asked);
            let is_lost = match &position {
                Err(error) if error.kind == Kind::Cancelled => !is_reachable,
                answered => answered.as_ref().is_err_and(|error| error.has_fault(Fault::Unreachable)),
            };
            // An older server doesn't know the field. After the loss, it may be another one.
            knows_hash = is_lost || knows_hash && !position.as_ref().is_err_and(|error| error.kind == Kind::Usage);
            if is_lost == is_reachable {
                is_reachable = !is_lost;
                answer(Msg::ServerReachable(is_reachable));
            }
            pause = if is_lost { (pause * 2).min(MAX_RETRY_INTERVAL) } else { POLL_INTERVAL };
            let is_refused = position
                .as_ref()
                .is_err_and(|error| error.kind == Kind::Unauthenticated && !error.has_fault(Fault::NotSignedIn));
            if is_refused && !was_refused {
                // The next read ends the session.
                answer(Msg::StoreChanged(i64::MAX));
            }
            was_refused = is_refused;
            if let Ok(StorePosition { audit, audit_hash, ledger }) = position {
                if seen.replace((audit, audit_hash)) != Some((audit, audit_hash)) {
                    // After a restore, the numbers may begin again with lower ones.
                    answer(Msg::StoreChanged(if audit <= highest { i64::MAX } else { audit }));
                    highest = audit.max(highest);
                }
                if shows_ledger && seen_ledger.replace(ledger) != Some(ledger) {
                    answer(Msg::LedgerChanged);
                }
            }
            if until.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    })
    .map(drop)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Sender, channel};

    use super::*;
    use crate::error::Error;
    use crate::verbs::Backend;
    use crate::verbs::request::{Request, Response};
    use crate::verbs::secret_delivery::SecretReceiver;

    /// Answers each question with the next answer of the test, and passes the question on.
    struct Asked(Sender<WaitForChanges>, Mutex<Receiver<Result<StorePosition>>>);

    impl Backend for Asked {
        fn run(&self, _: &Credential, request: Request, _: Option<&mut SecretReceiver<'_>>) -> Result<Response> {
            if let Request::WaitForChanges(asked) = request {
                let _ = self.0.send(asked);
            }
            let answer = self.1.lock().unwrap().recv().unwrap_or_else(|_| Err(Error::failure("the end")));
            answer.map(Response::WaitForChanges)
        }
    }

    #[test]
    fn watcher_waits_at_a_server_only_while_nothing_is_news() {
        let (asked, questions) = channel();
        let (answers, next_answer) = channel();
        let backend: Arc<dyn Backend> = Arc::new(Asked(asked, Mutex::new(next_answer)));
        let (messages, noticed) = channel();
        let (_stop, until) = channel();
        let (shown, (open_token, _closed)) = (Arc::<AtomicBool>::default(), channel());
        let store = StoreHandle { backend, _open_token: open_token };
        spawn(store, until, Arc::clone(&shown), move |msg| drop(messages.send(msg))).unwrap();
        let question = || {
            let asked = questions.recv_timeout(Duration::from_secs(60)).unwrap();
            (asked.audit, asked.ledger, asked.wait)
        };
        let notice = || noticed.recv_timeout(Duration::from_secs(60)).unwrap();
        let found = || Ok(StorePosition { audit: 1, audit_hash: None, ledger: 5 });
        assert_eq!(question(), (None, None, WAIT));
        answers.send(found()).unwrap();
        assert!(matches!(notice(), Msg::StoreChanged(1)));
        assert_eq!(question(), (Some(1), None, WAIT));
        answers.send(Err(Error::failure("lost").fault(Fault::Unreachable))).unwrap();
        assert!(matches!(notice(), Msg::ServerReachable(false)));
        assert_eq!(question(), (None, None, 0), "the return of the server is news");
        shown.store(true, Ordering::Relaxed);
        answers.send(found()).unwrap();
        assert!(matches!(notice(), Msg::ServerReachable(true)));
        assert_eq!(question(), (None, None, 0), "nothing of the ledger is known");
        answers.send(found()).unwrap();
        assert!(matches!(notice(), Msg::LedgerChanged));
        assert_eq!(question(), (Some(1), Some(5), WAIT));
        answers.send(Err(Error::new(Kind::Cancelled, "interrupted"))).unwrap();
        assert_eq!(question(), (Some(1), Some(5), WAIT));
        assert!(noticed.try_recv().is_err());
    }

    /// Sends the answers to a watcher. Returns the hashes that it asked with, and the changes that it noticed.
    fn watch(answered: Vec<Result<StorePosition>>) -> (Vec<Option<HexHash>>, Vec<i64>) {
        let ((asked, questions), (answers, next_answer)) = (channel(), channel());
        let backend: Arc<dyn Backend> = Arc::new(Asked(asked, Mutex::new(next_answer)));
        let ((messages, noticed), (stop, until), (open_token, _closed)) = (channel(), channel(), channel());
        let store = StoreHandle { backend, _open_token: open_token };
        spawn(store, until, Arc::default(), move |msg| drop(messages.send(msg))).unwrap();
        let question = || questions.recv_timeout(Duration::from_secs(60)).unwrap().audit_hash;
        let ask = |answer| {
            let hash = question();
            answers.send(answer).unwrap();
            hash
        };
        let mut hashes: Vec<_> = answered.into_iter().map(ask).collect();
        hashes.push(question());
        drop((stop, answers));
        let changes = noticed.iter().filter_map(|msg| match msg {
            Msg::StoreChanged(seq) => Some(seq),
            _ => None,
        });
        (hashes, changes.collect())
    }

    /// The log of a restore can end at the same number.
    #[test]
    fn watcher_notices_another_row_of_the_same_number() {
        let found = |hash| Ok(StorePosition { audit: 3, audit_hash: Some(HexHash([hash; 32])), ledger: 0 });
        let (hashes, changes) = watch(vec![found(1), found(1), found(2)]);
        assert_eq!(hashes, [0, 1, 1, 2].map(|hash| Some(HexHash([hash; 32]))));
        assert_eq!(changes, [3, i64::MAX]);
    }

    #[test]
    fn watcher_leaves_out_the_hash_for_an_older_server() {
        let found = |audit| Ok(StorePosition { audit, audit_hash: None, ledger: 0 });
        let (hashes, changes) = watch(vec![Err(Error::usage("unknown field")), found(3), found(4)]);
        assert_eq!(hashes, [Some(HexHash::default()), None, None, None]);
        assert_eq!(changes, [3, 4]);
    }
}
