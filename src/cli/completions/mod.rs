//! `completions`: prints a script for a shell. With each Tab the script runs the hidden command `complete`, which prints
//! the words that may come next.
//!
//! `complete` is quick and silent: whatever it can't find out, it leaves out. It reads the store only if the store has the
//! schema of this version, and waits for nobody.

mod bash_line;
mod names;

use bash_line::BashLine;
use names::Names;

use super::args::{self, CompleteArgs, GlobalArgs, Shell};
use super::output::print_raw;
use crate::command_line::{Candidate, CommandLine, Wanted};
use crate::domain::untrusted_text::is_control_or_bidi;
use crate::error::{Error, Result};

/// Maximum number of words that a shell is given.
const MAX_CANDIDATES: usize = 200;

/// Prints the script for a shell.
pub(super) fn print_script(shell: Shell) -> Result<()> {
    let script = match shell {
        Shell::Bash => include_str!("../../../assets/completions/jeton.bash"),
        Shell::Zsh => include_str!("../../../assets/completions/jeton.zsh"),
        Shell::Fish => include_str!("../../../assets/completions/jeton.fish"),
    };
    if print_raw(script, true) {
        Ok(())
    } else {
        Err(Error::failure("the output can't be written").next("Check where stdout goes, then run the command again"))
    }
}

/// Prints the words that may come next: a line about all of them, then a line for each.
pub(super) fn complete(global: &GlobalArgs, args: &CompleteArgs) {
    let answer = match args.shell {
        Shell::Bash => complete_bash(global, &args.words),
        Shell::Zsh | Shell::Fish => Some(lines(&candidates(global, &args.words), |one| match one.help.is_empty() {
            true => Some(one.text.clone()),
            false => Some(format!("{}\t{}", one.text, one.help)),
        })),
    };
    // If the shell is gone, nobody reads the answer.
    let _ = print_raw(&answer.unwrap_or_default(), true);
}

fn complete_bash(global: &GlobalArgs, args: &[String]) -> Option<String> {
    let [line, point, breaks] = args else { return None };
    let line = BashLine::parse(line, point.parse().ok()?, breaks)?;
    Some(lines(&candidates(global, &line.words), |one| line.replacement(&one.text)))
}

enum Answer {
    Words(Vec<Candidate>),
    /// The shell itself completes paths.
    Files,
    Folders,
}

fn candidates(global: &GlobalArgs, words: &[String]) -> Answer {
    let mut root = args::command();
    root.build();
    let line = CommandLine::parse(&root, words);
    let mut found = Vec::new();
    for wanted in line.wanted() {
        match wanted {
            Wanted::Files => return Answer::Files,
            Wanted::Folders => return Answer::Folders,
            Wanted::Words(words) => found.extend(words),
            Wanted::Names(kind) => found.extend(Names::new(global, &line).candidates(kind, line.value())),
        }
    }
    found.retain(|one: &Candidate| one.text.starts_with(line.value()) && is_plain(&one.text) && is_plain(&one.help));
    found.truncate(MAX_CANDIDATES);
    found.iter_mut().for_each(|one| one.text.insert_str(0, line.option()));
    Answer::Words(found)
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(is_control_or_bidi)
}

/// Returns the lines that the scripts in `assets/completions` read.
fn lines(answer: &Answer, line: impl Fn(&Candidate) -> Option<String>) -> String {
    let words = match answer {
        Answer::Files => return "files\n".to_owned(),
        Answer::Folders => return "folders\n".to_owned(),
        Answer::Words(words) => words,
    };
    let are_partial = !words.is_empty() && words.iter().all(|one| one.is_partial);
    let mut text = if are_partial { "partial\n" } else { "words\n" }.to_owned();
    for line in words.iter().filter_map(line) {
        text.push_str(&line);
        text.push('\n');
    }
    text
}
