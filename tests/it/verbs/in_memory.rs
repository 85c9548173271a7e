//! The tests of verbs once more, over the engine in memory, with every closure run again.
#![allow(clippy::duplicate_mod, dead_code, reason = "the same tests, for another engine")]

use super::*;
use crate::conformance::memory::Memory;
use crate::conformance::reruns::Rerun;

type TestInstall = EngineInstall<Rerun<Memory>>;

#[path = "audit_log.rs"]
mod audit_log;
#[path = "change_matching.rs"]
mod change_matching;
#[path = "check.rs"]
mod check;
#[path = "copy_token.rs"]
mod copy_token;
#[path = "enable.rs"]
mod enable;
#[path = "expiry_limits.rs"]
mod expiry_limits;
#[path = "impact.rs"]
mod impact;
#[path = "issued_role.rs"]
mod issued_role;
#[path = "lineage.rs"]
mod lineage;
#[path = "notices.rs"]
mod notices;
#[path = "overlap.rs"]
mod overlap;
#[path = "policy.rs"]
mod policy;
#[path = "queries.rs"]
mod queries;
#[path = "revoke.rs"]
mod revoke;
#[path = "visibility.rs"]
mod visibility;
