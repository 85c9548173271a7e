//! ASCII in place of other characters, for terminals whose locale isn't UTF-8.

use ratatui::buffer::Buffer;

/// The characters that jeton draws, and what stands for each. Those of data become `?`.
const REPLACED: [(&str, &str); 30] = [
    ("─", "-"),
    ("━", "="),
    ("│", "|"),
    ("┌┐└┘├┤┬┴┼", "+"),
    ("▶▸►→", ">"),
    ("▾▼↓", "v"),
    ("◄←", "<"),
    ("▲↑", "^"),
    ("✓", "*"),
    ("●", "*"),
    ("○", "o"),
    ("◐", "o"),
    ("×", "x"),
    ("†", "-"),
    ("‼", "!"),
    ("↻", "@"),
    ("•", "*"),
    ("·", "-"),
    ("…", "~"),
    ("−", "-"),
    ("◆", "*"),
    ("▁", "_"),
    ("▂", "."),
    ("▃", ":"),
    ("▄", "="),
    ("▅", "+"),
    ("▆", "*"),
    ("▇", "%"),
    ("█", "#"),
    ("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "*"),
];

/// Replaces all characters that are not ASCII. Each keeps its place, so that nothing moves.
pub fn replace_others(buffer: &mut Buffer) {
    for cell in buffer.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
        let replacement = REPLACED.iter().find(|(known, _)| known.contains(cell.symbol()));
        cell.set_symbol(replacement.map_or("?", |(_, ascii)| ascii));
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn each_character_keeps_its_place() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, "▶ é漢字e\u{301}│…", Style::new());
        replace_others(&mut buffer);
        let text: String = buffer.content.iter().map(|cell| cell.symbol()).collect();
        assert_eq!(text, "> ?? ? ?|~  ");
    }

    #[test]
    fn replacements_are_one_ascii_character() {
        for (known, ascii) in REPLACED {
            assert!(ascii.len() == 1 && ascii.is_ascii() && !known.is_ascii(), "{known}");
        }
    }
}
