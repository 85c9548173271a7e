//! Lists of choices of which one is taken. The form moves in all of them alike: arrows take the choice beside, Space
//! the one under the cursor, neither goes past an end or leaves the list.

use crate::tui::keymap::Action;

/// A list of choices. The one under the cursor is the one taken.
pub trait Choices {
    /// Number of choices.
    fn count(&self) -> usize;

    /// The place of the one taken, from 0.
    fn taken(&self) -> usize;

    /// Takes the choice at `place`.
    fn take(&mut self, place: usize);
}

/// Moves in `choices`. Whether `action` does that.
pub fn walk(choices: &mut dyn Choices, action: Action) -> bool {
    let (here, last) = (choices.taken(), choices.count().saturating_sub(1));
    let place = match action {
        Action::Left | Action::Up => here.saturating_sub(1),
        Action::Right | Action::Down => here + 1,
        Action::First => 0,
        Action::Last => last,
        Action::Select => here,
        _ => return false,
    };
    choices.take(place.min(last));
    true
}

/// One of several values.
#[derive(Debug)]
pub struct OneOf<T> {
    values: Vec<T>,
    taken: usize,
}

impl<T: PartialEq> OneOf<T> {
    /// Begins at `value`, at the first where that is not among them.
    pub fn new(values: Vec<T>, value: &T) -> Self {
        let taken = values.iter().position(|one| one == value).unwrap_or(0);
        OneOf { values, taken }
    }

    /// The value taken; `None` of no values.
    pub fn get(&self) -> Option<&T> {
        self.values.get(self.taken)
    }

    /// All of them.
    pub fn values(&self) -> &[T] {
        &self.values
    }
}

impl<T> Choices for OneOf<T> {
    fn count(&self) -> usize {
        self.values.len()
    }

    fn taken(&self) -> usize {
        self.taken
    }

    fn take(&mut self, place: usize) {
        self.taken = place;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_goes_past_an_end() {
        let mut list = OneOf::new(vec!['a', 'b', 'c'], &'b');
        for (action, value) in [
            (Action::Select, 'b'),
            (Action::Down, 'c'),
            (Action::Down, 'c'),
            (Action::Right, 'c'),
            (Action::Select, 'c'),
            (Action::Up, 'b'),
            (Action::Left, 'a'),
            (Action::Up, 'a'),
            (Action::Last, 'c'),
            (Action::First, 'a'),
        ] {
            assert!(walk(&mut list, action));
            assert_eq!(list.get(), Some(&value), "{action:?}");
        }
        assert!(!walk(&mut list, Action::Next) && !walk(&mut list, Action::Enter));
    }
}
