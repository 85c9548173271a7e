//! Where keys are pressed.

/// Where keys are pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere, whatever else is open.
    Anywhere,
    /// Every screen of who signed in, while nothing lies over it.
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
    /// A button of a form: no letter does anything.
    Button,
    /// The API list and other choices inside a form.
    Choice,
    /// The question whether to drop what was typed into a form.
    Drop,
    /// A new secret.
    Reveal,
    /// Where to save it.
    Save,
    /// The question whether to leave a secret behind.
    Leave,
    /// What is known of a token.
    Details,
    /// The tree of the scope picker.
    Picker,
    /// The search field above the tree.
    PickerSearch,
    /// The list of API sets beside it.
    PickerSets,
    /// The list of API sets beside the catalogue.
    CatalogueSets,
    /// The question whether to leave what was picked.
    PickerLeave,
    /// The accounts.
    Accounts,
    /// The audit log.
    Audit,
    /// A row of it, whole.
    Entry,
    /// The denied attempts.
    Denied,
    /// A row of them, whole.
    Attempt,
    /// Whether the audit log is whole.
    Verified,
    /// The catalogue screen.
    Catalogue,
    /// The rules of the installation.
    Policy,
    /// What was said so far.
    Messages,
    /// The list of keys.
    Help,
    /// Any screen while work in batches is under way.
    LongWork,
    /// Any text field.
    TextField,
}

impl Context {
    /// Every context, in the order of the help.
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

    /// Whether letters are typed there, over a screen.
    pub(super) const fn types(self) -> bool {
        matches!(self, Context::Filter | Context::PickerSearch)
    }

    /// Its heading in the help.
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
