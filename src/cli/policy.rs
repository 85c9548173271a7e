//! `jeton policy …`.

use schemars::JsonSchema;
use serde::Serialize;

use super::args::PolicyCommand;
use super::output::Table;
use super::{App, impact};
use crate::domain::policy::Policy;
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};
use crate::verbs::impact::Removal;
use crate::verbs::policy::{ListPolicy, SetPolicy};

/// Prefix of every key.
const KEY_PREFIX: &str = "policy.";

/// `{"schema":1,"policy":{"policy.self_service":"on",…}}`.
#[derive(Serialize, JsonSchema)]
pub(super) struct ShownPolicy {
    /// Every rule, such as `policy.trash`, and its value as `policy set` takes it.
    policy: Policy,
}

pub(super) fn run(app: &mut App, command: PolicyCommand) -> Result<()> {
    match command {
        PolicyCommand::List => list(app),
        PolicyCommand::Set { words } => set(app, &words),
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

fn set(app: &mut App, words: &[String]) -> Result<()> {
    let changes = changes(words)?;
    // Parse before asking for a password. The verb parses again.
    let mut trial = Policy::default();
    changes.iter().try_for_each(|(key, value)| trial.set(key, value))?;
    let keys: Vec<String> = changes.iter().map(|(key, _)| key.clone()).collect();
    let mut expected = None;
    let (credential, _) = impact::write_credential(app, "change the policy", |reader| {
        expected = Some(app.call(reader, ListPolicy)?);
        Ok(Removal::Policy(changes.clone()))
    })?;
    let changed = app.call(&credential, SetPolicy { changes, expected })?;
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
            .why("write one rule as KEY VALUE, or several rules as KEY=VALUE")),
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
