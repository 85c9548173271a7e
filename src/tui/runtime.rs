//! The main loop: waits for an event, handles all pending events, then draws once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use super::effect::{Effect, ForClipboard};
use super::input::{Input, Parser};
use super::model::Model;
use super::msg::{Copied, Msg, Sent};
use super::terminal::{self, Screen};
use super::theme::Theme;
use super::update::{start as first, update};
use super::view::view;
use super::worker::{self, Connections, Job, Store};
use super::{Ended, Start};
use crate::error::{Error, Result};
use crate::platform::clipboard::{ClipboardRoute, Desktop, osc52};
use crate::platform::signals::{self, SignalEvent};
use crate::platform::terminal::{ReadEvent, has_more, read, size};
use crate::platform::{process, tasks};
use crate::verbs::batches::Progress;
use crate::verbs::ports::Clock;

/// Maximum time for the program to end after a signal.
const LAST_MOMENTS: Duration = Duration::from_millis(1500);
/// Maximum time that the end waits for the store to be closed. A long read may delay it.
const CLOSING: Duration = Duration::from_millis(1000);
/// The same limit if the program is late in ending after a signal.
const CLOSING_LATE: Duration = Duration::from_millis(300);

/// An event that wakes the loop.
enum Woken {
    By(Msg),
    Told(SignalEvent),
    /// Text that could not be passed to tmux.
    NotByTmux(Zeroizing<String>),
}

pub(super) fn run(start: Start) -> Result<Ended> {
    let (wake, woken) = channel();
    let store = Arc::new(OnceLock::new());
    watch_signals(&wake, &start.clock, &store)?;
    let mut screen = Screen::take()?;
    let theme = if process::wants_colour() { Theme::colour() } else { Theme::mono() };
    let model = Model::new(&start, process::host(), theme, size());
    let workers = Workers::start(&start, &wake)?;
    let _ = store.set(Arc::clone(&workers.store));
    let clock = Arc::clone(&start.clock);
    // Only the workers hold the store from here on, so the store closes when they end.
    drop(start);
    read_keys(&wake)?;
    let end =
        Loop { model, screen: &mut screen, workers: &workers, woken, clock: &*clock, stopped_itself: false }.run();
    let given_back = screen.give_back();
    drop(workers);
    match end {
        Ok(Ended::Quit) => given_back.map(|()| Ended::Quit),
        Ok(ended @ Ended::Signal(_)) => Ok(ended),
        // A failed draw or read may precede the hang-up signal.
        Err(_) if signals::has_hung_up() => Ok(Ended::Signal(signal_hook::consts::SIGHUP)),
        Err(error) => Err(error),
    }
}

/// Lets signals wake the loop. A signal to end also starts a timer, because a loop stuck on a dead terminal must not
/// keep the program alive.
fn watch_signals(wake: &Sender<Woken>, clock: &Arc<dyn Clock>, store: &Arc<OnceLock<Arc<Store>>>) -> Result<()> {
    let (wake, clock, store) = (wake.clone(), Arc::clone(clock), Arc::clone(store));
    signals::watch(move |told| {
        let _ = wake.send(Woken::Told(told));
        let signal = match told {
            SignalEvent::End(signal) => signal,
            SignalEvent::HungUp => signal_hook::consts::SIGHUP,
            SignalEvent::Stop | SignalEvent::Continue | SignalEvent::Resized => return,
        };
        let (clock, store) = (Arc::clone(&clock), Arc::clone(&store));
        let _ = tasks::spawn(
            "last moments",
            move |_| signals::end_by_signal(signal),
            move || {
                clock.sleep(LAST_MOMENTS);
                terminal::abandon();
                if let Some(store) = store.get() {
                    store.close(CLOSING_LATE);
                }
                signals::end_by_signal(signal);
            },
        );
    })
    .map_err(|e| Error::failure("signals can't be received").why(e.to_string()))
}

/// Lets typed and pasted input wake the loop.
fn read_keys(wake: &Sender<Woken>) -> Result<()> {
    let wake = wake.clone();
    // Once the loop has ended, nobody receives the rest, and the program ends.
    let tell = move |msg| drop(wake.send(Woken::By(msg)));
    worker::spawn("keys", tell, |tell| {
        let mut parser = Parser::default();
        let mut buffer = Zeroizing::new([0; 4096]);
        let mut inputs = Vec::new();
        loop {
            match read(&mut *buffer, parser.patience()) {
                Ok(ReadEvent::Bytes(count)) => parser.feed(&buffer[..count], has_more(), &mut inputs),
                Ok(ReadEvent::TimedOut) => parser.quiet(&mut inputs),
                Err(e) => return tell(Msg::Blind(e.to_string())),
            }
            for input in inputs.drain(..) {
                tell(match input {
                    Input::Key(key) => Msg::Key(key),
                    Input::Paste(text) => Msg::Paste(text),
                });
            }
        }
    })
    .map(drop)
}

/// The background threads of the screens.
struct Workers {
    store: Arc<Store>,
    /// `None` if text is copied by an escape sequence to the terminal.
    clipboard: Option<(Sender<ForClipboard>, thread::JoinHandle<Option<()>>)>,
    past_tmux: bool,
    progress: Arc<Progress>,
    /// `true` while the screen shows ledger data.
    ledger_shown: Arc<AtomicBool>,
}

impl Workers {
    fn start(start: &Start, wake: &Sender<Woken>) -> Result<Self> {
        let answer = |wake: &Sender<Woken>| {
            let wake = wake.clone();
            move |msg| drop(wake.send(Woken::By(msg)))
        };
        let ledger_shown = Arc::new(AtomicBool::new(false));
        let connections = Connections {
            short: Arc::clone(&start.jeton),
            long_changes: Arc::clone(&start.for_long_changes),
            long_reads: Arc::clone(&start.for_long_reads),
        };
        let (delivery, witness) = (Arc::clone(&start.delivery), start.witness.clone());
        let shown = Arc::clone(&ledger_shown);
        let store = Store::start(connections, delivery, witness, shown, answer(wake))?;
        let clipboard = match ClipboardRoute::choose() {
            ClipboardRoute::Desktop => Some(worker::clipboard(Desktop::default(), answer(wake))?),
            ClipboardRoute::Tmux => {
                let wake = wake.clone();
                Some(worker::tmux(answer(&wake), move |text| drop(wake.send(Woken::NotByTmux(text))))?)
            }
            ClipboardRoute::Terminal | ClipboardRoute::TmuxPassthrough => None,
        };
        let past_tmux = ClipboardRoute::choose() != ClipboardRoute::Terminal;
        let tell = answer(wake);
        start.progress.listen(move |done, total| tell(Msg::Progress(done, total)));
        let progress = Arc::clone(&start.progress);
        Ok(Workers { store: Arc::new(store), clipboard, past_tmux, progress, ledger_shown })
    }
}

impl Workers {
    /// Sends a job to its thread. A stop from then on is for this job, if it works in batches.
    fn send(&self, job: Job) -> Result<()> {
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
        self.store.close(CLOSING);
        if let Some((texts, thread)) = self.clipboard.take() {
            drop(texts);
            // A panic in that thread has been reported already.
            let _ = thread.join();
        }
    }
}

struct Loop<'a> {
    model: Model,
    screen: &'a mut Screen,
    workers: &'a Workers,
    woken: Receiver<Woken>,
    clock: &'a dyn Clock,
    /// `true` if a `SIGCONT` is expected after our own suspend.
    stopped_itself: bool,
}

impl Loop<'_> {
    fn run(mut self) -> Result<Ended> {
        let effects = first(&mut self.model);
        self.carry_out(effects)?;
        loop {
            if let Some(result) = self.model.exit.take() {
                return result.map(|()| Ended::Quit);
            }
            let model = &self.model;
            self.screen.draw(|frame| view(model, frame))?;
            self.workers.ledger_shown.store(model.shows_ledger(), Ordering::Relaxed);
            let woken = self.wait()?;
            self.message(Msg::Now(self.clock.now()))?;
            // All pending events are handled before the next frame. Several resizes count as one.
            let mut resized = false;
            for woken in woken.into_iter().chain(self.woken.try_iter().collect::<Vec<_>>()) {
                match woken {
                    Woken::By(msg) => self.message(msg)?,
                    Woken::NotByTmux(text) => self.send_text(&text)?,
                    Woken::Told(SignalEvent::End(signal)) => return Ok(Ended::Signal(signal)),
                    Woken::Told(SignalEvent::HungUp) => return Ok(Ended::Signal(signal_hook::consts::SIGHUP)),
                    Woken::Told(SignalEvent::Resized) => resized = true,
                    Woken::Told(SignalEvent::Stop) => self.suspend()?,
                    // We also get SIGCONT after our own suspend; ignore that one. After SIGSTOP, which can't be
                    // announced, it is the only notification.
                    Woken::Told(SignalEvent::Continue) if self.stopped_itself => self.stopped_itself = false,
                    Woken::Told(SignalEvent::Continue) => self.resume(|| ())?,
                }
                if self.model.exit.is_some() {
                    break;
                }
            }
            if resized {
                self.resized()?;
            }
        }
    }

    /// Returns the next event; `None` if the screen changes by itself first.
    fn wait(&self) -> Result<Option<Woken>> {
        let gone = || Error::failure("nothing is left to wait for");
        match self.model.wakes_at() {
            None => self.woken.recv().map(Some).map_err(|_| gone()),
            Some(at) => {
                let left = u64::try_from(at.0.saturating_sub(self.clock.now().0)).unwrap_or(0).max(1);
                match self.woken.recv_timeout(Duration::from_millis(left)) {
                    Ok(woken) => Ok(Some(woken)),
                    Err(RecvTimeoutError::Timeout) => Ok(None),
                    Err(RecvTimeoutError::Disconnected) => Err(gone()),
                }
            }
        }
    }

    fn message(&mut self, msg: Msg) -> Result<()> {
        let effects = update(&mut self.model, msg);
        self.carry_out(effects)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Result<()> {
        for effect in effects {
            match effect {
                Effect::Call(id, who, request) => self.job(Job::Call(id, who, request))?,
                Effect::Save(path, secret) => self.job(Job::Save(path, secret))?,
                Effect::Read(id, path, there) => self.job(Job::Read(id, path, there))?,
                Effect::Witness(seq) => self.job(Job::Witness(seq))?,
                Effect::Stop => self.workers.progress.stop(),
                Effect::CopyText(text) => self.copy(Zeroizing::new(text), false)?,
                Effect::CopySecret(secret) => {
                    let text = secret.expose(|s| Zeroizing::new(s.to_owned()));
                    self.copy(text, true)?;
                }
                Effect::Clear => self.screen.clear(),
                Effect::Suspend => self.suspend()?,
            }
        }
        Ok(())
    }

    fn job(&mut self, job: Job) -> Result<()> {
        self.workers.send(job)
    }

    fn copy(&mut self, text: Zeroizing<String>, is_secret: bool) -> Result<()> {
        if let Some((texts, _)) = &self.workers.clipboard {
            return texts
                .send(ForClipboard { text, is_secret })
                .map_err(|_| Error::failure("the clipboard's thread has ended"));
        }
        self.send_text(&text)
    }

    /// Sends text to the terminal's clipboard.
    fn send_text(&mut self, text: &str) -> Result<()> {
        let past_tmux = self.workers.past_tmux;
        self.screen.send(&osc52::sequence(text, past_tmux))?;
        let sent = if past_tmux { Sent::PastTmux } else { Sent::Straight };
        self.message(Msg::Copied(Ok(Copied::Sent(sent))))
    }

    /// Suspends the process. Only the shell uses the terminal meanwhile, and the password is asked for afterwards.
    fn suspend(&mut self) -> Result<()> {
        self.stopped_itself = true;
        self.resume(signals::suspend_self)
    }

    /// Runs `away` without the terminal, takes the terminal again, and asks for the password.
    fn resume(&mut self, away: impl FnOnce()) -> Result<()> {
        self.screen.lend(away)?;
        self.resized()?;
        self.message(Msg::Resumed)
    }

    fn resized(&mut self) -> Result<()> {
        let (columns, rows) = size();
        self.message(Msg::Resize(columns, rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::token::Purgeable;
    use crate::platform;
    use crate::propagation::PropagationProbe;
    use crate::tui::msg::RequestId;
    use crate::verbs::Backend;
    use crate::verbs::actor::Credential;
    use crate::verbs::request::{Request, Response};
    use crate::verbs::tokens::{CountTokens, PurgeTokens};

    struct Nothing;

    impl Backend for Nothing {
        fn call(&self, _: &Credential, _: Request) -> Result<Response> {
            Err(Error::failure("nothing"))
        }
    }

    #[test]
    fn stop_that_came_too_late_does_not_stop_the_next_work() {
        let jeton: Arc<dyn Backend> = Arc::new(Nothing);
        let (delivery, witness) =
            (platform::adapters().secret_files, PropagationProbe::new(std::path::Path::new("nowhere")));
        let connections =
            Connections { short: Arc::clone(&jeton), long_changes: Arc::clone(&jeton), long_reads: jeton };
        let store = Store::start(connections, delivery, witness, Arc::default(), drop).unwrap();
        let (progress, ledger_shown) = (Arc::<Progress>::default(), Arc::default());
        let workers = Workers {
            store: Arc::new(store),
            clipboard: None,
            past_tmux: false,
            progress: Arc::clone(&progress),
            ledger_shown,
        };
        let send =
            |request: Request| workers.send(Job::Call(RequestId(1), Credential::Store, Box::new(request))).unwrap();
        progress.stop();
        send(PurgeTokens::new(Purgeable::Trashed, 5_000).into());
        assert!(!progress.is_stopped());
        progress.stop();
        send(CountTokens.into());
        assert!(progress.is_stopped(), "it is for the purge, which may not have begun");
    }
}
