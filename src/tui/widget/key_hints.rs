//! The keys of a page in one line, for the footer and the last line of dialogs; and hints about lines not shown.

use ratatui::text::{Line, Span};

use crate::tui::component::Component;
use crate::tui::keymap::{Action, Binding, Context, Key};
use crate::tui::model::Model;
use crate::tui::page_keys;
use crate::tui::text_fit::width;

/// Returns those of `lines` that fit into `room`, with a hint if some are left out.
pub fn truncate_with_hint(mut lines: Vec<Line<'static>>, room: usize, model: &Model) -> Vec<Line<'static>> {
    if lines.len() > room {
        lines.truncate(room.saturating_sub(1));
        lines.push(Line::styled("… Enter shows the rest", model.theme.dim));
    }
    lines
}

/// Returns as many keys of `page` as fit into `columns`, most important first. The keys for help and quit are always
/// included.
pub fn key_hints(page: &dyn Component, model: &Model, columns: usize) -> Line<'static> {
    let pair = |binding: &Binding| {
        let key = binding.keys.first().map(Key::to_string).unwrap_or_default();
        (key, page_keys::label(binding, page, model))
    };
    let columns_of = |binding: &Binding| {
        let (key, label) = pair(binding);
        2 + width(&key) + 1 + width(label)
    };
    let all = page_keys::footer(page, model);
    let stays = |binding: &Binding| {
        binding.contexts.contains(&Context::Global) && matches!(binding.action, Action::Help | Action::Quit)
    };
    let mut room = (columns + 2).saturating_sub(all.iter().filter(|b| stays(b)).map(|b| columns_of(b)).sum());
    let mut full = false;
    let mut spans: Vec<Span<'static>> = Vec::new();
    for binding in all {
        if !stays(binding) {
            full = full || columns_of(binding) > room;
            if full {
                continue;
            }
            room -= columns_of(binding);
        }
        let (key, label) = pair(binding);
        spans.push(Span::raw(if spans.is_empty() { "" } else { "  " }));
        spans.push(Span::styled(key, model.theme.accent));
        spans.push(Span::styled(format!(" {label}"), model.theme.dim));
    }
    Line::from(spans)
}
