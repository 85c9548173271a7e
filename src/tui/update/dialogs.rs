//! Dialogs about the token under the cursor, and what they hear from outside.

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::domain::token::{Status, Token};
use crate::error::Result;
use crate::platform::clipboard::CLEARED_AFTER;
use crate::tui::effect::Effect;
use crate::tui::modal::Modal;
use crate::tui::modal::confirm::{Confirm, Wanted};
use crate::tui::modal::details::Details;
use crate::tui::modal::generate::Generate;
use crate::tui::modal::help::Help;
use crate::tui::modal::messages::Messages;
use crate::tui::modal::regenerate::Regenerate;
use crate::tui::modal::remove::Remove;
use crate::tui::modal::whose::Whose;
use crate::tui::model::{Model, Tone};
use crate::tui::msg::Copied;
use crate::tui::screen::Open;
use crate::verbs::tokens::{DisableTokens, EnableTokens, Pointed, Shown};

/// Opens the list of keys.
pub(super) fn help(model: &mut Model) -> Vec<Effect> {
    model.modals.push(Modal::Help(Box::new(Help::new(model.context()))));
    Vec::new()
}

/// Opens what was said so far.
pub(super) fn messages(model: &mut Model) -> Vec<Effect> {
    let messages = model.messages.iter().cloned().collect();
    model.modals.push(Modal::Messages(Box::new(Messages::new(messages))));
    Vec::new()
}

/// Opens the question whose a secret is.
pub(super) fn whose(model: &mut Model) -> Vec<Effect> {
    model.modals.push(Modal::Whose(Box::new(Whose::open())));
    Vec::new()
}

/// Makes a change once it was proved who wants it: the one way from a dialog without a proof of its own to the store.
pub(super) fn confirm(model: &mut Model, wanted: Wanted) -> Vec<Effect> {
    if let Some(proof) = model.proof() {
        model.modals.push(Modal::Confirm(Box::new(Confirm::open(wanted, proof))));
    }
    Vec::new()
}

/// Opens a dialog. One about a token needs a token under the cursor.
pub(super) fn open(model: &mut Model, what: Open) -> Vec<Effect> {
    // Until the rules have come the product's own stand in: the store applies its own in any case.
    let policy = model.me.as_ref().map_or_else(Policy::default, |me| me.policy.clone());
    let current = model.tokens().and_then(|t| t.current()).cloned();
    let modal = match (what, current) {
        (Open::Account(what), _) => return super::people::open(model, what),
        (Open::Rule, _) => return super::people::open_rule(model),
        (Open::Generate, _) => {
            let form = Generate::open(model.role(), policy.default_expiry, Arc::clone(&model.catalogues));
            Modal::Generate(Box::new(form))
        }
        (Open::Regenerate, Some(token)) => {
            let expired = token.expiry.is_past(model.now);
            Modal::Regenerate(Box::new(Regenerate::open(token, expired, policy.default_expiry)))
        }
        (Open::Toggle, Some(token)) => return confirm(model, toggle(&token, model.now)),
        (Open::Remove, Some(token)) => {
            let Some(proof) = model.proof() else { return Vec::new() };
            let usage = usage_of(model, &token).map(|s| s.usage.clone()).unwrap_or_default();
            Modal::Remove(Box::new(Remove::open(token, usage, policy.trash, proof)))
        }
        (Open::Details, Some(token)) => {
            let shown = usage_of(model, &token).cloned();
            Modal::Details(Box::new(Details::new(token, shown)))
        }
        (Open::Regenerate | Open::Toggle | Open::Remove | Open::Details, None) => return Vec::new(),
    };
    model.modals.push(modal);
    Vec::new()
}

fn usage_of<'a>(model: &'a Model, token: &Token) -> Option<&'a Shown> {
    model.tokens().and_then(|t| t.usage.as_ref()).filter(|s| s.token.id == token.id)
}

fn toggle(token: &Token, now: Timestamp) -> Wanted {
    let tokens = vec![Pointed::on_screen(token)];
    if token.enabled {
        let about = format!(
            "{} is denied from the next request on. It is kept, with its secret, and can be enabled again.",
            token.full_name()
        );
        Wanted::new(format!("Disable {}", token.name), about, DisableTokens { tokens })
    } else {
        let expired = matches!(token.status(now), Status::Expired) || token.expiry.is_past(now);
        let about = if expired {
            format!("{} is expired: enabling it needs a new expiry, which Regenerate gives.", token.full_name())
        } else {
            format!("{} is accepted again from the next request on, with the secret it had.", token.full_name())
        };
        Wanted::new(format!("Enable {}", token.name), about, EnableTokens { tokens })
    }
}

/// The clipboard answered. A dialog that shows a secret keeps the answer in sight.
pub(super) fn copied(model: &mut Model, result: Result<Copied>) -> Vec<Effect> {
    let (text, done) = match result {
        Ok(Copied::ForAWhile) => (format!("copied, cleared in {} s", CLEARED_AFTER.as_secs()), true),
        Ok(Copied::ForGood) => ("copied".to_owned(), true),
        Ok(Copied::Sent { through_tmux: false }) => ("sent to your terminal, it stays there".to_owned(), true),
        Ok(Copied::Sent { through_tmux: true }) => {
            let text =
                "sent to your terminal, it stays there; tmux drops it unless allow-passthrough is on: paste to see";
            (text.to_owned(), true)
        }
        Err(error) => (error.to_string(), false),
    };
    match model.modals.last_mut() {
        Some(Modal::Reveal(reveal)) => reveal.copied(text, done),
        _ => model.say(if done { Tone::Good } else { Tone::Bad }, text, None),
    }
    Vec::new()
}

/// The file is there, or not.
pub(super) fn saved(model: &mut Model, result: Result<PathBuf>) -> Vec<Effect> {
    match result {
        Ok(path) => {
            if matches!(model.modals.last(), Some(Modal::Save(_))) {
                model.modals.pop();
            }
            if let Some(Modal::Reveal(reveal)) = model.modals.last_mut() {
                reveal.saved(format!("saved to {}, readable by you only", path.display()), true);
            }
        }
        Err(error) => {
            if let Some(Modal::Save(save)) = model.modals.last_mut() {
                save.say(error.to_string());
            }
        }
    }
    Vec::new()
}
