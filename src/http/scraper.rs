//! The caller of `/metrics`. Anybody at the management listener gets figures; the names of tokens need a token that may
//! read them.

use std::sync::Arc;

use hyper::header::HeaderMap;

use super::api::ApiPeer;
use super::decision_queue::VerifyRequest;
use super::possession::Holder;
use super::response::{self, Denial, HttpResponse};
use super::{ServerState, credential};
use crate::domain::account::AccountId;
use crate::domain::method::MethodId;
use crate::domain::role::Role;
use crate::service::identity_header::IdentityField;
use crate::verbs::ports::ExpiringToken;
use crate::verbs::verify::{DecisionKind, DenialReason};

/// The method that a token must be permitted to call to read names.
const READ_ALL: &str = "jeton.tokens.read-all";

/// A caller with a token that may read the names of tokens.
pub(super) struct Scraper {
    account: AccountId,
    role: Role,
}

impl Scraper {
    /// Returns the caller. `None` without a credential, or while the store can't be read.
    ///
    /// # Errors
    /// The response to a credential that is not accepted.
    pub async fn authenticate(
        service: &ServerState,
        peer: &Arc<ApiPeer>,
        headers: &HeaderMap,
    ) -> Result<Option<Self>, HttpResponse> {
        let Some(secret) = credential::from_authorization(headers) else { return Ok(None) };
        let Ok(method) = MethodId::parse(READ_ALL) else { return Ok(None) };
        let origin = Some(Holder::at_management(peer).origin);
        let request = VerifyRequest { secret, method: Some(method), methods: false, origin };
        let Ok(decided) = service.queue.decide(request).await else { return Ok(None) };
        match (decided.kind, &decided.secret) {
            (DecisionKind::Allowed, Some(known)) => {
                let role = Role::from_word(known.identity.text(IdentityField::Role));
                Ok(role.map(|role| Scraper { account: known.identity.owner, role }))
            }
            (DecisionKind::Denied(DenialReason::NotPermitted), _) => Err(response::denied(Denial::NotPermitted)),
            (DecisionKind::Denied(_), _) => Err(response::denied(Denial::InvalidToken)),
            (DecisionKind::Allowed, None) | (DecisionKind::UnknownMethod, _) => Ok(None),
        }
    }

    /// Returns `true` if the caller may see the token.
    pub fn sees(&self, token: &ExpiringToken) -> bool {
        token.account == self.account || self.role.manages(token.role)
    }
}
