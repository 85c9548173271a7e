//! Breaks lines for a terminal.

use std::io::{self, IsTerminal};

use unicode_width::UnicodeWidthStr;

/// Width of lines for a terminal that doesn't report its width.
const DEFAULT_COLUMNS: usize = 80;

/// Returns the width of the terminal at stderr.
pub fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stderr());
    size.map(|size| usize::from(size.ws_col)).ok().filter(|columns| *columns > 0).unwrap_or(DEFAULT_COLUMNS)
}

/// Appends `line` to `text`, broken at blanks. The first part follows the text, which has the width of `indent`; the others
/// are indented. A word that is too long, such as a path, stays whole.
pub fn wrap_line(text: &mut String, line: &str, indent: &str, columns: usize) {
    let mut column = indent.width();
    for (index, word) in line.split(' ').enumerate() {
        let width = word.width();
        if index > 0 && column + 1 + width > columns {
            text.push('\n');
            text.push_str(indent);
            column = indent.width();
        } else if index > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text.push('\n');
}

/// Breaks lines that end with a line end to `columns`. The rest of a line is indented by two more than the line itself.
pub fn wrap_lines(lines: &str, columns: usize) -> String {
    let mut text = String::with_capacity(lines.len() + 16);
    for line in lines.lines() {
        if line.width() <= columns {
            text.push_str(line);
            text.push('\n');
            continue;
        }
        let content = line.trim_start_matches(' ');
        let blanks = " ".repeat(line.len() - content.len());
        text.push_str(&blanks);
        // The first part has room for the indent of the others: it is not wider than they are.
        wrap_line(&mut text, content, &format!("{blanks}  "), columns);
    }
    text
}

/// Breaks lines for stderr, if it is a terminal. Other readers get a message on one line.
pub fn wrap_for_stderr(lines: String) -> String {
    if io::stderr().is_terminal() { wrap_lines(&lines, columns()) } else { lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_blanks_and_words_stay_whole() {
        assert_eq!(wrap_lines("error: short\n  next\n", 80), "error: short\n  next\n");
        assert_eq!(wrap_lines("error: one two three\n", 16), "error: one two\n  three\n");
        assert_eq!(wrap_lines("  Run: jeton init /a/path\n", 12), "  Run:\n    jeton\n    init\n    /a/path\n");
        assert_eq!(wrap_lines("/home/anna/a-long-name.db was\n", 10), "/home/anna/a-long-name.db\n  was\n");
        assert_eq!(wrap_lines("", 10), "");
    }
}
