//! `token delete`: what would break is shown first, then the name is typed. The verb compares it, not we.

use super::super::App;
use super::super::args::DeleteArgs;
use super::show;
use super::switch::{done, pointed};
use crate::domain::time::ago;
use crate::error::{Error, Result};
use crate::verbs::actor::Credential;
use crate::verbs::tokens::{DeleteTokens, Pointed, ShowToken, Shown};

pub(super) fn delete(app: &mut App, args: DeleteArgs) -> Result<()> {
    let tokens = pointed(args.some);
    let (who, verb) = match args.confirm {
        Some(typed) => (app.to_change()?, DeleteTokens { tokens, typed }),
        None if app.prompt.possible => confirmed(app, tokens)?,
        None => {
            return Err(Error::conflict("the deletion is not confirmed")
                .why("there is no terminal to ask on, or --no-input forbids it")
                .next("Say --confirm NAME, or for several tokens --confirm N, their number"));
        }
    };
    let changed = app.ask(&who, verb)?;
    done(app, &changed.out, "deleted; it is denied from now on")?;
    if !app.out.json {
        app.out.note("  In the trash for now: jeton token list --trash, jeton token restore NAME");
    }
    Ok(())
}

/// Shows what would break and asks for the name. What was shown is what may be deleted: its revision goes along.
fn confirmed(app: &App, tokens: Vec<Pointed>) -> Result<(Credential, DeleteTokens)> {
    let (who, session) = app.proved()?;
    let look = Credential::Session(session);
    let mut seen = Vec::with_capacity(tokens.len());
    for pointed in tokens {
        let shown = app.ask(&look, ShowToken { token: pointed.token })?;
        if shown.token.deleted_at.is_some() {
            let name = shown.token.full_name();
            return Err(Error::not_found(format!("the token {name} is in the trash already")));
        }
        consequences(app, &shown)?;
        seen.push(Pointed::on_screen(&shown.token));
    }
    let label = if seen.len() == 1 {
        "Type the token's name to delete it".to_owned()
    } else {
        format!("Type the number of tokens, {}, to delete them", seen.len())
    };
    let typed = app.prompt.line(&label)?;
    Ok((who, DeleteTokens { tokens: seen, typed }))
}

fn consequences(app: &App, shown: &Shown) -> Result<()> {
    let (usage, now) = (&shown.usage, app.now());
    let name = shown.token.full_name();
    let Some(at) = usage.last_seen_at else {
        return app.prompt.show(&format!("{name}: never used"));
    };
    let mark = if usage.week > 0 { "! " } else { "" };
    app.prompt.show(&format!("{mark}{name}: last seen {}, calls {}", ago(at, now), show::calls(usage)))?;
    for origin in &usage.origins {
        app.prompt.show(&format!("    from {}", show::from(origin)))?;
    }
    if !usage.methods.is_empty() {
        let methods: Vec<&str> = usage.methods.iter().map(|(m, _)| m.as_str()).collect();
        app.prompt.show(&format!("    methods {}", methods.join(", ")))?;
    }
    Ok(())
}
