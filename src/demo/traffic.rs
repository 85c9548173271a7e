//! The content of the demonstration's ledger: uses of tokens, and denied attempts.

use super::history::{DemoToken, callable};
use super::sample_tokens::{SampleEvent, Traffic};
use super::setup::DemoAccounts;
use crate::domain::catalogue::Catalogue;
use crate::domain::time::{DAY, MINUTE, Timestamp};
use crate::error::Result;
use crate::verbs::ports::{Denial, Store, UsageTx, Use};
use crate::verbs::verify::DenialReason;

/// Number of days up to its last call for which a token's uses are recorded.
const DAYS: i64 = 8;

/// Records all uses and denied attempts in one transaction.
pub(super) fn record(accounts: &DemoAccounts, created: &[DemoToken]) -> Result<()> {
    let catalogue = Catalogue::shipped("cloud-platform")?;
    accounts.backend.store().write_usage(|tx| {
        for one in created {
            uses(tx, one, &catalogue, accounts.now)?;
            denials(tx, one, accounts.now)?;
        }
        unknown_tokens(tx, accounts.now)
    })
}

fn uses(tx: &mut dyn UsageTx, created: &DemoToken, catalogue: &Catalogue, now: Timestamp) -> Result<()> {
    let Traffic { a_day, last, from, .. } = created.sample.traffic;
    let methods = callable(&created.token, catalogue);
    let every = DAY / i64::from(a_day.max(1));
    for call in 0..i64::from(a_day) * DAYS {
        let at = now.plus(-last * MINUTE - call * every);
        if at < created.token.secret_since {
            break;
        }
        // The first caller and the first methods get most of the calls.
        let turn = usize::try_from(call).unwrap_or(0);
        let (address, client) = from[if turn % 20 == 19 { 1 % from.len() } else { 0 }];
        let method = methods.get((turn % 7) * (turn % 3) % methods.len().max(1)).map_or("", |m| m.as_str());
        let secret = created.secret.public_id();
        tx.record_use(&Use { token: created.token.id, secret, at, count: 1, method, address, client })?;
    }
    Ok(())
}

fn denials(tx: &mut dyn UsageTx, created: &DemoToken, now: Timestamp) -> Result<()> {
    let Traffic { denied, from, .. } = created.sample.traffic;
    let reason = match created.sample.event {
        SampleEvent::Disabled(_) => DenialReason::Disabled,
        SampleEvent::Deleted(_) => DenialReason::Deleted,
        SampleEvent::None => DenialReason::Expired,
        SampleEvent::Regenerated(_) => DenialReason::Retired,
    };
    let every = DAY / i64::from(denied.max(1));
    for attempt in 0..i64::from(denied) * 7 {
        let at = now.plus(-17 * MINUTE - attempt * every);
        let (address, client) = from[0];
        let token = Some(created.token.id);
        tx.record_denial(&Denial {
            token,
            // A client that missed a rotation continues with the old secret.
            secret: Some(created.old_secret.as_ref().unwrap_or(&created.secret).public_id()),
            count: 1,
            reason: reason.as_str(),
            at,
            method: "",
            address,
            client,
        })?;
    }
    Ok(())
}

/// Records denied attempts of clients without a valid token.
fn unknown_tokens(tx: &mut dyn UsageTx, now: Timestamp) -> Result<()> {
    for (hours, reason) in [
        (2, DenialReason::Unknown),
        (30, DenialReason::Malformed),
        (31, DenialReason::Malformed),
        (75, DenialReason::Checksum),
    ] {
        tx.record_denial(&Denial {
            token: None,
            secret: None,
            count: 1,
            reason: reason.as_str(),
            at: now.plus(-hours * 60 * MINUTE),
            method: "",
            address: "198.51.100.7",
            client: "masscan/1.3",
        })?;
    }
    Ok(())
}
