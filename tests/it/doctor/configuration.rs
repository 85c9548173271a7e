use std::fs;

use jeton::domain::name::Prefix;
use jeton::domain::secret::Secret;

use super::{Case, assert_named, checks, configure, doctor, found, healthy, set_mode};
use crate::support::cli_program::CliHome;

fn secret() -> String {
    let fill = |buffer: &mut [u8]| {
        buffer.fill(7);
        Ok(())
    };
    Secret::generate(&Prefix::default(), fill).unwrap().expose(str::to_owned)
}

fn with(home: &CliHome, text: &str) -> Vec<(&'static str, String)> {
    configure(home, text);
    vec![]
}

const CASES: &[Case] = &[
    ("configuration.file", |home| with(home, "username = ops\n")),
    ("configuration.file", |home| {
        fs::create_dir_all(home.path(".config/jeton/config.toml")).unwrap();
        vec![]
    }),
    ("configuration.permissions", |home| {
        set_mode(&configure(home, "username = \"ops\"\n"), 0o666);
        vec![]
    }),
    ("configuration.permissions", |home| {
        set_mode(&configure(home, &format!("api-token = \"{}\"\n", secret())), 0o644);
        vec![]
    }),
    ("configuration.unknown-key", |home| with(home, "usrname = \"ops\"\n")),
    ("configuration.unknown-key", |home| with(home, "[serve]\nverfy = \"127.0.0.1:1\"\n")),
    ("configuration.unknown-key", |home| with(home, "[servers.a]\naddres = \"unix:/a\"\n")),
    ("configuration.value", |home| with(home, "lock.after = \"5 minutes\"\n")),
    ("configuration.value", |home| with(home, "lock.after = 5\n")),
    ("configuration.value", |home| with(home, &format!("username = \"{}\"\n", secret()))),
    ("configuration.usable", |home| vec![("JETON_CONFIG", home.path("gone.toml").display().to_string())]),
    ("configuration.usable", |_| vec![("JETON_SERVER", "nobody".to_owned())]),
    ("configuration.secret-file", |home| {
        vec![("JETON_TOKEN_FILE", home.file("token", &secret(), 0o644).display().to_string())]
    }),
    ("configuration.secret-file", |home| vec![("JETON_TOKEN_FILE", home.path("gone").display().to_string())]),
    ("configuration.secret-file", |home| with(home, "[serve]\ncertificate = \"/c\"\nkey = \"gone.key\"\n")),
    ("configuration.certificate", |home| with(home, "server-ca = \"gone.pem\"\n")),
    ("configuration.group", |home| with(home, "[serve]\nmanage-group = \"no-such-group-of-jeton\"\n")),
    ("configuration.contradiction", |home| with(home, "[serve]\ncertificate = \"c.pem\"\n")),
    ("configuration.contradiction", |home| with(home, "[serve]\nmanage = \"https://127.0.0.1:7182\"\n")),
    ("configuration.contradiction", |home| {
        with(home, "[serve]\nverify = \"127.0.0.1:7180\"\nverify-group = \"root\"\n")
    }),
    ("configuration.contradiction", |home| with(home, "server = \"http://127.0.0.1:9\"\n")),
    ("configuration.contradiction", |home| with(home, "store = \"/x.db\"\nserver = \"unix:/x\"\n")),
    ("configuration.contradiction", |home| {
        let pin = "ab".repeat(32);
        with(home, &format!("server = \"unix:/x\"\nserver-pin = \"sha256:{pin}\"\n"))
    }),
];

#[test]
fn each_fault_of_a_configuration_is_named() {
    assert_named(CASES);
}

/// A store with faults doesn't hide those of the configuration, and one fault of a file doesn't hide the next.
#[test]
fn every_fault_is_reported() {
    let home = healthy();
    set_mode(&home.store(), 0o644);
    configure(&home, "usrname = \"ops\"\ndates = \"american\"\n[serve]\nverify = \"nowhere\"\nmode = \"1\"\n");
    let output = doctor(&home, &[], &[]).assert_code(6);
    let expected = [
        "store.permissions",
        "store.opens",
        "configuration.unknown-key",
        "configuration.unknown-key",
        "configuration.value",
        "configuration.value",
    ];
    assert_eq!(found(&output), expected);
    let unknown = checks(&output).into_iter().find(|check| check["id"] == "configuration.unknown-key").unwrap();
    assert!(unknown["what"].as_str().unwrap().contains("line 1"), "{unknown}");
    assert!(unknown["next"].as_str().unwrap().contains("username"), "{unknown}");
}

#[test]
fn values_have_a_source_and_no_secret_is_printed() {
    let home = healthy();
    let secret = secret();
    configure(&home, &format!("api-token = \"{secret}\"\nusername = \"ops\"\n"));
    let environment = [("JETON_DATES", "dmy".to_owned())];
    let json = doctor(&home, &[], &environment);
    let text = home.run(&["doctor"], "");
    for output in [&json, &text] {
        for part in [&output.out, &output.err] {
            assert!(!part.contains(&secret[..12]), "{part}");
        }
    }
    let values: Vec<String> = checks(&json)
        .into_iter()
        .filter(|check| check["id"] == "configuration.value")
        .map(|check| check["what"].as_str().unwrap().to_owned())
        .collect();
    let file = home.path(".config/jeton/config.toml").display().to_string();
    for value in [
        format!("username = ops (from {file})"),
        format!("api-token = (hidden) (from {file})"),
        "dates = dmy (from JETON_DATES)".to_owned(),
        "lock.after = 5min (from the default)".to_owned(),
    ] {
        assert!(values.contains(&value), "{value}: {values:?}");
    }
}
