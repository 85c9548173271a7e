//! The delay of a frame that would show rows which are about to be replaced.

use std::time::Duration;

/// Maximum delay. Without it, most replies would arrive while a frame with the old rows is drawn.
const MAX_DELAY: Duration = Duration::from_millis(5);

#[derive(Default)]
pub(super) struct FrameDelay {
    /// The time of the monotonic clock at which the delay ends. `None` until the frame has to wait.
    ends_at: Option<Duration>,
}

impl FrameDelay {
    /// Returns the time for which the next frame still waits for rows. `None` if the frame should be drawn now.
    pub(super) fn remaining(&mut self, waits_for_rows: bool, now: Duration) -> Option<Duration> {
        if !waits_for_rows {
            return None;
        }
        let ends_at = *self.ends_at.get_or_insert(now + MAX_DELAY);
        ends_at.checked_sub(now).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_waits_for_rows_and_no_longer_than_the_maximum() {
        let ms = Duration::from_millis;
        let mut delay = FrameDelay::default();
        assert_eq!(delay.remaining(false, ms(10)), None);
        assert_eq!(delay.remaining(true, ms(20)), Some(MAX_DELAY));
        // Events that are not the rows don't prolong the delay.
        assert_eq!(delay.remaining(true, ms(22)), Some(MAX_DELAY - ms(2)));
        assert_eq!(delay.remaining(true, ms(25)), None);
        assert_eq!(delay.remaining(true, ms(90)), None);
    }
}
