//! The keys of a context in one line: the footer, and the last line of every dialog; and how it is said that there is more.

use std::ops::Range;

use ratatui::text::{Line, Span};

use super::line::width;
use crate::tui::keymap::{self, Context};
use crate::tui::model::Model;

/// The keys of a dialog that shows the lines `shown` of `all` it has, and which they are where it doesn't show all.
pub fn keys_and_place(
    context: Context,
    model: &Model,
    columns: usize,
    shown: Range<usize>,
    all: usize,
) -> Line<'static> {
    if shown.len() >= all {
        return keys(context, model, columns);
    }
    let place = format!("   {}-{} of {all}", shown.start + 1, shown.end);
    let mut line = keys(context, model, columns.saturating_sub(width(&place)));
    line.push_span(Span::styled(place, model.theme.dim));
    line
}

/// `lines`, of which those that don't fit into `room` are left out, and said to be.
pub fn with_rest(mut lines: Vec<Line<'static>>, room: usize, model: &Model) -> Vec<Line<'static>> {
    if lines.len() > room {
        lines.truncate(room.saturating_sub(1));
        lines.push(Line::styled("… Enter shows the rest", model.theme.dim));
    }
    lines
}

/// As many keys of `context` as fit into `columns`, the most important first.
pub fn keys(context: Context, model: &Model, columns: usize) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut used = 0;
    for binding in keymap::footer(context, model) {
        let Some(key) = binding.keys.first() else { continue };
        let key = key.to_string();
        let gap = if spans.is_empty() { 0 } else { 2 };
        let label = keymap::label(binding, model);
        let wanted = gap + width(&key) + 1 + width(label);
        if used + wanted > columns {
            break;
        }
        used += wanted;
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(Span::styled(key, model.theme.accent));
        spans.push(Span::styled(format!(" {label}"), model.theme.dim));
    }
    Line::from(spans)
}
