//! Types that are drawn from their parts.

use jeton::domain::account::Account;
use jeton::domain::api_selection::Selection;
use jeton::domain::audit::AuditRow;
use jeton::domain::catalogue::effective_rights::EffectiveRights;
use jeton::domain::method::MethodId;
use jeton::domain::policy::Policy;
use jeton::domain::time::Timestamp;
use jeton::domain::token::Token;
use jeton::verbs::accounts::AccountWithCounts;
use jeton::verbs::findings::DeadSecretAttempts;
use jeton::verbs::ledger::LedgerToken;
use jeton::verbs::ports::TokenCounts;
use jeton::verbs::tokens::MethodAccess;
use jeton::verbs::verify::{SecretLookup, SecretOwner};
use serde::Serialize;
use serde_json::{Value, json};

use super::Draw;

/// Types that serde reads into a buffer first, because their fields are flattened, tagged or those of a map. So their fields
/// don't say what they hold. Such a type is drawn from its parts.
pub(super) const BUFFERED: &[(&str, Draw)] = &[
    ("::HashedRow>", |source| Ok(merged(source.part::<AuditRow>()?, json!({"hash": "0".repeat(64)})))),
    ("::AccountWithCounts>", |source| {
        Ok(merged(source.part::<Account>()?, json!({"tokens": source.part::<TokenCounts>()?})))
    }),
    ("::AccountDetails>", |source| {
        let last_seen_at = source.part::<Option<Timestamp>>()?;
        Ok(merged(source.part::<AccountWithCounts>()?, json!({"last_seen_at": last_seen_at})))
    }),
    ("::MethodCheck>", |source| {
        let (token, method) = (source.part::<Token>()?, source.part::<MethodId>()?);
        let (previous, nearest) = (source.part::<Option<MethodAccess>>()?, source.part::<Option<MethodId>>()?);
        let check = json!({"token": token, "method": method, "previous": previous, "nearest": nearest});
        Ok(merged(MethodAccess(source.part()?), check))
    }),
    ("::Rights>", |source| {
        Ok(merged(source.part::<EffectiveRights>()?, json!({"previous": source.part::<Option<EffectiveRights>>()?})))
    }),
    ("findings::", |source| {
        let token = source.part::<LedgerToken>()?;
        let at = source.part::<Timestamp>()?;
        Ok(match source.choice() % 3 {
            0 => json!({"kind": "expiring", "token": token, "expires_at": at}),
            1 => json!({"kind": "stale", "token": token, "last_seen_at": null, "created_at": at}),
            _ => merged(source.part::<DeadSecretAttempts>()?, json!({"kind": "still-knocking", "token": token})),
        })
    }),
    ("String, alloc::string::String>", |source| {
        let policy = Policy { active_tokens: source.choice() as u32, trash: source.part()?, ..Policy::default() };
        Ok(json!(policy))
    }),
];

/// Types whose fields depend on each other.
pub(super) const DEPENDENT: &[(&str, Draw)] = &[
    ("SelectionJson", |source| {
        Ok(json!(match source.choice() % 3 {
            0 => Selection::Sets(source.part()?),
            1 => Selection::Custom(source.part()?),
            _ => Selection::Inherit,
        }))
    }),
    ("MethodAccessJson", |source| Ok(json!(MethodAccess(source.part()?)))),
    ("LookupJson", |source| {
        let owner = match source.choice() % 3 {
            0 => SecretOwner::Token(source.part()?, source.part()?),
            1 => SecretOwner::Purged(source.part()?),
            _ => SecretOwner::Unknown,
        };
        Ok(json!(SecretLookup { owner, denial_reason: source.part()? }))
    }),
];

fn merged(one: impl Serialize, other: Value) -> Value {
    let mut one = json!(one);
    one.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    one
}
