//! `token can`: checks if a token may call a method, and gives the reason if not.

use super::super::App;
use super::super::args::CanArgs;
use crate::domain::method::MethodId;
use crate::domain::time::relative;
use crate::domain::token::TokenRef;
use crate::error::{Error, Result};
use crate::verbs::tokens::{CanToken, MethodCheck};

pub(super) fn can(app: &mut App, args: CanArgs) -> Result<()> {
    let method = MethodId::parse(&args.method)?;
    let credential = app.read_credential()?;
    let check = app.call(&credential, CanToken { token: TokenRef::Text(args.token), method })?;
    if app.out.json {
        app.print_json(&check)?;
    }
    let MethodCheck { token, method, reason, previous: previous_access, nearest, .. } = &check;
    let (now, name) = (app.now(), token.full_name());
    if let Some((previous, access)) = token.overlap(now).zip(*previous_access).filter(|(_, p)| p.reason != *reason) {
        let may = access.reason.map_or_else(
            || "may call the method".to_owned(),
            |why| format!("may not call the method: {}", check.describe(why, previous.issued_role)),
        );
        app.out.note(&format!(
            "! the old secret {}, which stops working {}, {may}",
            previous.hint,
            relative(previous.retires_at, now)
        ));
    }
    match reason {
        None if app.out.json || app.out.quiet => Ok(()),
        None => app.out.line(&format!("{name} may call {method}")),
        Some(reason) => {
            let why = check.describe(*reason, token.issued_role);
            let error = Error::denied(format!("{name} may not call {method}")).why(why);
            Err(match nearest {
                Some(nearest) => error.next(format!("Did you mean: {nearest}?")),
                None => error,
            })
        }
    }
}
