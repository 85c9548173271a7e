//! `jeton init`, and the path of the store.

use std::os::unix::fs::MetadataExt;

use jeton::error::Kind;

use crate::support::cli_program::{CliHome, PASSWORD, exists, run_to_end};

#[test]
fn init_creates_one_store_only() {
    let home = CliHome::new();
    let refused = home.run(&["whoami", "--no-input"], "").assert_error(Kind::NotFound);
    insta::assert_snapshot!(refused.message(), @"
    error: no store at [folder]/.local/share/jeton/jeton.db
      Check the path. For a new store, run: jeton init --store [folder]/.local/share/jeton/jeton.db. If the store was lost, restore a backup: jeton restore FILE --store [folder]/.local/share/jeton/jeton.db
    ");
    home.run(&["verify"], "x\n").assert_error(Kind::NotFound);
    assert!(!exists(&home.store()), "looking makes nothing");
    home.run(&["init", "--no-input"], "").assert_code(4).assert_says(&["--username"]);
    home.run(&["init", "--username", "ops", "--no-input"], "").assert_code(4);
    let refused = home.run(&["init", "--username", "ops", "--password-stdin"], "short\n").assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @"
    error: the password is too short: use 12 to 1024 bytes; this password has 5
      Use three or four words with spaces: they are easy to type and hard to guess
    ");
    let refused = home.as_ops(&["init", "--username", "Ops"]).assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @r#"
    error: "Ops" is not a username: use 1-32 of the characters a-z 0-9 . _ -, and begin with a letter or digit
      Try "ops"
    "#);
    home.as_ops(&["init", "--username", "ops", "--prefix", "J_"]).assert_error(Kind::Usage);
    home.as_ops(&["init", "--username", "ops", "--catalogue", "nothing"])
        .assert_error(Kind::NotFound)
        .assert_says(&["cloud-platform"]);
    assert!(!exists(home.store().parent().unwrap()), "refused set-ups make nothing");

    let args = ["init", "--username", "ops", "--prefix", "acme", "--catalogue", "cloud-platform", "--json"];
    let made = home.as_ops(&args).assert_success().json();
    assert_eq!(made["account"]["username"], "ops");
    assert_eq!(made["store"], home.store().display().to_string());
    assert_eq!(std::fs::metadata(home.store()).unwrap().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(home.store().parent().unwrap()).unwrap().mode() & 0o777, 0o700);
    let refused = home.as_ops(&["init", "--username", "two"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"
    error: the store [folder]/.local/share/jeton/jeton.db is already set up
      To sign in, run: jeton. To set up another store, use --store with another path
    ");

    let secret = home.create(&["ide", "--set", "IDE Plugins"]);
    assert!(secret.starts_with("acme_"));
}

#[test]
fn store_path_comes_from_options_environment_and_configuration() {
    let home = CliHome::new();
    let elsewhere = home.path("elsewhere/x.db").display().to_string();
    let init = ["init", "--username", "ops", "--store", &elsewhere];
    let created = home.as_ops(&init).assert_success();
    let refused = home.as_ops(&init).assert_error(Kind::Conflict);
    insta::assert_snapshot!(created.message() + &refused.message(), @"
    ✓ created the store [folder]/elsewhere/x.db with the first owner ops
      Create a token: jeton --store [folder]/elsewhere/x.db token create NAME. Open the screens: jeton --store [folder]/elsewhere/x.db
    error: the store [folder]/elsewhere/x.db is already set up
      To sign in, run: jeton --store [folder]/elsewhere/x.db. To set up another store, use --store with another path
    ");
    assert!(exists(&home.path("elsewhere/x.db")) && !exists(&home.store()));
    let quiet = |key: &str, value: &str| {
        let mut command = home.command(&["whoami", "--quiet", "--password-stdin"]);
        command.env(key, value);
        run_to_end(command, format!("{PASSWORD}\n").as_bytes())
    };
    quiet("JETON_STORE", &elsewhere).assert_success();
    quiet("JETON_STORE", "").assert_error(Kind::NotFound);
    home.file("c.toml", &format!("store = {elsewhere:?}\nusername = \"ops\"\n"), 0o644);
    quiet("JETON_CONFIG", "c.toml").assert_success();
    home.file("c.toml", "\n\ncolour = \"\\u001b[2J\"\n", 0o644);
    quiet("JETON_CONFIG", "c.toml").assert_error(Kind::Usage).assert_says(&["c.toml", "line 3", "colour"]);
    home.file("c.toml", "\"\\u001b[2J\" = 1\n", 0o644);
    quiet("JETON_CONFIG", "c.toml").assert_error(Kind::Usage);
    std::fs::create_dir_all(home.path(".config/jeton")).unwrap();
    home.file(".config/jeton/config.toml", &format!("store = {elsewhere:?}\n"), 0o600);
    home.as_ops(&["whoami"]).assert_success();
}
