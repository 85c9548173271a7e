//! Ctrl-C and other signals that end a command between two steps of its work.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Kind, Result};
use crate::platform::signals::{self, EndHandler};

/// A request to end the command, from the moment this is created.
pub struct Interruption {
    is_asked: Arc<AtomicBool>,
    _handler: EndHandler,
}

impl Interruption {
    /// Makes a signal that would end the program end the work instead.
    pub fn listen() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        let signalled = Arc::clone(&asked);
        let handler = signals::stop_on_signal(move || signalled.store(true, Ordering::Relaxed))?;
        Ok(Interruption { is_asked: asked, _handler: handler })
    }

    pub fn is_requested(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }

    /// Returns [`Interruption::is_requested`] as a closure, for another owner.
    pub fn as_closure(&self) -> impl Fn() -> bool + Send + 'static {
        let is_asked = Arc::clone(&self.is_asked);
        move || is_asked.load(Ordering::Relaxed)
    }

    /// Returns `Break` once the work should end.
    pub fn as_flow(&self) -> ControlFlow<()> {
        if self.is_requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Returns `result`. Its error is the request, if the command was asked to end: then the work ended early.
    pub fn check_error<T>(&self, result: Result<T>, outcome: &str) -> Result<T> {
        if result.is_ok() { result } else { self.check(result, outcome) }
    }

    /// Returns `result`, unless the command was asked to end. `outcome` says then what was not done.
    pub fn check<T>(&self, result: Result<T>, outcome: &str) -> Result<T> {
        match self.is_requested() {
            true => Err(Error::new(Kind::Cancelled, format!("cancelled; {outcome}"))),
            false => result,
        }
    }
}
