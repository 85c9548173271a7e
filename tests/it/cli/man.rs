//! `man`: pages that a manual reader renders without complaint.

use std::process::{Command, Stdio};

use jeton::error::Kind;

use crate::support::cli_program::{CliHome, exists};

#[test]
fn man_writes_a_page_for_every_command_and_replaces_only_its_own() {
    let home = CliHome::new();
    home.run(&["man", "pages/man1"], "").assert_success().assert_silent().assert_says(&["pages/man1"]);
    let root = std::fs::read_to_string(home.path("pages/man1/jeton.1")).unwrap();
    assert!(root.contains("/var/lib/jeton/jeton.db") && root.contains("/run/jeton/manage.sock"));
    let page = home.path("pages/man1/jeton-token-create.1");
    assert!(std::fs::read_to_string(&page).unwrap().contains("expires"));
    assert!(exists(&home.path("pages/man1/jeton.1")) && !exists(&home.path("pages/man1/jeton-complete.1")));
    assert!(!exists(&home.store()));
    home.run(&["man", "pages/man1", "--quiet"], "").assert_success();

    std::fs::write(&page, "mine").unwrap();
    std::fs::remove_file(home.path("pages/man1/jeton.1")).unwrap();
    home.run(&["man", "pages/man1"], "").assert_error(Kind::Conflict);
    assert_eq!(std::fs::read_to_string(&page).unwrap(), "mine");
    assert!(!exists(&home.path("pages/man1/jeton.1")), "nothing was written");
}

#[test]
fn man_pages_render_without_a_warning() {
    let home = CliHome::new();
    home.run(&["man", "pages"], "").assert_success();
    for page in std::fs::read_dir(home.path("pages")).unwrap() {
        let page = page.unwrap().path();
        let groff = Command::new("groff").args(["-man", "-Tutf8", "-ww"]).arg(&page).stderr(Stdio::piped()).output();
        let Ok(rendered) = groff else {
            eprintln!("skipped: groff not found");
            return;
        };
        let (text, warnings) = (String::from_utf8_lossy(&rendered.stdout), String::from_utf8_lossy(&rendered.stderr));
        assert!(rendered.status.success() && warnings.is_empty(), "{}: {warnings}", page.display());
        assert!(text.contains("success; for jeton verify"), "{}", page.display());
    }
}
