//! The tokens that a dialog shows, read again if someone else has changed them.
//!
//! ```text
//!   the change ──► refused ──► GetTokens ──► changed: the dialog shows the tokens as stored, to be confirmed again
//!                                  └───────► not changed, or nothing is left to do: the dialog shows the error
//! ```

use std::fmt;

use crate::domain::date_format::Dates;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::domain::token_diff::diff;
use crate::error::{Error, Fault, Kind};
use crate::tui::component::{Intent, Reply, UpdateContext};
use crate::tui::text_fit::group_digits;
use crate::verbs::request::Response;
use crate::verbs::tokens::{GetTokens, TokenSnapshot};

/// Maximum number of changed tokens in one message.
const MAX_NAMED: usize = 5;

/// The change for these tokens at this time. `None` if it can't be made for them.
type Rebuild<T> = dyn Fn(Vec<Token>, Timestamp) -> Option<T>;

/// Returns the warning that a dialog was read again and shows another state of `subject`.
pub fn describe_reread(subject: &str) -> String {
    format!("The {subject} changed after they were shown. Check the dialog and confirm again.")
}

/// The tokens of a change of type `T`, as they are shown.
pub struct ShownTokens<T> {
    tokens: Vec<Token>,
    rebuild: Box<Rebuild<T>>,
    /// The refusal of the change, until the stored tokens are known.
    refusal: Option<Error>,
}

impl<T> ShownTokens<T> {
    /// Takes the shown tokens. `rebuild` creates the change again for the tokens as stored.
    pub fn new(tokens: Vec<Token>, rebuild: impl Fn(Vec<Token>, Timestamp) -> Option<T> + 'static) -> Self {
        ShownTokens { tokens, rebuild: Box::new(rebuild), refusal: None }
    }

    /// Reads the `shown` tokens again if their change may be the reason of the `refusal`.
    ///
    /// # Errors
    /// The `refusal` otherwise.
    pub fn explain(shown: Option<&mut Self>, refusal: Error) -> Result<Intent, Error> {
        let Some(shown) = shown else { return Err(refusal) };
        // Reading the tokens was refused, or they have no part in the refusal.
        if shown.refusal.is_some() || !matches!(refusal.kind, Kind::Conflict | Kind::NotFound) {
            return Err(shown.refusal.take().unwrap_or(refusal));
        }
        shown.refusal = Some(refusal);
        Ok(Intent::query(GetTokens { tokens: shown.tokens.iter().map(|token| token.id).collect() }))
    }

    /// Takes the stored tokens, and returns the change for them with a description of what has changed. `None` for another
    /// reply.
    ///
    /// # Errors
    /// The refusal if no token has changed. A conflict if nothing is left to do.
    pub fn on_reply(&mut self, reply: &Reply, ctx: &UpdateContext<'_>) -> Option<Result<(T, String), Error>> {
        let Reply::Response(Response::GetTokens(stored)) = reply else { return None };
        let refusal = self.refusal.take()?;
        let changes: Vec<String> =
            self.tokens.iter().filter_map(|seen| change(seen, stored, ctx.dates.get())).collect();
        if changes.is_empty() {
            return Some(Err(refusal));
        }
        let left = stored.iter().filter_map(|one| one.token.clone()).filter(|token| token.deleted_at.is_none());
        let left: Vec<Token> = left.collect();
        let changed = describe(&changes);
        let renewed = if left.is_empty() { None } else { (self.rebuild)(left, ctx.now) };
        Some(match renewed {
            Some(renewed) => Ok((
                renewed,
                format!("Your change was not made. In the meantime: {changed}. Check the dialog and confirm again."),
            )),
            None => Err(Error::conflict(format!("your change was not made, because in the meantime {changed}"))
                .fault(Fault::ChangedMeanwhile)),
        })
    }
}

impl<T> fmt::Debug for ShownTokens<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownTokens").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

/// Describes the change of a token since it was shown. `None` if it was not changed.
fn change(seen: &Token, stored: &[TokenSnapshot], dates: Dates<'_>) -> Option<String> {
    let name = seen.full_name();
    let now = stored.iter().find(|one| one.id == seen.id).and_then(|one| one.token.as_ref());
    match now {
        None => Some(format!("{name} was deleted for good, or you can't see it any more")),
        Some(now) if now.deleted_at.is_some() => Some(format!("{name} was revoked")),
        Some(now) if now.revision == seen.revision => None,
        Some(now) => {
            let changes: Vec<String> = diff(seen, now, dates).iter().map(ToString::to_string).collect();
            Some(if changes.is_empty() {
                format!("{name} was changed")
            } else {
                format!("{name} was changed ({})", changes.join(", "))
            })
        }
    }
}

fn describe(changes: &[String]) -> String {
    let named = changes.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join("; ");
    match changes.len().saturating_sub(MAX_NAMED) {
        0 => named,
        more => format!("{named}; and {} more", group_digits(more as u64)),
    }
}
