//! The service's cache is bounded, whatever is requested.

use jeton::domain::api_selection::Selection;
use jeton::domain::catalogue::{ApiSet, Catalogue, Group, SetEntry};
use jeton::domain::expiry::Expiry;
use jeton::domain::method::{Access, Method, MethodId};
use jeton::domain::name::{Description, Prefix};
use jeton::domain::role::Role;
use jeton::domain::secret::Secret;
use jeton::verbs::audited::Audited;
use jeton::verbs::ports::{Entropy, NewToken, Store};

use super::new_install;
use crate::support::fakes::{OWNER, entry, tester, token_name};
use crate::support::http::{bearer, head};
use crate::support::service_process::ServiceProcess;

/// Number of groups, each with a set, and of methods in each group: 19,006 methods in all.
const GROUPS: usize = 13;
const METHODS: usize = 1_462;
/// Number of combinations of sets requested.
const COMBINATIONS: usize = 4_096;
/// Maximum memory of the service afterwards, in KiB.
const MAX_MEMORY_KIB: u64 = 100 * 1024;

fn catalogue() -> Catalogue {
    let method = |group: usize, n: usize| Method {
        id: MethodId::parse(&format!("area{group}.control.DoSomethingOfNumber{n}")).unwrap(),
        title: format!("Does {n}"),
        access: Access::Read,
        docs: None,
        routes: Vec::new(),
    };
    let group = |g: usize| Group {
        id: format!("area{g}"),
        title: format!("Area {g}"),
        methods: (0..METHODS).map(|n| method(g, n)).collect(),
    };
    let set = |g: usize| ApiSet {
        name: format!("Set {g}"),
        title: format!("Set {g}"),
        include: vec![SetEntry::Group(format!("area{g}"))],
        exclude: Vec::new(),
    };
    Catalogue {
        name: "large".to_owned(),
        title: "Large".to_owned(),
        hosts: Default::default(),
        trailing_slash: Default::default(),
        groups: (0..GROUPS).map(group).collect(),
        sets: (0..GROUPS).map(set).collect(),
    }
}

#[test]
fn cache_fits_thousands_of_set_combinations() {
    let install = new_install();
    let owner = install.account_named(OWNER).id;
    let secret = |_| Secret::generate(&Prefix::default(), |bytes| install.fakes.entropy.fill(bytes)).unwrap();
    let secrets: Vec<Secret> = (0..COMBINATIONS).map(secret).collect();
    let made = install.store().write(&tester(), &|| install.now(), |tx, now| {
        tx.set_catalogue(&catalogue())?;
        for (n, secret) in secrets.iter().enumerate() {
            let sets = (0..GROUPS).filter(|g| (n + 1) & (1 << g) != 0).map(|g| format!("Set {g}")).collect();
            let token = tx.insert_token(&NewToken {
                account: owner,
                name: &token_name(&format!("t{n}")),
                description: &Description::none(),
                selection: &Selection::Sets(sets),
                expiry: Expiry::Never,
                expected_unused: false,
                now,
            })?;
            tx.set_secret(token, secret, Role::Owner, now, None)?;
        }
        Ok(Audited::one((), entry("catalogue.large")))
    });
    made.unwrap();
    let service = ServiceProcess::start(&install.temp_store.path());
    let mut client = service.client();
    let mut ask = |path: &str| {
        for secrets in secrets.chunks(64) {
            let asked: String = secrets.iter().map(|s| s.expose(|s| head("GET", path, &[&bearer(s)]))).collect();
            client.send(asked);
            for _ in secrets {
                let answer = client.read_reply().unwrap();
                assert_eq!(answer.status, 200, "{path}");
            }
        }
    };
    ask("/v1/verify/-");
    ask("/v1/verify/-");
    let memory = service.memory();
    println!("{memory} KiB");
    assert!(memory <= MAX_MEMORY_KIB, "{memory} KiB");
    // Requested method lists aren't kept either: each of these is up to 0.8 MB.
    for secret in secrets.iter().rev().take(64) {
        let answer = secret.expose(|s| client.request("GET", "/v1/verify/-?methods", &[&bearer(s)]));
        assert!(answer.body.len() > 30_000, "{}", answer.body.len());
    }
    let memory = service.memory();
    println!("{memory} KiB after lists");
    assert!(memory <= MAX_MEMORY_KIB, "{memory} KiB after lists");
    service.stop();
}
