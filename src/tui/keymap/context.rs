//! Contexts in which keys are looked up.

macro_rules! contexts {
    ($($(#[$doc:meta])* $context:ident: $title:literal,)*) => {
        /// A context in which keys are looked up.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Context { $($(#[$doc])* $context),* }

        impl Context {
            /// All contexts, in the order of the help.
            pub const ALL: [Context; [$(Context::$context),*].len()] = [$(Context::$context),*];

            /// Returns the heading of the context in the help.
            pub const fn title(self) -> &'static str {
                match self { $(Context::$context => $title),* }
            }
        }
    };
}

// Columns: context, and its heading in the help; in the order of the help.
contexts! {
    /// Every screen of a signed-in user, unless a dialog covers it.
    Global: "Every screen",
    Tokens: "Tokens",
    Trash: "Trash",
    Sort: "Sort order",
    Columns: "Columns",
    Servers: "Servers",
    /// The filter field above a list.
    Filter: "Filter",
    Filters: "Saved filters",
    SaveFilter: "Saving a filter",
    TokenDetails: "Details",
    /// Sign-in and lock screens.
    SignIn: "Sign-in",
    /// The first run and the dialogs with fields.
    Form: "Dialogs with fields",
    /// The API list and other choices inside a form.
    Choice: "Options in a dialog",
    /// A button of a form. Letters do nothing.
    Button: "Buttons",
    Picker: "Method picker",
    PickerSearch: "Search for methods",
    PickerSets: "API sets in the method picker",
    /// The search field of the sets, in the picker and in the Catalogue screen.
    SetSearch: "Search for API sets",
    PickerDiscard: "Discarding a selection",
    Accounts: "Accounts",
    Audit: "Audit log",
    AuditRow: "Audit row",
    AuditCheck: "Audit log integrity",
    Denied: "Denied attempts",
    Uses: "Uses by day",
    LedgerRow: "Details of denied attempts and uses",
    Catalogue: "Catalogue",
    /// The list of API sets next to the catalogue.
    CatalogueSets: "API sets of the catalogue",
    Policy: "Policy",
    DiscardDraft: "Discarding a draft",
    Messages: "Messages",
    /// The password for a change.
    Confirm: "Password",
    RevealSecret: "A new secret",
    SaveSecret: "Saving a secret",
    DiscardSecret: "Discarding a secret",
    Help: "Help",
    Palette: "Command palette",
    /// Any dialog that shows lines and scrolls.
    ScrollView: "Details and messages",
    LongWork: "During a long change",
    TextField: "Text fields",
    /// Everywhere, including over dialogs.
    Anywhere: "Everywhere",
}

impl Context {
    /// Returns `true` if letters are typed into a field over a screen.
    pub(super) const fn takes_letters(self) -> bool {
        matches!(self, Context::Filter | Context::PickerSearch | Context::SetSearch)
    }
}
