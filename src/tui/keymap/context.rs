//! Contexts in which keys are looked up.

macro_rules! contexts {
    ($($(#[$doc:meta])* $context:ident $name:literal: $title:literal,)*) => {
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

            /// Returns the name of the context in the user's file of keys.
            pub const fn name(self) -> &'static str {
                match self { $(Context::$context => $name),* }
            }
        }
    };
}

// Columns: context, its name in the user's file of keys, and its heading in the help; in the order of the help.
contexts! {
    /// Every screen of a signed-in user, unless a dialog covers it.
    Global "every-screen": "Every screen",
    Tokens "tokens": "Tokens",
    Trash "trash": "Trash",
    Sort "sort": "Sort order",
    Columns "columns": "Columns",
    Servers "servers": "Servers",
    /// The filter field above a list.
    Filter "filter": "Filter",
    Filters "saved-filters": "Saved filters",
    SaveFilter "save-filter": "Saving a filter",
    TokenDetails "token-details": "Details",
    /// Sign-in and lock screens.
    SignIn "sign-in": "Sign-in",
    /// The first run and the dialogs with fields.
    Form "form": "Dialogs with fields",
    /// The API list and other choices inside a form.
    Choice "choice": "Options in a dialog",
    /// A button of a form. Letters do nothing.
    Button "button": "Buttons",
    Picker "picker": "Method picker",
    PickerSearch "picker-search": "Search for methods",
    PickerSets "picker-sets": "API sets in the method picker",
    /// The search field of the sets, in the picker and in the Catalogue screen.
    SetSearch "set-search": "Search for API sets",
    PickerDiscard "picker-discard": "Discarding a selection",
    Accounts "accounts": "Accounts",
    Audit "audit-log": "Audit log",
    AuditRow "audit-row": "Audit row",
    AuditCheck "audit-check": "Audit log integrity",
    Denied "denied": "Denied attempts",
    Uses "uses": "Uses by day",
    LedgerRow "ledger-row": "Details of denied attempts and uses",
    Catalogue "catalogue": "Catalogue",
    /// The list of API sets next to the catalogue.
    CatalogueSets "catalogue-sets": "API sets of the catalogue",
    Policy "policy": "Policy",
    DiscardDraft "discard-draft": "Discarding a draft",
    Messages "messages": "Messages",
    /// The password for a change.
    Confirm "password": "Password",
    RevealSecret "new-secret": "A new secret",
    SaveSecret "save-secret": "Saving a secret",
    DiscardSecret "discard-secret": "Discarding a secret",
    Help "help": "Help",
    Palette "commands": "Command palette",
    /// Any dialog that shows lines and scrolls.
    ScrollView "texts": "Details and messages",
    LongWork "long-work": "During a long change",
    TextField "text-field": "Text fields",
    /// Everywhere, including over dialogs.
    Anywhere "everywhere": "Everywhere",
}

impl Context {
    /// Returns `true` if letters are typed into a field over a screen.
    pub(super) const fn takes_letters(self) -> bool {
        matches!(self, Context::Filter | Context::PickerSearch | Context::SetSearch)
    }

    /// Returns `true` if letters can be typed here.
    pub(super) const fn has_text_field(self) -> bool {
        self.takes_letters()
            || matches!(
                self,
                Context::SaveFilter
                    | Context::SignIn
                    | Context::Form
                    | Context::Confirm
                    | Context::SaveSecret
                    | Context::Help
                    | Context::Palette
            )
    }

    /// Returns `true` if the keys can't be changed.
    pub const fn is_fixed(self) -> bool {
        matches!(self, Context::TextField | Context::LongWork | Context::Anywhere)
    }

    const fn is_screen(self) -> bool {
        self.takes_letters()
            || matches!(
                self,
                Context::Tokens
                    | Context::Trash
                    | Context::Accounts
                    | Context::Audit
                    | Context::Denied
                    | Context::Uses
                    | Context::Catalogue
                    | Context::CatalogueSets
                    | Context::Policy
            )
    }

    const fn is_scroll_view(self) -> bool {
        matches!(
            self,
            Context::TokenDetails
                | Context::AuditRow
                | Context::AuditCheck
                | Context::LedgerRow
                | Context::Messages
                | Context::Help
        )
    }

    /// Returns `true` if keys of both contexts can work at the same time.
    pub fn meets(self, other: Context) -> bool {
        let meets = |one: Context, two: Context| match two {
            _ if one == two => true,
            Context::Anywhere => true,
            Context::Global => one.is_screen(),
            Context::LongWork => (one.is_screen() && !one.takes_letters()) || one == Context::Global,
            Context::ScrollView => one.is_scroll_view(),
            _ => false,
        };
        meets(self, other) || meets(other, self)
    }
}
