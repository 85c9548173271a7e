//! `jeton policy …`.

use schemars::JsonSchema;
use serde::Serialize;

use super::args::{PolicyCommand, SetPolicyArgs};
use super::output::{Table, counted};
use super::token::parse_number;
use super::{App, impact};
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};
use crate::verbs::credential::Credential;
use crate::verbs::impact::{GetImpact, Removal};
use crate::verbs::policy::{ListPolicy, PolicyLoss, SetPolicy};

/// Prefix of every key.
const KEY_PREFIX: &str = "policy.";

/// `{"schema":1,"policy":{"policy.self_service":"on",…}}`.
#[derive(Serialize, JsonSchema)]
pub(super) struct ShownPolicy {
    /// Every rule, such as `policy.trash`, and its value as `policy set` takes it.
    policy: Policy,
}

/// The answer of `policy set --dry-run`.
#[derive(Serialize, JsonSchema)]
pub(super) struct PreviewedPolicy {
    /// Every rule as it would be.
    policy: Policy,
    /// Number of tokens that would lose methods.
    narrowed: u64,
    /// Number of tokens in the trash that could no longer be restored.
    trashed: u64,
    /// Uses and denied attempts before this time would be deleted; `null` if none would be deleted.
    ledger_before: Option<Timestamp>,
}

pub(super) fn run(app: &mut App, command: PolicyCommand) -> Result<()> {
    match command {
        PolicyCommand::List => list(app),
        PolicyCommand::Set(args) => set(app, args),
    }
}

fn list(app: &mut App) -> Result<()> {
    let credential = app.read_credential()?;
    let policy = app.call(&credential, ListPolicy)?;
    if app.out.json {
        return app.print_json(&ShownPolicy { policy });
    }
    if app.out.quiet {
        // In the format that `set` accepts.
        return policy.pairs().iter().try_for_each(|(key, value)| app.out.line(&format!("{key}={value}")));
    }
    let mut table = Table::pairs();
    policy.pairs().into_iter().for_each(|(key, value)| table.pair(key, value));
    app.out.table(&mut table)
}

fn set(app: &mut App, args: SetPolicyArgs) -> Result<()> {
    let changes = changes(&args.words)?;
    // Parse before asking for a password. The verb parses again.
    Policy::default().with(&changes)?;
    let removal = Removal::Policy(changes.clone());
    if args.dry_run {
        return preview(app, &changes, removal);
    }
    let keys: Vec<String> = changes.iter().map(|(key, _)| key.clone()).collect();
    let mut verb = SetPolicy { confirm: args.confirm, ..SetPolicy::new(changes, None) };
    let (credential, seen) = impact::write_credential(app, "change the policy", |reader| {
        verb.expected = Some(app.call(reader, ListPolicy)?);
        Ok(removal)
    })?;
    verb.expected_trash = verb.expected.is_some().then_some(seen.set);
    if seen.lost.trashed > 0 && verb.confirm.is_none() {
        let typed = app.prompt.read_visible(&format!(
            "{} can't be restored after the change. To change the policy, type {}",
            counted(seen.lost.trashed, "token"),
            seen.lost.trashed
        ))?;
        verb.confirm = Some(parse_number(&typed)?);
    }
    let changed = app.call_with_progress(&credential, verb, impact::CHECKED)?;
    if app.out.json {
        return app.print_json(&ShownPolicy { policy: changed.value });
    }
    for (key, value) in changed.value.pairs() {
        if keys.iter().any(|k| k == key) {
            app.out.note(&format!("✓ {key} = {value}"));
        }
    }
    Ok(())
}

/// Prints what the rules would delete, or make impossible to restore.
fn preview(app: &mut App, changes: &[(String, String)], removal: Removal) -> Result<()> {
    let (_, session) = app.authenticate()?;
    let reader = Credential::Session(session);
    let impact = app.call_with_progress(&reader, GetImpact { removal }, impact::CHECKED)?;
    let PolicyLoss { trashed, ledger_before } = impact.lost;
    if app.out.json {
        let policy = app.call(&reader, ListPolicy)?.with(changes)?;
        return app.print_json(&PreviewedPolicy { policy, narrowed: impact.count, trashed, ledger_before });
    }
    if impact.count > 0 {
        app.out.line(&format!("{} would lose methods", counted(impact.count, "token")))?;
    }
    let lines = impact.lost.describe(app.dates());
    lines.iter().try_for_each(|line| app.out.line(line))?;
    if impact.count == 0 && lines.is_empty() {
        app.out.line("nothing would be lost")?;
    }
    app.out.note("Dry run: nothing was changed");
    Ok(())
}

/// Parses `KEY VALUE`, or any number of `KEY=VALUE`.
fn changes(words: &[String]) -> Result<Vec<(String, String)>> {
    let full_key = |key: &str| if key.starts_with(KEY_PREFIX) { key.to_owned() } else { format!("{KEY_PREFIX}{key}") };
    if let [key, value] = words
        && !key.contains('=')
    {
        return Ok(vec![(full_key(key), value.clone())]);
    }
    let pair = |word: &String| match word.split_once('=') {
        Some((key, value)) => Ok((full_key(key), value.to_owned())),
        None => Err(Error::usage(format!("the rule \"{}\" has no value", excerpt(word, 32)))
            .next("Write one rule as KEY VALUE, or several rules as KEY=VALUE")),
    };
    words.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_in_both_forms() {
        let read = |words: &[&str]| changes(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(read(&["trash", "7d"]).unwrap(), [pair("policy.trash", "7d")]);
        assert_eq!(read(&["policy.trash", "7d"]).unwrap(), [pair("policy.trash", "7d")]);
        assert_eq!(read(&["trash=7d"]).unwrap(), [pair("policy.trash", "7d")]);
        let several = [pair("policy.trash", "7d"), pair("policy.self_service", "off")];
        assert_eq!(read(&["trash=7d", "policy.self_service=off"]).unwrap(), several);
        assert_eq!(read(&["trash", "a=b"]).unwrap(), [pair("policy.trash", "a=b")]);
        for odd in [&["trash"][..], &["trash=7d", "self_service"], &["trash", "7d", "self_service", "off"]] {
            assert!(read(odd).is_err(), "{odd:?}");
        }
    }
}
