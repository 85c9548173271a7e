//! The bindings themselves.

use crossterm::event::KeyCode;

use super::{Action, Binding, Context, Key};
use crate::domain::role::Role;
use crate::tui::modal::Modal;
use crate::tui::model::Model;
use crate::tui::screen::Manage;
use crate::tui::screen::desk::Place;
use crate::tui::update::people::may;
use crate::tui::widget::frame::dialog_room;
use crate::verbs::ledger::Whereabouts;

const ENTER: Key = Key::code(KeyCode::Enter);
const ESC: Key = Key::code(KeyCode::Esc);
const UP: Key = Key::code(KeyCode::Up);
const DOWN: Key = Key::code(KeyCode::Down);

fn always(_: &Model) -> bool {
    true
}

fn on_a_token(model: &Model) -> bool {
    model.tokens().is_some_and(|t| t.current().is_some())
}

/// Whether the token under the cursor, or the one whose details are open, has two secrets that live.
fn rotating(model: &Model) -> bool {
    let token = match model.modals.last() {
        Some(Modal::Details(details)) => Some(details.token()),
        _ => model.tokens().and_then(|t| t.current()),
    };
    token.is_some_and(|t| t.overlap(model.now).is_some())
}

fn long(model: &Model) -> bool {
    let (columns, rows) = dialog_room(model.size);
    model.modals.last().is_some_and(|modal| modal.page().is_long(columns, rows))
}

fn can_go_back(model: &Model) -> bool {
    model.tokens().is_some_and(|t| t.can_go_back())
}

fn just_deleted(model: &Model) -> bool {
    model.tokens().is_some_and(|t| !t.just_deleted.is_empty())
}

/// The word for what `action` will do now, where that is one of two things.
pub(super) fn word(action: Action, model: &Model) -> Option<&'static str> {
    let either = |first: bool, one: &'static str, other: &'static str| Some(if first { one } else { other });
    match action {
        Action::Toggle => {
            let chosen = model.tokens()?.chosen();
            either(chosen.is_empty() || chosen.iter().any(|token| token.enabled), "Disable", "Enable")
        }
        Action::Manage(Manage::Switch) => {
            let account = &model.desk()?.accounts.current()?.account;
            either(account.enabled, "Disable", "Enable")
        }
        Action::Enter => model.modals.last().and_then(|modal| modal.page().enter()),
        Action::ShowSecret => model.modals.iter().rev().find_map(|modal| match modal {
            Modal::Reveal(reveal) => either(reveal.is_shown(), "Hide", "Show"),
            _ => None,
        }),
        Action::Cancel => match model.modals.last() {
            Some(Modal::Help(help)) => either(help.is_narrowed(), "Clear", "Close"),
            _ => None,
        },
        _ => None,
    }
}

fn manages_others(model: &Model) -> bool {
    let role = model.role();
    Role::ALL.into_iter().any(|other| role.manages(other))
}

fn on_a_row(model: &Model) -> bool {
    model.audit().is_some_and(|a| a.current().is_some())
}

fn may_read_audit(model: &Model) -> bool {
    model.audit().is_some_and(|a| !a.stretch().is_denied())
}

fn may_read_denied(model: &Model) -> bool {
    model.desk().is_some_and(|d| !d.denied.stretch().is_denied())
}

fn on_an_attempt(model: &Model) -> bool {
    model.desk().is_some_and(|d| d.denied.current().is_some())
}

/// Whether the row that is open is of a token that wasn't purged.
fn leads_to_a_token(model: &Model) -> bool {
    let Some(Modal::Attempt(entry)) = model.modals.last() else { return false };
    entry.row().token.as_ref().is_some_and(|token| token.whereabouts != Whereabouts::Purged)
}

fn can_drop_unused(model: &Model) -> bool {
    matches!(model.modals.last(), Some(Modal::Picker(picker)) if picker.can_drop_unused())
}

/// Whether the catalogue shows what a set holds.
fn shows_a_set(model: &Model) -> bool {
    model.desk().is_some_and(|desk| desk.catalogue.shows_a_set())
}

fn on_an_account(model: &Model) -> bool {
    model.desk().is_some_and(|d| d.accounts.current().is_some())
}

fn may_change_rules(model: &Model) -> bool {
    model.is_by_person() && model.me.as_ref().is_some_and(|me| me.account.role == Role::Owner)
}

fn may_apply(model: &Model) -> bool {
    model.is_by_person() && model.me.as_ref().is_some_and(|me| me.account.role >= Role::Admin)
}

fn elsewhere(model: &Model, place: Place) -> bool {
    model.in_front() != Some(place)
}

const fn bind(
    context: Context,
    keys: &'static [Key],
    action: Action,
    label: &'static str,
    help: &'static str,
    rank: u8,
    enabled: fn(&Model) -> bool,
) -> Binding {
    Binding { context, keys, action, label, help, rank, enabled }
}

/// Every key of the program.
#[rustfmt::skip]
pub static BINDINGS: &[Binding] = &[
    bind(Context::Desk, &[Key::char('?')], Action::Help, "Help", "Lists the keys", 1, always),
    bind(Context::Desk, &[Key::char('q')], Action::Quit, "Quit", "Quits", 2, always),
    bind(Context::Desk, &[Key::char('1')], Action::Show(Place::Tokens), "Tokens", "Goes to the tokens", 3, |m| elsewhere(m, Place::Tokens)),
    bind(Context::Desk, &[Key::char('2')], Action::Show(Place::Accounts), "Accounts", "Goes to the accounts", 4, |m| elsewhere(m, Place::Accounts)),
    bind(Context::Desk, &[Key::char('3')], Action::Show(Place::Audit), "Audit log", "Goes to the audit log", 5, |m| elsewhere(m, Place::Audit)),
    bind(Context::Desk, &[Key::char('4')], Action::Show(Place::Catalogue), "Catalogue", "Goes to the catalogue", 6, |m| elsewhere(m, Place::Catalogue)),
    bind(Context::Desk, &[Key::char('5')], Action::Show(Place::Policy), "Policy", "Goes to the policy", 7, |m| elsewhere(m, Place::Policy)),
    bind(Context::Desk, &[Key::char('6')], Action::Show(Place::Denied), "Denied", "Goes to the denied attempts", 8, |m| elsewhere(m, Place::Denied)),
    bind(Context::Desk, &[Key::char('W')], Action::Whose, "Whose", "Tells which token a found secret is of", 0, always),
    bind(Context::Desk, &[Key::char('m')], Action::Messages, "Messages", "Lists what was said so far", 9, always),
    bind(Context::Desk, &[DOWN, Key::char('j')], Action::Down, "Down", "Next row", 0, always),
    bind(Context::Desk, &[UP, Key::char('k')], Action::Up, "Up", "Row before", 0, always),
    bind(Context::Desk, &[Key::code(KeyCode::PageDown), Key::ctrl('f')], Action::PageDown, "Page down", "A screen down", 0, always),
    bind(Context::Desk, &[Key::code(KeyCode::PageUp), Key::ctrl('b')], Action::PageUp, "Page up", "A screen up", 0, always),
    bind(Context::Desk, &[Key::code(KeyCode::Home), Key::char('g')], Action::First, "First", "First row", 0, always),
    bind(Context::Desk, &[Key::code(KeyCode::End), Key::char('G')], Action::Last, "Last", "Last row", 0, always),

    bind(Context::Tokens, &[Key::char('n')], Action::Generate, "New", "Generates a token", 1, always),
    bind(Context::Tokens, &[Key::char('e')], Action::Edit, "Edit", "Changes name, description, expiry or API of the token", 2, on_a_token),
    bind(Context::Tokens, &[Key::char('c')], Action::CopyAs, "Copy as", "Generates another token like it", 3, on_a_token),
    bind(Context::Tokens, &[Key::char('r')], Action::Regenerate, "Regen", "Gives the token a new secret", 4, on_a_token),
    bind(Context::Tokens, &[Key::char('d')], Action::Toggle, "Disable", "Switches the token off or on; the marked ones together", 5, on_a_token),
    bind(Context::Tokens, &[Key::char('x')], Action::Remove, "Remove", "Revokes the token, after its name was typed; the marked ones, after their number was", 6, on_a_token),
    bind(Context::Tokens, &[Key::char('/')], Action::Filter, "Filter", "Filters as you type: words, status:expired account:ci method:deploy seen:never is:stale is:expiring", 7, always),
    bind(Context::Tokens, &[Key::char('o')], Action::Retire, "End overlap", "Ends the life of the old secret in a rotation", 0, rotating),
    bind(Context::Tokens, &[Key::char('u')], Action::Restore, "Restore, disabled", "Takes what was just removed out of the trash, disabled", 0, just_deleted),
    bind(Context::Tokens, &[Key::char(' ')], Action::Mark, "Mark", "Marks the token, or takes its mark away, and goes down", 10, on_a_token),
    bind(Context::Tokens, &[Key::shift(KeyCode::Down)], Action::ExtendDown, "Extend", "Marks on the way down; back again takes the marks away", 0, on_a_token),
    bind(Context::Tokens, &[Key::shift(KeyCode::Up)], Action::ExtendUp, "Extend", "Marks on the way up; back again takes the marks away", 0, on_a_token),
    bind(Context::Tokens, &[Key::ctrl_code(KeyCode::Down)], Action::Down, "Down", "Next row; marks stay, as they do with every movement", 0, always),
    bind(Context::Tokens, &[Key::ctrl_code(KeyCode::Up)], Action::Up, "Up", "Row before; marks stay", 0, always),
    bind(Context::Tokens, &[Key::char('a')], Action::MarkShown, "Mark all", "Marks all that the filter shows, 1 000 at most", 11, on_a_token),
    bind(Context::Tokens, &[Key::char('s')], Action::Sort, "Sort", "Sorts by any column, up or down", 12, always),
    bind(Context::Tokens, &[Key::char('A')], Action::Mine, "All/mine", "Shows your own tokens only, or all that you manage", 13, manages_others),
    bind(Context::Tokens, &[Key::char('E')], Action::Expiring, "Expiring", "Shows only what expires within 14 days, or all", 14, always),
    bind(Context::Tokens, &[Key::char('S')], Action::Stale, "Stale", "Shows only what is active and was not used for 90 days, or all", 15, always),
    bind(Context::Tokens, &[Key::char('t')], Action::Trash, "Trash", "Goes to the trash", 16, always),
    bind(Context::Tokens, &[Key::char('p'), Key::char('P')], Action::Purge, "Purge expired", "Takes all expired tokens away for good, after their number was typed", 0, Model::is_by_person),
    bind(Context::Tokens, &[Key::char('R')], Action::Refresh, "Refresh", "Reads the list again", 0, always),
    bind(Context::Tokens, &[ENTER], Action::Details, "Details", "Shows everything about the token but its secret", 0, on_a_token),
    bind(Context::Tokens, &[Key::char('y')], Action::CopyHint, "Copy hint", "Copies the token's hint", 0, on_a_token),
    bind(Context::Tokens, &[ESC], Action::Cancel, "Back", "Takes the marks away; else clears the filter and what else narrows the list", 0, can_go_back),

    bind(Context::Trash, &[Key::char('u')], Action::Restore, "Restore, disabled", "Takes the token, or the marked ones, out of the trash, disabled", 1, on_a_token),
    bind(Context::Trash, &[Key::char('p'), Key::char('P')], Action::Purge, "Purge all", "Takes all tokens in the trash away for good, after their number was typed", 2, Model::is_by_person),
    bind(Context::Trash, &[Key::char(' ')], Action::Mark, "Mark", "Marks the token, or takes its mark away, and goes down", 3, on_a_token),
    bind(Context::Trash, &[Key::char('t')], Action::Trash, "Tokens", "Goes back to the tokens", 4, always),
    bind(Context::Trash, &[Key::char('/')], Action::Filter, "Filter", "Filters as you type: words, account:ci method:deploy seen:never", 5, always),
    bind(Context::Trash, &[Key::shift(KeyCode::Down)], Action::ExtendDown, "Extend", "Marks on the way down; back again takes the marks away", 0, on_a_token),
    bind(Context::Trash, &[Key::shift(KeyCode::Up)], Action::ExtendUp, "Extend", "Marks on the way up; back again takes the marks away", 0, on_a_token),
    bind(Context::Trash, &[Key::ctrl_code(KeyCode::Down)], Action::Down, "Down", "Next row; marks stay, as they do with every movement", 0, always),
    bind(Context::Trash, &[Key::ctrl_code(KeyCode::Up)], Action::Up, "Up", "Row before; marks stay", 0, always),
    bind(Context::Trash, &[Key::char('a')], Action::MarkShown, "Mark all", "Marks all that the filter shows, 1 000 at most", 10, on_a_token),
    bind(Context::Trash, &[Key::char('s')], Action::Sort, "Sort", "Sorts by any column, up or down", 11, always),
    bind(Context::Trash, &[Key::char('A')], Action::Mine, "All/mine", "Shows your own tokens only, or all that you manage", 12, manages_others),
    bind(Context::Trash, &[ENTER], Action::Details, "Details", "Shows everything about the token but its secret", 0, on_a_token),
    bind(Context::Trash, &[Key::char('y')], Action::CopyHint, "Copy hint", "Copies the token's hint", 0, on_a_token),
    bind(Context::Trash, &[Key::char('R')], Action::Refresh, "Refresh", "Reads the list again", 0, always),
    bind(Context::Trash, &[ESC], Action::Cancel, "Back", "Takes the marks away; else clears the filter; else back to the tokens", 0, always),

    bind(Context::Order, &[ENTER], Action::Enter, "Sort", "Sorts by the column under the cursor", 1, always),
    bind(Context::Order, &[Key::char(' '), Key::code(KeyCode::Left), Key::code(KeyCode::Right)], Action::Left, "Turn round", "Turns the direction round", 2, always),
    bind(Context::Order, &[DOWN, Key::char('j')], Action::Down, "Down", "Next column", 3, always),
    bind(Context::Order, &[UP, Key::char('k')], Action::Up, "Up", "Column before", 4, always),
    bind(Context::Order, &[ESC, Key::char('q')], Action::Cancel, "Cancel", "Leaves the order as it is", 5, always),
    bind(Context::Order, &[Key::char('s')], Action::Sort, "Next", "Next column; from the last to the first", 0, always),

    bind(Context::Filter, &[ENTER, Key::code(KeyCode::Tab)], Action::Enter, "Keep", "Keeps the filter and goes back to the list", 1, always),
    bind(Context::Filter, &[ESC], Action::Cancel, "Clear", "Clears the filter", 2, always),
    bind(Context::Filter, &[DOWN], Action::Down, "Down", "Next row", 3, always),
    bind(Context::Filter, &[UP], Action::Up, "Up", "Row before", 4, always),

    bind(Context::Details, &[ESC, ENTER, Key::char('q')], Action::Cancel, "Close", "Closes the details", 1, always),
    bind(Context::Details, &[DOWN, Key::char('j')], Action::Down, "Down", "One line down", 3, always),
    bind(Context::Details, &[UP, Key::char('k')], Action::Up, "Up", "One line up", 4, always),
    bind(Context::Details, &[Key::code(KeyCode::PageDown), Key::char(' ')], Action::PageDown, "Page down", "A screen down", 0, always),
    bind(Context::Details, &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "A screen up", 0, always),
    bind(Context::Details, &[Key::code(KeyCode::Home), Key::char('g')], Action::First, "First", "First line", 0, always),
    bind(Context::Details, &[Key::code(KeyCode::End), Key::char('G')], Action::Last, "Last", "Last line", 0, always),
    bind(Context::Details, &[Key::char('y')], Action::CopyHint, "Copy hint", "Copies the token's hint", 2, always),
    bind(Context::Details, &[Key::char('o')], Action::Retire, "End overlap", "Ends the life of the old secret in a rotation", 5, rotating),

    bind(Context::Form, &[Key::code(KeyCode::Tab), DOWN], Action::Next, "Next", "Next field", 1, always),
    bind(Context::Form, &[Key::code(KeyCode::BackTab), UP], Action::Previous, "Previous", "Field before", 4, always),
    bind(Context::Form, &[ENTER], Action::Enter, "Accept", "Moves on from a field; from the last one presses the button that the dialog is for", 2, always),
    bind(Context::Form, &[ESC], Action::Cancel, "Cancel", "Closes the dialog; nothing is changed", 3, always),
    bind(Context::Form, &[Key::code(KeyCode::PageDown)], Action::PageDown, "Scroll", "A screen of lines down, where there are more", 5, long),
    bind(Context::Form, &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "A screen of lines up", 0, long),

    bind(Context::SignIn, &[ENTER], Action::Enter, "Sign in", "Moves on from the name; signs in with the password", 1, always),
    bind(Context::SignIn, &[Key::code(KeyCode::Tab), DOWN], Action::Next, "Next", "Next field", 2, always),
    bind(Context::SignIn, &[Key::code(KeyCode::BackTab), UP], Action::Previous, "Previous", "Field before", 0, always),
    bind(Context::SignIn, &[ESC], Action::Cancel, "Quit", "Quits", 3, always),

    bind(Context::Confirm, &[ENTER], Action::Enter, "Confirm", "Makes the change with the password typed", 1, always),
    bind(Context::Confirm, &[ESC], Action::Cancel, "Cancel", "Back; nothing is changed", 2, always),
    bind(Context::Confirm, &[DOWN], Action::Down, "Scroll", "One line down, where there are more", 3, long),
    bind(Context::Confirm, &[UP], Action::Up, "Up", "One line up", 0, long),
    bind(Context::Confirm, &[Key::code(KeyCode::PageDown)], Action::PageDown, "Page down", "A screen of lines down", 0, long),
    bind(Context::Confirm, &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "A screen of lines up", 0, long),

    bind(Context::Save, &[ENTER], Action::Enter, "Save", "Saves the secret to the file typed", 1, always),
    bind(Context::Save, &[ESC], Action::Cancel, "Back", "Back to the secret", 2, always),

    bind(Context::Button, &[ENTER], Action::Enter, "Press", "Presses the button", 1, always),
    bind(Context::Button, &[Key::code(KeyCode::Tab), DOWN, Key::code(KeyCode::Right)], Action::Next, "Next", "Next field or button", 2, always),
    bind(Context::Button, &[Key::code(KeyCode::BackTab), UP, Key::code(KeyCode::Left)], Action::Previous, "Previous", "Field or button before", 4, always),
    bind(Context::Button, &[ESC], Action::Cancel, "Cancel", "Closes the dialog; nothing is changed", 3, always),
    bind(Context::Button, &[Key::code(KeyCode::PageDown)], Action::PageDown, "Scroll", "A screen of lines down, where there are more", 5, long),
    bind(Context::Button, &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "A screen of lines up", 0, long),

    bind(Context::Choice, &[Key::char(' ')], Action::Select, "Take", "Takes the choice under the cursor; opens the picker on Custom", 1, always),
    bind(Context::Choice, &[DOWN, Key::code(KeyCode::Right), Key::char('j'), Key::char('l')], Action::Down, "Move", "Next choice; stays on the last one", 4, always),
    bind(Context::Choice, &[UP, Key::code(KeyCode::Left), Key::char('k'), Key::char('h')], Action::Up, "Up", "Choice before; stays on the first one", 0, always),
    bind(Context::Choice, &[Key::code(KeyCode::Home), Key::char('g')], Action::First, "First", "First choice", 0, always),
    bind(Context::Choice, &[Key::code(KeyCode::End), Key::char('G')], Action::Last, "Last", "Last choice", 0, always),
    bind(Context::Choice, &[Key::code(KeyCode::Tab)], Action::Next, "Next", "Next field; the choice stays", 2, always),
    bind(Context::Choice, &[ENTER], Action::Enter, "Accept", "Moves on to the next field; opens the picker on Custom", 5, always),
    bind(Context::Choice, &[ESC], Action::Cancel, "Cancel", "Closes the dialog; nothing is changed", 3, always),
    bind(Context::Choice, &[Key::code(KeyCode::BackTab)], Action::Previous, "Previous", "Field before; the choice stays", 6, always),

    bind(Context::Picker, &[Key::char(' ')], Action::Tick, "Tick", "Ticks the method, or all of the group that is shown; again takes the ticks away", 1, always),
    bind(Context::Picker, &[Key::char('/')], Action::Filter, "Search", "Searches ids and titles as you type; every word must match", 2, always),
    bind(Context::Picker, &[ENTER], Action::Enter, "Done", "Takes the selection back to the form", 3, always),
    bind(Context::Picker, &[Key::code(KeyCode::Tab)], Action::Sets, "Sets", "Goes to the API sets, Inherit and nothing", 4, always),
    bind(Context::Picker, &[Key::char('f')], Action::OnlyChecked, "Checked", "Shows only what is ticked, or everything again", 5, always),
    bind(Context::Picker, &[Key::char('y')], Action::CopyLink, "Link", "Copies the docs link", 6, always),
    bind(Context::Picker, &[ESC], Action::Cancel, "Cancel", "Clears the search; else leaves, and asks if something was changed", 7, always),
    bind(Context::Picker, &[Key::char('u')], Action::Undo, "Undo", "Takes the last change back", 8, always),
    bind(Context::Picker, &[Key::char('U'), Key::ctrl('r')], Action::Redo, "Redo", "Makes it again", 9, always),
    bind(Context::Picker, &[Key::char('d')], Action::DropUnused, "Drop unused", "In Edit: takes the ticks of methods away that the ledger never saw the token use; sets become Custom", 10, can_drop_unused),
    bind(Context::Picker, &[Key::char('a')], Action::TickShown, "All", "Ticks all that search and filter show; management is picked one by one", 11, always),
    bind(Context::Picker, &[Key::char('n')], Action::UntickShown, "None", "Takes the ticks of all that is shown away", 12, always),
    bind(Context::Picker, &[Key::code(KeyCode::Right), Key::char('l')], Action::Right, "Unfold", "Opens the group, or goes into it", 0, always),
    bind(Context::Picker, &[Key::code(KeyCode::Left), Key::char('h')], Action::Left, "Fold", "Shuts the group, or goes to it", 0, always),
    bind(Context::Picker, &[Key::char('z')], Action::FoldAll, "Fold all", "Opens every group, or shuts them all", 13, always),
    bind(Context::Picker, &[Key::char('?')], Action::Help, "Help", "Lists the keys", 14, always),
    bind(Context::Picker, &[DOWN, Key::char('j')], Action::Down, "Down", "Next row", 0, always),
    bind(Context::Picker, &[UP, Key::char('k')], Action::Up, "Up", "Row before", 0, always),
    bind(Context::Picker, &[Key::code(KeyCode::PageDown), Key::ctrl('f')], Action::PageDown, "Page down", "A screen down", 0, always),
    bind(Context::Picker, &[Key::code(KeyCode::PageUp), Key::ctrl('b')], Action::PageUp, "Page up", "A screen up", 0, always),
    bind(Context::Picker, &[Key::code(KeyCode::Home), Key::char('g')], Action::First, "First", "First row", 0, always),
    bind(Context::Picker, &[Key::code(KeyCode::End), Key::char('G')], Action::Last, "Last", "Last row", 0, always),

    bind(Context::PickerSearch, &[ENTER, Key::code(KeyCode::Tab)], Action::Enter, "Keep", "Keeps the search and goes to the tree", 1, always),
    bind(Context::PickerSearch, &[ESC], Action::Cancel, "Clear", "Clears the search", 2, always),
    bind(Context::PickerSearch, &[DOWN], Action::Down, "Down", "Next row", 3, always),
    bind(Context::PickerSearch, &[UP], Action::Up, "Up", "Row before", 4, always),

    bind(Context::PickerSets, &[Key::char(' ')], Action::Tick, "Choose", "Chooses the set or leaves it out; chooses Inherit or nothing", 1, always),
    bind(Context::PickerSets, &[Key::code(KeyCode::Tab), ESC, ENTER], Action::Sets, "Methods", "Back to the methods", 2, always),
    bind(Context::PickerSets, &[Key::char('u')], Action::Undo, "Undo", "Takes the last change back", 3, always),
    bind(Context::PickerSets, &[Key::char('U'), Key::ctrl('r')], Action::Redo, "Redo", "Makes it again", 4, always),
    bind(Context::PickerSets, &[DOWN, Key::char('j')], Action::Down, "Down", "Next row", 0, always),
    bind(Context::PickerSets, &[UP, Key::char('k')], Action::Up, "Up", "Row before", 0, always),

    bind(Context::CatalogueSets, &[Key::char(' ')], Action::Tick, "Show", "Shows which methods the set holds; again hides that", 1, always),
    bind(Context::CatalogueSets, &[Key::code(KeyCode::Tab), ESC, ENTER], Action::Sets, "Methods", "Back to the methods", 2, always),
    bind(Context::CatalogueSets, &[DOWN, Key::char('j')], Action::Down, "Down", "Next row", 0, always),
    bind(Context::CatalogueSets, &[UP, Key::char('k')], Action::Up, "Up", "Row before", 0, always),

    bind(Context::PickerLeave, &[ESC, ENTER], Action::Cancel, "Keep picking", "Goes back to the tree", 1, always),
    bind(Context::PickerLeave, &[Key::char('d')], Action::Discard, "Discard", "Leaves the picker without the changes", 2, always),

    bind(Context::Policy, &[ENTER], Action::EditRule, "Change", "Changes the rule", 1, may_change_rules),
    bind(Context::Policy, &[Key::char('R')], Action::Refresh, "Refresh", "Reads the rules again", 0, always),
    bind(Context::Policy, &[ESC], Action::Cancel, "Back", "Back to the tokens", 0, always),

    bind(Context::Catalogue, &[Key::char('/')], Action::Filter, "Search", "Searches ids and titles as you type; every word must match", 1, always),
    bind(Context::Catalogue, &[Key::code(KeyCode::Right), Key::char('l'), ENTER], Action::Right, "Unfold", "Opens the group, or goes into it", 2, always),
    bind(Context::Catalogue, &[Key::code(KeyCode::Left), Key::char('h')], Action::Left, "Fold", "Shuts the group, or goes to it", 3, always),
    bind(Context::Catalogue, &[Key::code(KeyCode::Tab)], Action::Sets, "Sets", "Goes to the API sets; Space shows the methods of one", 4, always),
    bind(Context::Catalogue, &[Key::char('y')], Action::CopyLink, "Link", "Copies the docs link", 5, always),
    bind(Context::Catalogue, &[Key::char('i')], Action::Apply, "Apply", "Puts a catalogue into force, from a file or one that comes with jeton, after its preview", 6, may_apply),
    bind(Context::Catalogue, &[ESC], Action::Cancel, "Back", "Clears the search; else back to the tokens", 0, always),
    bind(Context::Catalogue, &[Key::char('f')], Action::OnlyChecked, "Checked", "Shows only the methods of the sets that are shown, or everything again", 7, shows_a_set),
    bind(Context::Catalogue, &[Key::char('z')], Action::FoldAll, "Fold all", "Opens every group, or shuts them all", 0, always),

    bind(Context::Accounts, &[Key::char('n')], Action::Manage(Manage::Create), "New", "Makes an account", 1, |m| may(m, Manage::Create)),
    bind(Context::Accounts, &[Key::char('o')], Action::Manage(Manage::Role), "Role", "Gives the account another role", 2, |m| may(m, Manage::Role)),
    bind(Context::Accounts, &[Key::char('d')], Action::Manage(Manage::Switch), "Disable/Enable", "Switches the account off or on, and its tokens with it", 3, |m| may(m, Manage::Switch)),
    bind(Context::Accounts, &[Key::char('w')], Action::Manage(Manage::Password), "Password", "Gives the account another password: yours, or that of an account you manage", 4, |m| may(m, Manage::Password)),
    bind(Context::Accounts, &[Key::char('x')], Action::Manage(Manage::Delete), "Delete", "Deletes the account, after its name was typed; not while it has active tokens", 5, |m| may(m, Manage::Delete)),
    bind(Context::Accounts, &[ENTER], Action::Details, "Tokens", "Goes to the account's tokens", 6, on_an_account),
    bind(Context::Accounts, &[Key::char('/')], Action::Filter, "Filter", "Filters as you type: words of the name, role:admin status:disabled", 7, always),
    bind(Context::Accounts, &[Key::char('y')], Action::CopyName, "Copy name", "Copies the account's name", 0, on_an_account),
    bind(Context::Accounts, &[Key::char('R')], Action::Refresh, "Refresh", "Reads the list again", 0, always),
    bind(Context::Accounts, &[ESC], Action::Cancel, "Back", "Clears the filter; else back to the tokens", 0, always),

    bind(Context::Drop, &[ESC, ENTER], Action::Cancel, "Keep editing", "Goes back to the dialog", 1, always),
    bind(Context::Drop, &[Key::char('d')], Action::Discard, "Discard", "Closes the dialog without what was typed and chosen", 2, always),

    bind(Context::Audit, &[Key::char('/')], Action::Filter, "Filter", "Filters as you type: words, verb:token.delete by:ops target:ci", 1, may_read_audit),
    bind(Context::Audit, &[ENTER], Action::Details, "Details", "Shows all of the row, each before and after", 2, on_a_row),
    bind(Context::Audit, &[Key::char('y')], Action::CopyTarget, "Copy target", "Copies the id of what was changed", 3, on_a_row),
    bind(Context::Audit, &[Key::char('v')], Action::Verify, "Verify", "Tells whether the log is as it was written, as far as its chain shows", 4, always),
    bind(Context::Audit, &[Key::char('R')], Action::Refresh, "Refresh", "Reads the log again", 0, always),
    bind(Context::Audit, &[ESC], Action::Cancel, "Back", "Clears the filter; else back to the tokens", 0, always),

    bind(Context::Entry, &[ESC, ENTER, Key::char('q')], Action::Cancel, "Close", "Closes the row", 1, always),
    bind(Context::Entry, &[Key::char('y')], Action::CopyTarget, "Copy target", "Copies the id of what was changed", 2, always),
    bind(Context::Entry, &[DOWN, Key::char('j')], Action::Down, "Down", "One line down", 3, always),
    bind(Context::Entry, &[UP, Key::char('k')], Action::Up, "Up", "One line up", 4, always),
    bind(Context::Entry, &[Key::code(KeyCode::PageDown), Key::char(' ')], Action::PageDown, "Page down", "A screen down", 0, always),
    bind(Context::Entry, &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "A screen up", 0, always),
    bind(Context::Entry, &[Key::code(KeyCode::Home), Key::char('g')], Action::First, "First", "First line", 0, always),
    bind(Context::Entry, &[Key::code(KeyCode::End), Key::char('G')], Action::Last, "Last", "Last line", 0, always),

    bind(Context::Verified, &[ESC, ENTER, Key::char('q')], Action::Cancel, "Close", "Closes the answer", 1, always),
    bind(Context::Verified, &[DOWN, Key::char('j')], Action::Down, "Down", "One line down", 2, long),
    bind(Context::Verified, &[UP, Key::char('k')], Action::Up, "Up", "One line up", 3, long),
    bind(Context::Verified, &[Key::code(KeyCode::PageDown), Key::char(' ')], Action::PageDown, "Page down", "A screen of lines down", 0, long),
    bind(Context::Verified, &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "A screen of lines up", 0, long),

    bind(Context::Denied, &[Key::char('/')], Action::Filter, "Filter", "Filters as you type: words, reason:expired token:deploy address:10.0.0", 1, may_read_denied),
    bind(Context::Denied, &[ENTER], Action::Details, "Details", "Shows all of the row, and leads to its token", 2, on_an_attempt),
    bind(Context::Denied, &[Key::char('y')], Action::CopyAddress, "Copy address", "Copies the caller's address", 3, on_an_attempt),
    bind(Context::Denied, &[Key::char('R')], Action::Refresh, "Refresh", "Reads the list again", 0, always),
    bind(Context::Denied, &[ESC], Action::Cancel, "Back", "Clears the filter; else back to the tokens", 0, always),

    bind(Context::Attempt, &[ENTER], Action::Enter, "Token", "Goes to the token, in the trash too", 1, leads_to_a_token),
    bind(Context::Attempt, &[ESC, Key::char('q')], Action::Cancel, "Close", "Closes the row", 2, always),
    bind(Context::Attempt, &[Key::char('y')], Action::CopyAddress, "Copy address", "Copies the caller's address", 3, always),
    bind(Context::Attempt, &[DOWN, Key::char('j')], Action::Down, "Down", "One line down", 4, always),
    bind(Context::Attempt, &[UP, Key::char('k')], Action::Up, "Up", "One line up", 5, always),
    bind(Context::Attempt, &[Key::code(KeyCode::PageDown), Key::char(' ')], Action::PageDown, "Page down", "A screen down", 0, always),
    bind(Context::Attempt, &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "A screen up", 0, always),
    bind(Context::Attempt, &[Key::code(KeyCode::Home), Key::char('g')], Action::First, "First", "First line", 0, always),
    bind(Context::Attempt, &[Key::code(KeyCode::End), Key::char('G')], Action::Last, "Last", "Last line", 0, always),

    bind(Context::Messages, &[ESC, Key::char('q'), Key::char('m')], Action::Cancel, "Close", "Closes the messages", 1, always),
    bind(Context::Messages, &[Key::char('y')], Action::CopyLine, "Copy command", "Copies the command that does the same", 2, always),
    bind(Context::Messages, &[DOWN, Key::char('j')], Action::Down, "Down", "Next message, or one line of a long one", 3, always),
    bind(Context::Messages, &[UP, Key::char('k')], Action::Up, "Up", "Message before, or one line of a long one", 4, always),
    bind(Context::Messages, &[Key::code(KeyCode::PageDown), Key::char(' ')], Action::PageDown, "Page down", "A screen down", 0, always),
    bind(Context::Messages, &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "A screen up", 0, always),

    bind(Context::Reveal, &[Key::char('v')], Action::ShowSecret, "Show/Hide", "Shows the secret, or hides it again", 1, always),
    bind(Context::Reveal, &[Key::char('y')], Action::CopySecret, "Copy", "Copies the secret", 2, always),
    bind(Context::Reveal, &[Key::char('s')], Action::SaveSecret, "Save to a file", "Saves the secret to a new file", 3, always),
    bind(Context::Reveal, &[ESC], Action::Cancel, "Done", "Closes; asks if the secret was neither shown, copied nor saved", 4, always),

    bind(Context::Leave, &[ESC, ENTER], Action::Cancel, "Back", "Goes back to the secret", 1, always),
    bind(Context::Leave, &[Key::char('l'), Key::char('d')], Action::Discard, "Leave it", "Leaves the secret behind for good", 2, always),

    bind(Context::Help, &[ESC], Action::Cancel, "Clear/Close", "Clears what was typed to narrow the list; else closes the help", 1, always),
    bind(Context::Help, &[DOWN], Action::Down, "Down", "One line down", 2, always),
    bind(Context::Help, &[UP], Action::Up, "Up", "One line up", 3, always),
    bind(Context::Help, &[Key::code(KeyCode::PageDown)], Action::PageDown, "Page down", "A screen down", 0, always),
    bind(Context::Help, &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "A screen up", 0, always),

    bind(Context::Anywhere, &[Key::ctrl('c')], Action::Interrupt, "Interrupt", "Ends the program; asks first where a secret would be lost", 0, always),
    bind(Context::Anywhere, &[Key::ctrl('z')], Action::Suspend, "Suspend", "Back to the shell until fg; then asks for the password", 0, always),
    bind(Context::Anywhere, &[Key::ctrl('l')], Action::Redraw, "Redraw", "Draws the screen anew", 0, always),
];
