//! The keys of a page in one line, for the footer and the last line of dialogs; and hints about lines not shown.

use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::tui::component::Component;
use crate::tui::keymap::{Action, Binding, Context};
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

/// A key of a page, as it is shown.
struct KeyHint {
    action: Action,
    key: String,
    label: &'static str,
}

/// Columns between two keys.
const GAP: usize = 2;

impl KeyHint {
    fn width(&self) -> usize {
        width(&self.key) + 1 + width(self.label)
    }
}

/// Returns as many keys of `page` as fit into `columns`, most important first. The keys for help and quit are always
/// included.
fn fitting(page: &dyn Component, model: &Model, columns: usize) -> Vec<KeyHint> {
    let hint = |binding: &Binding| KeyHint {
        action: binding.action,
        key: binding.key(),
        label: page_keys::label(binding, page, model),
    };
    let stays = |binding: &Binding| {
        binding.contexts.contains(&Context::Global) && matches!(binding.action, Action::Help | Action::Quit)
    };
    let all: Vec<_> =
        page_keys::footer(page, model).into_iter().map(|binding| (stays(binding), hint(binding))).collect();
    let reserved: usize = all.iter().filter(|(stays, _)| *stays).map(|(_, hint)| GAP + hint.width()).sum();
    let mut room = (columns + GAP).saturating_sub(reserved);
    let mut full = false;
    let fits = |(stays, hint): (bool, KeyHint)| {
        if !stays {
            full = full || GAP + hint.width() > room;
            room -= if full { 0 } else { GAP + hint.width() };
        }
        (stays || !full).then_some(hint)
    };
    all.into_iter().filter_map(fits).collect()
}

/// Returns the keys of `page` that fit into `columns`, in one line.
pub fn key_hints(page: &dyn Component, model: &Model, columns: usize) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    for hint in fitting(page, model, columns) {
        spans.push(Span::raw(if spans.is_empty() { "" } else { "  " }));
        spans.push(Span::styled(hint.key, model.theme.accent));
        spans.push(Span::styled(format!(" {}", hint.label), model.theme.dim));
    }
    Line::from(spans)
}

/// Returns the action of the key that [`key_hints`] shows at a position, if it was drawn in `area`.
pub fn hint_at(page: &dyn Component, at: Position, area: Rect, model: &Model) -> Option<Action> {
    let column = area.contains(at).then(|| usize::from(at.x - area.x))?;
    let mut start = 0;
    for hint in fitting(page, model, area.width.into()) {
        if (start..start + hint.width()).contains(&column) {
            return Some(hint.action);
        }
        start += hint.width() + GAP;
    }
    None
}
