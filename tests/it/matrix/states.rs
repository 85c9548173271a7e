//! Rights are checked before any state is revealed: verb × role × relation × proof × precondition × issued role. A
//! refused cell gives the same answer in every state, and changes nothing. `cargo test` runs a sample of the product,
//! and all of it with `JETON_SOAK=1`; nothing else differs.

use std::collections::BTreeMap;

use jeton::domain::account::Account;
use jeton::domain::api_selection::{Selection, SelectionEdit};
use jeton::domain::expiry::{Expiry, ExpirySpec, Span};
use jeton::domain::name::{Description, Prefix};
use jeton::domain::role::Role;
use jeton::domain::secret::Secret;
use jeton::domain::time::DAY;
use jeton::domain::token::{Purgeable, Revision, Token, TokenRef};
use jeton::error::{Error, Kind, Result};
use jeton::verbs::audited::Audited;
use jeton::verbs::credential::Credential;
use jeton::verbs::ports::{Entropy, NewToken, Store};
use jeton::verbs::request::call;
use jeton::verbs::tokens::{
    CopyToken, CreateToken, DisableTokens, EditToken, EnableTokens, PurgeTokens, RegenerateToken, RestoreTokens,
    RetireToken, RevokeTokens, ShowToken, TokenTarget,
};

use crate::matrix::{CALLED, PROOFS, VERBS, accounts_fixture, holding, proof_issued, rows};
use crate::support::fakes::{TestInstall, create, credential, entry, tester, token_name};

const STATES: [&str; 9] = ["live", "off", "expired", "overlap", "trashed", "old-trash", "twin", "stale", "tight"];
/// Sampling rate of `cargo test`: one group in this many runs. A prime, so that consecutive sampled groups differ in
/// every factor.
const STRIDE: usize = 71;
/// Days until the token of the proof `s` expires, and until its targets do.
const ENDS: (i64, i64) = (29, 30);

/// Returns the token state in which a request has an effect.
fn fit_for(verb: &str) -> &'static str {
    match verb {
        "enable" => "off",
        "retire" => "overlap",
        "restore" | "purge" => "trashed",
        _ => "live",
    }
}

/// Creates a token in a state, with secrets issued under a role.
fn add_token_in_state(install: &TestInstall, owner: &Account, name: &str, state: &str, issued: Role) -> Token {
    let secret = || Secret::generate(&Prefix::default(), |b| install.fakes.entropy.fill(b)).unwrap();
    let now = install.now();
    let expiry = Expiry::At(now.plus(if state == "expired" { -DAY } else { ENDS.1 * DAY }));
    let made = install.store().write(&tester(), &|| now, |tx, _| {
        let name = token_name(name);
        let new = NewToken {
            account: owner.id,
            name: &name,
            description: &Description::none(),
            selection: &holding(&[CALLED]),
            expiry,
            expected_unused: false,
            now,
        };
        let id = tx.insert_token(&new)?;
        tx.set_secret(id, &secret(), issued, now, None)?;
        if state == "overlap" {
            tx.set_secret(id, &secret(), issued, now, Some(now.plus(DAY)))?;
        }
        let mut token = tx.token(id)?.unwrap();
        token.enabled = state != "off";
        token.deleted_at = match state {
            "trashed" | "twin" => Some(now),
            "old-trash" => Some(now.plus(-31 * DAY)),
            _ => None,
        };
        tx.update_token(&token)?;
        if state == "twin" {
            tx.insert_token(&new)?;
        }
        Ok(Audited::one(tx.token(id)?.unwrap(), entry(id)))
    });
    made.unwrap().value
}

fn attempt(
    install: &TestInstall,
    who: &Credential,
    (verb, request): (&str, &str),
    owner: &Account,
    pointed: TokenTarget,
    name: &str,
) -> Result<()> {
    let jeton = &install.backend;
    let some = || vec![pointed.clone()];
    let spec = |text: &str| Some(ExpirySpec::parse(text).unwrap());
    let expires = match request {
        "past" => spec("01-01-2020"),
        "later" => spec("30d"),
        "never" => spec("never"),
        _ => None,
    };
    let taken = (request == "taken").then(|| token_name("taken"));
    match verb {
        "show" => call(jeton, who, ShowToken { token: pointed.reference }).map(drop),
        "disable" => call(jeton, who, DisableTokens { tokens: some() }).map(drop),
        "revoke" => {
            let typed = if request == "mistyped" { "mistyped" } else { name };
            call(
                jeton,
                who,
                RevokeTokens { tokens: some(), confirmation: typed.to_owned(), with_made: false, expected_made: None },
            )
            .map(drop)
        }
        "enable" => call(jeton, who, EnableTokens { tokens: some() }).map(drop),
        "regenerate" => {
            let grace = match request {
                "grace" => Some(Span::parse("1h").unwrap()),
                "long-grace" => Some(Span::parse("31d").unwrap()),
                _ => None,
            };
            call(jeton, who, RegenerateToken { token: pointed, grace, expires }).map(drop)
        }
        "retire" => call(jeton, who, RetireToken { token: pointed }).map(drop),
        "restore" => call(jeton, who, RestoreTokens { tokens: some(), rename: taken }).map(drop),
        "edit" => {
            let none = std::collections::BTreeSet::new;
            let Selection::Custom(absent) = holding(&["environment.control.StopEnv"]) else { unreachable!() };
            let selection = match request {
                "drop-absent" => Some(SelectionEdit::Methods { add: none(), drop: absent }),
                "unknown-method*" => Some(SelectionEdit::Replace(holding(&["no.such.Method"]))),
                "other-form*" => {
                    Some(SelectionEdit::Sets { add: ["IDE Plugins".to_owned()].into(), drop: Default::default() })
                }
                _ => None,
            };
            let description = (request == "describe").then(|| Description::parse("edited").unwrap());
            let edit = EditToken { name: taken, description, expires, selection, ..EditToken::new(pointed) };
            call(jeton, who, edit).map(drop)
        }
        "copy" => {
            let name = taken.unwrap_or_else(|| token_name(&format!("copy-{name}")));
            call(jeton, who, CopyToken { token: pointed, name, account: None, expires }).map(drop)
        }
        "create" => {
            let new = token_name(&format!("{name}-new"));
            let names = match request {
                "taken" => vec![token_name("taken")],
                "twice" => vec![new.clone(), new],
                "hint" => vec![token_name("jtn_x")],
                _ => vec![new],
            };
            let called = if request == "unknown-method*" { "no.such.Method" } else { CALLED };
            let expires = expires.or(spec("30d"));
            let account = Some(owner.username.clone());
            let new = CreateToken { account, names, selection: holding(&[called]), expires, ..create("x") };
            call(jeton, who, new).map(drop)
        }
        "purge" => call(jeton, who, PurgeTokens::new(Purgeable::Trashed, 999_999)).map(drop),
        other => panic!("no such verb: {other}"),
    }
}

/// A role and an issued role, with the proof of an actor that has both.
struct ActingToken {
    role: Role,
    /// The role that the proof was issued under. For a password, the account's role.
    issued: Role,
    /// The lower of the two roles.
    acting: Role,
    letter: char,
    credential: Credential,
}

/// The rights table for a proof: the allowed verbs by role and relation.
struct Rights(BTreeMap<(bool, Role, &'static str), Vec<&'static str>>);

impl Rights {
    fn read() -> Self {
        let row = |(head, cells): (Vec<&'static str>, Vec<&'static str>)| {
            ((head[0] == "on", Role::parse(head[1]).unwrap(), head[2]), cells)
        };
        Rights(rows("self-  actor").map(row).collect())
    }

    /// Returns `true` if the rights table lets `who` do `verb` to a token of `owner`.
    fn allow(&self, self_service: bool, who: &ActingToken, owner: &Account, verb: &str, letter: char) -> bool {
        let relation = match () {
            // A purge takes the tokens within reach, and ignores other accounts' trash.
            () if owner.username.as_str() == who.role.as_str() || verb == "purge" => "own",
            () if owner.role < who.acting => "lower",
            () if owner.role == who.acting => "same",
            () => "higher",
        };
        let cells = &self.0[&(self_service, who.acting, relation)];
        cells[VERBS.iter().position(|v| *v == verb).unwrap()].contains(letter)
    }
}

/// Common factors of a group of cells, which differ only in the token's state.
struct Group<'a> {
    verb: &'a str,
    request: &'a str,
    owner: &'a Account,
    /// The role under which the token's secrets were issued.
    issued: Role,
}

/// Returns `true` if `who` may run a group's verb on a token in a state. The state itself never matters, except the
/// token's expiry.
fn may(rights: &Rights, self_service: bool, who: &ActingToken, group: &Group<'_>, state: &str) -> bool {
    let Group { verb, request, owner, issued } = group;
    let changes = !matches!(*verb, "show" | "disable" | "revoke" | "purge");
    // A token that expires sooner has every right, but can't leave anything behind that outlives it.
    let letter = if who.letter == 's' && changes { 'f' } else { who.letter };
    if !rights.allow(self_service, who, owner, verb, letter) {
        return false;
    }
    if who.letter == 'p' || !changes {
        return true;
    }
    let higher = owner.role.min(*issued) > who.acting || *issued > who.issued;
    let higher = higher && !matches!(*verb, "create" | "copy");
    let ends_later = match (*verb, *request) {
        ("create", "past") => false,
        ("create", _) | (_, "later" | "never") => true,
        // A copy without an explicit expiry is shortened.
        ("copy", _) => false,
        _ => state != "expired",
    };
    let outlives = who.letter == 's' && ends_later;
    !(request.ends_with('*') || higher || outlives)
}

fn expected(cell: &str) -> Option<Kind> {
    match cell {
        "ok" => None,
        "2" => Some(Kind::Usage),
        "3" => Some(Kind::NotFound),
        "5" => Some(Kind::Conflict),
        other => panic!("{other}"),
    }
}

/// Everything that the cells need: proofs by role, issued role and letter, and tokens in every state.
struct Fixture {
    install: TestInstall,
    proofs: Vec<ActingToken>,
    targets: BTreeMap<(String, &'static str, Role), Token>,
}

impl Fixture {
    fn new(self_service: bool, tight: bool) -> Self {
        let install = accounts_fixture(self_service);
        let mut proofs = Vec::new();
        let mut targets = BTreeMap::new();
        for role in Role::ALL {
            proofs.push(ActingToken {
                role,
                issued: role,
                acting: role,
                letter: 'p',
                credential: credential(role.as_str()),
            });
            for issued in Role::ALL {
                for letter in PROOFS.into_iter().filter(|letter| *letter != 'p') {
                    let name = format!("proof-{letter}-{issued}");
                    let credential = proof_issued(&install, role.as_str(), letter, issued, &name);
                    proofs.push(ActingToken { role, issued, acting: role.min(issued), letter, credential });
                }
            }
            for name in [role.as_str().to_owned(), format!("{role}2")] {
                let owner = install.account_named(&name);
                add_token_in_state(&install, &owner, "taken", "live", Role::Owner);
                for issued in Role::ALL {
                    for state in STATES.into_iter().filter(|s| !matches!(*s, "stale" | "tight")) {
                        let token = add_token_in_state(&install, &owner, &format!("{state}-{issued}"), state, issued);
                        targets.insert((name.clone(), state, issued), token);
                    }
                }
            }
        }
        if tight {
            install.set_policy(|policy| {
                policy.active_tokens = 1;
                policy.max_expiry = Some(Span::Days(1));
            });
        }
        Fixture { install, proofs, targets }
    }

    /// Runs the cells of a group, in the states given by `cells`.
    fn run(&self, who: &ActingToken, group: &Group<'_>, cells: &[(&str, &str, bool)], run: usize) {
        let install = &self.install;
        let Group { verb, request, owner, issued } = *group;
        let kept = || {
            let of = |(name, ..): &(String, &str, Role)| *name == owner.username.as_str();
            let all: Vec<_> = self.targets.iter().filter(|(key, _)| of(key)).map(|(_, token)| token.id).collect();
            install.store().read(|s| all.iter().map(|id| s.token(*id)).collect::<Result<Vec<_>>>()).unwrap()
        };
        let head = || install.store().read(|s| s.audit_head()).unwrap();
        let (before, rows) = (kept(), head());
        let mut refusals: Vec<Error> = Vec::new();
        let mut done = 0;
        for (state, cell, may) in cells {
            let what = format!(
                "{} acting as {} by {}: {verb} {request} {owner:?}'s, {state}, issued to {issued}",
                who.role, who.acting, who.letter
            );
            let fixture = if matches!(*state, "stale" | "tight") { fit_for(verb) } else { *state };
            let fresh = *may && *cell == "ok" && verb != "show";
            let name = if fresh { format!("x{run}-{state}") } else { format!("{fixture}-{issued}") };
            let target = if fresh {
                done += 1;
                add_token_in_state(install, owner, &name, fixture, issued)
            } else {
                self.targets
                    .iter()
                    .find(|(key, _)| key.0 == owner.username.as_str() && key.1 == fixture && key.2 == issued)
                    .unwrap()
                    .1
                    .clone()
            };
            let seen = (*state == "stale").then_some(Revision(target.revision.0 + 7));
            let pointed = TokenTarget { reference: TokenRef::Id(target.id), expected_revision: seen };
            let outcome = attempt(install, &who.credential, (verb, request), owner, pointed, &name);
            match (may, outcome) {
                (true, outcome) => {
                    assert_eq!(outcome.as_ref().err().map(|e| e.kind), expected(cell), "{what}: {outcome:?}")
                }
                (false, Ok(())) => panic!("{what}: allowed"),
                (false, Err(error)) => {
                    assert_eq!(error.kind, Kind::Denied, "{what}: {error}");
                    refusals.push(error);
                }
            }
        }
        let what = format!("{} by {}: {verb} {request} {}'s, issued to {issued}", who.role, who.letter, owner.username);
        assert!(refusals.windows(2).all(|two| two[0] == two[1]), "{what}: {refusals:?}");
        assert_eq!(kept(), before, "{what}: refused, and yet something changed");
        // One row for the created token and one for the change.
        assert_eq!(head(), rows + 2 * done, "{what}: an audit row each");
    }
}

fn every_cell(self_service: bool, tight: bool) {
    let soaked = std::env::var_os("JETON_SOAK").is_some();
    let rights = Rights::read();
    let fixture = Fixture::new(self_service, tight);
    let (mut groups, mut refused, mut allowed) = (0, 0, 0);
    for (head, cells) in rows("verb       request") {
        let [verb, request] = head[..] else { panic!("{head:?}") };
        assert_eq!(cells.len(), STATES.len(), "{head:?}");
        let cells: Vec<_> =
            STATES.into_iter().zip(cells).filter(|(s, c)| *c != "." && (*s == "tight") == tight).collect();
        for who in &fixture.proofs {
            let others = Role::ALL.map(|role| format!("{role}2"));
            for owner in std::iter::once(who.role.as_str().to_owned()).chain(others) {
                for issued in Role::ALL {
                    groups += 1;
                    if !soaked && groups % STRIDE != 0 {
                        continue;
                    }
                    let owner = fixture.install.account_named(&owner);
                    let group = Group { verb, request, owner: &owner, issued };
                    let cells: Vec<_> = cells
                        .iter()
                        .map(|(state, cell)| (*state, *cell, may(&rights, self_service, who, &group, state)))
                        .collect();
                    allowed += cells.iter().filter(|(.., may)| *may).count();
                    refused += cells.iter().filter(|(.., may)| !*may).count();
                    fixture.run(who, &group, &cells, groups);
                }
            }
        }
    }
    let proofs = 4 * (1 + 4 * 5);
    assert_eq!(
        groups,
        31 * proofs * 5 * 4,
        "requests, proofs by role and issued role, whose, issued role of the target"
    );
    assert!(allowed > 50 && refused > 200 || soaked, "{allowed} {refused}");
}

#[test]
fn refusal_comes_before_any_state() {
    every_cell(true, false);
}

#[test]
fn refusal_comes_before_any_state_without_self_service() {
    every_cell(false, false);
}

#[test]
fn refusal_comes_before_policy() {
    every_cell(true, true);
}
