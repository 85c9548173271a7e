//! Names and titles of sets, unique and safe to show.

use std::collections::BTreeSet;

use super::clean_text::{MAX_INSPECTED, MAX_TITLE_LEN, clean, quoted, short_hash};
use super::warnings::{WarningCount, Warnings};
use crate::domain::api_selection::looks_built_in;
use crate::domain::catalogue::validate::MAX_SET_NAME_LEN;

/// Returns a title that jeton writes itself, at most as long as a title may be.
pub(super) fn own_title(text: &str) -> String {
    clean(text, MAX_TITLE_LEN).text
}

/// The names given so far.
pub(super) struct SetNames<'a> {
    catalogue: &'a str,
    names: BTreeSet<String>,
    cut_titles: WarningCount,
}

impl<'a> SetNames<'a> {
    pub(super) fn new(catalogue: &'a str) -> Self {
        SetNames { catalogue, names: BTreeSet::new(), cut_titles: WarningCount::default() }
    }

    /// Returns `CATALOGUE: wanted`, or a name like it that no other set has.
    pub(super) fn unique(&mut self, wanted: &str, warnings: &mut Warnings) -> String {
        let cleaned = clean(wanted, MAX_INSPECTED);
        if cleaned.had_control_chars {
            warnings.add(format!(
                "jeton removed invisible control characters from the name of the API set {}",
                quoted(wanted)
            ));
        }
        let mut own = cleaned.text;
        if own.is_empty() {
            own = format!("set {}", short_hash(wanted));
        }
        if looks_built_in(&format!("{}: {own}", self.catalogue)) {
            let renamed = format!("tag {own}");
            warnings.add(format!(
                "jeton renamed the API set {} to {}. The old name looks like a built-in choice, such as Inherit",
                quoted(wanted),
                quoted(&renamed)
            ));
            own = renamed;
        }
        let mut name = self.fitting(&own, wanted);
        let mut more = 0_u32;
        while !self.names.insert(name.clone()) {
            name = self.with_suffix(&own, &format!(" ({})", short_hash(&format!("{more} {wanted}"))));
            more += 1;
        }
        if more > 0 {
            warnings.add(format!(
                "jeton renamed the API set {} to {}, because another set has the same name",
                quoted(wanted),
                quoted(&name)
            ));
        }
        name
    }

    /// Returns the whole name. Only a combination of many scopes can be too long for a name. Its end becomes a hash.
    fn fitting(&self, own: &str, wanted: &str) -> String {
        let name = format!("{}: {own}", self.catalogue);
        if name.chars().count() <= MAX_SET_NAME_LEN {
            return name;
        }
        self.with_suffix(own, &format!("… ({})", short_hash(wanted)))
    }

    fn with_suffix(&self, own: &str, suffix: &str) -> String {
        let room = MAX_SET_NAME_LEN.saturating_sub(self.catalogue.len() + 2 + suffix.chars().count());
        let own: String = own.chars().take(room).collect();
        format!("{}: {}{suffix}", self.catalogue, own.trim_end())
    }

    /// Returns the title of the set `name`.
    pub(super) fn title(&mut self, name: &str, wanted: &str, warnings: &mut Warnings) -> String {
        let title = clean(wanted, MAX_TITLE_LEN);
        if title.had_control_chars {
            warnings.add(format!(
                "jeton removed invisible control characters from the title of the API set {}",
                quoted(name)
            ));
        }
        if title.is_truncated {
            self.cut_titles.add(&quoted(name));
        }
        if title.text.is_empty() { clean(name, MAX_TITLE_LEN).text } else { title.text }
    }

    /// Warns about titles that were cut.
    pub(super) fn report(&self, warnings: &mut Warnings) {
        self.cut_titles.report(warnings, "API sets whose title was too long and is now shorter");
    }
}
