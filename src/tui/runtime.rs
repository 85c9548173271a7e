//! The main loop: waits for an event, handles all pending events, then draws once.

mod editing;
mod frame_delay;
mod key_reader;
#[cfg(test)]
mod tests;
mod workers;

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGQUIT};
use zeroize::Zeroizing;

use super::app::App;
use super::background_query::{BackgroundQuery, QUERY};
use super::effect::{ClipboardText, Effect};
use super::msg::{Copied, Msg, Sent};
use super::terminal::{self, TerminalScreen};
use super::update::{start as first, update, waits_for_rows};
use super::view::view;
use super::view_state::{self, ViewStateFile};
use super::worker::{Job, StoreWorkers};
use super::{ExitReason, TuiConfig};
use crate::error::{Error, Result};
use crate::platform::clipboard::{ClipboardRoute, osc52};
use crate::platform::editor::EditorEvent;
use crate::platform::signals::{self, SignalEvent};
use crate::platform::terminal_input::size;
use crate::platform::{own_process, threads};
use crate::verbs::ports::Clock;
use editing::Editing;
use frame_delay::FrameDelay;
use key_reader::KeyReader;
use workers::Workers;

/// Maximum time for the program to end after a signal.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(1500);
/// Maximum time that a late end after a signal waits for the store to be closed.
const LATE_CLOSE_TIMEOUT: Duration = Duration::from_millis(300);

/// Maximum time between the signal that continues the process in the background and a signal to end.
const BACKGROUND_TIMEOUT: Duration = Duration::from_millis(300);

enum WakeEvent {
    Msg(Msg),
    /// The keys and other input of one read of the terminal. The loop handles all of it before the next frame. A frame between
    /// two of its keys would make the second one count as an answer to what the first one has opened.
    Inputs(Vec<Msg>),
    Editor(EditorEvent),
    Signal(SignalEvent),
    /// Text that could not be passed to tmux.
    TmuxFailed(Zeroizing<String>),
}

pub(super) fn run(config: TuiConfig) -> Result<ExitReason> {
    let (events_tx, events) = channel();
    let store = Arc::new(OnceLock::new());
    watch_signals(&events_tx, &config.clock, &store)?;
    // The workers open the store while the terminal is prepared.
    let workers = Workers::start(&config, &events_tx)?;
    let _ = store.set(Arc::clone(&workers.store));
    let mut app = App::new(&config, own_process::host(), size());
    let view_state = view_state::open(&config, &mut app.model);
    let mut screen = TerminalScreen::open()?;
    let clock = Arc::clone(&config.clock);
    // Only the workers hold the store from here on, so the store closes when they end.
    drop(config);
    let keys = key_reader::start(&events_tx)?;
    let query = BackgroundQuery::new(app.model.appearance.asks_background);
    let end = EventLoop {
        app,
        screen: &mut screen,
        workers: &workers,
        events,
        events_tx,
        keys,
        clock: &*clock,
        query,
        view_state,
        is_own_stop: false,
        editing: None,
        frame_delay: FrameDelay::default(),
    }
    .run();
    let close_result = screen.close();
    drop(workers);
    match end {
        Ok(ended @ (ExitReason::Quit | ExitReason::Switch(_))) => close_result.map(|()| ended),
        Ok(ended @ ExitReason::Signal(_)) => Ok(ended),
        // A failed draw or read may precede the hang-up signal.
        Err(_) if signals::has_hung_up() => Ok(ExitReason::Signal(signal_hook::consts::SIGHUP)),
        Err(error) => Err(error),
    }
}

/// Lets signals wake the loop. A signal to end also starts a timer, because a loop stuck on a dead terminal must not
/// keep the program alive.
fn watch_signals(
    events_tx: &Sender<WakeEvent>,
    clock: &Arc<dyn Clock>,
    store: &Arc<OnceLock<Arc<StoreWorkers>>>,
) -> Result<()> {
    let (events_tx, clock, store) = (events_tx.clone(), Arc::clone(clock), Arc::clone(store));
    signals::watch(move |event| {
        // Ctrl-C or Ctrl-\ in an editor that leaves this key to the terminal.
        let is_key = matches!(event, SignalEvent::End(SIGINT | SIGQUIT));
        if is_key && terminal::is_lent() {
            return;
        }
        let _ = events_tx.send(WakeEvent::Signal(event));
        let signal = match event {
            SignalEvent::End(signal) => signal,
            SignalEvent::HungUp => signal_hook::consts::SIGHUP,
            SignalEvent::Stop | SignalEvent::Continue | SignalEvent::Resized => return,
        };
        let (clock, store) = (Arc::clone(&clock), Arc::clone(&store));
        let _ = threads::spawn(
            "last moments",
            move |_| signals::end_by_signal(signal),
            move || {
                clock.sleep(SHUTDOWN_TIMEOUT);
                terminal::restore_without_output();
                if let Some(store) = store.get() {
                    store.close(LATE_CLOSE_TIMEOUT);
                }
                signals::end_by_signal(signal);
            },
        );
    })
    .map_err(|e| Error::failure("jeton can't receive signals").why(e.to_string()))
}

struct EventLoop<'a> {
    app: App,
    screen: &'a mut TerminalScreen,
    workers: &'a Workers,
    events: Receiver<WakeEvent>,
    events_tx: Sender<WakeEvent>,
    keys: KeyReader,
    clock: &'a dyn Clock,
    query: BackgroundQuery,
    /// The file that remembers the look of the screens. `None` in a demo.
    view_state: Option<ViewStateFile>,
    /// `true` if a `SIGCONT` is expected after our own suspend.
    is_own_stop: bool,
    /// The editor that has the terminal.
    editing: Option<Editing>,
    frame_delay: FrameDelay,
}

impl EventLoop<'_> {
    fn run(mut self) -> Result<ExitReason> {
        let effects = first(&mut self.app);
        self.run_effects(effects)?;
        loop {
            // The screens end after the editor, so that nobody is driven out of it.
            if self.editing.is_none()
                && let Some(result) = self.app.model.exit.take()
            {
                self.query.wait(self.clock, |left| {
                    let is_answer = |input: &Msg| matches!(input, Msg::Background(_));
                    let event = self.events.recv_timeout(left).ok()?;
                    Some(matches!(event, WakeEvent::Inputs(inputs) if inputs.iter().any(is_answer)))
                });
                return result.map(|()| self.app.model.switch_to.map_or(ExitReason::Quit, ExitReason::Switch));
            }
            let event = match self.event_before_frame() {
                Some(event) => Some(event),
                None => {
                    self.show()?;
                    self.wait()?
                }
            };
            self.dispatch(Msg::Now(self.clock.now()))?;
            // All pending events are handled before the next frame. Several resizes count as one.
            let mut resized = false;
            for event in event.into_iter().chain(self.events.try_iter().collect::<Vec<_>>()) {
                match event {
                    WakeEvent::Msg(msg) => self.dispatch(msg)?,
                    WakeEvent::Inputs(inputs) => {
                        self.dispatch_inputs(inputs)?;
                        self.keys.on_handled();
                    }
                    WakeEvent::Editor(event) => self.on_editor(event)?,
                    WakeEvent::TmuxFailed(text) => self.send_text(&text)?,
                    WakeEvent::Signal(SignalEvent::End(signal)) => return Ok(ExitReason::Signal(signal)),
                    WakeEvent::Signal(SignalEvent::HungUp) => {
                        return Ok(ExitReason::Signal(signal_hook::consts::SIGHUP));
                    }
                    WakeEvent::Signal(SignalEvent::Resized) => resized = true,
                    // If the editor stops too, it says so.
                    WakeEvent::Signal(SignalEvent::Stop) if self.editing.is_some() => {}
                    WakeEvent::Signal(SignalEvent::Stop) => self.suspend()?,
                    // We also get SIGCONT after our own suspend; ignore that one. After SIGSTOP, which can't be
                    // announced, it is the only notification.
                    WakeEvent::Signal(SignalEvent::Continue) if self.is_own_stop => self.is_own_stop = false,
                    WakeEvent::Signal(SignalEvent::Continue) => self.resume(|| ())?,
                }
                if self.app.model.exit.is_some() && self.editing.is_none() {
                    break;
                }
            }
            if resized {
                self.on_resize()?;
            }
        }
    }

    /// Draws a frame, and starts what depends on what the screen shows.
    fn show(&mut self) -> Result<()> {
        self.frame_delay = FrameDelay::default();
        let app = &self.app;
        if self.editing.is_none() {
            self.screen.draw(|frame| view(app, frame))?;
            self.app.on_frame_shown(self.clock.now());
        }
        if self.query.begin(self.clock.monotonic()) {
            self.screen.send(QUERY)?;
        }
        let shows_ledger = self.app.shows_ledger();
        if self.workers.ledger_shown.swap(shows_ledger, Ordering::Relaxed) != shows_ledger {
            self.workers.store.watch_again();
        }
        Ok(())
    }

    /// Returns an event that comes before the next frame. `None` if the frame should be drawn now.
    fn event_before_frame(&mut self) -> Option<WakeEvent> {
        let waits = self.editing.is_none() && waits_for_rows(&mut self.app);
        let left = self.frame_delay.remaining(waits, self.clock.monotonic())?;
        self.events.recv_timeout(left).ok()
    }

    /// Returns the next event; `None` if the screen changes by itself first.
    fn wait(&self) -> Result<Option<WakeEvent>> {
        let gone = || Error::failure("a part of jeton has ended unexpectedly").next("Start jeton again");
        let at = self.app.wakes_at().filter(|_| self.app.model.exit.is_none());
        match at {
            None => self.events.recv().map(Some).map_err(|_| gone()),
            Some(at) => {
                let left = u64::try_from(at.0.saturating_sub(self.clock.now().0)).unwrap_or(0).max(1);
                match self.events.recv_timeout(Duration::from_millis(left)) {
                    Ok(woken) => Ok(Some(woken)),
                    Err(RecvTimeoutError::Timeout) => Ok(None),
                    Err(RecvTimeoutError::Disconnected) => Err(gone()),
                }
            }
        }
    }

    fn dispatch_inputs(&mut self, inputs: Vec<Msg>) -> Result<()> {
        for input in inputs {
            match input {
                // They were typed before the editor took the terminal, and are meant for the editor.
                Msg::Key(_) | Msg::Paste(_) | Msg::Mouse(_) if self.editing.is_some() => {}
                _ if self.app.model.exit.is_some() && self.editing.is_none() => break,
                input => self.dispatch(input)?,
            }
        }
        Ok(())
    }

    fn dispatch(&mut self, msg: Msg) -> Result<()> {
        self.query.see(&msg);
        let effects = update(&mut self.app, msg);
        self.run_effects(effects)
    }

    fn run_effects(&mut self, effects: Vec<Effect>) -> Result<()> {
        for effect in effects {
            match effect {
                Effect::Call(call) => self.send_job(Job::Call(call))?,
                Effect::Save(path, secret) => self.send_job(Job::Save(path, secret))?,
                Effect::ReadCatalogue(id, source, existing) => {
                    self.send_job(Job::ReadCatalogue(id, source, existing))?
                }
                Effect::FindService => self.send_job(Job::FindService)?,
                Effect::CheckPropagation(seq) => self.send_job(Job::CheckPropagation(seq))?,
                Effect::Remember(change) => {
                    let job = self.view_state.clone().map(|file| Job::Remember(file, change));
                    job.map_or(Ok(()), |job| self.send_job(job))?;
                }
                Effect::SignOut => self.send_job(Job::SignOut)?,
                Effect::StopLongWork => self.workers.progress.stop(),
                Effect::CopyText(text) => self.copy(Zeroizing::new(text), false)?,
                Effect::CopySecret(secret) => {
                    let text = secret.expose(|s| Zeroizing::new(s.to_owned()));
                    self.copy(text, true)?;
                }
                Effect::Redraw => self.screen.clear(),
                Effect::TakeMouse(taken) => self.screen.take_mouse(taken)?,
                Effect::Suspend => self.suspend()?,
                Effect::OpenEditor(text) => self.open_editor(&text)?,
            }
        }
        Ok(())
    }

    fn send_job(&mut self, job: Job) -> Result<()> {
        self.workers.send(job)
    }

    fn copy(&mut self, text: Zeroizing<String>, is_secret: bool) -> Result<()> {
        if let Some(clipboard) = &self.workers.clipboard {
            return clipboard.copy(ClipboardText { text, is_secret });
        }
        self.send_text(&text)
    }

    /// Sends text to the terminal's clipboard.
    fn send_text(&mut self, text: &str) -> Result<()> {
        let route = self.workers.route;
        self.screen.send(&osc52::sequence(text, route))?;
        let sent = match route {
            ClipboardRoute::Tmux | ClipboardRoute::TmuxPassthrough => Sent::TmuxPassthrough,
            ClipboardRoute::Desktop | ClipboardRoute::Terminal | ClipboardRoute::Screen => Sent::Direct,
        };
        self.dispatch(Msg::Copied(Ok(Copied::Sent(sent))))
    }

    /// Suspends the process. Only the shell uses the terminal meanwhile, and the user must unlock afterwards.
    fn suspend(&mut self) -> Result<()> {
        if !own_process::can_be_suspended() {
            return self.dispatch(Msg::CannotSuspend);
        }
        self.is_own_stop = true;
        self.resume(signals::suspend_self)
    }

    /// Stops the process again while the shell keeps the terminal. Returns `false` if the process was asked to end
    /// instead, as by `kill %1`.
    fn wait_for_foreground(&mut self) -> bool {
        let mut kept = Vec::new();
        let mut must_end = false;
        while !must_end && !own_process::is_in_foreground() {
            match self.events.recv_timeout(BACKGROUND_TIMEOUT) {
                Ok(WakeEvent::Signal(SignalEvent::Continue)) => self.is_own_stop = false,
                Ok(event) => {
                    must_end = matches!(event, WakeEvent::Signal(SignalEvent::End(_) | SignalEvent::HungUp));
                    kept.push(event);
                }
                // The shell has given the terminal back since, without a signal to a process that was running.
                Err(_) if own_process::is_in_foreground() => {}
                Err(_) => {
                    self.is_own_stop = true;
                    signals::suspend_self();
                }
            }
        }
        // The receiver lives as long as this.
        kept.into_iter().for_each(|event| drop(self.events_tx.send(event)));
        !must_end
    }

    /// Runs `run_suspended` without the terminal, takes the terminal again, and locks the screens.
    fn resume(&mut self, run_suspended: impl FnOnce()) -> Result<()> {
        if let Some(editing) = &mut self.editing {
            editing.was_stopped = true;
            run_suspended();
            return Ok(());
        }
        let paused = self.keys.pause.begin();
        self.screen.lend()?;
        let shares_terminal = own_process::shares_terminal();
        run_suspended();
        if shares_terminal && !self.wait_for_foreground() {
            // A read of the shell's terminal would stop the process again, so no input is read until its end.
            std::mem::forget(paused);
            return Ok(());
        }
        self.screen.take_back()?;
        drop(paused);
        self.on_resize()?;
        self.dispatch(Msg::Resumed)
    }

    fn on_resize(&mut self) -> Result<()> {
        let (columns, rows) = size();
        self.dispatch(Msg::Resize(columns, rows))
    }
}
