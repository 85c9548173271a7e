//! The question for the colour of the terminal's background.
//!
//! It is asked after the first frame, so that nothing waits for the answer. An answer that comes after the end would be
//! typed into the shell, so the end waits for it, but not for long.

use std::time::Duration;

use super::app::App;
use super::effect::Effect;
use super::msg::Msg;
use super::theme::colour::is_light;
use super::view_state::ViewChange;
use crate::verbs::ports::Clock;

/// Asks for the colour of the background (OSC 11).
pub(super) const QUERY: &str = "\x1b]11;?\x07";
/// Maximum time after the question for which the end waits for the answer.
const MAX_WAIT: Duration = Duration::from_millis(500);

/// The state of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BackgroundQuery {
    /// Nothing is to be asked, or the answer has come.
    Done,
    Planned,
    /// Asked at this time of the monotonic clock.
    Asked(Duration),
}

impl BackgroundQuery {
    pub fn new(is_planned: bool) -> Self {
        if is_planned { BackgroundQuery::Planned } else { BackgroundQuery::Done }
    }

    /// Returns `true` if the question is to be asked now, at the time `now`.
    pub fn begin(&mut self, now: Duration) -> bool {
        let is_planned = *self == BackgroundQuery::Planned;
        if is_planned {
            *self = BackgroundQuery::Asked(now);
        }
        is_planned
    }

    /// Takes note of a message, which may be the answer.
    pub fn see(&mut self, msg: &Msg) {
        if matches!(msg, Msg::Background(_)) {
            *self = BackgroundQuery::Done;
        }
    }

    /// Waits for the answer. `next` returns `true` for the answer, and `None` if nothing came in time.
    pub fn wait(self, clock: &dyn Clock, next: impl Fn(Duration) -> Option<bool>) {
        loop {
            let left = self.remaining(clock.monotonic());
            if left.is_zero() || next(left).unwrap_or(true) {
                return;
            }
        }
    }

    fn remaining(self, now: Duration) -> Duration {
        match self {
            BackgroundQuery::Asked(at) => MAX_WAIT.saturating_sub(now.saturating_sub(at)),
            BackgroundQuery::Done | BackgroundQuery::Planned => Duration::ZERO,
        }
    }
}

/// Takes the theme for a background of this colour, and remembers it for the first frame of the next start.
pub(super) fn on_answer(app: &mut App, rgb: [u8; 3]) -> Vec<Effect> {
    let is_light = is_light(rgb);
    let Some(theme) = app.model.appearance.for_background(is_light) else { return Vec::new() };
    app.model.theme = theme;
    let change = ViewChange::LightBackground(is_light);
    let is_known = app.model.view_state.has_light_background == Some(is_light);
    if is_known || app.model.view_state.apply(&change).is_err() {
        return Vec::new();
    }
    vec![Effect::Remember(change)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_is_asked_once_and_awaited_for_a_while() {
        let at = Duration::from_millis;
        let mut query = BackgroundQuery::Planned;
        assert_eq!(query.remaining(at(0)), at(0));
        assert!(query.begin(at(100)) && !query.begin(at(101)));
        assert_eq!((query.remaining(at(200)), query.remaining(at(600))), (at(400), at(0)));
        query.see(&Msg::Background([0; 3]));
        assert_eq!((query.remaining(at(200)), query.begin(at(200))), (at(0), false));
    }
}
