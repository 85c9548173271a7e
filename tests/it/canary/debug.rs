//! Secrets and passwords in `Debug` output.

use std::sync::Arc;

use jeton::domain::password::Password;
use jeton::domain::role::Role;
use jeton::domain::secret::SecretText;
use jeton::tui::effect::{Call, Effect};
use jeton::tui::modal::confirm_change::PendingMutation;
use jeton::tui::msg::{Msg, RequestId};
use jeton::tui::widget::text_input::TextInput;
use jeton::verbs::accounts::{CreateAccount, SetPassword, SignIn};
use jeton::verbs::credential::Credential;
use jeton::verbs::new_password::NewPassword;
use jeton::verbs::ports::{PasswordHasher, Store};
use jeton::verbs::request::{Request, Response};
use jeton::verbs::tokens::IdentifySecret;
use zeroize::Zeroizing;

use super::{Canaries, PASSWORD};
use crate::support::fakes::{CountingHasher, OWNER, TestInstall, create, init, username};

#[test]
fn debug_shows_no_secret() {
    let install = TestInstall::new();
    let mut canaries = Canaries::new();
    let issued = install.issue(OWNER, "a");
    issued.secret.expose(|s| canaries.secret(s));
    let debugged = |what: &dyn std::fmt::Debug| format!("{what:?} {what:#?}");
    let typed = || Zeroizing::new(PASSWORD.to_owned());
    let password = || Password::from_raw(typed());
    let credential = || Credential::from_password(username(OWNER), password());
    let mut first = init(true);
    first.password = NewPassword::Plain(password());
    let new = || NewPassword::Plain(password());
    let (named, role) = (username("x"), Role::Viewer);
    let create_account = CreateAccount { username: named.clone(), role, contact: None, password: new() };
    let hash = CountingHasher::new().hash(&password()).unwrap();
    let mut changed = install.call(OWNER, create("b")).unwrap();
    changed.value[0].secret.expose(|s| canaries.secret(s));
    changed.value = vec![issued];
    let reply = Msg::Reply(RequestId(1), Box::new(Ok(Response::CreateToken(changed))));
    let secret = Arc::new(install.issue(OWNER, "c").secret);
    secret.expose(|s| canaries.secret(s));
    let digest = secret.digest();
    let all: Vec<String> = vec![
        debugged(&password()),
        debugged(&credential()),
        debugged(&Request::from(first)),
        debugged(&Request::from(create_account)),
        debugged(&Request::from(SetPassword { username: named, password: new() })),
        debugged(&NewPassword::Hashed(CountingHasher::new().hash(&password()).unwrap())),
        debugged(&hash),
        debugged(&reply),
        debugged(&digest),
        debugged(&secret),
        debugged(&Msg::Paste(typed())),
        debugged(&Msg::Paste(secret.expose(|s| Zeroizing::new(s.to_owned())))),
        debugged(&Effect::Call(Call {
            id: RequestId(1),
            replaces: None,
            credential: credential(),
            request: Box::new(SignIn.into()),
        })),
        debugged(&Effect::CopySecret(Arc::clone(&secret))),
        debugged(&Effect::Save("x".into(), Arc::clone(&secret))),
        debugged(&PendingMutation::new("d", "d", create("d"))),
        debugged(&Request::from(IdentifySecret {
            secret: SecretText::new(secret.expose(|s| Zeroizing::new(s.to_owned()))),
        })),
        debugged(&SecretText::new(secret.expose(|s| Zeroizing::new(s.to_owned()))).parse()),
        debugged(&install.store().read(|s| s.secret(secret.public_id())).unwrap()),
        debugged(&TextInput::masked(100).with(PASSWORD)),
    ];
    for text in all {
        canaries.not_in("Debug", text.as_bytes());
        let digest: String = digest.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        assert!(!text.contains(&digest) && !text.contains(&hash.0), "{text}");
    }
}
