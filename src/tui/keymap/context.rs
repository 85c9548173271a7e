//! Contexts in which keys are looked up.

/// A context in which keys are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere, including over dialogs.
    Anywhere,
    /// Every screen of a signed-in user, unless a dialog covers it.
    Desk,
    /// The token table.
    Tokens,
    /// The tokens in the trash.
    Trash,
    /// The order of the table.
    Order,
    /// The filter field above a list.
    Filter,
    /// Sign-in and lock screens.
    SignIn,
    /// The password for a change.
    Confirm,
    /// The first run and the dialogs with fields.
    Form,
    /// A button of a form. Letters do nothing.
    Button,
    /// The API list and other choices inside a form.
    Choice,
    /// The question about dropping the text typed into a form.
    Drop,
    /// A new secret.
    Reveal,
    /// The path for saving a secret.
    Save,
    /// The question about leaving a secret unused.
    Leave,
    /// The details of a token.
    Details,
    /// The tree of the scope picker.
    Picker,
    /// The search field above the tree.
    PickerSearch,
    /// The list of API sets next to the tree.
    PickerSets,
    /// The list of API sets next to the catalogue.
    CatalogueSets,
    /// The question about discarding the picker's changes.
    PickerLeave,
    /// The accounts.
    Accounts,
    /// The audit log.
    Audit,
    /// A row of the audit log in full.
    Entry,
    /// The denied attempts.
    Denied,
    /// A denied attempt in full.
    Attempt,
    /// The verification of the audit log.
    Verified,
    /// The catalogue screen.
    Catalogue,
    /// The policy.
    Policy,
    /// The past messages.
    Messages,
    /// The list of keys.
    Help,
    /// Any screen while work in batches is under way.
    LongWork,
    /// Any text field.
    TextField,
}

impl Context {
    /// All contexts, in the order of the help.
    pub const ALL: [Context; 33] = [
        Context::Desk,
        Context::Tokens,
        Context::Trash,
        Context::Order,
        Context::Filter,
        Context::Details,
        Context::SignIn,
        Context::Form,
        Context::Choice,
        Context::Button,
        Context::Picker,
        Context::PickerSearch,
        Context::PickerSets,
        Context::PickerLeave,
        Context::Accounts,
        Context::Audit,
        Context::Entry,
        Context::Verified,
        Context::Denied,
        Context::Attempt,
        Context::Catalogue,
        Context::CatalogueSets,
        Context::Policy,
        Context::Drop,
        Context::Messages,
        Context::Confirm,
        Context::Reveal,
        Context::Save,
        Context::Leave,
        Context::Help,
        Context::LongWork,
        Context::TextField,
        Context::Anywhere,
    ];

    /// `true` if letters are typed into a field over a screen.
    pub(super) const fn types(self) -> bool {
        matches!(self, Context::Filter | Context::PickerSearch)
    }

    /// Returns the heading of the context in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Context::Anywhere => "Everywhere",
            Context::Desk => "Every screen",
            Context::Tokens => "Tokens",
            Context::Trash => "Trash",
            Context::Order => "Order of the table",
            Context::Filter => "Filter",
            Context::SignIn => "Sign-in",
            Context::Confirm => "Password",
            Context::Drop => "Leaving a dialog",
            Context::Form => "Dialogs with fields",
            Context::Button => "Buttons",
            Context::Choice => "Choices in a dialog",
            Context::Reveal => "A new secret",
            Context::Save => "Saving a secret",
            Context::Leave => "Leaving a secret",
            Context::Details => "Details",
            Context::Picker => "Scope picker",
            Context::PickerSearch => "Search in the tree",
            Context::PickerSets => "API sets beside the tree",
            Context::PickerLeave => "Leaving the picker",
            Context::Accounts => "Accounts",
            Context::Audit => "Audit log",
            Context::Entry => "Row of the audit log",
            Context::Verified => "Audit log verified",
            Context::Denied => "Denied attempts",
            Context::Attempt => "A denied attempt",
            Context::Policy => "Policy",
            Context::Catalogue => "Catalogue",
            Context::CatalogueSets => "API sets of the catalogue",
            Context::Messages => "Messages",
            Context::Help => "Help",
            Context::LongWork => "While a long purge is under way",
            Context::TextField => "Text fields",
        }
    }
}
