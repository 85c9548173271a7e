//! `token can`: checks if a token may call a method, and gives the reason if not.

use super::super::App;
use crate::domain::method::MethodId;
use crate::domain::time::relative;
use crate::domain::token::TokenRef;
use crate::error::{Error, Result};
use crate::verbs::tokens::{CanToken, MethodAccess, MethodCheck};

pub(super) fn can(app: &mut App, token: String, method: &str) -> Result<()> {
    let typed = MethodId::parse(method)?;
    let credential = app.read_credential()?;
    let method = app.full_method(&credential, typed)?;
    let check = app.call(&credential, CanToken { token: TokenRef::Text(token), method })?;
    let now = app.now();
    if app.out.json {
        app.out.answer(&check, now)?;
    }
    let MethodCheck { token, method, current: MethodAccess(reason), previous: previous_access, nearest } = &check;
    let name = token.full_name();
    if let Some((previous, access)) = token.overlap(now).zip(*previous_access).filter(|(_, p)| p.0 != *reason) {
        let can = access.0.map_or_else(
            || "can call the method".to_owned(),
            |why| format!("can't call the method: {}", check.describe(why, previous.issued_role)),
        );
        app.out.note(&format!(
            "! the old secret {} (ends {}) {can}",
            previous.hint,
            relative(previous.retires_at, now)
        ));
    }
    match reason {
        None if app.out.json || app.out.quiet => Ok(()),
        None => app.out.line(&format!("{name} can call {method}")),
        Some(reason) => {
            let why = check.describe(*reason, token.issued_role);
            let error = Error::denied(format!("{name} can't call {method}")).why(why);
            Err(match nearest {
                Some(nearest) => error.next(format!("Did you mean: {nearest}?")),
                None => error,
            })
        }
    }
}
