//! Decides if a finding is due as a notice. Compares only times of the store, so a clock that was set back repeats
//! nothing.

use super::{QUIET_TIME, threshold};
use crate::domain::time::Timestamp;
use crate::verbs::findings::Finding;
use crate::verbs::ports::{SentKind, SentNotice};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nothing new.
    Known,
    /// Nothing new, but the record needs to be brought up to date.
    Update(SentNotice),
    /// A notice is due. Its sending is recorded with this.
    Due(SentNotice),
}

/// Returns `None` for a finding of which no notice is sent.
pub(super) const fn kind(finding: &Finding) -> Option<SentKind> {
    match finding {
        Finding::Expiring { .. } => Some(SentKind::Expiring),
        Finding::Stale { .. } => Some(SentKind::Stale),
        Finding::DeadSecretTried { .. } => Some(SentKind::DeadSecretTried),
        Finding::UnknownNames { .. } => None,
    }
}

/// Decides for a finding and the last notice of its kind about the token.
pub(super) fn decide(finding: &Finding, last: Option<&SentNotice>, now: Timestamp) -> Decision {
    let Some(kind) = kind(finding) else { return Decision::Known };
    let new = |threshold, about| SentNotice { token: finding.token().id, kind, threshold, about };
    match finding {
        Finding::Expiring { expires_at, .. } => {
            let Some(days) = threshold(*expires_at, now) else { return Decision::Known };
            match last {
                // With another expiry, all thresholds are new.
                Some(last) if last.about == *expires_at && last.threshold <= days => Decision::Known,
                _ => Decision::Due(new(days, *expires_at)),
            }
        }
        // An episode ends with a use. A token that was never used has one episode.
        Finding::Stale { last_seen_at, .. } => {
            let about = last_seen_at.unwrap_or(Timestamp(0));
            match last {
                Some(last) if last.about == about => Decision::Known,
                _ => Decision::Due(new(0, about)),
            }
        }
        Finding::DeadSecretTried { attempts, .. } => match last {
            None => Decision::Due(new(0, attempts.at)),
            Some(last) if attempts.at > last.about.plus(QUIET_TIME) => Decision::Due(new(0, attempts.at)),
            // The record may be of a time when the clock was ahead. It must not hide later episodes.
            Some(last) if attempts.at > last.about || last.about > now => Decision::Update(new(0, attempts.at)),
            Some(_) => Decision::Known,
        },
        Finding::UnknownNames { .. } => Decision::Known,
    }
}
