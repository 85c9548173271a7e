//! The wait for changes that others make.

use crate::domain::wire_format::HexHash;
use crate::verbs::prelude::*;

/// Returns the store's position. A service waits with its answer until somebody has changed the store; a store of this
/// machine answers at once.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitForChanges {
    /// The audit log's last row that the caller knows.
    pub audit: Option<i64>,
    /// The hash of that row. With any hash, the answer has one, too: a restored log may have another row of this number.
    pub audit_hash: Option<HexHash>,
    /// The version of the ledger that the caller knows. `None` does not wait for uses and denied attempts.
    pub ledger: Option<i64>,
    /// Maximum wait in seconds. A service waits for 30 s at most.
    #[serde(default)]
    pub wait: u64,
}

/// The position of a store in its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StorePosition {
    /// The number of the audit log's last row, 0 for none. It changes with every change of the store.
    pub audit: i64,
    /// The hash of that row. Left out for a caller without a hash, because an older jeton doesn't know the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_hash: Option<HexHash>,
    /// A version that is another one once anything was committed, recorded usage included.
    pub ledger: i64,
}

impl WaitForChanges {
    /// Returns `true` if the caller does not know `position` yet.
    pub fn is_answered_by(&self, position: StorePosition) -> bool {
        self.audit != Some(position.audit)
            || self.audit_hash.is_some_and(|hash| position.audit_hash != Some(hash))
            || self.ledger.is_some_and(|ledger| ledger != position.ledger)
    }
}

impl Query for WaitForChanges {
    const READS_AUDIT: bool = true;

    fn run(&self, _actor: &Actor, snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<StorePosition> {
        let tip = snapshot.audit_tip()?;
        let audit_hash = self.audit_hash.map(|_| HexHash(tip.hash));
        Ok(StorePosition { audit: tip.seq, audit_hash, ledger: snapshot.ledger_version()? })
    }
}
