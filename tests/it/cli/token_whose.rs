//! `jeton token whose`.

use jeton::domain::name::Prefix;
use jeton::domain::secret::Secret;
use jeton::error::Kind;
use jeton::verbs::ports::Entropy;

use crate::support::cli_program::CliHome;
use crate::support::fakes::SeededEntropy;

#[test]
fn whose_finds_a_secret_inside_other_text() {
    let home = CliHome::set_up();
    let (a, b) = (home.create(&["a"]), home.create(&["b"]));
    let whose = |text: &str| home.run(&["token", "whose", "--quiet"], text);
    for text in [
        format!("  {a}"),
        format!("{a}  "),
        format!("\n\n{a}\n"),
        format!("\"{a}\""),
        format!("Authorization: Bearer {a}"),
        format!("\u{feff}{a}"),
        format!("GET /x?session={a}&y=1 HTTP/1.1"),
        format!("{}\n{}", &a[..30], &a[30..]),
    ] {
        assert_eq!(whose(&text).assert_success().out, "ops/a\n");
    }
    assert_eq!(whose(&format!("old {a}\nnew: '{b}' and {a}\n")).assert_success().out, "ops/a\nops/b\n");
    let both = home.run(&["token", "whose", "--json"], format!("{a} {b}")).assert_success().json();
    assert_eq!(both["found"][1]["token"]["name"], "b");
    let other = if a.ends_with('x') { 'y' } else { 'x' };
    let refused = whose(&format!("{}{other}", &a[..a.len() - 1])).assert_error(Kind::NotFound);
    insta::assert_snapshot!(refused.message(), @"error: the secret belongs to no token: the secret is mistyped or cut off (wrong checksum)");
    whose("nothing here").assert_error(Kind::NotFound);
    whose("").assert_error(Kind::NotFound);
    home.run(&["verify"], format!("Bearer {a}")).assert_code(4);
}

/// Each secret in a text is looked up, however many there are.
#[test]
fn whose_looks_up_every_secret_of_a_text() {
    let home = CliHome::set_up();
    let last = home.create(&["last"]);
    let entropy = SeededEntropy::new(5);
    let prefix = Prefix::default();
    let mut text = Vec::new();
    for _ in 0..150 {
        Secret::generate(&prefix, |buffer| entropy.fill(buffer)).unwrap().expose(|s| text.push(s.to_owned()));
    }
    text.push(last);
    let text = text.join("\n");
    let found = home.run(&["token", "whose", "--json"], text.as_str()).assert_success().json();
    assert_eq!(found["found"].as_array().unwrap().len(), 151);
    assert_eq!(found["found"][150]["token"]["name"], "last");
    assert_eq!(home.run(&["token", "whose", "--quiet"], text.as_str()).assert_success().out, "ops/last\n");
}
