//! Connection timeouts. One task checks all connections at an interval, which is cheaper for requests than a timer
//! per connection.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

/// Time between two looks at all connections. A connection can last this much longer than its limit.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Maximum time for a head, from its first byte to its last.
const HEAD: Duration = Duration::from_secs(5);
/// Number of looks after which a head is slow enough to be given up for a new connection.
const SLOW_HEAD: u64 = 2;
/// Maximum idle time. It is longer than the proxies' own limit (nginx: 60 s), so that they close first.
const IDLE: Duration = Duration::from_secs(75);
/// Maximum time for an answer. No request takes longer than the store's busy timeout.
const ANSWER: Duration = Duration::from_secs(10);

/// The activity of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing was received yet.
    New,
    Silent,
    Reading,
    Answering,
}

impl Phase {
    const ALL: [Phase; 4] = [Phase::New, Phase::Silent, Phase::Reading, Phase::Answering];

    fn limit(self, crowded: bool) -> Duration {
        match self {
            Phase::New | Phase::Silent if !crowded => IDLE,
            Phase::New | Phase::Silent | Phase::Reading => HEAD,
            Phase::Answering => ANSWER,
        }
    }
}

/// A request of the service to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Stay,
    /// End after the current answer.
    Finish,
    /// End at once.
    Leave,
}

impl Wish {
    const ALL: [Wish; 3] = [Wish::Stay, Wish::Finish, Wish::Leave];
}

/// The state of one connection: its phase, the time of its last activity, and the service's wish.
#[derive(Debug)]
pub(super) struct Pulse {
    number: u64,
    looks: Arc<AtomicU64>,
    /// The look at which data was last received, times four, plus the phase.
    beat: AtomicU64,
    wish: AtomicU8,
    task: OnceLock<Waker>,
}

impl Pulse {
    /// Records received data: a head begins or continues, or more data follows while the previous request is
    /// answered.
    pub fn heard(&self) {
        let phase = match self.phase() {
            Phase::Reading => return,
            Phase::New | Phase::Silent => Phase::Reading,
            Phase::Answering => Phase::Answering,
        };
        self.beat.store(self.looks.load(Relaxed) * 4 + phase as u64, Relaxed);
    }

    /// Enters `phase`, whose time counts from the last received data.
    pub fn go_on(&self, phase: Phase) {
        self.beat.store(self.beat.load(Relaxed) / 4 * 4 + phase as u64, Relaxed);
    }

    pub fn phase(&self) -> Phase {
        Phase::ALL[(self.beat.load(Relaxed) % 4) as usize]
    }

    /// Returns the service's wish. The calling task is woken when the wish changes; a connection has one task for
    /// its life.
    pub fn wish(&self, cx: &Context<'_>) -> Wish {
        self.task.get_or_init(|| cx.waker().clone());
        Wish::ALL[usize::from(self.wish.load(Relaxed))]
    }

    fn wishes(&self, wish: Wish) {
        self.wish.store(wish as u8, Relaxed);
        if let Some(task) = self.task.get() {
            task.wake_by_ref();
        }
    }

    /// `true` if the connection can be closed at once without losing a request.
    pub fn is_idle(&self) -> bool {
        matches!(self.phase(), Phase::New | Phase::Silent)
    }

    /// Returns the order in which connections are closed to make room, the lowest first. Connections without any
    /// data come first, then idle ones, then slow heads, the oldest of each first. `None` for connections that are
    /// being answered, are in the middle of a head, or are already leaving.
    fn rank(&self, looks: u64) -> Option<(u8, u64, u64)> {
        let since = self.beat.load(Relaxed) / 4;
        let phase = self.phase();
        let may_leave = match phase {
            Phase::New | Phase::Silent => true,
            Phase::Reading => looks.saturating_sub(since) >= SLOW_HEAD,
            Phase::Answering => false,
        };
        let stays = self.wish.load(Relaxed) != Wish::Leave as u8;
        (may_leave && stays).then_some((phase as u8, since, self.number))
    }

    /// `true` if the connection has been in its phase for longer than the limit.
    fn is_over(&self, looks: u64, crowded: bool) -> bool {
        let limit = self.phase().limit(crowded).as_millis() / LOOK_EVERY.as_millis();
        u128::from(looks.saturating_sub(self.beat.load(Relaxed) / 4)) > limit
    }
}

/// All open connections.
#[derive(Default)]
pub(super) struct Pulses {
    /// Number of looks at the connections, which serves as their clock.
    looks: Arc<AtomicU64>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    entered: u64,
    /// `true` if all connections, including new ones, must finish.
    finishing: bool,
    pulses: HashMap<u64, Arc<Pulse>>,
}

impl Pulses {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a new connection.
    pub fn enter(&self) -> Arc<Pulse> {
        let mut open = self.open();
        open.entered += 1;
        let (number, looks) = (open.entered, Arc::clone(&self.looks));
        let beat = AtomicU64::new(looks.load(Relaxed) * 4);
        let wish = if open.finishing { Wish::Finish } else { Wish::Stay };
        let pulse = Arc::new(Pulse { number, looks, beat, wish: AtomicU8::new(wish as u8), task: OnceLock::new() });
        open.pulses.insert(number, Arc::clone(&pulse));
        pulse
    }

    /// Removes an ended connection.
    pub fn leave(&self, pulse: &Pulse) {
        self.open().pulses.remove(&pulse.number);
    }

    /// Closes connections that have exceeded their limit. If `crowded`, idle ones are closed earlier. Returns their
    /// number.
    pub fn look(&self, crowded: bool) -> u64 {
        let looks = self.looks.fetch_add(1, Relaxed) + 1;
        let open = self.open();
        let over = open.pulses.values().filter(|pulse| pulse.is_over(looks, crowded));
        over.map(|pulse| pulse.wishes(Wish::Leave)).count() as u64
    }

    /// Closes up to `count` of the least active connections. Returns the number closed.
    pub fn close_idle(&self, count: u64) -> u64 {
        let looks = self.looks.load(Relaxed);
        let open = self.open();
        let mut idle: Vec<_> = open.pulses.values().filter_map(|p| Some((p.rank(looks)?, p))).collect();
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(idle.len());
        if count > 0 && count < idle.len() {
            idle.select_nth_unstable_by_key(count, |(rank, _)| *rank);
        }
        idle.iter().take(count).for_each(|(_, pulse)| pulse.wishes(Wish::Leave));
        count as u64
    }

    /// Makes all connections finish.
    pub fn finish(&self) {
        let mut open = self.open();
        open.finishing = true;
        open.pulses.values().for_each(|pulse| pulse.wishes(Wish::Finish));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(pulses: &Pulses, seconds: u64) -> u64 {
        (0..seconds * 1_000 / LOOK_EVERY.as_millis() as u64).map(|_| pulses.look(false)).sum()
    }

    #[test]
    fn a_head_counts_from_its_first_byte_and_silence_from_the_last_word() {
        let pulses = Pulses::default();
        let pulse = pulses.enter();
        assert_eq!(look(&pulses, 60), 0, "silent for a minute");
        pulse.heard();
        assert_eq!(look(&pulses, 4), 0);
        pulse.heard();
        assert_eq!((look(&pulses, 1), pulse.phase()), (0, Phase::Reading), "not sooner than it may");
        assert_eq!(pulses.look(false), 1, "a byte a second gives no more time");
        pulse.go_on(Phase::Answering);
        pulse.go_on(Phase::Silent);
        assert_eq!(look(&pulses, 60), 0);
    }

    #[test]
    fn who_goes_on_asking_is_not_cut_off() {
        let pulses = Pulses::default();
        let pulse = pulses.enter();
        pulse.go_on(Phase::Answering);
        look(&pulses, 9);
        pulse.heard();
        assert_eq!((look(&pulses, 10), pulse.phase()), (0, Phase::Answering));
        assert_eq!(pulses.look(false), 1, "an answer that takes more than its time");
    }

    #[test]
    fn the_silent_go_first_where_it_is_crowded() {
        let pulses = Pulses::default();
        let (silent, gone) = (pulses.enter(), pulses.enter());
        pulses.leave(&gone);
        look(&pulses, 5);
        assert_eq!(pulses.look(true), 1);
        let cx = &Context::from_waker(Waker::noop());
        assert_eq!((silent.wish(cx), gone.wish(cx)), (Wish::Leave, Wish::Stay));
    }

    #[test]
    fn connections_that_do_least_are_closed_first() {
        let pulses = Pulses::default();
        let cx = &Context::from_waker(Waker::noop());
        let [answering, slow, silent, new, newer] = std::array::from_fn(|_| pulses.enter());
        slow.heard();
        answering.go_on(Phase::Answering);
        silent.go_on(Phase::Silent);
        assert_eq!((pulses.close_idle(1), new.wish(cx), newer.wish(cx)), (1, Wish::Leave, Wish::Stay));
        assert_eq!((pulses.close_idle(1), newer.wish(cx)), (1, Wish::Leave));
        assert_eq!((pulses.close_idle(9), silent.wish(cx)), (1, Wish::Leave), "no head that has just begun");
        look(&pulses, 1);
        assert_eq!((pulses.close_idle(9), slow.wish(cx)), (1, Wish::Leave));
        assert_eq!((pulses.close_idle(9), answering.wish(cx)), (0, Wish::Stay));
    }

    #[test]
    fn who_comes_while_the_others_finish_finishes_too() {
        let pulses = Pulses::default();
        let early = pulses.enter();
        pulses.finish();
        let cx = &Context::from_waker(Waker::noop());
        assert_eq!((early.wish(cx), pulses.enter().wish(cx)), (Wish::Finish, Wish::Finish));
    }
}
