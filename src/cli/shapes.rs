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
pub struct Shape {
    /// The commands, and the object's position in their answer.
    pub answer: &'static str,
    pub schema: Schema,
}

/// Returns every answer, in the order of the commands.
pub fn shapes() -> Vec<Shape> {
    fn shape<T: schemars::JsonSchema>(answer: &'static str) -> Shape {
        let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        Shape { answer, schema: generator.into_root_schema_for::<T>() }
    }
    vec![
        shape::<ErrorJson<'_>>("any command that fails, on stderr"),
        shape::<InitJson>("`init`"),
        shape::<IssuedJson<'_>>("`token create`, `copy`"),
        shape::<SomeIssuedJson<'_>>("`token create` with several names"),
        shape::<WithPropagation<'_, IssuedJson<'_>>>("`token regenerate`"),
        shape::<TokenJson>("`token list`: `tokens` has one of these each, `unreadable` the names of damaged ones"),
        shape::<ShownJson>("`token show`"),
        shape::<CanJson>("`token can`"),
        shape::<EditedJson>("`token edit`"),
        shape::<WithPropagation<'_, OneTokenJson>>(
            "`token disable`, `enable`, `retire`, `revoke`, `restore` of one token",
        ),
        shape::<WithPropagation<'_, SomeTokensJson>>("the same of several tokens"),
        shape::<PurgedJson>("`token purge`"),
        shape::<WhoseJson>("`token whose`"),
        shape::<SomeWhoseJson>("`token whose` with several secrets"),
        shape::<VerifiedJson>("`verify`"),
        shape::<SomeAccountsJson<'_>>("`account list`"),
        shape::<ShownAccountJson>("`account show`"),
        shape::<OneAccountJson>("the other `account` commands"),
        shape::<ChangedAccountsJson>("`account disable`, `enable` of several accounts"),
        shape::<PolicyJson<'_>>("`policy list`, `set`"),
        shape::<catalogue::ListJson<'_>>("`catalogue list`"),
        shape::<catalogue::ShownJson<'_>>("`catalogue show`"),
        shape::<catalogue::CheckedJson<'_>>("`catalogue check`"),
        shape::<catalogue::AppliedJson<'_>>("`catalogue apply`, `import openapi`"),
        shape::<EntryJson<'_>>("`audit`: `entries` has one of these each; with `--follow`, one a line"),
        shape::<AuditVerifiedJson>("`audit verify`"),
        shape::<CheckpointJson>("`audit anchor`"),
        shape::<DeniedJson<'_>>("`ledger denied`: `denied` has one of these each"),
        shape::<UseJson<'_>>("`ledger uses`: `uses` has one of these each"),
        shape::<FindingJson<'_>>("`check`: `findings` has one of these each"),
        shape::<MeJson>("`whoami`"),
        shape::<SettingsJson>("`config list`"),
    ]
}
