//! Verbs over a store that runs every change again, as after a serialization failure.

use std::sync::Mutex;

use super::*;
use crate::conformance::reruns::RerunStore;
use crate::support::fakes::client_info;
use jeton::platform::secret_files::SecretFiles;
use jeton::verbs::secret_delivery::call_with_delivery;
use jeton::verbs::tokens::IssuedToken;

/// The secrets of earlier runs are never in force, and those that the caller has are.
#[test]
fn change_that_runs_again_has_the_effect_of_one() {
    let install = TestInstall::with_accounts();
    let store = RerunStore(SqliteStore::open(&install.temp_store.path(), OpenMode::Existing).unwrap());
    let rerun = TestBackend::new(store, install.fakes.adapters(), client_info());
    let member = credential("member");
    let before = install.audit().len();

    let created = call(&rerun, &member, create("ci")).unwrap().value.remove(0);
    assert_eq!(install.token(created.token.id), created.token);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let shown = Arc::clone(&seen);
    let give = move |issued: &[IssuedToken]| {
        shown.lock().unwrap().extend(issued.iter().map(|one| one.secret.expose(str::to_owned)));
        Ok(())
    };
    let destination = || SecretDestination::Printed(Box::new(give.clone()));
    let names = vec![token_name("a"), token_name("b")];
    let new = CreateToken { names, ..create("a") };
    call_with_delivery(&rerun, &member, new, destination(), &SecretFiles).unwrap();
    call_with_delivery(&rerun, &member, regenerate("ci"), destination(), &SecretFiles).unwrap();

    assert!(matches!(install.verify(&created.secret), Decision::Denied(..)), "regenerated since");
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 3, "each secret is shown once");
    for secret in &*seen {
        let decision = install.decide(secret, None);
        assert!(matches!(decision, Decision::Allowed(_)), "{decision:?}");
    }
    call(&rerun, &member, disable(&["a"])).unwrap();
    call(&rerun, &member, revoke(&["b"], "b")).unwrap();
    let purged = call(&rerun, &credential(OWNER), PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    assert_eq!(purged.value.count, 1);
    let verbs: Vec<String> = install.audit().into_iter().skip(before).map(|row| row.verb).collect();
    assert_eq!(
        verbs,
        [
            "token.create",
            "token.create",
            "token.create",
            "token.regenerate",
            "token.disable",
            "token.revoke",
            "token.purge"
        ]
    );
}
