//! Schemas of all JSON answers, for `docs/json.md`.

use schemars::Schema;
use schemars::generate::SchemaSettings;

use super::account::json::{ChangedAccountsJson, OneAccountJson, ShownAccountJson, SomeAccountsJson};
use super::audit::json::{ChainReportJson as AuditVerifiedJson, CheckpointJson, EntryJson};
use super::catalogue::json as catalogue;
use super::check::FindingJson;
use super::config::SettingsJson;
use super::json::*;
use super::ledger::json::{DeniedJson, UseJson};
use super::output::ErrorJson;
use super::policy::PolicyJson;
use super::propagation::WithPropagation;

/// The schema of a command's answer.
pub struct AnswerSchema {
    /// The commands, and the object's position in their answer.
    pub answer: &'static str,
    pub schema: Schema,
}

/// Returns every answer, in the order of the commands.
pub fn answer_schemas() -> Vec<AnswerSchema> {
    fn schema_of<T: schemars::JsonSchema>(answer: &'static str) -> AnswerSchema {
        let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        AnswerSchema { answer, schema: generator.into_root_schema_for::<T>() }
    }
    vec![
        schema_of::<ErrorJson<'_>>("any command that fails, on stderr"),
        schema_of::<InitJson>("`init`"),
        schema_of::<IssuedJson<'_>>("`token create`, `copy`"),
        schema_of::<SomeIssuedJson<'_>>("`token create` with several names"),
        schema_of::<WithPropagation<'_, IssuedJson<'_>>>("`token regenerate`"),
        schema_of::<TokenJson>("`token list`: `tokens` has one of these each, `unreadable` the names of damaged ones"),
        schema_of::<ShownJson>("`token show`"),
        schema_of::<CanJson>("`token can`"),
        schema_of::<EditedJson>("`token edit`"),
        schema_of::<WithPropagation<'_, OneTokenJson>>(
            "`token disable`, `enable`, `retire`, `revoke`, `restore` of one token",
        ),
        schema_of::<WithPropagation<'_, SomeTokensJson>>("the same of several tokens"),
        schema_of::<PurgedJson>("`token purge`"),
        schema_of::<WhoseJson>("`token whose`"),
        schema_of::<SomeWhoseJson>("`token whose` with several secrets"),
        schema_of::<VerifiedJson>("`verify`"),
        schema_of::<SomeAccountsJson<'_>>("`account list`"),
        schema_of::<ShownAccountJson>("`account show`"),
        schema_of::<OneAccountJson>("the other `account` commands"),
        schema_of::<ChangedAccountsJson>("`account disable`, `enable` of several accounts"),
        schema_of::<PolicyJson<'_>>("`policy list`, `set`"),
        schema_of::<catalogue::ListJson<'_>>("`catalogue list`"),
        schema_of::<catalogue::ShownJson<'_>>("`catalogue show`"),
        schema_of::<catalogue::CheckedJson<'_>>("`catalogue check`"),
        schema_of::<catalogue::AppliedJson<'_>>("`catalogue apply`, `import openapi`"),
        schema_of::<EntryJson<'_>>("`audit`: `entries` has one of these each; with `--follow`, one a line"),
        schema_of::<AuditVerifiedJson>("`audit verify`"),
        schema_of::<CheckpointJson>("`audit anchor`"),
        schema_of::<DeniedJson<'_>>("`ledger denied`: `denied` has one of these each"),
        schema_of::<UseJson<'_>>("`ledger uses`: `uses` has one of these each"),
        schema_of::<FindingJson<'_>>("`check`: `findings` has one of these each"),
        schema_of::<MeJson>("`whoami`"),
        schema_of::<SettingsJson>("`config list`"),
    ]
}
