use crate::domain::audit::AuditEntry;

/// A change's result with at least one audit entry. A store commits nothing else.
#[derive(Debug)]
pub struct Audited<T> {
    value: T,
    first: AuditEntry,
    rest: Vec<AuditEntry>,
}

impl<T> Audited<T> {
    /// Returns a change with its only entry.
    pub fn one(value: T, entry: AuditEntry) -> Self {
        Audited { value, first: entry, rest: Vec::new() }
    }

    /// Creates a result with an entry for each thing changed. `None` if there is no entry.
    pub fn each(value: T, entries: impl IntoIterator<Item = AuditEntry>) -> Option<Self> {
        let mut entries = entries.into_iter();
        let first = entries.next()?;
        Some(Audited { value, first, rest: entries.collect() })
    }

    /// Adds entries about the same change.
    pub(super) fn append(&mut self, entries: impl IntoIterator<Item = AuditEntry>) {
        self.rest.extend(entries);
    }

    /// Returns the result of the change.
    pub fn value_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// Applies `f` to the result and keeps the entries.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Audited<U> {
        Audited { value: f(self.value), first: self.first, rest: self.rest }
    }

    /// Returns the entries and the result.
    pub fn into_parts(self) -> (Vec<AuditEntry>, T) {
        let mut entries = vec![self.first];
        entries.extend(self.rest);
        (entries, self.value)
    }
}
