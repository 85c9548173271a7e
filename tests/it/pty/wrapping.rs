//! Long messages of commands on a terminal of 80 columns.

use super::JETON;
use crate::support::cli_program::CliHome;
use crate::support::pty::{End, Terminal, program};

/// No word is broken, and a reader that is no terminal gets a message on one line.
#[test]
fn restore_breaks_its_messages_at_blanks() {
    let home = CliHome::set_up();
    home.run(&["backup", "backup.db"], "").assert_success();
    std::fs::write(home.store(), "not a database").unwrap();
    let args = ["restore", "backup.db", "--confirm", "0"];
    let mut terminal = Terminal::start(program(JETON, &args, &home.path(""), &[]));
    assert_eq!(terminal.ends(), End::Code(5));
    // Row by row: the screen's text joins lines that the terminal itself has broken.
    let shown = terminal.look(|screen| screen.rows(0, 80).collect::<Vec<_>>().join("\n"));
    let piped = home.run(&args, "").assert_code(5).err;
    assert!(piped.lines().any(|line| line.chars().count() > 100), "{piped}");
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (shown_words, piped_words) = (words(&shown), words(&piped));
    assert!(shown_words.windows(piped_words.len()).any(|part| part == piped_words), "{shown}\n{piped}");
}
