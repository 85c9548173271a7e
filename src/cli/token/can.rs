//! `token can`: checks if a token may call a method, and gives the reason if not.

use super::super::App;
use super::super::args::CanArgs;
use super::super::json::{CanJson, CanPreviousJson, SCHEMA, TokenJson};
use crate::domain::catalogue::effective_rights::Withheld;
use crate::domain::method::MethodId;
use crate::domain::time::relative;
use crate::domain::token::TokenRef;
use crate::error::{Error, Result};
use crate::verbs::tokens::{CanToken, MethodCheck};

pub(super) fn can(app: &mut App, args: CanArgs) -> Result<()> {
    let method = MethodId::parse(&args.method)?;
    let credential = app.read_credential()?;
    let check = app.call(&credential, CanToken { token: TokenRef::Text(args.token), method: method.clone() })?;
    let (now, name) = (app.now(), check.token.full_name());
    if app.out.json {
        app.out.json(&CanJson {
            schema: SCHEMA,
            token: TokenJson::new(&check.token, now),
            method: method.to_string(),
            allowed: check.withheld.is_none(),
            reason: check.withheld.map(Withheld::as_str),
            previous: check.previous.map(|withheld| CanPreviousJson {
                allowed: withheld.is_none(),
                reason: withheld.map(Withheld::as_str),
            }),
        })?;
    }
    if let Some((previous, withheld)) =
        check.token.overlap(now).zip(check.previous).filter(|(_, p)| *p != check.withheld)
    {
        let may = withheld.map_or_else(
            || "may call the method".to_owned(),
            |why| format!("may not call the method: {}", MethodCheck::describe(why)),
        );
        app.out.note(&format!(
            "! the old secret {}, which stops working {}, {may}",
            previous.hint,
            relative(previous.retires_at, now)
        ));
    }
    match check.withheld {
        None if app.out.json || app.out.quiet => Ok(()),
        None => app.out.line(&format!("{name} may call {method}")),
        Some(withheld) => {
            let error = Error::denied(format!("{name} may not call {method}")).why(MethodCheck::describe(withheld));
            Err(match check.nearest {
                Some(nearest) => error.next(format!("Did you mean: {nearest}?")),
                None => error,
            })
        }
    }
}
