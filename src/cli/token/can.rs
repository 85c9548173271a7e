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
    let who = app.to_look()?;
    let can = app.ask(&who, CanToken { token: TokenRef::Text(args.token), method: method.clone() })?;
    let (now, name) = (app.now(), can.token.full_name());
    if app.out.json {
        app.out.json(&CanJson {
            schema: SCHEMA,
            token: TokenJson::of(&can.token, now),
            method: method.to_string(),
            allowed: can.withheld.is_none(),
            reason: can.withheld.map(Withheld::as_str),
            previous: can.previous.map(|withheld| CanPreviousJson {
                allowed: withheld.is_none(),
                reason: withheld.map(Withheld::as_str),
            }),
        })?;
    }
    if let Some((previous, withheld)) = can.token.overlap(now).zip(can.previous).filter(|(_, p)| *p != can.withheld) {
        let may = withheld.map_or_else(|| "may".to_owned(), |why| format!("may not: {}", MethodCheck::describe(why)));
        app.out.note(&format!("! {}, which dies {}, {may}", previous.hint, relative(previous.retires_at, now)));
    }
    match can.withheld {
        None if app.out.json || app.out.quiet => Ok(()),
        None => app.out.line(&format!("{name} may call {method}")),
        Some(withheld) => {
            let refused = Error::denied(format!("{name} may not call {method}")).why(MethodCheck::describe(withheld));
            Err(match can.nearest {
                Some(nearest) => refused.next(format!("The nearest known method is {nearest}")),
                None => refused,
            })
        }
    }
}
