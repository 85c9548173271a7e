//! Questions for a new token.

use super::super::App;
use super::super::args::{CreateArgs, TokenCommand};
use super::super::{impact, token};
use super::menu::{self, Then};
use super::token::{EXPIRY, USES, check_expiry};
use super::{api_selection, fields};
use crate::domain::name::{Description, TokenName, Username};
use crate::error::Result;

pub(super) fn generate(app: &mut App) -> Result<Then> {
    app.out.line("Questions for the new token follow. To go back without a token, answer 0.")?;
    let own = app.session()?.username().clone();
    let name = fields::ask(app, "Name of the token", None, TokenName::parse)?;
    let account = fields::ask(app, "Account that owns the token", Some(own.as_str()), Username::parse)?;
    let description = fields::ask(app, "Description, up to 200 characters", Some(""), |text| {
        Description::parse(text).map(|_| text.to_owned())
    })?;
    let expires = fields::ask_optional(app, EXPIRY, "the default of the policy", check_expiry)?;
    let access = api_selection::ask(app)?;
    let expect_unused = fields::choose(app, "Use of the token", &USES)? == 1;
    let out = fields::ask_secret_file(app)?;
    menu::announce(app, &format!("create the token {account}/{name}."))?;
    app.out.line(&format!("Expiry: {}", expires.as_deref().unwrap_or("the default of the policy")))?;
    app.out.line(&format!("API access: {}", access.describe()))?;
    if expect_unused {
        app.out.line("Use: expected to be unused")?;
    }
    app.out.line(&fields::describe_secret_file(out.as_ref()))?;
    impact::ask(app, "create the token")?;
    let command = CreateArgs {
        names: vec![name.to_string()],
        account: Some(account.to_string()),
        description: Some(description).filter(|text| !text.is_empty()),
        expires,
        set: access.sets,
        method: access.methods,
        inherit: access.inherits,
        expect_unused,
        out,
        out_dir: None,
    };
    token::run(app, TokenCommand::Create(command))?;
    Ok(Then::Again)
}
