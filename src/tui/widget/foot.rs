//! The keys of a context in one line: the footer, and the last line of every dialog.

use ratatui::text::{Line, Span};

use super::line::width;
use crate::tui::keymap::{self, Context};
use crate::tui::model::Model;

/// As many keys of `context` as fit into `columns`, the most important first.
pub fn keys(context: Context, model: &Model, columns: usize) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut used = 0;
    for binding in keymap::footer(context, model) {
        let Some(key) = binding.keys.first() else { continue };
        let key = key.to_string();
        let gap = if spans.is_empty() { 0 } else { 2 };
        let wanted = gap + width(&key) + 1 + width(binding.label);
        if used + wanted > columns {
            break;
        }
        used += wanted;
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(Span::styled(key, model.theme.accent));
        spans.push(Span::styled(format!(" {}", binding.label), model.theme.dim));
    }
    Line::from(spans)
}
