//! Text fitted into lines. All text that comes from data passes [`clean`] here, and nowhere else on the screens.

use std::borrow::Cow;

use ratatui::style::Style;
use ratatui::text::Span;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

pub use crate::domain::number::group_digits;
use crate::domain::untrusted_text::escape_untrusted;

/// Returns the text made safe for display on one line.
pub fn clean(text: &str) -> Cow<'_, str> {
    escape_untrusted(text)
}

/// Returns the number of columns of `text`.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Returns `text`, cleaned and cut with `…` if longer than `columns`.
pub fn cut(text: &str, columns: usize) -> String {
    let text = clean(text);
    if width(&text) <= columns {
        return text.into_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = width(grapheme);
        if used + wide + 1 > columns {
            break;
        }
        out.push_str(grapheme);
        used += wide;
    }
    if columns > 0 {
        out.push('…');
    }
    out
}

/// Returns `text`, cleaned and shortened in its middle if longer than `columns`, because names often differ at the end.
pub fn cut_middle(text: &str, columns: usize) -> String {
    let text = clean(text);
    if width(&text) <= columns || columns < 3 {
        return cut(&text, columns);
    }
    let head = cut(&text, columns / 2);
    let (mut tail, mut room) = (text.len(), columns - width(&head));
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        if width(grapheme) > room {
            break;
        }
        room -= width(grapheme);
        tail = at;
    }
    head + &text[tail..]
}

/// Returns `text` like [`cut`], padded with blanks to exactly `columns`.
pub fn fit(text: &str, columns: usize) -> String {
    let mut out = cut(text, columns);
    let used = width(&out);
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(used)));
    out
}

/// Cleans `text` and breaks it into lines of at most `columns`, at blanks if possible. Nothing is left out.
pub fn fold(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let text = clean(text);
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    let mut graphemes = text.graphemes(true).peekable();
    while let Some(grapheme) = graphemes.next() {
        // A grapheme wider than a line gets a line of its own.
        if used + width(grapheme) > columns && !line.is_empty() {
            let next = graphemes.peek().filter(|_| grapheme == " ").unwrap_or(&grapheme);
            let is_break = grapheme == " " && !is_in_number(&line, next);
            let at = if is_break { None } else { last_break(&line, next) };
            let rest = at.map_or_else(String::new, |at| line.split_off(at + 1));
            lines.push(std::mem::replace(&mut line, rest).trim_end_matches(' ').to_owned());
            used = width(&line);
            // A blank at a line break is dropped.
            if grapheme == " " && at.is_none() {
                continue;
            }
        }
        line.push_str(grapheme);
        used += width(grapheme);
    }
    lines.push(line);
    lines
}

/// Returns `true` if a blank between these texts is in a number, such as `20 944`.
fn is_in_number(before: &str, after: &str) -> bool {
    before.ends_with(|c: char| c.is_ascii_digit()) && after.starts_with(|c: char| c.is_ascii_digit())
}

/// Returns the place of the last blank at which `line`, before `next`, can be broken: not before its first word, and not
/// in a number.
fn last_break(line: &str, next: &str) -> Option<usize> {
    let after = |at: usize| if at + 1 == line.len() { next } else { &line[at + 1..] };
    let found = line.rmatch_indices(' ').map(|(at, _)| at).find(|at| !is_in_number(&line[..*at], after(*at)))?;
    (!line[..found].trim_end_matches(' ').is_empty()).then_some(found)
}

/// Returns `text` (already fitted) as spans; matches of `words` get the style `matched`. Case is ignored.
pub fn highlighted(text: &str, words: &[String], plain: Style, matched: Style) -> Vec<Span<'static>> {
    if words.is_empty() {
        return vec![Span::styled(text.to_owned(), plain)];
    }
    let lower = text.to_ascii_lowercase();
    let mut marks = vec![false; text.len()];
    for word in words.iter().filter(|w| !w.is_empty() && w.is_ascii()) {
        for (at, hit) in lower.match_indices(word.as_str()) {
            marks[at..at + hit.len()].fill(true);
        }
    }
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (at, c) in text.char_indices() {
        let style = if marks[at] { plain.patch(matched) } else { plain };
        match spans.last_mut() {
            Some(span) if span.style == style => span.content.to_mut().push(c),
            _ => spans.push(Span::styled(c.to_string(), style)),
        }
    }
    spans
}

/// Returns a grouped number and its noun: `1 call`, `1 240 calls`.
pub fn count_noun(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", group_digits(number), if number == 1 { "" } else { "s" })
}

/// Returns the first three of `names`, and the number of further ones.
pub fn join_three(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(3);
    let shown = names.take(3).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {} more", group_digits(more as u64)) }
}

/// Returns as many of `names` (at least one) as fit into `columns`, and the number of further ones. `+` marks a lower
/// bound.
pub fn join_to_fit(names: &[String], columns: usize, is_lower_bound: bool) -> String {
    let names: Vec<Cow<'_, str>> = names.iter().map(|name| clean(name)).collect();
    let more = |shown: usize| match names.len() - shown {
        0 => String::new(),
        more => format!(" and {}{} more", group_digits(more as u64), if is_lower_bound { "+" } else { "" }),
    };
    // If there may be more names than given, at least one is left out, so that the text shows this.
    let max = names.len() - usize::from(is_lower_bound && names.len() > 1);
    let texts = (2..=max).rev().map(|shown| format!("{}{}", names[..shown].join(", "), more(shown)));
    texts.into_iter().find(|text| width(text) <= columns).unwrap_or_else(|| match names.first() {
        Some(first) => format!("{}{}", cut(first, columns.saturating_sub(width(&more(1)))), more(1)),
        None => String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_names_are_cut_in_the_middle() {
        assert_eq!(cut_middle("shop: scope a", 13), "shop: scope a");
        assert_eq!(cut_middle("shop: scope orders.read.12", 13), "shop:…read.12");
        assert_eq!(cut_middle("abc", 2), "a…");
        assert_eq!(cut_middle("abc", 0), "");
        assert_eq!(cut_middle("漢字漢字漢字漢字", 9), "漢…字漢字");
        assert_eq!(cut_middle("a\u{1b}[2Jb and so on", 12), r"a\u{1… so on");
    }

    proptest! {
        #[test]
        fn cut_in_the_middle_fits(text in ".{0,40}", columns in 0usize..30) {
            let shown = cut_middle(&text, columns);
            prop_assert!(width(&shown) <= columns.max(width(&clean(&text)).min(columns)), "{}", shown);
            if width(&clean(&text)) <= columns {
                prop_assert_eq!(shown, clean(&text).into_owned());
            }
        }
    }

    #[test]
    fn numbers_are_not_broken() {
        assert_eq!(fold("used by: 20 944 calls", 12), ["used by:", "20 944 calls"]);
        assert_eq!(fold("used by: 20 944 calls", 11), ["used by:", "20 944", "calls"]);
        assert_eq!(fold("used by: 20 944", 14), ["used by:", "20 944"]);
        assert_eq!(fold("20 944", 4), ["20 9", "44"]);
    }

    #[test]
    fn matches_are_marked() {
        let (plain, matched) = (Style::new(), Style::new().underlined());
        let spans = highlighted("ci-Deploy", &["dep".to_owned()], plain, matched);
        let marked: Vec<_> = spans.iter().filter(|s| s.style == matched).map(|s| s.content.as_ref()).collect();
        assert_eq!(marked, ["Dep"]);
    }

    #[test]
    fn names_that_do_not_fit_are_counted() {
        let names = ["one", "two", "three"].map(str::to_owned);
        let texts = [(15, false), (20, true), (14, false), (13, false)]
            .map(|(width, is_lower_bound)| join_to_fit(&names, width, is_lower_bound));
        insta::assert_snapshot!(texts.join("\n"), @"
        one, two, three
        one, two and 1+ more
        one and 2 more
        o… and 2 more
        ");
        assert_eq!(join_to_fit(&names[..1], 3, true), "one");
        assert_eq!(join_to_fit(&[], 9, false), "");
    }

    #[test]
    fn folded_at_blanks_and_inside_long_words() {
        assert_eq!(fold("one two three", 7), ["one two", "three"]);
        assert_eq!(fold("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(fold("  ab cdefgh", 5), ["  ab", "cdefg", "h"]);
        assert_eq!(fold("", 4), [""]);
        assert_eq!(fold("\u{2e80}\u{abe}", 2), ["\u{2e80}\u{abe}"], "a grapheme of three columns");
    }

    proptest! {
        #[test]
        fn folding_leaves_nothing_out(text: String, columns in 2usize..40) {
            let lines = fold(&text, columns);
            let fits = |line: &String| width(line) <= columns || line.graphemes(true).count() == 1;
            prop_assert!(lines.iter().all(fits), "{lines:?}");
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&clean(&text)));
        }

        #[test]
        fn fits_exactly(text: String, columns in 0usize..60) {
            let fitted = fit(&text, columns);
            // A wide character may leave one column over, which is filled with a blank.
            prop_assert_eq!(width(&fitted), columns);
            prop_assert!(!fitted.chars().any(crate::domain::untrusted_text::is_control_or_bidi));
        }
    }
}
