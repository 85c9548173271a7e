//! The keys, and the actions bound to them.

use std::borrow::Cow;

use crossterm::event::KeyCode;

use super::action::Action;
use super::context::Context;
use super::key::Key;
use crate::tui::layer::ScreenId;

/// A row of the key table.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The contexts in which the keys work.
    pub contexts: Cow<'static, [Context]>,
    /// The keys; the first one is shown in the footer.
    pub keys: Cow<'static, [Key]>,
    /// Their effect.
    pub action: Action,
    /// One or two words for the footer.
    pub label: &'static str,
    /// A sentence for the help.
    pub help: &'static str,
    /// Position in the footer from 1; 0 = not in the footer.
    pub rank: u8,
}

const ENTER: Key = Key::code(KeyCode::Enter);
const ESC: Key = Key::code(KeyCode::Esc);
const UP: Key = Key::code(KeyCode::Up);
const DOWN: Key = Key::code(KeyCode::Down);

const fn bind(
    contexts: &'static [Context],
    keys: &'static [Key],
    action: Action,
    label: &'static str,
    help: &'static str,
    rank: u8,
) -> Binding {
    Binding { contexts: Cow::Borrowed(contexts), keys: Cow::Borrowed(keys), action, label, help, rank }
}

impl Binding {
    /// Returns the key that is shown for the action.
    pub fn key(&self) -> String {
        self.keys.first().map(Key::to_string).unwrap_or_default()
    }
}

/// All default key bindings of the program.
#[rustfmt::skip]
pub(super) static BINDINGS: &[Binding] = &[
    bind(&[Context::Global], &[Key::char('?')], Action::Help, "Help", "List all keys", 1),
    bind(&[Context::Global], &[Key::char('q')], Action::Quit, "Quit", "Quit", 2),
    bind(&[Context::Global], &[Key::char('1')], Action::ShowScreen(ScreenId(1)), "Tokens", "Go to the tokens", 0),
    bind(&[Context::Global], &[Key::char('2')], Action::ShowScreen(ScreenId(2)), "Accounts", "Go to the accounts", 0),
    bind(&[Context::Global], &[Key::char('3')], Action::ShowScreen(ScreenId(3)), "Audit", "Go to the audit log", 0),
    bind(&[Context::Global], &[Key::char('4')], Action::ShowScreen(ScreenId(4)), "Catalogue", "Go to the catalogue", 0),
    bind(&[Context::Global], &[Key::char('5')], Action::ShowScreen(ScreenId(5)), "Policy", "Go to the policy", 0),
    bind(&[Context::Global], &[Key::char('6')], Action::ShowScreen(ScreenId(6)), "Denied", "Go to the denied attempts; ! counts tokens that were denied in the last hour", 0),
    bind(&[Context::Global], &[Key::char('7')], Action::ShowScreen(ScreenId(7)), "Uses", "Go to the uses of tokens by day", 0),
    bind(&[Context::Global], &[Key::char('W')], Action::IdentifySecret, "Look up", "Find the token of a secret; if the secret still works, you can revoke the secret", 0),
    bind(&[Context::Global], &[Key::char('@')], Action::Servers, "Servers", "Switch to another server, or to the store of this machine", 0),
    bind(&[Context::Global], &[Key::char(':')], Action::Palette, "Commands", "Find an action or a jeton command by a few letters", 0),
    bind(&[Context::Global], &[Key::char('m')], Action::Messages, "Messages", "List past messages", 3),
    bind(&[Context::Global], &[Key::char('M')], Action::Mouse, "Mouse", "Switch the mouse between jeton and the terminal; in the terminal, the mouse selects text", 0),

    bind(&[Context::Tokens], &[Key::char('n')], Action::CreateToken, "New", "Generate a token", 1),
    bind(&[Context::Tokens], &[Key::char('e')], Action::EditToken, "Edit", "Change the token's name, description, expiry, expected use or API selection", 2),
    bind(&[Context::Tokens], &[Key::char('c')], Action::CopyToken, "Copy", "Generate a new token with the settings of this token", 3),
    bind(&[Context::Tokens], &[Key::char('r')], Action::RegenerateToken, "Regenerate", "Create a new secret for the token", 4),
    bind(&[Context::Tokens], &[Key::char('d')], Action::SetEnabled, "Disable", "Disable or enable the token, or all marked tokens", 5),
    bind(&[Context::Tokens], &[Key::char('x')], Action::Revoke, "Revoke", "Revoke the token or all marked tokens; to confirm, you type the token's name or the number of tokens", 6),
    bind(&[Context::Tokens], &[Key::char('/')], Action::Filter, "Filter", "Filter as you type, by words or fields: status:expired account:ci method:deploy seen:never seen:>30d \
         expires:<7d is:stale is:expiring is:tried is:expected-unused", 7),
    bind(&[Context::Tokens], &[Key::char('o')], Action::EndOverlap, "End overlap", "End the overlap: jeton denies the old secret from the next request on", 0),
    bind(&[Context::Tokens], &[Key::char('u')], Action::Restore, "Undo", "Undo the last change: edit, revoke, disable or enable; tokens restored from the trash are disabled", 0),
    bind(&[Context::Tokens], &[Key::char(' ')], Action::Mark, "Mark", "Mark or unmark the token and go to the next row", 10),

    bind(&[Context::Trash], &[Key::char('u')], Action::Restore, "Restore", "Restore the token or all marked tokens; restored tokens are disabled", 1),
    bind(&[Context::Trash], &[Key::char('p'), Key::char('P')], Action::Purge, "Purge all", "Permanently delete all tokens in the trash, also those hidden by a filter; you type their number to confirm", 2),
    bind(&[Context::Trash], &[Key::char(' ')], Action::Mark, "Mark", "Mark or unmark the token and go to the next row", 3),
    bind(&[Context::Trash], &[Key::char('t')], Action::Trash, "Tokens", "Go back to the tokens", 4),
    bind(&[Context::Trash], &[Key::char('/')], Action::Filter, "Filter", "Filter as you type, by words or fields: account:ci method:deploy seen:never is:tried", 5),
    bind(&[Context::Tokens, Context::Trash], &[Key::shift(KeyCode::Down)], Action::ExtendDown, "Extend", "Mark tokens downwards from the cursor; Shift-↑ takes these marks back", 0),
    bind(&[Context::Tokens, Context::Trash], &[Key::shift(KeyCode::Up)], Action::ExtendUp, "Extend", "Mark tokens upwards from the cursor; Shift-↓ takes these marks back", 0),
    bind(&[Context::Tokens, Context::Trash], &[Key::ctrl_code(KeyCode::Down)], Action::Down, "Down", "Go to the next row and keep all marks", 0),
    bind(&[Context::Tokens, Context::Trash], &[Key::ctrl_code(KeyCode::Up)], Action::Up, "Up", "Go to the previous row and keep all marks", 0),
    bind(&[Context::Tokens, Context::Trash], &[Key::char('a')], Action::MarkShown, "Mark all", "Mark all tokens that match the filter", 11),
    bind(&[Context::Tokens, Context::Trash], &[Key::char('s')], Action::Sort, "Sort", "Sort by a column, ascending or descending", 12),
    bind(&[Context::Tokens, Context::Trash], &[Key::char('C')], Action::Columns, "Columns", "Show or hide columns", 0),
    bind(&[Context::Tokens, Context::Trash, Context::Accounts, Context::Audit, Context::Denied, Context::Uses], &[Key::char('F')], Action::Filters, "Saved filters", "List the saved filters", 0),
    bind(&[Context::Tokens, Context::Trash], &[Key::char('A')], Action::Mine, "All/mine", "Switch between your own tokens and all tokens that you manage", 13),

    bind(&[Context::Tokens], &[Key::char('E')], Action::Expiring, "Expiring", "Show only active tokens that expire within 14 days; press again for all tokens", 14),
    bind(&[Context::Tokens], &[Key::char('S')], Action::Stale, "Stale", "Show only active tokens that were not used for 90 days, except those expected to be unused; press again for all tokens", 15),
    bind(&[Context::Tokens, Context::Trash], &[Key::char('T')], Action::Tried, "Still tried", "Show only tokens with a secret that no longer works, but was tried in the last 7 days; press again for all tokens", 17),
    bind(&[Context::Tokens], &[Key::char('t')], Action::Trash, "Trash", "Go to the trash", 16),
    bind(&[Context::Tokens], &[Key::char('p'), Key::char('P')], Action::Purge, "Purge expired", "Permanently delete all tokens with the status expired, also those hidden by a filter; you type their number to confirm", 0),
    bind(&[Context::Tokens], &[Key::char('R')], Action::Refresh, "Refresh", "Read the list again", 0),

    bind(&[Context::Tokens, Context::Trash], &[ENTER], Action::Details, "Details", "Show all details of the token except its secret", 0),
    bind(&[Context::Tokens, Context::Trash], &[Key::char('y')], Action::CopyHint, "Copy hint", "Copy the token's hint: the first characters of its secret", 0),

    bind(&[Context::Tokens], &[ESC], Action::Cancel, "Back", "Each press does one step: clear the marks, clear the filters", 0),

    bind(&[Context::Trash], &[Key::char('R')], Action::Refresh, "Refresh", "Read the list again", 0),
    bind(&[Context::Trash], &[ESC], Action::Cancel, "Back", "Each press does one step: clear the marks, clear the filters, go back to the tokens", 0),

    bind(&[Context::Servers], &[ENTER], Action::Accept, "Switch", "End this session and sign in at the server or store under the cursor", 1),
    bind(&[Context::Servers], &[DOWN, Key::char('j')], Action::Down, "Down", "Next server", 2),
    bind(&[Context::Servers], &[UP, Key::char('k')], Action::Up, "Up", "Previous server", 3),
    bind(&[Context::Servers], &[ESC, Key::char('q')], Action::Cancel, "Cancel", "Close without switching", 4),
    bind(&[Context::Sort], &[ENTER], Action::Accept, "Sort", "Sort by the column under the cursor", 1),
    bind(&[Context::Sort], &[Key::char(' '), Key::code(KeyCode::Left), Key::code(KeyCode::Right)], Action::Left, "Reverse", "Reverse the sort order", 2),
    bind(&[Context::Sort], &[DOWN, Key::char('j')], Action::Down, "Down", "Next column", 3),
    bind(&[Context::Sort], &[UP, Key::char('k')], Action::Up, "Up", "Previous column", 4),
    bind(&[Context::Sort], &[ESC, Key::char('q')], Action::Cancel, "Cancel", "Close without changing the sort order", 5),
    bind(&[Context::Sort], &[Key::char('s')], Action::Sort, "Next", "Go to the next column; after the last column, to the first", 0),

    bind(&[Context::Filter], &[ENTER], Action::Accept, "Keep", "Keep the filter and go back to the list", 1),
    bind(&[Context::Filter], &[Key::code(KeyCode::Tab)], Action::CompleteFilter, "Complete", "Complete the field or value, or list the possible ones", 2),
    bind(&[Context::Filter], &[ESC], Action::Cancel, "Clear", "Clear the filter", 3),

    bind(&[Context::Filter], &[Key::ctrl('s')], Action::SaveFilter, "Save", "Save the filter under a name", 6),

    bind(&[Context::Filters], &[ENTER], Action::Accept, "Filter", "Filter by the saved filter under the cursor", 1),
    bind(&[Context::Filters], &[Key::char('d')], Action::Discard, "Remove", "Remove the saved filter under the cursor", 2),
    bind(&[Context::SaveFilter], &[ENTER], Action::Accept, "Save", "Save the filter; a filter with the same name is replaced", 1),
    bind(&[Context::SaveFilter], &[ESC], Action::Cancel, "Cancel", "Close without saving", 2),
    bind(&[Context::Columns], &[Key::char(' '), ENTER], Action::Tick, "Show/hide", "Show or hide the column under the cursor", 1),
    bind(&[Context::Columns, Context::Filters], &[DOWN, Key::char('j')], Action::Down, "Down", "Next line", 3),
    bind(&[Context::Columns, Context::Filters], &[UP, Key::char('k')], Action::Up, "Up", "Previous line", 4),
    bind(&[Context::Columns, Context::Filters], &[ESC, Key::char('q')], Action::Cancel, "Close", "Close the dialog", 5),

    bind(&[Context::TokenDetails], &[ESC, ENTER, Key::char('q')], Action::Cancel, "Close", "Close the details", 1),

    bind(&[Context::Form], &[Key::code(KeyCode::Tab), DOWN], Action::Next, "Next", "Next field", 1),
    bind(&[Context::Form], &[Key::code(KeyCode::BackTab), UP], Action::Previous, "Previous", "Previous field", 4),
    bind(&[Context::Form], &[ENTER], Action::Accept, "Accept", "Go to the next field; in the last field, press the main button", 2),

    bind(&[Context::Form], &[Key::ctrl('o')], Action::OpenEditor, "Editor", "Edit the description in the editor that VISUAL or EDITOR names", 5),

    bind(&[Context::SignIn], &[ENTER], Action::Accept, "Sign in", "In the username field, go to the password; in the password field, sign in", 1),
    bind(&[Context::SignIn], &[Key::code(KeyCode::Tab), DOWN], Action::Next, "Next", "Next field", 2),
    bind(&[Context::SignIn], &[Key::code(KeyCode::BackTab), UP], Action::Previous, "Previous", "Previous field", 0),
    bind(&[Context::SignIn], &[ESC], Action::Cancel, "Quit", "Quit", 3),

    bind(&[Context::Confirm], &[ENTER], Action::Accept, "Confirm", "Confirm the change with the typed password", 1),
    bind(&[Context::Confirm], &[ESC], Action::Cancel, "Cancel", "Go back without changes", 2),
    bind(&[Context::Confirm], &[DOWN], Action::Down, "Scroll", "Scroll one line down", 3),
    bind(&[Context::Confirm], &[UP], Action::Up, "Up", "Scroll one line up", 0),
    bind(&[Context::Confirm], &[Key::code(KeyCode::PageDown)], Action::PageDown, "Page down", "Scroll a page down", 0),
    bind(&[Context::Confirm], &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "Scroll a page up", 0),

    bind(&[Context::SaveSecret], &[ENTER], Action::Accept, "Save", "Save the secret to the file", 1),
    bind(&[Context::SaveSecret], &[ESC], Action::Cancel, "Back", "Go back to the secret", 2),

    bind(&[Context::Button], &[ENTER], Action::Accept, "Press", "Press the button", 1),
    bind(&[Context::Button], &[Key::code(KeyCode::Tab), DOWN, Key::code(KeyCode::Right)], Action::Next, "Next", "Go to the next field or button", 2),
    bind(&[Context::Button], &[Key::code(KeyCode::BackTab), UP, Key::code(KeyCode::Left)], Action::Previous, "Previous", "Go to the previous field or button", 4),

    bind(&[Context::Choice], &[Key::char(' ')], Action::Select, "Choose", "Choose the option under the cursor; on Custom, open the method picker", 1),
    bind(&[Context::Choice], &[DOWN, Key::code(KeyCode::Right), Key::char('j'), Key::char('l')], Action::Down, "Move", "Next option", 4),
    bind(&[Context::Choice], &[UP, Key::code(KeyCode::Left), Key::char('k'), Key::char('h')], Action::Up, "Up", "Previous option", 0),
    bind(&[Context::Choice], &[Key::code(KeyCode::Home), Key::char('g')], Action::First, "First", "First option", 0),
    bind(&[Context::Choice], &[Key::code(KeyCode::End), Key::char('G')], Action::Last, "Last", "Last option", 0),
    bind(&[Context::Choice], &[Key::code(KeyCode::Tab)], Action::Next, "Next", "Next field", 2),
    bind(&[Context::Choice], &[ENTER], Action::Accept, "Accept", "Go to the next field; on Custom, open the method picker", 5),
    bind(&[Context::Form, Context::Button, Context::Choice], &[ESC], Action::Cancel, "Cancel", "Close the dialog without changes", 3),

    bind(&[Context::SignIn, Context::Form, Context::Button, Context::Choice, Context::SaveSecret], &[Key::code(KeyCode::PageDown)], Action::PageDown, "Scroll", "Scroll a page down", 7),
    bind(&[Context::SignIn, Context::Form, Context::Button, Context::Choice, Context::SaveSecret], &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "Scroll a page up", 0),

    bind(&[Context::Choice], &[Key::code(KeyCode::BackTab)], Action::Previous, "Previous", "Previous field", 6),

    bind(&[Context::Picker], &[Key::char(' ')], Action::Tick, "Tick", "Tick or untick the method, or all shown methods of the group", 1),
    bind(&[Context::Picker], &[Key::char('/')], Action::Filter, "Search", "Search method ids and titles as you type; every word must match", 2),
    bind(&[Context::Picker], &[ENTER], Action::Accept, "Done", "Use the selection and go back to the form", 3),
    bind(&[Context::Picker], &[Key::code(KeyCode::Tab)], Action::Sets, "Sets", "Go to the API sets, Inherit and no access", 4),
    bind(&[Context::Picker], &[Key::char('f')], Action::OnlyChecked, "Ticked", "Switch between ticked methods and all methods", 5),
    bind(&[Context::Picker], &[Key::char('y')], Action::CopyLink, "Link", "Copy the documentation link", 6),
    bind(&[Context::Picker], &[ESC], Action::Cancel, "Cancel", "Clear the search; without a search, close the picker; if changes would be lost, jeton asks first", 7),
    bind(&[Context::Picker], &[Key::char('u')], Action::Undo, "Undo", "Undo the last change", 8),
    bind(&[Context::Picker], &[Key::char('U'), Key::ctrl('r')], Action::Redo, "Redo", "Redo the change that you undid", 9),
    bind(&[Context::Picker], &[Key::char('d')], Action::DropUnused, "Drop unused", "When you edit a token: untick the methods that the token has not used; the selection becomes Custom", 10),
    bind(&[Context::Picker], &[Key::char('a')], Action::TickShown, "All", "Tick all shown methods except jeton's management methods", 11),
    bind(&[Context::Picker], &[Key::char('n')], Action::UntickShown, "None", "Untick all shown methods", 12),
    bind(&[Context::Picker], &[Key::code(KeyCode::Right), Key::char('l')], Action::Right, "Unfold", "Open the group; in an open group, go to the first method", 0),
    bind(&[Context::Picker], &[Key::code(KeyCode::Left), Key::char('h')], Action::Left, "Fold", "Close the group; on a method, go to the group of the method", 0),
    bind(&[Context::Picker], &[Key::char('z')], Action::FoldAll, "Fold all", "Open or close all groups", 13),
    bind(&[Context::Picker, Context::PickerSets], &[Key::char('?')], Action::Help, "Help", "List all keys", 14),

    bind(&[Context::PickerSearch], &[ENTER, Key::code(KeyCode::Tab)], Action::Accept, "Keep", "Keep the search and go to the methods", 1),
    bind(&[Context::PickerSearch], &[ESC], Action::Cancel, "Clear", "Clear the search", 2),
    bind(&[Context::Filter, Context::PickerSearch, Context::SetSearch], &[DOWN], Action::Down, "Down", "Next row", 4),
    bind(&[Context::Filter, Context::PickerSearch, Context::SetSearch], &[UP], Action::Up, "Up", "Previous row", 5),

    bind(&[Context::PickerSets], &[Key::char(' ')], Action::Tick, "Choose", "Add or remove the API set, or choose Inherit or no access", 1),

    bind(&[Context::PickerSets], &[Key::code(KeyCode::Tab), ENTER], Action::Sets, "Methods", "Go back to the methods", 2),
    bind(&[Context::CatalogueSets], &[ENTER], Action::Accept, "Show", "Show only the methods of the set; press again to show all methods", 1),
    bind(&[Context::CatalogueSets], &[Key::code(KeyCode::Tab)], Action::Sets, "Methods", "Go back to the methods", 2),
    bind(&[Context::PickerSets, Context::CatalogueSets], &[Key::char('/')], Action::Filter, "Search", "Search names and titles of API sets as you type; every word must match", 3),
    bind(&[Context::PickerSets, Context::CatalogueSets], &[ESC], Action::Cancel, "Back", "Clear the search; without a search, go back to the methods", 0),

    bind(&[Context::SetSearch], &[ENTER, Key::code(KeyCode::Tab)], Action::Accept, "Keep", "Keep the search and go to the API sets", 1),
    bind(&[Context::SetSearch], &[ESC], Action::Cancel, "Clear", "Clear the search", 2),
    bind(&[Context::PickerSearch, Context::SetSearch], &[Key::code(KeyCode::PageDown)], Action::PageDown, "Page down", "Page down", 0),
    bind(&[Context::PickerSearch, Context::SetSearch], &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "Page up", 0),

    bind(&[Context::PickerSets], &[Key::char('u')], Action::Undo, "Undo", "Undo the last change", 4),
    bind(&[Context::PickerSets], &[Key::char('U'), Key::ctrl('r')], Action::Redo, "Redo", "Redo the change that you undid", 5),

    bind(&[Context::Global, Context::Picker, Context::PickerSets, Context::CatalogueSets], &[DOWN, Key::char('j')], Action::Down, "Down", "Next row", 0),
    bind(&[Context::Global, Context::Picker, Context::PickerSets, Context::CatalogueSets], &[UP, Key::char('k')], Action::Up, "Up", "Previous row", 0),

    bind(&[Context::Global, Context::Picker, Context::PickerSets, Context::CatalogueSets], &[Key::code(KeyCode::PageDown), Key::ctrl('f')], Action::PageDown, "Page down", "Page down", 0),
    bind(&[Context::Global, Context::Picker, Context::PickerSets, Context::CatalogueSets], &[Key::code(KeyCode::PageUp), Key::ctrl('b')], Action::PageUp, "Page up", "Page up", 0),
    bind(&[Context::Global, Context::Picker, Context::PickerSets, Context::CatalogueSets], &[Key::code(KeyCode::Home), Key::char('g')], Action::First, "First", "First row", 0),
    bind(&[Context::Global, Context::Picker, Context::PickerSets, Context::CatalogueSets], &[Key::code(KeyCode::End), Key::char('G')], Action::Last, "Last", "Last row", 0),

    bind(&[Context::PickerDiscard], &[ESC, ENTER], Action::Cancel, "Keep picking", "Go back to the methods", 1),
    bind(&[Context::PickerDiscard], &[Key::char('d')], Action::Discard, "Discard", "Leave the picker and discard the changes", 2),

    bind(&[Context::Policy], &[ENTER], Action::EditPolicy, "Change", "Change the rule", 1),
    bind(&[Context::Policy], &[Key::char('R')], Action::Refresh, "Refresh", "Read the rules again", 0),
    bind(&[Context::Policy], &[ESC], Action::Cancel, "Back", "Go back to the tokens", 0),

    bind(&[Context::Catalogue], &[Key::char('/')], Action::Filter, "Search", "Search method ids and titles as you type; every word must match", 1),
    bind(&[Context::Catalogue], &[Key::code(KeyCode::Right), Key::char('l'), ENTER], Action::Right, "Unfold", "Open the group; in an open group, go to the first method", 2),
    bind(&[Context::Catalogue], &[Key::code(KeyCode::Left), Key::char('h')], Action::Left, "Fold", "Close the group; on a method, go to the group of the method", 3),
    bind(&[Context::Catalogue], &[Key::code(KeyCode::Tab)], Action::Sets, "Sets", "Go to the API sets; Enter shows the methods of a set", 4),
    bind(&[Context::Catalogue], &[Key::char('t')], Action::GoToToken, "Tokens", "Go to the tokens whose API selection includes the method", 5),
    bind(&[Context::Catalogue], &[Key::char('y')], Action::CopyLink, "Link", "Copy the documentation link", 6),
    bind(&[Context::Catalogue], &[Key::char('i')], Action::ApplyCatalogue, "Apply", "Apply a catalogue file, an OpenAPI document or the sample catalogue of jeton; you see a preview first", 7),
    bind(&[Context::Catalogue], &[ESC], Action::Cancel, "Back", "Each press does one step: clear the search, show all methods again, go back to the tokens", 0),
    bind(&[Context::Catalogue], &[Key::char('z')], Action::FoldAll, "Fold all", "Open or close all groups", 0),

    bind(&[Context::Accounts], &[Key::char('n')], Action::CreateAccount, "New", "Create an account", 1),
    bind(&[Context::Accounts], &[Key::char('o')], Action::SetRole, "Role", "Change the account's role", 2),
    bind(&[Context::Accounts], &[Key::char('d')], Action::SetEnabled, "Disable/Enable", "Disable or enable the account; tokens of a disabled account are denied", 3),
    bind(&[Context::Accounts], &[Key::char('w')], Action::SetPassword, "Password", "Change your own password, or the password of an account that you manage", 4),
    bind(&[Context::Accounts], &[Key::char('e')], Action::SetContact, "Contact", "Change the account's contact, an e-mail address", 0),
    bind(&[Context::Accounts], &[Key::char('x')], Action::DeleteAccount, "Delete", "Delete an account without active tokens; you type the account's name to confirm", 5),
    bind(&[Context::Accounts], &[ENTER], Action::Details, "Tokens", "Go to the account's tokens", 6),
    bind(&[Context::Accounts], &[Key::char('/')], Action::Filter, "Filter", "Filter as you type, by words or fields: role:admin status:disabled", 7),
    bind(&[Context::Accounts], &[Key::char('y')], Action::CopyName, "Copy name", "Copy the account's name", 0),

    bind(&[Context::DiscardDraft], &[ESC, ENTER], Action::Cancel, "Keep editing", "Go back to the dialog", 1),
    bind(&[Context::DiscardDraft], &[Key::char('d')], Action::Discard, "Discard", "Close the dialog and discard the draft", 2),

    bind(&[Context::Audit], &[Key::char('/')], Action::Filter, "Filter", "Filter as you type, by words or fields: verb:token.revoke by:ops target:ci", 1),
    bind(&[Context::Audit], &[ENTER], Action::Details, "Details", "Show the whole row with all values before and after the change", 2),
    bind(&[Context::Audit], &[Key::char('y')], Action::CopyTarget, "Copy target", "Copy the id of the changed object", 3),
    bind(&[Context::Audit], &[Key::char('v')], Action::CheckAuditLog, "Verify", "Verify with the hash chain that the audit log was not altered", 4),
    bind(&[Context::Audit], &[Key::char('R')], Action::Refresh, "Refresh", "Read the log again", 0),

    bind(&[Context::AuditRow], &[ESC, ENTER, Key::char('q')], Action::Cancel, "Close", "Close the row", 1),
    bind(&[Context::AuditRow], &[Key::char('y')], Action::CopyTarget, "Copy target", "Copy the id of the changed object", 2),

    bind(&[Context::AuditCheck], &[ESC, ENTER, Key::char('q')], Action::Cancel, "Close", "Close the result", 1),

    bind(&[Context::Denied], &[Key::char('/')], Action::Filter, "Filter", "Filter as you type, by words or fields: reason:expired token:deploy method:pets address:10.0.0", 4),
    bind(&[Context::Denied], &[ENTER], Action::Details, "Details", "On a token, show its denied attempts; on an attempt, show all its details", 1),
    bind(&[Context::Denied], &[Key::char('g')], Action::GroupDenied, "Ungroup", "Show the attempts one by one; press again to sum them up by token", 2),
    bind(&[Context::Denied], &[Key::char('t')], Action::GoToToken, "Go to the token", "Go to the token, even if the token is in the trash", 3),

    bind(&[Context::Uses], &[Key::char('/')], Action::Filter, "Filter", "Filter as you type, by words or fields: token:deploy method:pets address:10.0.0", 1),
    bind(&[Context::Uses], &[ENTER], Action::Details, "Details", "Show all details of the uses", 2),
    bind(&[Context::Denied, Context::Uses], &[Key::char('y')], Action::CopyAddress, "Copy address", "Copy the client's address", 5),
    bind(&[Context::Accounts, Context::Denied, Context::Uses], &[Key::char('R')], Action::Refresh, "Refresh", "Read the list again", 0),
    bind(&[Context::Accounts, Context::Audit, Context::Denied, Context::Uses], &[ESC], Action::Cancel, "Back", "Clear the filter; without a filter, go back to the tokens", 0),

    bind(&[Context::LedgerRow], &[ENTER], Action::Accept, "Token", "Go to the token, even if the token is in the trash", 1),
    bind(&[Context::LedgerRow], &[ESC, Key::char('q')], Action::Cancel, "Close", "Close the row", 2),
    bind(&[Context::LedgerRow], &[Key::char('y')], Action::CopyAddress, "Copy address", "Copy the client's address", 3),

    bind(&[Context::TokenDetails], &[Key::char('y')], Action::CopyHint, "Copy hint", "Copy the token's hint: the first characters of its secret", 2),
    bind(&[Context::TokenDetails], &[Key::char('o')], Action::EndOverlap, "End overlap", "End the overlap: jeton denies the old secret from the next request on", 3),

    bind(&[Context::Messages], &[ESC, Key::char('q'), Key::char('m')], Action::Cancel, "Close", "Close the messages", 1),
    bind(&[Context::Messages], &[Key::char('y')], Action::CopyLine, "Copy command", "Copy the jeton command that the message shows", 2),

    bind(&[Context::RevealSecret], &[Key::char('v')], Action::ShowSecret, "Show/Hide", "Show or hide the secret", 1),
    bind(&[Context::RevealSecret], &[Key::char('y')], Action::CopySecret, "Copy", "Copy the secret", 2),
    bind(&[Context::RevealSecret], &[Key::char('s')], Action::SaveSecret, "Save to a file", "Save the secret to a new file", 3),
    bind(&[Context::RevealSecret], &[ESC], Action::Cancel, "Done", "Close; if the secret might be lost, jeton asks first", 4),

    bind(&[Context::DiscardSecret], &[ESC, ENTER], Action::Cancel, "Back", "Go back to the secret", 1),
    bind(&[Context::DiscardSecret], &[Key::char('l'), Key::char('d')], Action::Discard, "Discard", "Leave without the secret; jeton can't show the secret again", 2),

    bind(&[Context::Help], &[ESC], Action::Cancel, "Clear/Close", "Clear the filter; without a filter, close the help", 1),

    bind(&[Context::Palette], &[ENTER], Action::Accept, "Run", "Do the action, open the dialog of the command, or copy a command for the shell", 1),
    bind(&[Context::Palette], &[Key::code(KeyCode::Tab)], Action::CompleteFilter, "Complete", "Complete the command, or the name of a token, an account or a rule", 2),
    bind(&[Context::Palette], &[DOWN, Key::ctrl('n')], Action::Down, "Down", "Next line", 3),
    bind(&[Context::Palette], &[UP, Key::ctrl('p')], Action::Up, "Up", "Previous line", 4),
    bind(&[Context::Palette], &[Key::code(KeyCode::PageDown)], Action::PageDown, "Page down", "Page down", 0),
    bind(&[Context::Palette], &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "Page up", 0),
    bind(&[Context::Palette], &[ESC], Action::Cancel, "Clear/Close", "Clear the text; without text, close the palette", 5),

    bind(&[Context::ScrollView], &[DOWN, Key::char('j')], Action::Down, "Down", "Scroll one line down; in the messages, go to the next message", 1),
    bind(&[Context::ScrollView], &[UP, Key::char('k')], Action::Up, "Up", "Scroll one line up; in the messages, go to the previous message", 2),
    bind(&[Context::ScrollView], &[Key::code(KeyCode::PageDown), Key::char(' ')], Action::PageDown, "Page down", "Page down", 0),
    bind(&[Context::ScrollView], &[Key::code(KeyCode::PageUp)], Action::PageUp, "Page up", "Page up", 0),
    bind(&[Context::ScrollView], &[Key::code(KeyCode::Home), Key::char('g')], Action::First, "First", "Go to the first line", 0),
    bind(&[Context::ScrollView], &[Key::code(KeyCode::End), Key::char('G')], Action::Last, "Last", "Go to the last line", 0),

    bind(&[Context::LongWork], &[ESC], Action::StopWork, "Stop", "Stop a long change of many tokens after the current batch", 1),

    bind(&[Context::TextField], &[Key::code(KeyCode::Home), Key::ctrl('a')], Action::First, "Start", "Go to the start of the text", 0),
    bind(&[Context::TextField], &[Key::code(KeyCode::End), Key::ctrl('e')], Action::Last, "End", "Go to the end of the text", 0),
    bind(&[Context::TextField], &[Key::code(KeyCode::Left), Key::ctrl('b')], Action::Left, "Left", "Move the cursor one character to the left", 0),
    bind(&[Context::TextField], &[Key::code(KeyCode::Right), Key::ctrl('f')], Action::Right, "Right", "Move the cursor one character to the right", 0),
    bind(&[Context::TextField], &[Key::alt('b'), Key::ctrl_code(KeyCode::Left), Key::alt_code(KeyCode::Left)], Action::WordLeft, "Word left", "Move the cursor one word to the left", 0),
    bind(&[Context::TextField], &[Key::alt('f'), Key::ctrl_code(KeyCode::Right), Key::alt_code(KeyCode::Right)], Action::WordRight, "Word right", "Move the cursor one word to the right", 0),
    bind(&[Context::TextField], &[Key::code(KeyCode::Backspace), Key::ctrl('h')], Action::DeleteLeft, "Delete left", "Delete the character before the cursor", 0),
    bind(&[Context::TextField], &[Key::code(KeyCode::Delete), Key::ctrl('d')], Action::DeleteRight, "Delete right", "Delete the character under the cursor", 0),
    bind(&[Context::TextField], &[Key::ctrl('w')], Action::DeleteToSpace, "Delete word", "Delete back to the previous space", 0),
    bind(&[Context::TextField], &[Key::alt_code(KeyCode::Backspace)], Action::DeleteWordLeft, "Delete word left", "Delete the word before the cursor", 0),
    bind(&[Context::TextField], &[Key::alt('d')], Action::DeleteWordRight, "Delete word right", "Delete the word after the cursor", 0),
    bind(&[Context::TextField], &[Key::ctrl('u')], Action::DeleteToStart, "Delete to start", "Delete everything before the cursor", 0),
    bind(&[Context::TextField], &[Key::ctrl('k')], Action::DeleteToEnd, "Delete to end", "Delete everything from the cursor to the end", 0),

    bind(&[Context::Anywhere], &[Key::ctrl('c')], Action::Interrupt, "Interrupt", "Quit; during a long change of many tokens, stop the change; if a new secret would be lost, jeton asks first", 0),
    bind(&[Context::Anywhere], &[Key::ctrl('z')], Action::Suspend, "Suspend", "Suspend jeton and go to the shell; after fg, jeton asks for your password; if you signed in with a token, jeton ends", 0),
    bind(&[Context::Anywhere], &[Key::ctrl('l')], Action::Redraw, "Redraw", "Redraw the screen", 0),
];
