use std::cell::RefCell;
use std::collections::VecDeque;

use crate::domain::api_selection::Selection;
use crate::domain::name::Prefix;
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::domain::token::{Token, TokenId};
use crate::domain::wire_format::{WireSecret, in_answer};
use crate::verbs::ports::Entropy;
use crate::verbs::prelude::*;

/// A token and its new secret, to be shown once.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuedToken {
    /// The token after the change.
    pub token: Token,
    /// The token's secret.
    #[serde(with = "WireSecret")]
    pub secret: Secret,
    /// A warning about the selection. `None` if the token may call all that it names.
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    pub warning: Option<String>,
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedToken")
            .field("token", &self.token.id)
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}

/// The source of the secrets of one change, and of the ids that were announced with them.
pub struct SecretSource<'a> {
    entropy: Option<&'a dyn Entropy>,
    planned: RefCell<VecDeque<Secret>>,
    reserved_ids: RefCell<VecDeque<TokenId>>,
}

impl<'a> SecretSource<'a> {
    /// Returns a source without prepared secrets.
    pub fn new(entropy: &'a dyn Entropy) -> Self {
        SecretSource { entropy: Some(entropy), planned: RefCell::default(), reserved_ids: RefCell::default() }
    }

    /// Creates a source of the secrets of `issued`, in their order, and no others.
    pub(in crate::verbs) fn replay(issued: &[IssuedToken]) -> Result<Self> {
        let unread = |_| Error::failure("jeton generated an unusable secret");
        let secrets = issued.iter().map(|one| one.secret.expose(Secret::parse).map_err(unread));
        Ok(SecretSource {
            entropy: None,
            planned: RefCell::new(secrets.collect::<Result<_>>()?),
            reserved_ids: RefCell::new(issued.iter().map(|one| one.token.id).collect()),
        })
    }

    /// Returns the id that was announced for the next new token. `None` if any id is fine.
    pub(super) fn next_id(&self) -> Option<TokenId> {
        self.reserved_ids.borrow_mut().pop_front()
    }

    pub(in crate::verbs) fn next(&self, prefix: &Prefix) -> Result<Secret> {
        match self.entropy {
            Some(entropy) => Secret::generate(prefix, |buffer| entropy.fill(buffer)),
            None => {
                let planned = self.planned.borrow_mut().pop_front();
                planned.ok_or_else(|| Error::conflict("there are more tokens than the command announced"))
            }
        }
    }
}

/// Gives `token` a new secret. The secret before becomes invalid at once, or at `keep_old_until`.
///
/// The new secret is issued under the role of the actor, who receives it. That role is never above the role that the
/// account has at this moment. So a later promotion gives no rights to a secret that was handed out before.
pub(super) fn issue(
    by: &Actor,
    tx: &mut dyn Tx,
    env: &Env<'_>,
    token: &Token,
    keep_old_until: Option<Timestamp>,
) -> Result<IssuedToken> {
    let installation = tx.installation()?.ok_or_else(|| Error::failure("this store is not set up"))?;
    let secret = env.secrets.next(&installation.prefix)?;
    let issued_role = token.effective_role(by.account()?.role);
    tx.set_secret(token.id, &secret, issued_role, env.now, keep_old_until)?;
    let token = tx.token(token.id)?.ok_or_else(|| Error::failure("the token no longer exists"))?;
    Ok(IssuedToken { token, secret, warning: None })
}

pub(in crate::verbs) fn audit_entry(verb: &'static str, token: &Token) -> AuditEntry {
    AuditEntry::new(verb, token.id, token.full_name())
}

pub(super) fn audit_created(verb: &'static str, token: &Token) -> AuditEntry {
    let entry = audit_entry(verb, token)
        .with("description", token.description.as_str())
        .with("api", token.selection.to_audit_json())
        .with("expires", token.expiry.at().map(Timestamp::rfc3339))
        .with("secret", token.hint.as_str());
    let entry = match token.expected_unused_since {
        None => entry,
        Some(since) => entry.with("expected_unused_since", since.rfc3339()),
    };
    // Without the field, the issued role is the role of the account.
    if token.issued_role == token.owner.role { entry } else { entry.with("issued_role", token.issued_role.as_str()) }
}

/// Creates an audit entry about a change of `before`, with all editable and regenerated fields that differ.
pub(super) fn audit_changed(verb: &'static str, before: &Token, after: &Token) -> AuditEntry {
    let expires = |token: &Token| token.expiry.at().map(Timestamp::rfc3339);
    let expected_unused = |token: &Token| token.expected_unused_since.map(Timestamp::rfc3339);
    audit_entry(verb, before)
        .changed("name", before.name.as_str(), after.name.as_str())
        .changed("description", before.description.as_str(), after.description.as_str())
        .changed("expires", expires(before), expires(after))
        .changed("api", before.selection.to_audit_json(), after.selection.to_audit_json())
        .changed("expected_unused_since", expected_unused(before), expected_unused(after))
        .changed("secret", before.hint.as_str(), after.hint.as_str())
        .changed("issued_role", before.issued_role.as_str(), after.issued_role.as_str())
}

pub(super) fn push_selection(line: CliLine, selection: &Selection) -> CliLine {
    match selection {
        Selection::Inherit => line.arg("--inherit"),
        Selection::Sets(sets) => sets.iter().fold(line, |l, s| l.option("set", s.as_str())),
        Selection::Custom(methods) => methods.iter().fold(line, |l, m| l.option("method", m.as_str())),
    }
}
