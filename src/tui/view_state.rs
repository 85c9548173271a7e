//! The look of the screens that is remembered for each store and server: order, hidden columns, saved filters, and the
//! terminal's background.
//!
//! Nothing here is secret. A file that can't be used is ignored and replaced by the user's next change.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::domain::query::sort::Sort;
use crate::domain::secret::contains_secret;
use crate::domain::untrusted_text::is_control_or_bidi;
use crate::error::{Error, Result};
use crate::platform::view_state_file;
use crate::tui::TuiConfig;
use crate::tui::model::Model;
use crate::tui::notice::Notice;

/// Maximum number of saved filters of a store.
pub const MAX_FILTERS: usize = 50;
/// Maximum length of a filter's name, in bytes.
pub const MAX_NAME: usize = 40;
/// Maximum length of a filter, in bytes.
const MAX_TEXT: usize = 200;
/// Maximum number of stores and servers in the file.
const MAX_PLACES: usize = 50;
const MAX_COLUMNS: usize = 20;
const MAX_TIPS: usize = 50;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ViewState {
    /// The order of the token table.
    pub sort: Sort,
    /// Headings of the columns that the token table leaves out.
    pub hidden_columns: Vec<String>,
    /// `true` if the background of the terminal was light, `false` if it was dark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_light_background: Option<bool>,
    /// The tips that were shown, here or at another place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tips: Vec<String>,
    pub filters: Vec<SavedFilter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedFilter {
    /// The id of the screen.
    pub screen: String,
    pub name: String,
    pub text: String,
}

/// A change of the remembered look, made on the screens and in the file.
#[derive(Debug, Clone)]
pub enum ViewChange {
    Sort(Sort),
    /// Shows or hides the column with this heading.
    Column {
        heading: String,
        is_hidden: bool,
    },
    /// Adds a filter, in place of one of the same name.
    SaveFilter(SavedFilter),
    RemoveFilter(SavedFilter),
    /// Notes that the tip with this id was shown.
    Tip(&'static str),
    /// Notes that the background of the terminal is light, or that it is dark.
    LightBackground(bool),
}

impl ViewChange {
    /// Returns `true` if the user has asked for the change.
    fn is_by_user(&self) -> bool {
        !matches!(self, ViewChange::Tip(_) | ViewChange::LightBackground(_))
    }
}

impl ViewState {
    /// # Errors
    /// The reason in a sentence.
    pub fn apply(&mut self, change: &ViewChange) -> std::result::Result<(), &'static str> {
        match change {
            ViewChange::Sort(sort) => self.sort = *sort,
            ViewChange::Column { heading, is_hidden } => {
                self.hidden_columns.retain(|hidden| hidden != heading);
                if *is_hidden {
                    self.hidden_columns.push(heading.clone());
                }
            }
            ViewChange::SaveFilter(filter) => return self.save_filter(filter.clone()),
            ViewChange::RemoveFilter(filter) => self.filters.retain(|old| old != filter),
            ViewChange::LightBackground(is_light) => self.has_light_background = Some(*is_light),
            ViewChange::Tip(id) if self.tips.iter().any(|known| known == id) => {}
            ViewChange::Tip(id) => self.tips.push((*id).to_owned()),
        }
        Ok(())
    }

    fn save_filter(&mut self, new: SavedFilter) -> std::result::Result<(), &'static str> {
        if contains_secret(&new.text) || contains_secret(&new.name) {
            return Err("This filter has a secret in it and is not saved");
        }
        let is_full = self.filters.len() >= MAX_FILTERS;
        match self.filters.iter_mut().find(|old| old.screen == new.screen && old.name == new.name) {
            Some(old) => *old = new,
            None if is_full => {
                return Err("Not saved: there are 50 filters already. Remove one in the list of saved filters");
            }
            None => self.filters.push(new),
        }
        Ok(())
    }

    pub fn hides(&self, heading: &str) -> bool {
        self.hidden_columns.iter().any(|hidden| hidden == heading)
    }

    pub fn filters_of<'a>(&'a self, screen: &'a str) -> impl Iterator<Item = &'a SavedFilter> {
        self.filters.iter().filter(move |filter| filter.screen == screen)
    }

    /// Returns `true` if jeton itself could have written this.
    fn is_plausible(&self) -> bool {
        let is_plain = |text: &str, max: usize| {
            (1..=max).contains(&text.len()) && !text.chars().any(is_control_or_bidi) && !contains_secret(text)
        };
        self.filters.len() <= MAX_FILTERS
            && self.hidden_columns.len() <= MAX_COLUMNS
            && self.hidden_columns.iter().all(|heading| is_plain(heading, MAX_NAME))
            && self.tips.len() <= MAX_TIPS
            && self.tips.iter().all(|tip| is_plain(tip, MAX_NAME))
            && self.filters.iter().all(|filter| {
                is_plain(&filter.screen, MAX_NAME)
                    && is_plain(&filter.name, MAX_NAME)
                    && is_plain(&filter.text, MAX_TEXT)
            })
    }
}

/// The content of the file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Content {
    /// By the store's path or the server's address.
    places: BTreeMap<String, ViewState>,
}

/// The file, and the place in it.
#[derive(Debug, Clone)]
pub struct ViewStateFile {
    path: PathBuf,
    place: String,
}

impl ViewStateFile {
    /// Returns the part of the user's file for the store or server at `place`. `None` without a home folder.
    pub fn of_user(place: &str) -> Option<Self> {
        Some(ViewStateFile::new(view_state_file::user_path()?, place))
    }

    pub fn new(path: PathBuf, place: &str) -> Self {
        ViewStateFile { path, place: place.to_owned() }
    }

    /// Reads the state. The default if there is none.
    ///
    /// # Errors
    /// The reason why the file can't be used.
    pub fn load(&self) -> Result<ViewState> {
        let mut content = self.content()?;
        let mut state = content.places.remove(&self.place).unwrap_or_default();
        // A tip is for the user, not for a place.
        for tip in content.places.into_values().flat_map(|place| place.tips) {
            if !state.tips.contains(&tip) && state.tips.len() < MAX_TIPS {
                state.tips.push(tip);
            }
        }
        Ok(state)
    }

    fn content(&self) -> Result<Content> {
        let Some(text) = view_state_file::read(&self.path)? else { return Ok(Content::default()) };
        let unusable = |why: String| {
            Error::failure(format!("{} is ignored", self.path.display()))
                .why(why)
                .next("The next change of the sort order, the columns or the saved filters replaces the file")
        };
        let content: Content = toml::from_str(&text).map_err(|e| unusable(e.message().to_owned()))?;
        match content.places.len() <= MAX_PLACES && content.places.values().all(ViewState::is_plausible) {
            true => Ok(content),
            false => Err(unusable("the file has values that jeton doesn't write".to_owned())),
        }
    }

    /// Makes a change in the file, which may have changed since it was loaded. A file that can't be used is replaced, but
    /// only for a change that the user has asked for. Other changes have no error either.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the file can't be written.
    pub fn apply(&self, change: &ViewChange) -> Result<()> {
        let content = match self.content() {
            Err(_) if !change.is_by_user() => return Ok(()),
            content => content.unwrap_or_default(),
        };
        match self.write(content, change) {
            Err(_) if !change.is_by_user() => Ok(()),
            written => written,
        }
    }

    fn write(&self, mut content: Content, change: &ViewChange) -> Result<()> {
        let mut state = content.places.remove(&self.place).unwrap_or_default();
        state.apply(change).map_err(Error::failure)?;
        if content.places.len() >= MAX_PLACES {
            make_room(&mut content.places, change)?;
        }
        content.places.insert(self.place.clone(), state);
        let text = toml::to_string(&content).map_err(|e| {
            Error::failure("the sort order, the columns and the saved filters can't be saved").why(e.to_string())
        })?;
        view_state_file::write(&self.path, &text)
    }
}

/// Removes a place without saved filters, for a change that the user has asked for.
fn make_room(places: &mut BTreeMap<String, ViewState>, change: &ViewChange) -> Result<()> {
    let unused = places.iter().find(|(_, state)| state.filters.is_empty()).map(|(place, _)| place.clone());
    match unused.filter(|_| change.is_by_user()) {
        Some(place) => drop(places.remove(&place)),
        None => {
            return Err(Error::failure("the sort order, the columns and the saved filters can't be saved")
                .why(format!("filters are saved for {MAX_PLACES} stores and servers already"))
                .next("Remove the saved filters of one of them"));
        }
    }
    Ok(())
}

/// Returns the user's file and takes its state into `model`. `None` in a demo, which remembers nothing.
pub fn open(config: &TuiConfig, model: &mut Model) -> Option<ViewStateFile> {
    let file = ViewStateFile::of_user(&config.store_path).filter(|_| config.demo.is_none())?;
    match file.load() {
        Ok(state) => {
            let is_light = state.has_light_background;
            if let Some(theme) = is_light.and_then(|is_light| model.appearance.for_remembered_background(is_light)) {
                model.theme = theme;
            }
            model.view_state = state;
        }
        Err(error) => model.notify(Notice::error(&error)),
    }
    Some(file)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::domain::query::sort::SortColumn;

    fn filter(name: &str, text: &str) -> SavedFilter {
        SavedFilter { screen: "tokens".to_owned(), name: name.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn state_is_kept_by_place_in_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder/screens.toml");
        let [here, there] = ["/a.db", "https://b:1"].map(|place| ViewStateFile::new(path.clone(), place));
        assert_eq!(here.load().unwrap(), ViewState::default());
        let sort = Sort { column: SortColumn::LastSeen, descending: true };
        let changes = [
            ViewChange::Sort(sort),
            ViewChange::Column { heading: "HINT".to_owned(), is_hidden: true },
            ViewChange::SaveFilter(filter("mine", "account:ci is:stale")),
            ViewChange::Tip("keys"),
        ];
        let mut state = ViewState::default();
        for change in changes {
            state.apply(&change).unwrap();
            here.apply(&change).unwrap();
        }
        there.apply(&ViewChange::Sort(Sort::default())).unwrap();
        let tips_of_all = ViewState { tips: state.tips.clone(), ..ViewState::default() };
        assert_eq!((here.load().unwrap(), there.load().unwrap()), (state, tips_of_all));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o7777, 0o700);
    }

    #[test]
    fn changes_of_two_screens_are_both_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = ViewStateFile::new(folder.path().join("screens.toml"), "/a.db");
        let mut other = file.load().unwrap();
        file.apply(&ViewChange::SaveFilter(filter("mine", "account:ci"))).unwrap();
        let tip = ViewChange::Tip("keys");
        other.apply(&tip).unwrap();
        file.apply(&tip).unwrap();
        let state = file.load().unwrap();
        assert_eq!((state.filters.len(), state.tips), (1, other.tips));
    }

    #[test]
    fn tip_that_can_not_be_noted_is_no_fault() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let file = ViewStateFile::new(folder.path().join("file/screens.toml"), "/a.db");
        assert!(file.apply(&ViewChange::Tip("keys")).is_ok());
        assert!(file.apply(&ViewChange::Sort(Sort::default())).is_err());
    }

    #[test]
    fn saved_filters_are_never_dropped_for_another_place() {
        let folder = tempfile::tempdir().unwrap();
        let at = |place: usize| ViewStateFile::new(folder.path().join("screens.toml"), &format!("/{place}.db"));
        for place in 0..MAX_PLACES {
            for number in 0..if place == 0 { MAX_FILTERS } else { 1 } {
                let name = format!("{number}{}", "n".repeat(MAX_NAME - 2));
                at(place).apply(&ViewChange::SaveFilter(filter(&name, &"t".repeat(MAX_TEXT)))).unwrap();
            }
        }
        let next = at(MAX_PLACES);
        next.apply(&ViewChange::Tip("keys")).unwrap();
        assert!(next.apply(&ViewChange::Sort(Sort::default())).is_err());
        let kept = |place: usize| at(place).load().unwrap().filters.len();
        assert_eq!((kept(0), kept(1), kept(MAX_PLACES - 1)), (MAX_FILTERS, 1, 1));
        // What could not be read again is not written.
        let before = fs::metadata(folder.path().join("screens.toml")).unwrap().len();
        assert!(view_state_file::write(&folder.path().join("screens.toml"), &"x".repeat(2_000_000)).is_err());
        assert_eq!(fs::metadata(folder.path().join("screens.toml")).unwrap().len(), before);
        // A place without filters makes room, for the user.
        let removed = at(7).load().unwrap().filters.remove(0);
        at(7).apply(&ViewChange::RemoveFilter(removed)).unwrap();
        next.apply(&ViewChange::Sort(Sort::default())).unwrap();
        assert_eq!((kept(0), kept(6), kept(7)), (MAX_FILTERS, 1, 0));
    }

    #[test]
    fn damaged_file_is_ignored_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("screens.toml");
        let file = ViewStateFile::new(path.clone(), "/a.db");
        let many = format!("[places.\"/a.db\"]\nhidden-columns = [{}]", "\"X\",".repeat(MAX_COLUMNS + 1));
        for text in [
            "not toml [",
            "colour = 1",
            "[places.\"/a.db\"]\nsort = { column = \"size\" }",
            "[places.\"/a.db\"]\nhidden-columns = [\"a\\u001b[2J\"]",
            many.as_str(),
            "x".repeat(2_000_000).as_str(),
        ] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            assert!(file.load().is_err(), "{text:.40}");
            file.apply(&ViewChange::Tip("keys")).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text, "only the user's changes replace it");
            file.apply(&ViewChange::Sort(Sort::default())).unwrap();
            assert!(file.load().is_ok(), "{text:.40}");
        }
        // Somebody else could have written it.
        fs::set_permissions(&path, Permissions::from_mode(0o622)).unwrap();
        assert!(file.load().is_err());
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(folder.path().join("other"), &path).unwrap();
        assert!(file.load().is_err());
    }

    #[test]
    fn filters_are_bounded_replaced_and_never_secrets() {
        let mut state = ViewState::default();
        for n in 0..MAX_FILTERS {
            state.save_filter(filter(&n.to_string(), "a")).unwrap();
        }
        assert!(state.save_filter(filter("more", "a")).is_err());
        state.save_filter(filter("7", "b")).unwrap();
        assert_eq!(state.filters_of("tokens").filter(|filter| filter.text == "b").count(), 1);
        assert_eq!(state.filters_of("audit").count(), 0);
        let secret = format!("jtn_{}_{}", "a".repeat(8), "b".repeat(38));
        assert!(state.save_filter(filter("7", &secret)).is_err());
        state.apply(&ViewChange::RemoveFilter(filter("7", "b"))).unwrap();
        assert_eq!(state.filters.len(), MAX_FILTERS - 1);
    }
}
