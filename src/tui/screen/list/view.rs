//! Drawing of a list.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::layout::{self, ScreenParts};
use super::list_screen::{ListScreen, Source};
use crate::tui::keymap::{Action, Binding};
use crate::tui::model::Model;
use crate::tui::text_fit::{cut, group_digits, width};
use crate::tui::widget::lines::draw_lines;
use crate::tui::widget::table_columns::TableColumns;

/// Minimum number of columns for the filter.
const MIN_FILTER_COLUMNS: usize = 16;
/// Columns of the sign of the filter, and of the blanks around it and after the line.
const FILTER_LABEL_COLUMNS: usize = 5;

/// A part of the line above a list.
struct Part {
    /// Separator between this part and the one before.
    gap: &'static str,
    text: String,
    style: Style,
    /// 0 for parts that are always shown. Of the others, those with higher numbers are left out first.
    importance: usize,
}

/// Returns the parts that fit into `room`, in their order, and a blank. Parts that are always shown may use `max`
/// columns. If even these are too few, the first part is cut.
fn fit_parts(mut parts: Vec<Part>, room: usize, max: usize) -> Vec<Span<'static>> {
    parts.retain(|part| !part.text.is_empty());
    let columns = |parts: &[Part]| {
        let gaps: usize = parts.iter().skip(1).map(|part| width(part.gap)).sum();
        gaps + parts.iter().map(|part| width(&part.text)).sum::<usize>()
    };
    while columns(&parts) > room {
        let least = parts.iter().enumerate().max_by_key(|(_, part)| part.importance);
        match least {
            Some((at, part)) if part.importance > 0 => drop(parts.remove(at)),
            _ => break,
        }
    }
    let excess = columns(&parts).saturating_sub(max);
    if let Some(first) = parts.first_mut().filter(|_| excess > 0) {
        first.text = cut(&first.text, width(&first.text).saturating_sub(excess));
    }
    let mut spans: Vec<Span<'static>> = Vec::new();
    for part in parts {
        spans.push(Span::raw(if spans.is_empty() { "" } else { part.gap }));
        spans.push(Span::styled(part.text, part.style));
    }
    if !spans.is_empty() {
        spans.push(Span::raw(" "));
    }
    spans
}

impl<S: Source> ListScreen<S> {
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = usize::from(area.width);
        let about = self.described().map_or_else(Default::default, |row| self.source.about(row, model));
        let right = self.right(columns, model);
        let parts = ScreenParts {
            head: match S::HAS_FILTER {
                true => layout::filter_line(&self.filter, right, columns, model),
                false => layout::plain_line(right, columns, model),
            },
            undo: self.undo_binding(model),
            about: if S::HAS_PANE { layout::unless_detail_pane(about, area) } else { about },
        };
        let body = layout::draw(frame, area, parts, model);
        if let Some(error) = self.rows.error() {
            let lines = layout::error_lines(error, &S::denied_text(error), columns, model);
            draw_lines(frame, &lines, body);
            return;
        }
        let (table, pane) = match S::HAS_PANE {
            true => layout::split_detail_pane(frame, body, &model.theme),
            false => (body, None),
        };
        if let (Some(pane), Some(current)) = (pane, self.described()) {
            draw_lines(frame, &self.source.pane_lines(current, pane, model), pane);
        }
        self.draw_table(frame, table, model);
    }

    /// Returns the binding that undoes the last change, if its keys work.
    fn undo_binding<'m>(&self, model: &'m Model) -> Option<&'m Binding> {
        let works = self.source.can_undo() && !self.filter.is_typing() && model.active_screen().is_some();
        model.keymap.binding(self.source.context(), Action::Restore).filter(|_| works)
    }

    /// Returns options, marks, position, facts and order. The least important are left out if the filter needs the
    /// room.
    fn right(&self, columns: usize, model: &Model) -> Vec<Span<'static>> {
        let theme = &model.theme;
        if self.rows.error().is_some() {
            return Vec::new();
        }
        let marked = match S::marked_count(self) {
            _ if self.marks.is_empty() => String::new(),
            Some(count) => format!("{} marked", group_digits(count)),
            None => "marked: counting…".to_owned(),
        };
        let (count, suffix) = match self.unknown_field() {
            _ if !self.rows.is_loaded() => ("reading…".to_owned(), String::new()),
            Some(unknown) => (format!("unknown {unknown}"), String::new()),
            None => (S::count(self), S::count_suffix(self)),
        };
        let order = match self.source.sort() {
            Some(sort) => format!("{} {}", sort.arrow(), sort.column.as_str()),
            None => S::ORDER.to_owned(),
        };
        let part = |gap, text, style, importance| Part { gap, text, style, importance };
        let mut parts = vec![
            part(" · ", self.source.options().join(" · "), theme.accent, 0),
            part(" · ", marked, theme.accent, 0),
            part(" · ", count, theme.dim, 0),
            part("", suffix, theme.dim, 5),
        ];
        let facts = self.source.facts(model);
        let last = facts.len();
        parts
            .extend(facts.into_iter().enumerate().map(|(at, (text, style))| part(" · ", text, style, 2 * (last - at))));
        parts.push(part("   ", order, theme.dim, 3));
        let filter = width(&layout::demo_hint(model, 0)).max(MIN_FILTER_COLUMNS);
        let room = columns.saturating_sub(filter + FILTER_LABEL_COLUMNS);
        fit_parts(parts, room, columns.saturating_sub(FILTER_LABEL_COLUMNS))
    }

    /// Returns the columns that fit into `columns`, without those that the user has hidden.
    pub(super) fn fitting_columns(&self, columns: usize, model: &Model) -> TableColumns {
        let hidden: &[String] = if S::HIDES_COLUMNS { &model.view_state.hidden_columns } else { &[] };
        TableColumns::without(self.source.table(), columns, hidden)
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = usize::from(area.width);
        let mut layout = self.fitting_columns(columns, model);
        let filter = self.parsed_filter();
        let cursor = self.rows.cursor();
        let visible = cursor.visible_rows(usize::from(area.height).saturating_sub(1));
        let rows = self.rows.all().iter().enumerate().skip(visible.start).take(visible.len());
        let rows: Vec<_> = rows.map(|(at, row)| (at, row, self.source.cells(row, &filter, &layout, model))).collect();
        let mut widths = self.rows.cell_widths.clone();
        // "9 min ago" has grown to "10 min ago".
        rows.iter().for_each(|(_, _, cells)| widths.add(cells));
        layout.fit_content(&widths);
        let mut lines = vec![Line::styled(layout.heading(self.source.sort()), model.theme.dim)];
        lines.extend(rows.into_iter().map(|(at, row, cells)| {
            layout.row(cells, at == cursor.position(), self.marks.contains(row, model.now), &model.theme)
        }));
        if self.rows.is_loaded() && self.rows.is_empty() {
            lines.push(Line::default());
            lines.extend(self.empty_lines(columns, model));
        }
        draw_lines(frame, &lines, area);
    }

    fn empty_lines(&self, columns: usize, model: &Model) -> Vec<Line<'static>> {
        let plain = |text: String| vec![Line::raw(cut(&text, columns))];
        let options = self.source.options().join(" and ");
        let noun = S::NOUN;
        match (self.filter.is_empty(), options.is_empty(), self.source.empty_hint(model)) {
            (true, true, None) => plain(format!(" {}", self.source.empty_text(model))),
            (true, true, Some((key, effect))) => vec![Line::from(vec![
                Span::raw(format!(" {}  ", self.source.empty_text(model))),
                Span::styled(key, model.theme.accent),
                Span::raw(format!("  {effect}")),
            ])],
            (true, false, _) => plain(format!(" There are no {noun} that are {options}.  Esc shows all {noun}.")),
            (false, ..) => {
                let also = if options.is_empty() { String::new() } else { format!(" among {noun} that are {options}") };
                let unknown = self.unknown_field().map(|unknown| format!("Unknown {unknown}: {}.", unknown.known));
                let hint = unknown.or_else(|| self.source.no_match_hint(&self.parsed_filter(), model));
                self.filter.no_match_lines(&also, hint.as_deref(), columns)
            }
        }
    }
}
