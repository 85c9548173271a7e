//! A limit for the work of comparing routes with each other. Routes can be written so that each one shares requests with
//! all others; comparing all of them would take very long.

use super::{Route, TooMany};

/// The steps that are always allowed, and those for each route. Published descriptions of APIs need fewer than 200 for
/// each route.
const BASE_STEPS: usize = 10_000_000;
const STEPS_OF_ROUTE: usize = 2_000;
/// The steps of a comparison, without those for the lengths of the routes.
const STEPS_OF_COMPARISON: usize = 100;

/// The number of steps that are left. A step takes well below a microsecond.
#[derive(Debug)]
pub(super) struct Work(usize);

impl Work {
    /// Returns the work for comparing this number of routes with each other.
    pub(super) fn for_routes(count: usize) -> Work {
        Work(BASE_STEPS.saturating_add(count.saturating_mul(STEPS_OF_ROUTE)))
    }

    /// Returns half of the work, so that routes within it can be compared in other ways, too.
    pub(super) fn half(self) -> Work {
        Work(self.0 / 2)
    }

    #[cfg(test)]
    pub(super) fn unlimited() -> Work {
        Work(usize::MAX)
    }

    /// Takes the steps of a comparison of two routes.
    ///
    /// # Errors
    /// [`TooMany`] if fewer steps are left.
    pub(super) fn compare(&mut self, one: &Route, other: &Route) -> Result<(), TooMany> {
        self.take(STEPS_OF_COMPARISON + one.text.len() * other.text.len() / 16)
    }

    /// Takes `steps`. If fewer are left, nothing is left after that.
    ///
    /// # Errors
    /// [`TooMany`] if fewer steps are left.
    pub(super) fn take(&mut self, steps: usize) -> Result<(), TooMany> {
        let left = self.0.checked_sub(steps);
        self.0 = left.unwrap_or(0);
        left.map(|_| ()).ok_or(TooMany)
    }
}
