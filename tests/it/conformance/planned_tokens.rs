//! Tokens of all kinds, at random, for the windows of an engine and those of the model.

use super::*;
use jeton::domain::query::token_filter::STALE_AFTER;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

#[derive(Debug, Clone)]
pub(super) struct Planned {
    account: usize,
    name: String,
    description: String,
    enabled: bool,
    expires: Option<i64>,
    trashed: bool,
    /// Time of its creation and of its last use, before the start.
    created_at: i64,
    seen: Option<i64>,
    selection: Selection,
    expected_unused: bool,
}

fn selections() -> Vec<Selection> {
    let sets = |names: &[&str]| Selection::Sets(names.iter().map(|n| (*n).to_owned()).collect());
    let methods = |ids: &[&str]| Selection::Custom(ids.iter().map(|id| MethodId::parse(id).unwrap()).collect());
    vec![
        Selection::Inherit,
        Selection::nothing(),
        sets(&["IDE Plugins"]),
        sets(&["Marketplace"]),
        sets(&["Marketplace", "IDE Plugins"]),
        methods(&["environment.control.StopEnv"]),
        methods(&["environment.control.StopEnv", "gone.Method"]),
    ]
}

pub(super) fn planned() -> impl Strategy<Value = Planned> {
    let words = prop::sample::select(vec!["", "50%", "a_b", "c\\d", "Grün", "ÄRGER x", "deploy A_B", "ſtrange"]);
    let ages = || prop::sample::select(vec![0, 1, STALE_AFTER - 1, STALE_AFTER, STALE_AFTER + 1]);
    let about = (
        prop::option::of(-2..3i64),
        ages(),
        prop::option::of(ages()),
        prop::sample::select(selections()),
        any::<bool>(),
    );
    (0..4usize, "[aAbB][ab%._]{0,2}", words, any::<bool>(), any::<bool>(), about).prop_map(
        |(account, name, description, enabled, trashed, (expires, made, seen, selection, expected_unused))| Planned {
            account,
            name: name.replace('%', "-"),
            description: description.to_owned(),
            enabled,
            expires,
            trashed,
            created_at: made,
            seen,
            selection,
            expected_unused,
        },
    )
}

pub(super) fn insert_planned<E: Engine>(f: &Fixture<E>, plan: &[Planned]) -> Vec<Token> {
    let accounts: Vec<AccountId> = Role::ALL.map(|r| f.account(r.as_str()).id).into();
    let mut taken = BTreeSet::new();
    let ids = change(&f.store, |tx| {
        let mut ids = Vec::new();
        for p in plan {
            if !p.trashed && !taken.insert((p.account, p.name.clone())) {
                continue;
            }
            let id = tx.insert_token(&NewToken {
                account: accounts[p.account],
                // Names in the trash may repeat, so each token goes there before the next is created.
                name: &token_name(if p.trashed { "passing" } else { &p.name }),
                description: &Description::parse(&p.description)?,
                selection: &p.selection,
                expiry: p.expires.map_or(Expiry::Never, |d| Expiry::At(START.plus(d))),
                expected_unused: p.expected_unused,
                now: START.plus(-p.created_at),
            })?;
            tx.set_secret(id, &f.secret(), Role::Owner, START, None)?;
            let mut token = tx.token(id)?.unwrap();
            token.enabled = p.enabled;
            token.name = token_name(&p.name);
            token.deleted_at = p.trashed.then_some(START);
            tx.update_token(&token)?;
            ids.push((id, p.seen));
        }
        Ok(ids)
    })
    .unwrap();
    let tokens: Vec<Token> = ids.iter().map(|(id, _)| f.get(*id)).collect();
    f.store
        .write_usage(|b| {
            for (token, seen) in tokens.iter().zip(&ids).filter_map(|(token, (_, seen))| Some((token, (*seen)?))) {
                let secret = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
                b.record_use(&Use {
                    count: 1,
                    token: token.id,
                    secret: &secret,
                    at: START.plus(-seen),
                    method: "",
                    address: "",
                    client: "",
                })?;
            }
            Ok(())
        })
        .unwrap();
    ids.iter().map(|(id, _)| f.get(*id)).collect()
}

pub(super) fn thirty() -> Vec<Planned> {
    let mut runner = TestRunner::deterministic();
    (0..30).map(|_| planned().new_tree(&mut runner).unwrap().current()).collect()
}
