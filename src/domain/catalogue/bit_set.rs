//! A set of small numbers, one bit each. Thousands of sets over thousands of methods stay small and can be merged
//! fast.

/// Numbers below a limit that is fixed at creation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct BitSet(Vec<u64>);

impl BitSet {
    pub(crate) fn empty(limit: usize) -> Self {
        BitSet(vec![0; limit.div_ceil(64)])
    }

    /// Returns the set of `numbers`. Those beyond `limit` are left out.
    pub(crate) fn new(limit: usize, numbers: impl IntoIterator<Item = usize>) -> Self {
        let mut set = Self::empty(limit);
        numbers.into_iter().for_each(|number| set.insert(number));
        set
    }

    /// Raises the limit.
    pub(crate) fn grow(&mut self, limit: usize) {
        self.0.resize(limit.div_ceil(64).max(self.0.len()), 0);
    }

    pub(crate) fn insert(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    pub(crate) fn remove(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    pub(crate) fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    pub(crate) fn is_subset(&self, other: &BitSet) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    pub(crate) fn union_with(&mut self, other: &BitSet) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    pub(crate) fn intersection(&self, other: &BitSet) -> BitSet {
        BitSet(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    pub(crate) fn difference(&self, other: &BitSet) -> BitSet {
        BitSet(self.0.iter().zip(&other.0).map(|(a, b)| a & !b).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Returns a number greater than each of the set.
    pub(crate) fn limit(&self) -> usize {
        self.0.len() * 64
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.0)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        let of_word = |(at, word): (usize, &u64)| {
            let word = *word;
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| at * 64 + bit)
        };
        // Few of a million numbers are found 10 times sooner if empty words are skipped.
        self.0.iter().enumerate().filter(|(_, word)| **word != 0).flat_map(of_word)
    }
}
