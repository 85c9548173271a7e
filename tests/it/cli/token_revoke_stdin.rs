//! `jeton token revoke --stdin`.

use jeton::error::Kind;
use serde_json::json;

use crate::support::cli_program::CliHome;

#[test]
fn holder_revokes_a_secret_without_a_password() {
    let home = CliHome::set_up();
    let (a, b) = (home.create(&["a"]), home.create(&["b"]));
    let revoke = |text: &str, more: &[&str]| home.run(&[&["token", "revoke", "--stdin"][..], more].concat(), text);
    let done = revoke(&format!("Authorization: Bearer {a}\n"), &[]).assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"
    ✓ ops/a disabled; jeton denies the secret from the next request on
      If somebody enables the token, the secret can work again. Get a new secret first: jeton token regenerate ops/a
    ");
    assert_eq!((home.verify(&a), home.verify(&b)), (4, 0));
    let again = revoke(&a, &[]).assert_error(Kind::NotFound);
    insta::assert_snapshot!(again.message(), @"
    error: the secret doesn't work; nothing was changed: the secret is unknown or was replaced, its token is not active, or its login has ended
      To find the cause, run: jeton token whose
    ");
    assert_eq!(revoke(&format!("{a}\n{b}"), &[]).assert_code(2).out, "");
    revoke(&b, &["b"]).assert_code(2);
    revoke(&b, &["--with-made"]).assert_code(2);
    home.as_ops(&["token", "revoke"]).assert_code(2);
    assert_eq!(home.verify(&b), 0);
    let answer = revoke(&b, &["--json"]).assert_success().json();
    assert_eq!(answer, json!({"schema": 1, "revoked": "token", "account": "ops", "name": "b", "service": null}));
    assert_eq!(home.verify(&b), 4);
}

#[test]
fn holder_of_the_old_secret_keeps_the_new_one() {
    let home = CliHome::set_up();
    let old = home.create(&["a"]);
    let new = home.as_ops(&["token", "regenerate", "a", "--grace", "1d", "--quiet"]).assert_success().out;
    let done = home.run(&["token", "revoke", "--stdin"], old.as_str()).assert_success();
    insta::assert_snapshot!(done.message(), @"✓ ops/a now has only the new secret; jeton denies the old secret from the next request on");
    assert_eq!((home.verify(&old), home.verify(new.trim())), (4, 0));
}
