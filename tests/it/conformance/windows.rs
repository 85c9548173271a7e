//! Windows against a model that has all tokens in memory and looks at each.

use super::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

fn holds(token: &Token, filter: &Filter, now: Timestamp) -> bool {
    let texts = [token.name.as_str(), token.description.as_str(), token.owner.username.as_str(), &token.hint];
    let word = |word: &String| texts.iter().any(|t| t.to_lowercase().contains(&word.to_lowercase()));
    filter.words.iter().all(word)
        && filter.status.is_none_or(|s| s == token.status(now))
        && filter.account.as_ref().is_none_or(|a| token.owner.username.as_str().contains(a.as_str()))
        && filter.seen.is_none_or(|s| s == token.last_seen_at.is_some())
}

fn model(tokens: &[Token], query: &WindowQuery) -> Window {
    let in_scope = |t: &&Token| {
        t.deleted_at.is_some() == query.trashed
            && (t.owner.id == query.visibility.own || query.visibility.roles.contains(&t.owner.role))
            && query.account.is_none_or(|a| a == t.owner.id)
    };
    let mut scope: Vec<&Token> = tokens.iter().filter(in_scope).collect();
    scope.sort_by(|a, b| (a.name.as_str(), a.id).cmp(&(b.name.as_str(), b.id)));
    let total = scope.len() as u64;
    let found: Vec<&Token> = scope.into_iter().filter(|t| holds(t, &query.filter, query.now)).collect();
    let limit = query.limit.min(found.len());
    if let Anchor::After(id) = query.anchor {
        let Some(key) = tokens.iter().find(|t| t.id == id) else { return Window::default() };
        let after = |t: &&&Token| (t.name.as_str(), t.id) > (key.name.as_str(), key.id);
        let rows = found.iter().filter(after).take(query.limit).map(|t| (*t).clone()).collect();
        return Window { rows, ..Window::default() };
    }
    let start = match query.anchor {
        Anchor::Start | Anchor::After(_) => 0,
        Anchor::End => found.len() - limit,
        Anchor::Around(id) => match tokens.iter().find(|t| t.id == id) {
            None => 0,
            Some(key) => {
                let at = found.partition_point(|t| (t.name.as_str(), t.id) < (key.name.as_str(), key.id));
                at.saturating_sub(query.limit / 2).min(found.len() - limit)
            }
        },
    };
    let rows: Vec<Token> = found[start..start + limit].iter().map(|t| (*t).clone()).collect();
    let position = if rows.is_empty() { 0 } else { start as u64 };
    Window { rows, position, matching: found.len() as u64, total }
}

#[derive(Debug, Clone)]
struct Planned {
    account: usize,
    name: String,
    description: String,
    enabled: bool,
    expires: Option<i64>,
    trashed: bool,
    seen: bool,
}

fn planned() -> impl Strategy<Value = Planned> {
    let words = prop::sample::select(vec!["", "50%", "a_b", "c\\d", "Grün", "ÄRGER x", "deploy A_B", "ſtrange"]);
    (0..4usize, "[aAbB][ab%._]{0,2}", words, any::<bool>(), prop::option::of(-2..3i64), any::<bool>(), any::<bool>())
        .prop_map(|(account, name, description, enabled, expires, trashed, seen)| Planned {
            account,
            name: name.replace('%', "-"),
            description: description.to_owned(),
            enabled,
            expires,
            trashed,
            seen,
        })
}

fn filters() -> Vec<Filter> {
    [
        "",
        "a",
        "B",
        "%",
        "_",
        "a_b",
        "A_B",
        "\\",
        "c\\d",
        "50%",
        "grün",
        "GRÜN",
        "ärger",
        "jtn_",
        "JTN_",
        "member",
        "a b",
        "status:active",
        "status:disabled",
        "status:expired",
        "status:deleted",
        "account:m",
        "account:EMBER",
        "account:_",
        "seen:never",
        "seen:ever",
        "status:active seen:never a",
        "zzz",
    ]
    .map(Filter::parse)
    .into()
}

fn plant<E: Engine>(f: &Furnished<E>, plan: &[Planned]) -> Vec<Token> {
    let accounts: Vec<AccountId> = Role::ALL.map(|r| f.account(r.word()).id).into();
    let mut taken = BTreeSet::new();
    let ids = change(&f.store, |tx| {
        let mut ids = Vec::new();
        for p in plan {
            if !p.trashed && !taken.insert((p.account, p.name.clone())) {
                continue;
            }
            let id = tx.insert_token(&NewToken {
                account: accounts[p.account],
                // Names in the trash may repeat, so each goes there before the next comes.
                name: &token_name(if p.trashed { "passing" } else { &p.name }),
                description: &Description::parse(&p.description)?,
                selection: &Selection::nothing(),
                expiry: p.expires.map_or(Expiry::Never, |d| Expiry::At(START.plus(d))),
                now: START,
            })?;
            tx.set_secret(id, &f.secret(), START, None)?;
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
        .bookkeep(|b| {
            for (token, _) in tokens.iter().zip(&ids).filter(|(_, (_, seen))| *seen) {
                let secret = PublicId::parse(token.hint.strip_prefix("jtn_").unwrap()).unwrap();
                b.record_use(&Use {
                    token: token.id,
                    secret: &secret,
                    at: START,
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

fn agree<E: Engine>(f: &Furnished<E>, tokens: &[Token], query: &WindowQuery) {
    let got = f.store.read(|s| s.window(query)).unwrap();
    let wanted = model(tokens, query);
    assert_eq!(got, wanted, "{query:#?}");
}

pub fn windows_agree_with_a_model<E: Engine>() {
    let cases = if std::env::var_os("JETON_SOAK").is_some() { 300 } else { 16 };
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 50, ..Config::default() };
    let plans = prop::collection::vec(planned(), 0..24);
    let picks = prop::collection::vec((0..28usize, 0..4usize, prop::option::of(0..4usize), 1..9usize), 12);
    TestRunner::new(config)
        .run(&(plans, picks), |(plan, picks)| {
            let f = Furnished::<E>::new();
            let tokens = plant(&f, &plan);
            let accounts: Vec<Account> = Role::ALL.map(|r| f.account(r.word())).into();
            let filters = filters();
            for (filter, reader, account, limit) in picks {
                for trashed in [false, true] {
                    let mut query = WindowQuery {
                        visibility: visibility(&accounts[reader]),
                        account: account.map(|a| accounts[a].id),
                        filter: filters[filter].clone(),
                        trashed,
                        now: START,
                        anchor: Anchor::Start,
                        limit,
                    };
                    agree(&f, &tokens, &query);
                    query.anchor = Anchor::End;
                    agree(&f, &tokens, &query);
                    for token in &tokens {
                        query.anchor = Anchor::Around(token.id);
                        agree(&f, &tokens, &query);
                        query.anchor = Anchor::After(token.id);
                        agree(&f, &tokens, &query);
                    }
                    query.anchor = Anchor::Around(TokenId(9_999));
                    agree(&f, &tokens, &query);
                }
            }
            Ok(())
        })
        .unwrap();
}

pub fn every_filter_and_page_border<E: Engine>() {
    let f = Furnished::<E>::new();
    let mut runner = TestRunner::deterministic();
    let plan: Vec<Planned> = (0..30).map(|_| planned().new_tree(&mut runner).unwrap().current()).collect();
    let tokens = plant(&f, &plan);
    let reader = f.account("admin");
    for filter in filters() {
        for limit in [0, 1, 2, 3, 5, tokens.len(), 1_000, usize::MAX] {
            for trashed in [false, true] {
                for anchor in [Anchor::Start, Anchor::End, Anchor::Around(tokens[tokens.len() / 2].id)] {
                    let visibility = visibility(&reader);
                    let filter = filter.clone();
                    let query = WindowQuery { visibility, account: None, filter, trashed, now: START, anchor, limit };
                    agree(&f, &tokens, &query);
                }
            }
        }
    }
}
