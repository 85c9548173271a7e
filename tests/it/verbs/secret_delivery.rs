//! Secrets are delivered before the change that activates them. Nothing is locked meanwhile.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use super::*;
use jeton::platform::secret_files::SecretFiles;
use jeton::verbs::ports::{PendingFile, SecretFileWriter};
use jeton::verbs::secret_delivery::call_with_delivery;
use jeton::verbs::tokens::IssuedToken;

/// A verb that makes secrets, with its name.
type Issuing = (&'static str, Box<dyn Fn(&TestInstall) -> Result<()>>);

/// Returns the three verbs that make secrets, each delivering its secrets with `chgrp`.
fn issuing(give: impl Fn(&[IssuedToken]) -> Result<()> + Clone + Send + Sync + 'static) -> [Issuing; 3] {
    let printed = move || SecretDestination::Printed(Box::new(give.clone()));
    let (to_create, to_copy, to_regenerate) = (printed.clone(), printed.clone(), printed);
    [
        (
            "create",
            Box::new(move |install| {
                let names = vec![token_name("new1"), token_name("new2")];
                let new = CreateToken { names, expires: spec("1h"), ..create("new") };
                install.call_with_delivery("member", new, to_create()).map(drop)
            }),
        ),
        (
            "copy",
            Box::new(move |install| {
                install.call_with_delivery("member", copy("target", "copied"), to_copy()).map(drop)
            }),
        ),
        (
            "regenerate",
            Box::new(move |install| {
                install.call_with_delivery("member", regenerate("target"), to_regenerate()).map(drop)
            }),
        ),
    ]
}

/// Opens the same store as another process would.
fn another(install: &TestInstall) -> Arc<TestBackend<SqliteStore>> {
    Arc::new(backend(&install.temp_store.path(), install.fakes.adapters()))
}

#[test]
fn secret_delivery_holds_no_lock() {
    let install = TestInstall::with_accounts();
    install.set_policy(|p| p.active_tokens = 0);
    install.issue("member", "target");
    let other = another(&install);
    let round = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let announced = Arc::new(Mutex::new(Vec::new()));
    let (jeton, rounds, ids) = (Arc::clone(&other), Arc::clone(&round), Arc::clone(&announced));
    let verbs = issuing(move |issued| {
        // Another process creates a token, which takes an id, and revokes it, while the secret is being read.
        let name = format!("leaked{}", rounds.fetch_add(1, Ordering::SeqCst));
        call(&*jeton, &credential("member"), create(&name))?;
        call(&*jeton, &credential("member"), disable(&[&name]))?;
        *ids.lock().unwrap() = issued.iter().map(|one| one.token.clone()).collect();
        Ok(())
    });
    for (name, run) in verbs {
        run(&install).unwrap_or_else(|e| panic!("{name}: {e}"));
        for token in announced.lock().unwrap().drain(..) {
            assert_eq!(install.token(token.id), token, "{name}: what was announced is what is stored");
        }
    }
    assert_eq!(round.load(Ordering::SeqCst), 3);
    // A rehearsal leaves nothing behind.
    let ours: Vec<_> = install.audit().into_iter().filter(|row| !row.target_name.contains("leaked")).collect();
    let made = ours.iter().filter(|row| row.verb.starts_with("token.")).map(|row| row.target_name.as_str());
    let expected = ["target", "new1", "new2", "copied", "target"].map(|name| format!("member/{name}"));
    assert_eq!(made.collect::<Vec<_>>(), expected);
}

/// An event between the secret's delivery and the change, with the resulting kind of error.
type Meanwhile = (&'static str, fn(&TestInstall, &TestBackend<SqliteStore>), Kind);

const MEANWHILE: [Meanwhile; 4] = [
    ("the target is disabled and the names are taken", take_names, Kind::Conflict),
    (
        "the account is disabled",
        |install, _| install.set_account_enabled(install.account_named("member").id, false),
        Kind::Unauthenticated,
    ),
    (
        "the password is changed",
        |_, other| {
            call(other, &credential(OWNER), set_password("member", "seven brown foxes")).map(drop).unwrap();
        },
        Kind::Unauthenticated,
    ),
    ("the expiry passes", |install, _| install.fakes.clock.advance(2 * HOUR), Kind::Conflict),
];

fn take_names(_: &TestInstall, other: &TestBackend<SqliteStore>) {
    for name in ["new2", "copied"] {
        call(other, &credential("member"), create(name)).unwrap();
    }
    call(other, &credential("member"), disable(&["target"])).unwrap();
}

#[test]
fn secret_is_not_in_force_if_something_changed_meanwhile() {
    let mut messages = BTreeSet::new();
    for (meanwhile, happen, kind) in MEANWHILE {
        for verb in 0..3 {
            let install = Arc::new(TestInstall::with_accounts());
            let target = install.create("member", CreateToken { expires: spec("1h"), ..create("target") });
            let other = another(&install);
            let out = Arc::new(Mutex::new(Vec::new()));
            let (inside, seen) = (Arc::clone(&install), Arc::clone(&out));
            let mut verbs = issuing(move |issued| {
                happen(&inside, &other);
                *seen.lock().unwrap() = issued.iter().map(|one| one.secret.expose(str::to_owned)).collect();
                Ok(())
            });
            let (name, run) = &mut verbs[verb];
            let error = run(&install).err().unwrap_or_else(|| panic!("{name}: done although {meanwhile}"));
            assert_eq!(error.kind, kind, "{name}, {meanwhile}: {error}");
            assert!(error.next.is_some(), "{name}, {meanwhile}: {error}");
            messages.insert(error.what);
            let secrets = out.lock().unwrap();
            assert!(!secrets.is_empty());
            for secret in secrets.iter() {
                assert!(!matches!(install.decide(secret, None), Decision::Allowed(_)), "{name}, {meanwhile}");
            }
            assert_eq!(
                install.token(target.token.id).hint,
                target.token.hint,
                "{name}, {meanwhile}: the secret before stays"
            );
        }
    }
    insta::assert_snapshot!(Vec::from_iter(messages).join("\n"), @"
    nothing was changed: the secret printed to stdout is not valid
    nothing was changed: the secrets printed to stdout are not valid
    ");
}

/// Saves a secret, and then does what another process might do meanwhile.
struct SaveAndMeddle<F>(F);

impl<F: Fn() + Send + Sync> SecretFileWriter for SaveAndMeddle<F> {
    fn reserve(&self, path: &Path) -> Result<Box<dyn PendingFile>> {
        SecretFiles.reserve(path)
    }

    fn save(&self, path: &Path, secret: &Secret) -> Result<Box<dyn PendingFile>> {
        let saved = SecretFiles.save(path, secret)?;
        assert!(path.exists());
        (self.0)();
        Ok(saved)
    }
}

#[test]
fn saved_secret_is_removed_if_the_change_is_refused() {
    let install = TestInstall::with_accounts();
    let target = install.issue("member", "target");
    let other = another(&install);
    let path = install.temp_store.folder().join("secret");
    let member = credential("member");
    let writer = SaveAndMeddle(|| drop(call(&*other, &member, disable(&["target"])).unwrap()));
    let file = SecretDestination::File(path.clone());
    let refused = call_with_delivery(&install.backend, &member, regenerate("target"), file, &writer);
    let error = assert_error(refused, Kind::Conflict);
    insta::assert_snapshot!(error, @"nothing was changed: the secret is not valid, and its file was removed: the account, the policy or a token was changed before the command finished. Run the command again. The command then creates a new secret");
    assert!(!path.exists());
    assert_eq!(install.token(target.token.id).hint, target.token.hint);
}

#[test]
fn undoing_a_save_leaves_another_file_at_its_path_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let secret = TestInstall::new().issue(OWNER, "a").secret;
    drop(SecretFiles.save(&path, &secret).unwrap());
    assert!(!path.exists());
    let saved = SecretFiles.save(&path, &secret).unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "of somebody else").unwrap();
    drop(saved);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "of somebody else");
}
