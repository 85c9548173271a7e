//! The menu of a token.

use super::super::App;
use super::super::args::{
    ChangeArgs, CopyArgs, EditArgs, RegenerateArgs, RestoreArgs, RevokeArgs, TokenArgs, TokenCommand, TokensArgs,
};
use super::super::token::{expiry_spec, run};
use super::super::{impact, token};
use super::menu::{self, Entry, Then};
use super::{api_selection, denied, fields};
use crate::domain::expiry::Span;
use crate::domain::name::{Description, TokenName, Username};
use crate::domain::token::{Token, TokenId, TokenRef};
use crate::error::Result;
use crate::verbs::credential::Credential;
use crate::verbs::impact::Removal;
use crate::verbs::tokens::ShowToken;

/// What an expiry can be.
pub(super) const EXPIRY: &str =
    "Expiry: 30d (30 days), 6mo (6 months), 1y (1 year), a day such as 2026-12-31, or never";

/// The uses of a token that a person can expect.
pub(super) const USES: [&str; 2] =
    ["Expected to be used", "Expected to be unused, such as for emergencies; never stale"];

/// Shows the menu of a token until the person goes back.
pub(super) fn open(app: &mut App, id: TokenId) -> Result<()> {
    loop {
        let reader = Credential::Session(app.session()?);
        let token = app.call(&reader, ShowToken { token: TokenRef::Id(id) })?.token;
        app.out.line(&format!("Token {}", token::describe_row(&token, app.now())))?;
        let entries = entries(app, &token);
        let title = format!("Menu of the token {}", token.full_name());
        if let Then::Back = menu::choose(app, &title, "Back to the list", &entries, &token)? {
            return Ok(());
        }
    }
}

fn entries(app: &App, token: &Token) -> Vec<Entry<Token>> {
    let mut entries: Vec<Entry<Token>> = vec![
        Entry::new("Show everything about the token", show),
        Entry::new("List its denied attempts", |app, token| denied::one_by_one(app, Some(token))),
    ];
    if token.deleted_at.is_some() {
        entries.push(Entry::change("Restore it from the trash", restore));
        return entries;
    }
    entries.push(Entry::change("Edit its name, description, expiry, API access or expected use", edit));
    entries.push(Entry::change("Copy it to a new token", copy));
    entries.push(Entry::change("Regenerate its secret", regenerate));
    if token.overlap(app.now()).is_some() {
        entries.push(Entry::change("End the overlap: stop the old secret now", retire));
    }
    entries.push(match token.enabled {
        true => Entry::change("Disable it", disable),
        false => Entry::change("Enable it", enable),
    });
    entries.push(Entry::change("Revoke it: put it into the trash", revoke));
    entries
}

fn one(token: &Token) -> TokensArgs {
    TokensArgs { tokens: vec![token.id.to_string()], filter: None, account: None, all: false, except: Vec::new() }
}

fn show(app: &mut App, token: &Token) -> Result<Then> {
    run(app, TokenCommand::Show(TokenArgs { token: token.id.to_string() }))?;
    Ok(Then::Again)
}

fn disable(app: &mut App, token: &Token) -> Result<Then> {
    menu::announce(app, &format!("disable {}. jeton denies the token until you enable it.", token.full_name()))?;
    run(app, TokenCommand::Disable(ChangeArgs { some: one(token), confirm: None }))?;
    Ok(Then::Again)
}

fn enable(app: &mut App, token: &Token) -> Result<Then> {
    menu::confirm(app, &format!("enable {}. The token works again if its account is enabled.", token.full_name()))?;
    run(app, TokenCommand::Enable(ChangeArgs { some: one(token), confirm: None }))?;
    Ok(Then::Again)
}

fn revoke(app: &mut App, token: &Token) -> Result<Then> {
    let full_name = token.full_name();
    let revoke = format!(
        "revoke {full_name}. jeton denies the token from the next request on. The token stays in the trash for a while."
    );
    menu::announce(app, &revoke)?;
    run(app, TokenCommand::Revoke(RevokeArgs { some: one(token), with_made: false, confirm: None, stdin: false }))?;
    app.out.line("To restore the token, list the trash from the main menu, and choose the token.")?;
    Ok(Then::Back)
}

fn restore(app: &mut App, token: &Token) -> Result<Then> {
    let typed = fields::ask(app, "Name of the restored token", Some(token.name.as_str()), TokenName::parse)?;
    let full_name = token.full_name();
    menu::confirm(app, &format!("restore {full_name} as {typed}. The token stays disabled until you enable it."))?;
    let rename = (typed != token.name).then(|| typed.to_string());
    run(app, TokenCommand::Restore(RestoreArgs { some: one(token), rename, confirm: None }))?;
    Ok(Then::Again)
}

fn retire(app: &mut App, token: &Token) -> Result<Then> {
    menu::announce(app, &format!("stop the old secret of {}.", token.full_name()))?;
    run(app, TokenCommand::Retire(TokenArgs { token: token.id.to_string() }))?;
    Ok(Then::Again)
}

fn regenerate(app: &mut App, token: &Token) -> Result<Then> {
    let grace = fields::ask_optional(
        app,
        "Time for which the present secret still works, such as 24h, at most 30d",
        "none: the present secret stops at once",
        |_, text| Span::parse(text).map(|_| text.to_owned()),
    )?;
    let expires = fields::ask_optional(app, EXPIRY, "the present expiry", check_expiry)?;
    let out = fields::ask_secret_file(app)?;
    menu::announce(app, &format!("give {} a new secret.", token.full_name()))?;
    app.out.line(&match &grace {
        None => "Old secret: stops at once".to_owned(),
        Some(grace) => format!("Old secret: works for {grace}, and not longer than the token"),
    })?;
    app.out.line(&fields::describe_secret_file(out.as_ref()))?;
    if grace.is_none() {
        let reader = Credential::Session(app.session()?);
        impact::show(app, &reader, Removal::Tokens(vec![token.id]))?;
    }
    impact::ask(app, "regenerate the secret")?;
    run(app, TokenCommand::Regenerate(RegenerateArgs { token: token.id.to_string(), grace, expires, out }))?;
    Ok(Then::Again)
}

fn copy(app: &mut App, token: &Token) -> Result<Then> {
    let name = fields::ask(app, "Name of the new token", None, TokenName::parse)?;
    let account = fields::ask(app, "Account of the new token", Some(token.owner.username.as_str()), Username::parse)?;
    let expires = fields::ask_optional(app, EXPIRY, "the expiry of the original", check_expiry)?;
    let out = fields::ask_secret_file(app)?;
    menu::announce(app, &format!("copy {} to the new token {account}/{name}.", token.full_name()))?;
    app.out.line(&format!("Expiry: {}", expires.as_deref().unwrap_or("that of the original")))?;
    app.out.line(&fields::describe_secret_file(out.as_ref()))?;
    impact::ask(app, "create the token")?;
    let (token, name, account) = (token.id.to_string(), name.to_string(), Some(account.to_string()));
    run(app, TokenCommand::Copy(CopyArgs { token, name, account, expires, out }))?;
    Ok(Then::Again)
}

/// Asks for each value, with the present one as default. The command shows the differences and asks for a yes.
fn edit(app: &mut App, token: &Token) -> Result<Then> {
    let name = fields::ask(app, "Name", Some(token.name.as_str()), TokenName::parse)?;
    let present = match token.description.as_str() {
        "" => "none".to_owned(),
        text => format!("the present one: {text}"),
    };
    let description = fields::ask_optional(app, "Description, or a minus sign to remove it", &present, |_, text| {
        let text = if text == "-" { "" } else { text };
        Description::parse(text).map(|_| text.to_owned())
    })?;
    let expires = fields::ask_optional(app, EXPIRY, "the present expiry", check_expiry)?;
    let selection = api_selection::ask_change(app, &token.selection)?;
    let is_expected_unused = token.expected_unused_since.is_some();
    let (present, other) = if is_expected_unused { (USES[1], USES[0]) } else { (USES[0], USES[1]) };
    let choices = [format!("As now: {present}"), other.to_owned()];
    let changes_use = fields::choose(app, "Use of the token", &choices)? == 1;
    let name = (name != token.name).then(|| name.to_string());
    run(
        app,
        TokenCommand::Edit(EditArgs {
            token: token.id.to_string(),
            name,
            description,
            expires,
            selection,
            expect_unused: changes_use && !is_expected_unused,
            no_expect_unused: changes_use && is_expected_unused,
            dry_run: false,
        }),
    )?;
    Ok(Then::Again)
}

/// Checks an expiry. The command parses it again.
pub(super) fn check_expiry(app: &App, text: &str) -> Result<String> {
    expiry_spec(app, Some(text)).map(|_| text.to_owned())
}
