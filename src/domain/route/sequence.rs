//! Sequences with gaps: a pattern of items, some of which stand for any number of others. The units of a segment and the
//! segments of a path are such sequences.

use super::TooMany;
use super::work::Work;

pub(super) trait Item: Clone {
    /// The gap: any number of items, including none.
    const MANY: Self;

    fn is_many(&self) -> bool;

    /// Returns items that together match what both match. Neither is the gap.
    ///
    /// # Errors
    /// [`TooMany`] if this would need too many items.
    fn intersection(&self, other: &Self, work: &mut Work) -> Result<Vec<Self>, TooMany>;
}

/// Returns `true` if `pattern` covers `len` items; `fits` tests the item of the pattern at one
/// position against the item at another.
/// Each gap takes as few items as possible. Only the last gap passed may ever need to take more.
pub(super) fn covers<T: Item>(pattern: &[T], len: usize, fits: impl Fn(usize, usize) -> bool) -> bool {
    let (mut own, mut at) = (0, 0);
    let mut last: Option<(usize, usize)> = None;
    while at < len {
        match pattern.get(own) {
            Some(item) if item.is_many() => {
                last = Some((own, at));
                own += 1;
            }
            Some(_) if fits(own, at) => {
                own += 1;
                at += 1;
            }
            _ => {
                let Some((many, consumed)) = last else { return false };
                last = Some((many, consumed + 1));
                own = many + 1;
                at = consumed + 1;
            }
        }
    }
    pattern[own..].iter().all(Item::is_many)
}

/// Returns patterns that together match the sequences matched by both.
///
/// # Errors
/// [`TooMany`] if this would need too many patterns.
pub(super) fn intersection<T: Item>(a: &[T], b: &[T], work: &mut Work) -> Result<Vec<Vec<T>>, TooMany> {
    let mut walk = Walk { found: Vec::new(), steps: 0, work };
    walk.follow(a, b, &mut Vec::new())?;
    Ok(walk.found)
}

struct Walk<'w, T> {
    found: Vec<Vec<T>>,
    steps: usize,
    work: &'w mut Work,
}

impl<T: Item> Walk<'_, T> {
    /// Follows both patterns at once; `head` is their common start so far.
    fn follow(&mut self, a: &[T], b: &[T], head: &mut Vec<T>) -> Result<(), TooMany> {
        const MAX_STEPS: usize = 20_000;
        const MAX_PATTERNS: usize = 64;
        self.steps += 1;
        self.work.take(1)?;
        if self.steps > MAX_STEPS || self.found.len() > MAX_PATTERNS {
            return Err(TooMany);
        }
        let mut with = |walk: &mut Self, item: T, a: &[T], b: &[T]| {
            head.push(item);
            let followed = walk.follow(a, b, head);
            head.pop();
            followed
        };
        match (a.split_first(), b.split_first()) {
            (None, None) => self.found.push(head.clone()),
            (Some((x, more_a)), Some((y, more_b))) if x.is_many() && y.is_many() => {
                // If one of the gaps ends first, the other continues.
                with(self, T::MANY, more_a, b)?;
                with(self, T::MANY, a, more_b)?;
            }
            (Some((many, more)), Some((item, rest))) if many.is_many() => {
                with(self, item.clone(), a, rest)?;
                self.follow(more, b, head)?;
            }
            (Some((item, rest)), Some((many, more))) if many.is_many() => {
                with(self, item.clone(), rest, b)?;
                self.follow(a, more, head)?;
            }
            (Some((many, more)), None) if many.is_many() => self.follow(more, b, head)?,
            (None, Some((many, more))) if many.is_many() => self.follow(a, more, head)?,
            (Some((x, a)), Some((y, b))) => {
                for both in x.intersection(y, self.work)? {
                    with(self, both, a, b)?;
                }
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
        Ok(())
    }
}
