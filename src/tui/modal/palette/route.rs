//! The commands that the screens can do, too.

use crate::domain::policy::Policy;
use crate::tui::keymap::Action;
use crate::tui::layer::ScreenId;
use crate::tui::modal::edit_policy::KEY_PREFIX;

const AUDIT: ScreenId = ScreenId(3);
const CATALOGUE: ScreenId = ScreenId(4);
const DENIED: ScreenId = ScreenId(6);
const USES: ScreenId = ScreenId(7);

/// The place on the screens where a command is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    Screen(ScreenId),
    /// The tokens, or those of the named account.
    TokensOf,
    /// An action without an object, on this screen.
    Act(ScreenId, Action),
    /// An action on every screen.
    ActHere(Action),
    /// The dialog of an action about the named token.
    Token(Action),
    /// The row of the named token in the trash.
    TrashedToken,
    /// The dialog that disables the named token, or enables it if `true`.
    EnableToken(bool),
    /// The row of the named account, and the dialog of an action about it.
    Account(Option<Action>),
    /// The dialog that disables the named account, or enables it if `true`.
    EnableAccount(bool),
    /// The dialog for the named rule of the policy.
    Rule,
}

/// Explains that the dialog of `action` about a token doesn't open, because the token is in the trash.
pub fn explain_trash(token: &str, action: Action) -> String {
    match action {
        Action::Revoke => format!("{token} is already revoked, and in the trash"),
        _ => format!("{token} is in the trash. First type: token restore NAME"),
    }
}

impl Route {
    /// Returns `true` if the command has to name its object.
    pub fn needs_argument(self) -> bool {
        match self {
            Route::Screen(_) | Route::TokensOf | Route::Act(..) | Route::ActHere(_) => false,
            Route::Token(_) | Route::TrashedToken | Route::EnableToken(_) => true,
            Route::Account(_) | Route::EnableAccount(_) | Route::Rule => true,
        }
    }

    /// Returns `true` if the command changes something.
    pub fn is_change(self) -> bool {
        match self {
            Route::Screen(_) | Route::TokensOf | Route::Account(None) => false,
            Route::Act(_, action) | Route::ActHere(action) => action.is_change(),
            Route::Token(action) | Route::Account(Some(action)) => action.is_change(),
            Route::TrashedToken | Route::EnableToken(_) | Route::EnableAccount(_) | Route::Rule => true,
        }
    }

    /// Returns `true` if the command may name an object.
    pub fn takes_argument(self) -> bool {
        self.needs_argument() || self == Route::TokensOf
    }
}

/// Commands by name. All others belong to the shell.
pub const ROUTES: &[(&str, Route)] = &[
    ("token create", Route::Act(ScreenId::TOKENS, Action::CreateToken)),
    ("token list", Route::TokensOf),
    ("token show", Route::Token(Action::Details)),
    ("token edit", Route::Token(Action::EditToken)),
    ("token copy", Route::Token(Action::CopyToken)),
    ("token disable", Route::EnableToken(false)),
    ("token enable", Route::EnableToken(true)),
    ("token regenerate", Route::Token(Action::RegenerateToken)),
    ("token retire", Route::Token(Action::EndOverlap)),
    ("token revoke", Route::Token(Action::Revoke)),
    ("token restore", Route::TrashedToken),
    ("token purge", Route::Act(ScreenId::TOKENS, Action::Purge)),
    ("token whose", Route::ActHere(Action::IdentifySecret)),
    ("account create", Route::Act(ScreenId::ACCOUNTS, Action::CreateAccount)),
    ("account list", Route::Screen(ScreenId::ACCOUNTS)),
    ("account show", Route::Account(None)),
    ("account role", Route::Account(Some(Action::SetRole))),
    ("account disable", Route::EnableAccount(false)),
    ("account enable", Route::EnableAccount(true)),
    ("account passwd", Route::Account(Some(Action::SetPassword))),
    ("account contact", Route::Account(Some(Action::SetContact))),
    ("account delete", Route::Account(Some(Action::DeleteAccount))),
    ("policy list", Route::Screen(ScreenId::POLICY)),
    ("policy set", Route::Rule),
    ("catalogue list", Route::Screen(CATALOGUE)),
    ("catalogue apply", Route::Act(CATALOGUE, Action::ApplyCatalogue)),
    ("catalogue import openapi", Route::Act(CATALOGUE, Action::ApplyCatalogue)),
    ("audit", Route::Screen(AUDIT)),
    ("audit verify", Route::Act(AUDIT, Action::CheckAuditLog)),
    ("ledger denied", Route::Screen(DENIED)),
    ("ledger uses", Route::Screen(USES)),
];

pub fn route(command: &str) -> Option<Route> {
    ROUTES.iter().find(|(name, _)| *name == command).map(|(_, route)| *route)
}

/// Returns the key of a rule, with or without its prefix.
pub fn find_rule(argument: &str) -> Result<&'static str, String> {
    let keys: Vec<&'static str> = Policy::default().pairs().into_iter().map(|(key, _)| key).collect();
    let found = keys.iter().find(|key| **key == argument || key.strip_prefix(KEY_PREFIX) == Some(argument));
    found.copied().ok_or_else(|| format!("no rule \"{argument}\". The rules are: {}", keys.join(", ")))
}
