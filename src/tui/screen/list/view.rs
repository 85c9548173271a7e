//! Drawing of a list.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::layout::{self, ScreenParts};
use super::list_screen::{ListScreen, Source};
use crate::tui::keymap::{self, Action, Binding};
use crate::tui::model::Model;
use crate::tui::text_fit::{cut, group_digits, width};
use crate::tui::theme::Theme;
use crate::tui::widget::table_columns::TableColumns;

/// Columns of the first line taken by the program's name.
const NAME_COLUMNS: usize = 9;
/// Minimum number of columns for the filter.
const MIN_FILTER_COLUMNS: usize = 16;

impl<S: Source> ListScreen<S> {
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = usize::from(area.width);
        let about = self.current().map_or_else(Default::default, |row| self.source.about(row, model));
        let right = self.right(columns, &model.theme);
        let parts = ScreenParts {
            head: self.head(columns, model),
            second: match S::HAS_FILTER {
                true => layout::filter_line(&self.filter, right, columns, model),
                false => layout::plain_line(right, columns, model),
            },
            undo: self.undo_binding(model),
            about: if S::HAS_PANE { layout::unless_detail_pane(about, area) } else { about },
        };
        let body = layout::draw(frame, area, parts, model);
        if let Some(error) = self.rows.error() {
            let lines = layout::error_lines(error, &S::denied_text(error), columns, model);
            frame.render_widget(Paragraph::new(lines), body);
            return;
        }
        let (table, pane) = match S::HAS_PANE {
            true => layout::split_detail_pane(frame, body, &model.theme),
            false => (body, None),
        };
        if let (Some(pane), Some(current)) = (pane, self.current()) {
            frame.render_widget(Paragraph::new(self.source.pane_lines(current, pane, model)), pane);
        }
        self.draw_table(frame, table, model);
    }

    /// Returns the binding that undoes the last change, if its keys work.
    fn undo_binding(&self, model: &Model) -> Option<&'static Binding> {
        let works = self.source.can_undo() && !self.filter.is_typing() && model.active_screen().is_some();
        keymap::binding(self.source.context(), Action::Restore).filter(|_| works)
    }

    /// Returns the number of marked rows and the texts of the source. The least important are left out if there is no
    /// room.
    fn head(&self, columns: usize, model: &Model) -> Vec<Span<'static>> {
        let marked = match S::marked_count(self) {
            _ if self.marks.is_empty() => String::new(),
            Some(count) => format!("{} marked", group_digits(count)),
            None => "marked: counting…".to_owned(),
        };
        let mut room = columns.saturating_sub(NAME_COLUMNS);
        let mut spans: Vec<Span<'static>> = Vec::new();
        for (text, style) in [(marked, model.theme.accent)].into_iter().chain(self.source.head(model)) {
            let gap = if spans.is_empty() { "" } else { " · " };
            let wanted = width(gap) + width(&text);
            if text.is_empty() || wanted > room {
                continue;
            }
            room -= wanted;
            spans.extend([Span::raw(gap), Span::styled(text, style)]);
        }
        spans
    }

    /// Returns options, number of rows and order, as far as they leave room for the filter.
    fn right(&self, columns: usize, theme: &Theme) -> Vec<Span<'static>> {
        if self.rows.error().is_some() {
            return Vec::new();
        }
        let options = self.source.options().join(" · ");
        let (count, suffix) = match self.unknown_field() {
            _ if !self.rows.is_loaded() => ("reading…".to_owned(), String::new()),
            Some(unknown) => (format!("unknown {unknown}"), String::new()),
            None => (S::count(self), S::count_suffix(self)),
        };
        let order = match self.source.sort() {
            Some(sort) => format!("   {} {}", sort.arrow(), sort.column.as_str()),
            None if S::ORDER.is_empty() => String::new(),
            None => format!("   {}", S::ORDER),
        };
        let gap = if options.is_empty() { "" } else { " · " };
        let room = columns.saturating_sub(width(&options) + width(gap) + width(&count) + MIN_FILTER_COLUMNS + 4);
        let (suffix, order) = match width(&suffix) {
            used if used + width(&order) <= room => (suffix, order),
            used if used <= room => (suffix, String::new()),
            _ => Default::default(),
        };
        let text = format!("{gap}{count}{suffix}{order}");
        if text.is_empty() {
            return Vec::new();
        }
        vec![Span::styled(options, theme.accent), Span::styled(format!("{text} "), theme.dim)]
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = usize::from(area.width);
        let mut layout = TableColumns::new(self.source.table(), columns);
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
        frame.render_widget(Paragraph::new(lines), area);
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
                self.filter.no_match_lines(&also, self.unknown_field().as_ref(), columns)
            }
        }
    }
}
