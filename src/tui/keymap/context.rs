//! Contexts in which keys are looked up.

/// A context in which keys are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere, including over dialogs.
    Anywhere,
    /// Every screen of a signed-in user, unless a dialog covers it.
    Global,
    Tokens,
    /// The tokens in the trash.
    Trash,
    /// The order of the table.
    Sort,
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
    /// The question before discarding a draft.
    DiscardDraft,
    /// A new secret.
    RevealSecret,
    /// The path for saving a secret.
    SaveSecret,
    /// The question before closing an unused secret.
    DiscardSecret,
    TokenDetails,
    /// The tree of the scope picker.
    Picker,
    /// The search field above the tree.
    PickerSearch,
    /// The list of API sets next to the tree.
    PickerSets,
    /// The list of API sets next to the catalogue.
    CatalogueSets,
    /// The question before discarding the picker's changes.
    PickerDiscard,
    Accounts,
    Audit,
    /// A row of the audit log in full.
    AuditRow,
    Denied,
    /// A denied attempt in full.
    DeniedRow,
    Uses,
    /// The uses of one day in full.
    UsesRow,
    /// The verification of the audit log.
    AuditCheck,
    Catalogue,
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
    pub const ALL: [Context; 35] = [
        Context::Global,
        Context::Tokens,
        Context::Trash,
        Context::Sort,
        Context::Filter,
        Context::TokenDetails,
        Context::SignIn,
        Context::Form,
        Context::Choice,
        Context::Button,
        Context::Picker,
        Context::PickerSearch,
        Context::PickerSets,
        Context::PickerDiscard,
        Context::Accounts,
        Context::Audit,
        Context::AuditRow,
        Context::AuditCheck,
        Context::Denied,
        Context::DeniedRow,
        Context::Uses,
        Context::UsesRow,
        Context::Catalogue,
        Context::CatalogueSets,
        Context::Policy,
        Context::DiscardDraft,
        Context::Messages,
        Context::Confirm,
        Context::RevealSecret,
        Context::SaveSecret,
        Context::DiscardSecret,
        Context::Help,
        Context::LongWork,
        Context::TextField,
        Context::Anywhere,
    ];

    /// Returns `true` if letters are typed into a field over a screen.
    pub(super) const fn takes_letters(self) -> bool {
        matches!(self, Context::Filter | Context::PickerSearch)
    }

    /// Returns the heading of the context in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Context::Anywhere => "Everywhere",
            Context::Global => "Every screen",
            Context::Tokens => "Tokens",
            Context::Trash => "Trash",
            Context::Sort => "Sort order",
            Context::Filter => "Filter",
            Context::SignIn => "Sign-in",
            Context::Confirm => "Password",
            Context::DiscardDraft => "Discarding a draft",
            Context::Form => "Dialogs with fields",
            Context::Button => "Buttons",
            Context::Choice => "Options in a dialog",
            Context::RevealSecret => "A new secret",
            Context::SaveSecret => "Saving a secret",
            Context::DiscardSecret => "Discarding a secret",
            Context::TokenDetails => "Details",
            Context::Picker => "Method picker",
            Context::PickerSearch => "Search for methods",
            Context::PickerSets => "API sets of the picker",
            Context::PickerDiscard => "Discarding a selection",
            Context::Accounts => "Accounts",
            Context::Audit => "Audit log",
            Context::AuditRow => "Audit row",
            Context::AuditCheck => "Audit log integrity",
            Context::Denied => "Denied attempts",
            Context::DeniedRow => "Denied attempt",
            Context::Uses => "Uses by day",
            Context::UsesRow => "Uses of a day",
            Context::Policy => "Policy",
            Context::Catalogue => "Catalogue",
            Context::CatalogueSets => "API sets of the catalogue",
            Context::Messages => "Messages",
            Context::Help => "Help",
            Context::LongWork => "During a long purge",
            Context::TextField => "Text fields",
        }
    }
}
