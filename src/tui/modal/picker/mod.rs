//! The scope picker: a tree in which the methods of a token are ticked. The Catalogue screen shows the same tree
//! read-only.
//!
//! ```text
//! ┌ API: Custom ──────────────────── 31 of 214 methods ┐
//! │ Search  stop            [x] Only ticked           │   search.rs: words and their matches
//! │ ▾ [~] group                        4 / 38 │ sets   │   method_index.rs: groups, methods, sets
//! │ ▶   [x] Method   write  its title         │        │   tree.rs: shown rows; selection.rs: ticks
//! │                                           │        │   set_list.rs, set_actions.rs, set_view.rs
//! │ docs  link of the row under the cursor             │   view.rs: drawing
//! │ keys                                               │   clicks.rs: the mouse
//! └────────────────────────────────────────────────────┘
//! ```

mod clicks;
pub mod method_index;
pub mod search;
mod selection;
mod set_actions;
pub mod set_list;
mod set_view;
pub mod tree;
pub mod used_methods;
mod view;

use std::collections::HashSet;
use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use crate::domain::api_selection::Selection;
use crate::domain::catalogue::Catalogue;
use crate::domain::role::Role;
use crate::domain::untrusted_text::is_control_or_bidi;
use crate::tui::component::{ClickTarget, Component, Destination, DialogResult, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::layer::ScreenId;
use crate::tui::modal::catalogue::apply::ApplyCatalogueDialog;
use crate::tui::model::Model;
use crate::tui::notice::NoticeId;
use crate::tui::text_fit::count_noun;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::catalogue::ListCatalogues;
use method_index::GroupKind;
use set_list::SetList;
use tree::{Choice, Tree};
use used_methods::UsedMethods;

/// The focused part of the picker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Focus {
    Tree,
    Search,
    Sets,
    SetSearch,
    /// The question before discarding changes.
    Leaving,
}

/// The purpose for which the tree is shown.
#[derive(Debug)]
enum PickerMode {
    /// Changes this selection.
    Pick(Selection),
    /// Shows the catalogue, read-only.
    Browse,
}

/// The tree with its search field and the list of sets.
pub struct Picker {
    tree: Tree,
    search: TextInput,
    focus: Focus,
    sets: SetList,
    mode: PickerMode,
    role: Role,
    /// The methods that the token has called, if the token exists and its usage is loaded.
    usage: Option<Arc<UsedMethods>>,
    /// The effect of the last key, shown until the next key.
    note: Option<String>,
}

impl Picker {
    /// Creates a picker that changes `selection`, for a token of an account of `role`.
    pub fn pick(catalogues: Arc<[Catalogue]>, selection: Selection, role: Role) -> Self {
        Self::new(Tree::new(catalogues, &selection, role), PickerMode::Pick(selection), role)
    }

    /// Creates a read-only picker that shows `catalogues` to an account of `role`. Nothing is selected.
    pub fn browse(catalogues: Arc<[Catalogue]>, role: Role) -> Self {
        Self::new(Tree::new(catalogues, &Selection::nothing(), role), PickerMode::Browse, role)
    }

    fn new(tree: Tree, purpose: PickerMode, role: Role) -> Self {
        let search = TextInput::new(200);
        let sets = SetList::new(&tree.index().sets, matches!(purpose, PickerMode::Pick(_)));
        Picker { tree, search, focus: Focus::Tree, sets, mode: purpose, role, usage: None, note: None }
    }

    /// Sets the methods that the token has called.
    pub fn with_usage(mut self, used: Option<Arc<UsedMethods>>) -> Self {
        self.usage = used;
        self
    }

    /// Returns `true` if the selection may contain unused methods.
    fn can_drop_unused(&self) -> bool {
        let by_hand_or_sets = *self.tree.choice() != Choice::Inherit && self.tree.total().0 > 0;
        self.usage.is_some() && by_hand_or_sets && matches!(self.mode, PickerMode::Pick(_))
    }

    /// Unticks the API methods that the token has never called. A selection of sets becomes *Custom*. Management
    /// methods stay ticked, because the ledger doesn't record calls of individual management methods.
    ///
    /// # Errors
    /// The reason, in words, why nothing was unticked.
    pub fn drop_unused(&mut self) -> Result<(), String> {
        let Some(used) = self.usage.clone() else {
            return Err("the token's usage is not loaded yet; try again in a moment".to_owned());
        };
        if let Some(doubt) = used.uncertainty() {
            return Err(doubt);
        }
        let known: HashSet<&str> = self.tree.index().methods.iter().map(|row| row.id.as_str()).collect();
        if let Some(gone) = used.find(|method| !known.contains(method)) {
            return Err(format!(
                "the token used {gone}, but no catalogue has this method now. Perhaps the method has a new id. Untick \
                 unused methods by hand"
            ));
        }
        match self.tree.untick_unless(|method| used.was_used(method)) {
            0 => Err(format!("the token used every selected API method in {}", used.period())),
            dropped => {
                let dropped = count_noun(dropped as u64, "method");
                self.note = Some(format!("{dropped} dropped: not used in {}. You can undo this", used.period()));
                Ok(())
            }
        }
    }

    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Replaces the catalogues and the role and keeps the search. Does nothing if neither has changed.
    fn refresh(&mut self, ctx: &UpdateContext<'_>) {
        let catalogues = ctx.catalogues;
        let role = match self.mode {
            // The token may belong to another account than the one signed in.
            PickerMode::Pick(_) => self.role,
            PickerMode::Browse => ctx.me.map_or(Role::Owner, |me| me.account.role),
        };
        if self.role == role && self.tree.index().is_built_from(catalogues) {
            return;
        }
        self.role = role;
        let (at_cursor, shown) = (self.current_set().map(str::to_owned), self.shown_set().map(str::to_owned));
        let selection = match self.mode {
            PickerMode::Pick(_) => self.tree.selection(),
            PickerMode::Browse => Selection::nothing(),
        };
        self.tree = Tree::new(Arc::clone(catalogues), &selection, role);
        self.tree.search(self.search.text());
        if let Some(set) = shown.filter(|name| self.tree.index().sets.iter().any(|set| set.name == *name)) {
            self.tree.show_only_set(Some(&set));
        }
        self.sets.refresh(&self.tree.index().sets, at_cursor.as_deref());
    }

    /// Returns `true` if unsaved choices would be lost.
    fn is_changed(&self) -> bool {
        match &self.mode {
            PickerMode::Pick(before) => self.tree.selection() != *before,
            PickerMode::Browse => false,
        }
    }

    fn clear_search(&mut self) {
        self.search.clear();
        self.tree.search("");
        self.focus = Focus::Tree;
    }

    fn request_close(&mut self) -> Intent {
        if !self.search.is_empty() {
            self.clear_search();
            return Intent::Stay;
        }
        match self.mode {
            PickerMode::Browse if self.shown_set().is_some() => {
                self.tree.show_only_set(None);
                Intent::Stay
            }
            PickerMode::Browse => Intent::Go(Destination::Screen(ScreenId::TOKENS)),
            PickerMode::Pick(_) if self.is_changed() => {
                self.focus = Focus::Leaving;
                Intent::Stay
            }
            PickerMode::Pick(_) => Intent::Close(None),
        }
    }

    /// Handles actions that change the selection.
    fn apply_action(&mut self, action: Action) -> Intent {
        if matches!(self.mode, PickerMode::Browse) {
            return Intent::Stay;
        }
        let (done, failure) = match action {
            Action::Tick if self.tree.rows().is_empty() => (false, "No method is shown"),
            Action::Tick => (self.tree.toggle_current(), "Management methods must be picked one by one"),
            Action::TickShown => (
                self.tree.tick_shown(true),
                "No more API methods to tick here; management methods must be picked one by one",
            ),
            Action::UntickShown => (self.tree.tick_shown(false), "None of the shown methods is ticked"),
            Action::Undo => (self.tree.undo(), "Nothing to undo"),
            Action::Redo => (self.tree.redo(), "Nothing to redo"),
            _ => (true, ""),
        };
        if done { Intent::Stay } else { Intent::Notify(NoticeId::NoEffect, failure.to_owned()) }
    }

    fn copy_link(&self) -> Intent {
        match self.tree.method().and_then(|m| m.docs.as_deref()) {
            // Text that can't be displayed safely must not be pasted either.
            Some(link) if link.chars().any(is_control_or_bidi) => {
                Intent::Notify(NoticeId::NotCopied, "Not copied: the link contains control characters".to_owned())
            }
            Some(link) => Intent::copy(link.to_owned()),
            None => Intent::Notify(NoticeId::NotCopied, "Not copied: this row has no documentation link".to_owned()),
        }
    }

    /// Returns `true` if something can be ticked. The Catalogue screen has no ticks.
    fn shows_ticks(&self) -> bool {
        matches!(self.mode, PickerMode::Pick(_))
    }

    fn step(&mut self, delta: isize) {
        if self.is_on_sets() {
            self.sets.step(delta);
        } else {
            self.tree.step(delta);
        }
    }
}

impl Component for Picker {
    fn id(&self) -> &'static str {
        "picker"
    }

    fn context(&self) -> Context {
        match (self.focus, &self.mode) {
            (Focus::Search, _) => Context::PickerSearch,
            (Focus::SetSearch, _) => Context::SetSearch,
            (Focus::Sets, PickerMode::Pick(_)) => Context::PickerSets,
            (Focus::Sets, PickerMode::Browse) => Context::CatalogueSets,
            (Focus::Leaving, _) => Context::PickerDiscard,
            (Focus::Tree, PickerMode::Pick(_)) => Context::Picker,
            (Focus::Tree, PickerMode::Browse) => Context::Catalogue,
        }
    }

    fn focused_input(&mut self) -> Option<&mut TextInput> {
        match self.focus {
            Focus::Search => Some(&mut self.search),
            Focus::SetSearch => Some(&mut self.sets.search),
            Focus::Tree | Focus::Sets | Focus::Leaving => None,
        }
    }

    fn is_enabled(&self, action: Action, model: &Model) -> bool {
        match action {
            Action::DropUnused => self.can_drop_unused(),
            Action::ApplyCatalogue => model.is_by_person_with(Role::Admin),
            Action::GoToToken => self.tree.method().is_some(),
            _ => true,
        }
    }

    fn on_open(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        if matches!(self.mode, PickerMode::Pick(_)) {
            return Intent::Stay;
        }
        self.refresh(ctx);
        Intent::read(ListCatalogues)
    }

    /// The catalogues are read after each change in any case.
    fn on_store_changed(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }

    fn on_context_changed(&mut self, ctx: &UpdateContext<'_>) {
        if ctx.is_shown {
            self.refresh(ctx);
        }
    }

    fn on_edit(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        if self.focus == Focus::SetSearch {
            self.sets.apply_search(&self.tree.index().sets);
            return Intent::Stay;
        }
        self.tree.search(self.search.text());
        self.tree.move_to_best_match();
        Intent::Stay
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        match self.mode {
            PickerMode::Pick(_) => self.dialog(frame, area, model),
            PickerMode::Browse => self.screen(frame, area, model),
        }
    }

    fn click_target(&self, at: Position, model: &Model) -> Option<ClickTarget> {
        self.target_at(at, model)
    }

    fn on_click(&mut self, item: usize, _ctx: &UpdateContext<'_>) -> Intent {
        self.go_to_item(item);
        Intent::Stay
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        let screen = isize::try_from(ctx.rows.max(1)).unwrap_or(1);
        self.note = None;
        match (action, self.focus) {
            (Action::Discard, Focus::Leaving) => return Intent::Close(None),
            (Action::Cancel | Action::Accept, Focus::Leaving) => self.focus = Focus::Tree,
            (Action::Accept, Focus::Search) => self.focus = Focus::Tree,
            (Action::Cancel, Focus::Search) => self.clear_search(),
            (Action::Accept, Focus::SetSearch) => self.focus = Focus::Sets,
            (Action::Accept, Focus::Sets) => self.show_current_set(),
            (Action::Cancel, Focus::Sets | Focus::SetSearch) => self.leave_sets(),
            (Action::Tick, Focus::Sets) => self.toggle_set(),
            (Action::Filter, Focus::Sets) => self.focus = Focus::SetSearch,
            (Action::Filter, _) => self.focus = Focus::Search,
            (Action::Sets, Focus::Sets) => self.focus = Focus::Tree,
            (Action::Sets, _) => self.focus = Focus::Sets,
            (Action::Cancel, Focus::Tree) => return self.request_close(),
            (Action::Accept, Focus::Tree) => match self.mode {
                PickerMode::Pick(_) => return Intent::Close(Some(DialogResult::Selection(self.tree.selection()))),
                PickerMode::Browse => self.tree.unfold(),
            },
            (Action::Down, _) => self.step(1),
            (Action::Up, _) => self.step(-1),
            (Action::PageDown, _) => self.step(screen),
            (Action::PageUp, _) => self.step(-screen),
            (Action::First, _) => self.step(isize::MIN),
            (Action::Last, _) => self.step(isize::MAX),
            (Action::Left, _) => self.tree.fold(),
            (Action::Right, _) => self.tree.unfold(),
            (Action::FoldAll, _) => self.tree.fold_all(),
            (Action::OnlyChecked, _) => self.tree.toggle_only_checked(),
            (Action::DropUnused, _) => {
                if let Err(why) = self.drop_unused() {
                    return Intent::Notify(NoticeId::NoEffect, format!("No methods were dropped: {why}"));
                }
            }
            (Action::ApplyCatalogue, _) => return Intent::push(ApplyCatalogueDialog::new()),
            (Action::CopyLink, _) => return self.copy_link(),
            (Action::GoToToken, _) => {
                let method = self.tree.method().map(|method| method.id.clone());
                return method.map_or(Intent::Stay, |method| Intent::Go(Destination::TokensWith(method)));
            }
            _ => return self.apply_action(action),
        }
        Intent::Stay
    }
}

/// Returns a note about methods of `kind`, if there is one.
const fn describe_kind(kind: GroupKind) -> Option<&'static str> {
    match kind {
        GroupKind::Api => None,
        GroupKind::Management => Some("◆ management methods: never in an API set or Inherit; pick them one by one"),
        GroupKind::Vanished => {
            Some("no longer in a catalogue: these methods grant no access, and new tokens can't have them")
        }
    }
}
