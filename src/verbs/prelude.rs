//! The names that almost every verb uses.

pub(super) use schemars::JsonSchema;
pub(super) use serde::{Deserialize, Serialize};

pub(super) use super::actor::Actor;
pub(super) use super::audited::Audited;
pub(super) use super::authorize::{self, AccountAction, RequestedRights, TokenAction, TrashScope};
pub(super) use super::cli_line::CliLine;
pub(super) use super::ports::{Snapshot, Tx};
pub(super) use super::{Env, Mutation, Query, Verb};
pub(super) use crate::domain::audit::AuditEntry;
pub(super) use crate::error::{Error, Result};
