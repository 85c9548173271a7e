//! `token regenerate`: gives a token a new secret.

use std::path::PathBuf;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::args::RegenerateArgs;
use super::super::propagation::PropagationCheck;
use super::super::{App, output};
use super::expiry_spec;
use super::secret_output::{Created, SecretFormat, print_issued, print_summary, secret_destination};
use crate::domain::expiry::{Expiry, Span};
use crate::domain::time::{Timestamp, relative};
use crate::error::Result;
use crate::verbs::tokens::{IssuedToken, RegenerateToken, TokenTarget};

pub(super) fn regenerate(app: &mut App, args: RegenerateArgs) -> Result<()> {
    let now = app.now();
    let is_opened = Arc::new(AtomicBool::new(false));
    let format = match app.out.json {
        true if args.grace.is_none() => SecretFormat::OpenJson(now, Arc::clone(&is_opened)),
        true => SecretFormat::Json(now),
        false => SecretFormat::new(app),
    };
    let verb = RegenerateToken {
        token: TokenTarget::by_reference(args.token),
        grace: args.grace.as_deref().map(Span::parse).transpose()?,
        expires: expiry_spec(app, args.expires.as_deref())?,
    };
    let destination = secret_destination(format, args.out, None)?;
    let has_grace = verb.grace.is_some();
    let credential = app.write_credential()?;
    let (changed, saved) = app.call_with_delivery(&credential, verb, destination).inspect_err(|_| {
        if is_opened.load(Ordering::Relaxed) {
            output::json_closed();
        }
    })?;
    let issued = changed.value;
    let until = issued.token.previous.as_ref().filter(|_| has_grace).map(|p| p.retires_at);
    match until {
        Some(until) => {
            let old = describe_old_secret(until, issued.token.expiry, now);
            print_issued(app, &[issued], &saved, &format!("has a new secret; {old}"))
        }
        None => print_rotated(app, &issued, &saved, changed.audit_seq, now),
    }
}

/// Reports a regeneration. The secret is already printed unless it was saved, and the service's answer follows.
fn print_rotated(app: &mut App, issued: &IssuedToken, saved: &[PathBuf], seq: i64, now: Timestamp) -> Result<()> {
    let service = PropagationCheck::run(app, seq);
    if app.out.json {
        let answer = Created::new(issued, saved.first());
        let printed = saved.is_empty().then_some(&answer);
        return output::print_json_rest(&service.attach_to(&answer), now, printed);
    }
    let what = format!(
        "has a new secret{}",
        service.suffix("the old secret", "; jeton denies the old secret from the next request on")
    );
    print_summary(app, slice::from_ref(issued), saved, &what);
    service.warn_unconfirmed(app);
    Ok(())
}

/// Describes how long the old secret lives, and if the expiry makes that shorter than requested.
fn describe_old_secret(until: Timestamp, expiry: Expiry, now: Timestamp) -> String {
    let cut = if expiry.at() == Some(until) { ", when the token expires" } else { "" };
    format!("the old secret ends {}{cut}", relative(until, now))
}
