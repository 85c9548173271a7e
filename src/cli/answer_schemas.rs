//! Schemas of all JSON answers, for `docs/json.md`.

use schemars::Schema;
use schemars::generate::SchemaSettings;

use super::account::ShownAccount;
use super::audit::{Anchored, AuditVerified};
use super::backup::BackedUp;
use super::catalogue;
use super::change_report::{ChangedAccounts, ChangedTokens, WithRemaining};
use super::config::SettingList;
use super::doctor::Examined;
use super::guide::Explained;
use super::init::Initialized;
use super::notify::{RunInput, SentMessage};
use super::output::Failed;
use super::policy::{PreviewedPolicy, ShownPolicy};
use super::propagation::WithPropagation;
use super::restore::Restored;
use super::scan::Scanned;
use super::token::{Created, Edited, FoundSecrets, SeveralCreated};
use super::verify::Verified;
use super::whoami::Me;
use crate::domain::token::Token;
use crate::verbs::accounts::AccountList;
use crate::verbs::findings::Finding;
use crate::verbs::ledger::{DeniedRow, DeniedTokenRow, UseRow};
use crate::verbs::ports::audit_log::HashedRow;
use crate::verbs::tokens::{BulkResult, MethodCheck, PurgePreview, PurgeResult, RevokedSecret, TokenDetails};
use crate::verbs::verify::SecretLookup;

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
        schema_of::<Failed<'_>>("any command that fails, on stderr"),
        schema_of::<Initialized>("`init`"),
        schema_of::<Created<'_>>("`token create`, `copy`, `regenerate --grace`"),
        schema_of::<SeveralCreated<'_>>("`token create` with several names"),
        schema_of::<WithPropagation<'_, Created<'_>>>("`token regenerate`"),
        schema_of::<Token>("`token list`: each entry of `tokens`; `unreadable` has the ids of damaged tokens"),
        schema_of::<TokenDetails>("`token show`"),
        schema_of::<MethodCheck>("`token can`"),
        schema_of::<Edited>("`token edit`"),
        schema_of::<WithPropagation<'_, WithRemaining<'_, ChangedTokens<'_>>>>(
            "`token disable`, `enable`, `retire`, `revoke`, `restore`: one token, or several",
        ),
        schema_of::<WithPropagation<'_, BulkResult>>("`token disable`, `enable`, `revoke`, `restore` with `--filter`"),
        schema_of::<WithPropagation<'_, RevokedSecret>>("`token revoke --stdin`"),
        schema_of::<PurgeResult>("`token purge`"),
        schema_of::<PurgePreview>("`token purge --dry-run`"),
        schema_of::<SecretLookup>("`token whose`"),
        schema_of::<FoundSecrets<'_>>("`token whose` with several secrets"),
        schema_of::<Verified>("`verify`"),
        schema_of::<Explained>("`guide explain`"),
        schema_of::<AccountList>("`account list`"),
        schema_of::<ShownAccount<'_>>("`account show`"),
        schema_of::<ChangedAccounts<'_>>("the other `account` commands: one account, or several"),
        schema_of::<ShownPolicy>("`policy list`, `set`"),
        schema_of::<PreviewedPolicy>("`policy set --dry-run`"),
        schema_of::<catalogue::Listed<'_>>("`catalogue list`"),
        schema_of::<catalogue::Shown<'_>>("`catalogue show`"),
        schema_of::<catalogue::Checked>("`catalogue check`"),
        schema_of::<catalogue::Applied<'_>>("`catalogue apply`, `import openapi`"),
        schema_of::<HashedRow>("`audit`: each entry of `entries`; with `--follow`, each line"),
        schema_of::<AuditVerified>("`audit verify`"),
        schema_of::<Anchored>("`audit anchor`"),
        schema_of::<BackedUp>("`backup`"),
        schema_of::<WithPropagation<'_, Restored>>("`restore`; with `--dry-run` there is no `service`"),
        schema_of::<DeniedRow>("`ledger denied`: each entry of `denied`"),
        schema_of::<DeniedTokenRow>("`ledger denied --by-token`: each entry of `tokens`"),
        schema_of::<UseRow>("`ledger uses`: each entry of `uses`"),
        schema_of::<Finding>("`check`: each entry of `findings`"),
        schema_of::<Examined>("`doctor`"),
        schema_of::<WithPropagation<'_, Scanned<'_>>>("`scan`"),
        schema_of::<SentMessage<'_>>("`notify`: each entry of `messages`"),
        schema_of::<RunInput<'_>>("`notify --run PROGRAM`: the input of the program"),
        schema_of::<Me>("`whoami`"),
        schema_of::<SettingList>("`config list`"),
    ]
}
