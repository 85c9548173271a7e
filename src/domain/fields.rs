//! What is typed into a filter of texts: words, and fields such as `by:ops`.

/// What was typed, in lower case.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fields<const N: usize> {
    /// What is no field.
    pub words: Vec<String>,
    /// The fields' values, in the order of their names; of one given twice, the last.
    pub values: [Option<String>; N],
}

/// Reads what was typed, with fields of these names. A field that isn't one is taken as a word, so typing never fails; one
/// that is only begun narrows nothing, rather than everything away.
pub(super) fn read<const N: usize>(text: &str, names: [&str; N]) -> Fields<N> {
    let mut fields = Fields { words: Vec::new(), values: [const { None }; N] };
    for part in text.split_whitespace() {
        let field =
            part.split_once(':').and_then(|(name, value)| Some((names.iter().position(|n| *n == name)?, value)));
        match field {
            Some((_, "")) => {}
            Some((index, value)) => fields.values[index] = Some(value.to_lowercase()),
            None => fields.words.push(part.to_lowercase()),
        }
    }
    fields
}
