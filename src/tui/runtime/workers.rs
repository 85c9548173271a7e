//! The background threads of the screens.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::WakeEvent;
use crate::error::Result;
use crate::platform::clipboard::{self, CLEAR_DELAY, ClipboardRoute};
use crate::tui::TuiConfig;
use crate::tui::clipboard_worker::{self, ClipboardWorker};
use crate::tui::msg::Msg;
use crate::tui::worker::{Connections, Job, StoreWorkers};
use crate::verbs::batches::Progress;

/// Maximum time that the end waits for the store to be closed, which a long read may delay.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(1000);
/// Maximum time that the end waits for the clipboard to be cleared. A desktop may never answer.
const CLIPBOARD_TIMEOUT: Duration = Duration::from_millis(1000);

pub(super) struct Workers {
    pub(super) store: Arc<StoreWorkers>,
    /// `None` if text is copied by an escape sequence to the terminal.
    pub(super) clipboard: Option<ClipboardWorker>,
    pub(super) route: ClipboardRoute,
    pub(super) progress: Arc<Progress>,
    /// `true` while the screen shows ledger data.
    pub(super) ledger_shown: Arc<AtomicBool>,
}

impl Workers {
    pub(super) fn start(config: &TuiConfig, events_tx: &Sender<WakeEvent>) -> Result<Self> {
        let msg_sender = |events_tx: &Sender<WakeEvent>| {
            let wake = events_tx.clone();
            move |msg| drop(wake.send(WakeEvent::Msg(msg)))
        };
        let ledger_shown = Arc::new(AtomicBool::new(false));
        let connections = Connections {
            short: Arc::clone(&config.backend),
            long_changes: Arc::clone(&config.for_long_changes),
            long_reads: Arc::clone(&config.for_long_reads),
        };
        let (delivery, probe) = (Arc::clone(&config.secret_files), config.propagation_probe.clone());
        let shown = Arc::clone(&ledger_shown);
        let store = StoreWorkers::start(connections, delivery, probe, shown, msg_sender(events_tx))?;
        let route = ClipboardRoute::choose();
        let clipboard = match route {
            ClipboardRoute::Desktop => clipboard::desktop()
                .map(|desktop| {
                    let clock = Arc::clone(&config.clock);
                    clipboard_worker::spawn_clipboard(desktop, CLEAR_DELAY, clock, msg_sender(events_tx))
                })
                .transpose()?,
            ClipboardRoute::Tmux => {
                let wake = events_tx.clone();
                Some(clipboard_worker::spawn_tmux(msg_sender(&wake), move |text| {
                    drop(wake.send(WakeEvent::TmuxFailed(text)))
                })?)
            }
            ClipboardRoute::Terminal | ClipboardRoute::TmuxPassthrough | ClipboardRoute::Screen => None,
        };
        let send = msg_sender(events_tx);
        config.progress.listen(move |done, total| send(Msg::Progress(done, total)));
        let progress = Arc::clone(&config.progress);
        Ok(Workers { store: Arc::new(store), clipboard, route, progress, ledger_shown })
    }

    /// Sends a job to its thread. If the job works in batches, a later stop applies to it.
    pub(super) fn send(&self, job: Job) -> Result<()> {
        if job.is_batched() {
            self.progress.begin();
        }
        self.store.send(job)
    }
}

impl Drop for Workers {
    /// Closes the store and clears a secret from the desktop's clipboard, however the screens end.
    fn drop(&mut self) {
        self.progress.stop();
        let cleared = self.clipboard.take().map(ClipboardWorker::end);
        self.store.close(CLOSE_TIMEOUT);
        if let Some(cleared) = cleared {
            let _ = cleared.recv_timeout(CLIPBOARD_TIMEOUT);
        }
    }
}
