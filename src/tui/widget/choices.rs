//! Lists of choices, one of which is chosen. All lists use the same keys: arrows choose the neighbouring choice, Space
//! the choice under the cursor. No key goes past an end or leaves the list.

use crate::tui::keymap::Action;

/// A list of choices. The choice under the cursor is always the chosen one.
pub trait Choices {
    fn count(&self) -> usize;

    /// Returns the position of the chosen choice, from 0.
    fn selected(&self) -> usize;

    fn select(&mut self, place: usize);
}

/// Handles `action` as a move in `choices`. Returns `true` if the action is such a move.
pub fn move_selection(choices: &mut dyn Choices, action: Action) -> bool {
    let (current, last) = (choices.selected(), choices.count().saturating_sub(1));
    let place = match action {
        Action::Left | Action::Up => current.saturating_sub(1),
        Action::Right | Action::Down => current + 1,
        Action::First => 0,
        Action::Last => last,
        Action::Select => current,
        _ => return false,
    };
    choices.select(place.min(last));
    true
}

/// A choice of one of several values.
#[derive(Debug)]
pub struct OneOf<T> {
    values: Vec<T>,
    selected: usize,
}

impl<T: PartialEq> OneOf<T> {
    /// Begins at `value`, or at the first value if `value` is not in the list.
    pub fn new(values: Vec<T>, value: &T) -> Self {
        let selected = values.iter().position(|one| one == value).unwrap_or(0);
        OneOf { values, selected }
    }

    /// Returns the chosen value; `None` if there are no values.
    pub fn get(&self) -> Option<&T> {
        self.values.get(self.selected)
    }

    pub fn values(&self) -> &[T] {
        &self.values
    }
}

impl<T> Choices for OneOf<T> {
    fn count(&self) -> usize {
        self.values.len()
    }

    fn selected(&self) -> usize {
        self.selected
    }

    fn select(&mut self, place: usize) {
        self.selected = place;
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
            assert!(move_selection(&mut list, action));
            assert_eq!(list.get(), Some(&value), "{action:?}");
        }
        assert!(!move_selection(&mut list, Action::Next) && !move_selection(&mut list, Action::Accept));
    }
}
