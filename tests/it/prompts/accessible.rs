//! The numbered menus for a screen reader, on a real terminal.

use super::{RIGHT, Terminal};
use crate::support::cli_program::CliHome;
use crate::support::prompt_texts::{CONFIRM_CHANGE, accessible, password_of};

/// Answers each question with a line.
fn answers(menus: &mut Terminal, questions: &[(&str, &str)]) {
    for (question, answer) in questions {
        menus.waits_for(question).types(&format!("{answer}\n"));
    }
}

/// Asserts that the output never drives the terminal.
fn assert_lines_only(menus: &Terminal) {
    let control = menus.seen.chars().find(|c| c.is_control() && !"\r\n".contains(*c));
    assert_eq!(control, None, "{:?}", menus.seen);
}

#[test]
fn token_is_generated_and_revoked_through_the_menus() {
    let home = CliHome::set_up();
    let mut menus = Terminal::start(&home, &["--accessible"]);
    menus.types_hidden(&password_of("ops"), RIGHT);
    answers(
        &mut menus,
        &[(accessible::NUMBER, "3"), ("Name", "ci"), ("Account", ""), ("Description", ""), ("Expiry", "30d")],
    );
    // No API access, its use is expected, and the secret is printed.
    answers(
        &mut menus,
        &[(accessible::NUMBER, "4"), (accessible::NUMBER, "1"), (accessible::NUMBER, "1"), (CONFIRM_CHANGE, "yes")],
    );
    menus.types_hidden(&password_of("ops"), RIGHT).waits_for(accessible::DONE);
    let secret = menus.between.lines().find(|line| line.starts_with("jtn_")).unwrap().to_owned();
    assert_eq!(home.verify(&secret), 0);

    answers(&mut menus, &[(accessible::NUMBER, "1"), (accessible::ROW, "1"), (accessible::NUMBER, "7")]);
    answers(&mut menus, &[(accessible::TYPE_NAME, "ci")]);
    assert_eq!(home.verify(&secret), 0, "only the password makes the change");
    menus.types_hidden(&password_of("ops"), RIGHT).waits_for(accessible::DONE);
    assert_eq!(home.verify(&secret), 4);
    answers(&mut menus, &[(accessible::ROW, "q")]);
    assert_eq!(menus.ends(), 0);
    assert_eq!(menus.seen.matches(&secret).count(), 1);
    assert_lines_only(&menus);
}

#[test]
fn setting_opens_the_menus_and_ctrl_c_or_ctrl_d_leaves_them() {
    let home = CliHome::set_up();
    home.run(&["config", "set", "accessible", "yes"], "").assert_success();
    for (leaving, code) in [("\u{3}", 130), ("\u{4}", 0)] {
        let mut menus = Terminal::start(&home, &[]);
        menus.types_hidden(&password_of("ops"), leaving);
        assert_eq!(menus.ends(), code);
        let mut menus = Terminal::start(&home, &[]);
        menus.types_hidden(&password_of("ops"), RIGHT).waits_for(accessible::NUMBER).types(leaving);
        assert_eq!(menus.ends(), code);
        assert_lines_only(&menus);
    }
    home.run(&["--accessible"], "").assert_code(2);
    home.run(&["--accessible", "token", "list"], "").assert_code(2);
    home.run(&["config", "set", "accessible", "perhaps"], "").assert_code(2).assert_says(&["accessible", "perhaps"]);
}
