//! Rules that several token verbs share.

use crate::domain::account::AccountId;
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::Catalogue;
use crate::domain::expiry::{Expiry, ExpirySpec, Span};
use crate::domain::method::MethodId;
use crate::domain::name::TokenName;
use crate::domain::policy::Policy;
use crate::domain::suggest::did_you_mean;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::verbs::prelude::*;

/// Maximum number of API sets that an error names.
const MAX_NAMED_SETS: usize = 20;

/// Returns the requested expiry, if the policy allows it.
pub(super) fn resolve_expiry(spec: ExpirySpec, policy: &Policy, env: &Env<'_>) -> Result<Expiry> {
    let expiry = spec.resolve(env.now, env.zone)?;
    check_max_expiry("the expiry", expiry, policy, env)?;
    Ok(expiry)
}

/// Returns the expiry of a new token without a requested one: the policy's default, shortened to the end of the actor.
pub(super) fn default_expiry(by: &Actor, policy: &Policy, env: &Env<'_>) -> Result<Expiry> {
    let spec = policy.default_expiry.map_or(ExpirySpec::Never, ExpirySpec::In);
    let expiry = authorize::cap_expiry(by, spec.resolve(env.now, env.zone)?);
    check_max_expiry("the default expiry (policy.default_expiry)", expiry, policy, env)?;
    Ok(expiry)
}

/// Returns the requested expiry for permission checks. `None` if there is none, or if it is not a valid date.
pub(super) fn requested_expiry(spec: Option<ExpirySpec>, env: &Env<'_>) -> Option<Expiry> {
    spec.and_then(|spec| spec.resolve(env.now, env.zone).ok())
}

/// Refuses an expiry later than policy allows for a token that gets it now.
pub(super) fn check_max_expiry(what: &str, expiry: Expiry, policy: &Policy, env: &Env<'_>) -> Result<()> {
    let Some(max) = policy.max_expiry else { return Ok(()) };
    let latest = max.after(env.now, env.zone);
    let error = match (expiry, latest) {
        (Expiry::At(at), Some(latest)) if at <= latest => return Ok(()),
        (_, None) => return Ok(()),
        (Expiry::Never, _) => Error::conflict(format!("{what} can't be \"never\"")),
        (Expiry::At(_), _) => Error::conflict(format!("{what} is too late")),
    };
    Err(error
        .why(format!("the latest possible expiry is {max} from now (policy.max_expiry)"))
        .next(format!("Choose an earlier expiry, for example {max} (in a command: --expires {max})")))
}

/// Refuses a name that could be taken for the hint of another token.
pub(super) fn reject_hint_like_name(name: &TokenName, snapshot: &dyn Snapshot) -> Result<()> {
    let Some(installation) = snapshot.installation()? else { return Ok(()) };
    let head = format!("{}_", installation.prefix);
    if !name.as_str().starts_with(&head) {
        return Ok(());
    }
    Err(Error::usage(format!("a token name can't begin with {head}"))
        .why("the name could be mistaken for the hint of another token")
        .next("Choose another name"))
}

/// Refuses if an account has more active tokens than policy allows, counted as the transaction would leave them.
pub(super) fn check_active_limit(snapshot: &dyn Snapshot, account: AccountId, env: &Env<'_>) -> Result<()> {
    let limit = snapshot.policy()?.active_tokens;
    let active = snapshot.active_tokens(account, env.now)?;
    if limit == 0 || active <= limit {
        return Ok(());
    }
    let name = name_account(snapshot, account)?;
    Err(Error::conflict(format!("{name} would have {active} active tokens"))
        .why(format!("the limit for each account is {limit} (policy.active_tokens)"))
        .next(
            "First disable or revoke other tokens of the account. An owner can also raise the limit: jeton policy set \
             policy.active_tokens NUMBER",
        ))
}

/// Refuses if an account has more tokens than policy allows, counted as the transaction would leave them.
pub(super) fn check_token_limit(snapshot: &dyn Snapshot, account: AccountId, env: &Env<'_>) -> Result<()> {
    let limit = snapshot.policy()?.kept_tokens;
    if limit == 0 {
        return Ok(());
    }
    let counts = snapshot.token_counts(Some(account), env.now)?;
    let (live, trashed) = counts.get(&account).map_or((0, 0), |counts| (counts.live, counts.trashed));
    let count = live.saturating_add(trashed);
    if count <= limit {
        return Ok(());
    }
    let first = if trashed == 0 { "Revoke tokens that are no longer needed. Then purge" } else { "Purge" };
    let name = name_account(snapshot, account)?;
    Err(Error::conflict(format!("{name} would have {count} tokens, including the tokens in the trash"))
        .why(format!("the limit for each account is {limit} (policy.kept_tokens)"))
        .next(format!(
            "{first} the trash: jeton token purge --trashed. This command also purges trashed tokens of other accounts \
             that you manage"
        )))
}

/// Returns `the account ops`.
fn name_account(snapshot: &dyn Snapshot, account: AccountId) -> Result<String> {
    let account = snapshot.account(account)?;
    Ok(account.map_or_else(|| "the account".to_owned(), |account| format!("the account {}", account.username)))
}

/// Returns an expiry for an example in an error: 30 days, or less if the policy permits only less.
pub(super) fn example_expiry(policy: &Policy, env: &Env<'_>) -> Span {
    let usual = Span::Days(30);
    let latest = |span: Span| span.after(env.now, env.zone);
    policy
        .max_expiry
        .filter(|max| matches!((latest(*max), latest(usual)), (Some(a), Some(b)) if a < b))
        .unwrap_or(usual)
}

/// Returns the error for an expired token that needs a new expiry in order to work again.
pub(super) fn needs_expiry(token: &Token, policy: &Policy, env: &Env<'_>) -> Error {
    let example = example_expiry(policy, env);
    let when = token.expiry.at().map_or_else(String::new, Timestamp::rfc3339);
    Error::conflict(format!("{} needs a new expiry", token.name))
        .why(format!("the token expired at {when}"))
        .next(format!("Choose a new expiry, e.g. {example} (in a command: --expires {example})"))
}

/// Refuses sets and methods that no catalogue has, except those that `before` already had. Entries that vanished from
/// the catalogue stay listed and grant nothing.
pub(super) fn check_selection_exists(
    selection: &Selection,
    before: Option<&Selection>,
    snapshot: &dyn Snapshot,
) -> Result<()> {
    match selection {
        Selection::Inherit => Ok(()),
        Selection::Sets(names) if names.is_empty() => {
            Err(Error::usage("an API selection by sets needs at least one API set"))
        }
        Selection::Sets(names) => {
            let sets = snapshot.api_sets()?;
            let had = |name: &String| matches!(before, Some(Selection::Sets(before)) if before.contains(name));
            match names.iter().find(|n| !had(n) && !sets.iter().any(|s| s.name == **n)) {
                None => Ok(()),
                Some(unknown) => {
                    let names: Vec<&str> = sets.iter().map(|s| s.name.as_str()).collect();
                    let error = Error::not_found(format!("no API set \"{unknown}\"")).why(match names.len() {
                        0 => "no catalogue of this store has API sets".to_owned(),
                        1..=MAX_NAMED_SETS => format!("available are {}", names.join(", ")),
                        count => format!("the catalogues have {count} other API sets"),
                    });
                    let is_cut = names.len() > MAX_NAMED_SETS;
                    let error = did_you_mean(error, unknown, names);
                    Err(if is_cut && error.next.is_none() {
                        error.next("To list the API sets, run: jeton catalogue list")
                    } else {
                        error
                    })
                }
            }
        }
        Selection::Custom(methods) => {
            let had = |id: &&MethodId| matches!(before, Some(Selection::Custom(before)) if before.contains(*id));
            for id in methods.iter().filter(|id| !had(id)) {
                if snapshot.method(id)?.is_none() {
                    return Err(method_not_found(id, snapshot)?);
                }
            }
            Ok(())
        }
    }
}

/// Returns the error for a method that no catalogue has, with the names nearest to it.
pub fn method_not_found(id: &MethodId, snapshot: &dyn Snapshot) -> Result<Error> {
    let catalogues = snapshot.catalogues()?;
    let known = catalogues.iter().flat_map(Catalogue::methods).map(|method| method.id.as_str());
    let error = did_you_mean(Error::not_found(format!("no method {id}")), id.as_str(), known);
    Ok(if error.next.is_some() {
        error
    } else {
        error.next("To find a method, run: jeton catalogue list, then: jeton catalogue show GROUP")
    })
}
