//! Drawing of the tree, the set list and the row under the cursor.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::search::positions;
use super::set_list::SetListRow;
use super::tree::{Choice, Mark, Row};
use super::{Focus, Picker, PickerMode, describe_kind};
use crate::domain::api_selection::{Selection, set_label};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::picker::method_index::GroupKind;
use crate::tui::model::Model;
use crate::tui::text_fit::{count_noun, cut, cut_middle, fit, group_digits, width};
use crate::tui::theme::Theme;
use crate::tui::widget::dialog_frame::{draw_panel, panel_inside};
use crate::tui::widget::key_hints::key_hints;
use crate::tui::widget::lines::draw_lines;
use crate::tui::widget::scroll_range::{first_row, hidden_rows};

/// Minimum number of columns for the set list to be always next to the tree.
const SIDE_BY_SIDE_COLUMNS: usize = 96;
/// Minimum width of the set list next to the tree.
const MIN_SET_COLUMNS: usize = 32;
/// Columns between tree and set list.
const GAP_COLUMNS: usize = 3;
/// Minimum number of columns for tree and set list together while the sets have the focus.
const MIN_SPLIT_COLUMNS: usize = 60;
/// Minimum number of columns for the text of the search.
const MIN_SEARCH_COLUMNS: usize = 12;
/// Width of the column that marks used methods.
const USED_COLUMNS: usize = 5;
/// Minimum number of columns for a useful part of a title.
const MIN_TITLE_COLUMNS: usize = 6;
/// Minimum number of rows for blank lines and a line for every message.
const ROOMY_ROWS: u16 = 12;

/// The places of tree and sets; `None` if there is no room for one.
pub(super) struct BodyParts {
    pub(super) tree: Option<Rect>,
    pub(super) sets: Option<Rect>,
}

/// Returns the places of the body and of the keys in a dialog over `area`.
pub(super) fn dialog_parts(area: Rect) -> (Rect, Rect) {
    let inside = panel_inside(area);
    let rows = inside.height.saturating_sub(1);
    (Rect { height: rows, ..inside }, Rect { y: inside.y + rows, height: inside.height.min(1), ..inside })
}

pub(super) fn screen_body(area: Rect) -> Rect {
    area.inner(Margin { horizontal: 1, vertical: 0 })
}

impl Picker {
    pub(super) fn dialog(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let (ticked, all) = self.tree.total();
        let count = format!("{} of {} methods", group_digits(ticked as u64), group_digits(all as u64));
        draw_panel(frame, area, &format!("API: {}", self.tree.describe_choice()), &count, &model.theme);
        let (body, keys) = dialog_parts(area);
        self.body(frame, body, "", model);
        frame.render_widget(key_hints(self, model, usize::from(keys.width)), keys);
    }

    pub(super) fn screen(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let (of_set, all) = self.tree.total();
        let right = match (self.tree.match_count(), self.shown_set()) {
            (Some(found), None) => format!("{} of {}", group_digits(found as u64), count_noun(all as u64, "method")),
            (_, Some(set)) => format!("{} of {}", count_noun(of_set as u64, "method"), set_label(set)),
            (None, None) => count_noun(all as u64, "method"),
        };
        self.body(frame, screen_body(area), &right, model);
    }

    /// Returns the places of tree and sets in `area`.
    pub(super) fn parts(&self, area: Rect) -> BodyParts {
        let columns = usize::from(area.width);
        let (above, below) = if area.height >= ROOMY_ROWS { (2, 3) } else { (1, 1) };
        let middle = Rect { y: area.y + above, height: area.height.saturating_sub(above + below), ..area };
        let middle = middle.intersection(area);
        let on_sets = self.is_on_sets();
        if on_sets && columns < MIN_SPLIT_COLUMNS {
            return BodyParts { tree: None, sets: Some(middle) };
        }
        if columns < SIDE_BY_SIDE_COLUMNS && !on_sets {
            return BodyParts { tree: Some(middle), sets: None };
        }
        let pane = if columns >= SIDE_BY_SIDE_COLUMNS { (columns / 4).max(MIN_SET_COLUMNS) } else { columns / 2 };
        let left = columns.saturating_sub(pane + GAP_COLUMNS);
        let at = |x: usize, width: usize| Rect {
            x: middle.x + u16::try_from(x).unwrap_or(0),
            width: u16::try_from(width).unwrap_or(0),
            ..middle
        };
        BodyParts { tree: Some(at(0, left)), sets: Some(at(left + GAP_COLUMNS, pane)) }
    }

    /// Draws search, tree, sets and the row under the cursor. `count` is shown next to the search.
    fn body(&self, frame: &mut Frame<'_>, area: Rect, count: &str, model: &Model) {
        let theme = &model.theme;
        let columns = usize::from(area.width);
        let row = |y: u16| Rect { y: area.y + y, height: 1, ..area }.intersection(area);
        frame.render_widget(self.search_line(columns, count, theme), row(0));
        let roomy = area.height >= ROOMY_ROWS;
        let BodyParts { tree, sets } = self.parts(area);
        if let Some(tree) = tree {
            let lines = self.tree_lines(tree.width.into(), tree.height.into(), model);
            draw_lines(frame, &lines, tree);
        }
        if let Some(sets) = sets {
            let lines = self.set_lines(sets.width.into(), sets.height.into(), theme);
            draw_lines(frame, &lines, sets);
            let bar = Rect { x: sets.x.saturating_sub(2), width: 1, ..sets };
            if tree.is_some() {
                draw_lines(frame, &vec![Line::styled("│", theme.dim); bar.height.into()], bar);
            }
        }
        let message = self.status_message(model);
        if roomy {
            if let Some(hidden) = tree.and_then(|tree| self.hidden_tree_rows(tree.height.into())) {
                frame.render_widget(Line::styled(cut(&format!("  {hidden}"), columns), theme.dim), row(1));
            }
            frame.render_widget(self.docs_line(columns, theme), row(area.height - 2));
            let (text, style) = message.unwrap_or_else(|| (self.id_line(model), theme.dim));
            frame.render_widget(Line::styled(cut(&text, columns), style), row(area.height - 1));
        } else if area.height > 1 {
            let line = match message {
                Some((text, style)) => Line::styled(cut(&text, columns), style),
                None => self.docs_line(columns, theme),
            };
            frame.render_widget(line, row(area.height - 1));
        }
    }

    fn search_line(&self, columns: usize, count: &str, theme: &Theme) -> Line<'static> {
        let mark = if self.tree.is_only_checked() { "[x]" } else { "[ ]" };
        let on_sets = self.is_on_sets();
        let (label, only) = match (columns >= 50, on_sets) {
            (true, true) => ("Search sets  ", format!("  {mark} Only ticked")),
            (true, false) => ("Search  ", format!("  {mark} Only ticked")),
            (false, _) => ("/ ", format!(" {mark} ticked")),
        };
        let only = if self.shows_ticks() && !on_sets { only } else { String::new() };
        let focused = matches!(self.focus, Focus::Search | Focus::SetSearch);
        let input = if on_sets { &self.sets.search } else { &self.search };
        let room = columns.saturating_sub(label.len() + only.len());
        let count = cut_middle(count, room.saturating_sub(MIN_SEARCH_COLUMNS + 1));
        let room = room.saturating_sub(if count.is_empty() { 0 } else { width(&count) + 1 });
        let field = room.min(48);
        let mut spans = vec![Span::styled(label, if focused { theme.accent } else { theme.dim })];
        spans.extend(input.spans(field, focused, theme));
        spans.push(Span::raw(" ".repeat(room - field)));
        spans.push(Span::styled(only, if self.tree.is_only_checked() { theme.accent } else { theme.dim }));
        if !count.is_empty() {
            spans.push(Span::styled(format!(" {count}"), theme.dim));
        }
        Line::from(spans)
    }

    fn tree_lines(&self, columns: usize, height: usize, model: &Model) -> Vec<Line<'static>> {
        let rows = self.tree.rows();
        if rows.is_empty() {
            let text = match (self.search.is_empty(), self.tree.index().methods.is_empty()) {
                (_, true) => "The catalogues are not loaded yet.".to_owned(),
                (true, false) if self.shown_set().is_some() => {
                    "This API set has no methods.  Esc shows all methods.".to_owned()
                }
                (true, false) => {
                    let key = model.keymap.key(Context::Picker, Action::OnlyChecked);
                    format!("Nothing is ticked.  {key} shows all methods.")
                }
                (false, false) => format!("Nothing matches \"{}\".  Esc clears the search.", self.search.text()),
            };
            return vec![Line::raw(cut(&text, columns))];
        }
        let first = first_row(self.tree.cursor(), rows.len(), height);
        let lines = rows.iter().enumerate().skip(first).take(height);
        lines.map(|(at, row)| self.row(*row, at == self.tree.cursor(), columns, &model.theme)).collect()
    }

    /// Says how many rows of the tree are hidden if `height` rows are visible.
    fn hidden_tree_rows(&self, height: usize) -> Option<String> {
        let rows = self.tree.rows().len();
        let first = first_row(self.tree.cursor(), rows, height);
        hidden_rows(first, rows.saturating_sub(first + height), "row")
    }

    fn row(&self, row: Row, is_current: bool, columns: usize, theme: &Theme) -> Line<'static> {
        let selected = is_current && matches!(self.focus, Focus::Tree | Focus::Search);
        let of_selected = theme.of_selected_row();
        let theme = if selected { &of_selected } else { theme };
        let mut spans = vec![Span::raw(if is_current { "▶ " } else { "  " })];
        match row {
            Row::Group(place) => self.group(place, columns.saturating_sub(2), &mut spans, theme),
            Row::Method(place) => self.method(place, columns.saturating_sub(2), &mut spans, theme),
        }
        let mut line = Line::from(spans);
        let gap = columns.saturating_sub(line.width());
        line.push_span(Span::raw(" ".repeat(gap)));
        if selected { line.style(theme.selected) } else { line }
    }

    fn group(&self, place: usize, columns: usize, spans: &mut Vec<Span<'static>>, theme: &Theme) {
        let Some(section) = self.tree.index().groups.get(place) else { return };
        let fold = if self.tree.is_folded(place) { "▸ " } else { "▾ " };
        spans.push(Span::styled(fold, theme.dim));
        let mut used = 2;
        let (ticked, all) = self.tree.counts(place);
        // The Catalogue screen shows how many methods its search and its set leave.
        let mut count = group_digits(self.tree.count_matching(place) as u64);
        if self.shows_ticks() {
            let (mark, style) = match self.tree.mark(place) {
                Mark::None => ("[ ] ", Style::new()),
                Mark::Some => ("[~] ", theme.accent),
                Mark::All => ("[x] ", theme.accent),
            };
            spans.push(Span::styled(mark, style));
            used += 4;
            count = format!("{} / {}", group_digits(ticked as u64), group_digits(all as u64));
        }
        let room = columns.saturating_sub(used + width(&count) + 1);
        let id = cut(&section.id, room);
        let mut left = room.saturating_sub(width(&id));
        spans.extend(highlight(&id, self.tree.search_words(), theme.strong, theme.matched));
        let mark = if section.kind == GroupKind::Management { "  ◆ management" } else { "" };
        for (text, style) in [(mark.to_owned(), theme.warning), (format!("  {}", section.title), theme.dim)] {
            if left >= 10 && !text.trim().is_empty() {
                let text = cut(&text, left);
                left -= width(&text);
                spans.push(Span::styled(text, style));
            }
        }
        spans.push(Span::raw(" ".repeat(left + 1)));
        spans.push(Span::styled(count, theme.dim));
    }

    fn method(&self, place: usize, columns: usize, spans: &mut Vec<Span<'static>>, theme: &Theme) {
        let Some(entry) = self.tree.index().methods.get(place) else { return };
        let plain = if entry.above_role { theme.dim } else { Style::new() };
        spans.push(Span::raw("  "));
        let mut used = 2;
        if self.shows_ticks() {
            let ticked = self.tree.is_ticked(place);
            let (mark, style) = if ticked { ("[x] ", theme.accent) } else { ("[ ] ", plain) };
            spans.push(Span::styled(mark, if entry.above_role { plain } else { style }));
            used += 4;
        }
        let room = columns.saturating_sub(used);
        // The access level and its mark keep their columns. The name gets two fifths of the room, or all of it on
        // narrow screens.
        let name = (room * 2 / 5).clamp(18, 44).min(room.saturating_sub(8));
        let words = self.tree.search_words();
        let id = entry.id.as_str();
        let shown = cut(&id[entry.name_start..], name);
        // A match may span the group's id and the name.
        let mut flags = vec![false; shown.len()];
        for range in positions(id, words) {
            let (start, end) =
                (range.start.saturating_sub(entry.name_start), range.end.saturating_sub(entry.name_start));
            let end = end.min(shown.len());
            flags[start.min(end)..end].fill(true);
        }
        spans.extend(highlight_flags(&shown, &flags, plain, theme.matched));
        spans.push(Span::raw(" ".repeat((name + 1).saturating_sub(width(&shown)))));
        let access = entry.access.map_or("", |a| a.as_str());
        spans.push(Span::styled(format!("{access:<6}"), if entry.above_role { plain } else { theme.dim }));
        let mut left = room.saturating_sub(name + 7);
        if let Some(used) = self.usage.as_ref().filter(|_| left >= USED_COLUMNS + MIN_TITLE_COLUMNS) {
            let mark = if used.was_used(&entry.id) { "used" } else { "" };
            spans.push(Span::styled(fit(mark, USED_COLUMNS), if entry.above_role { plain } else { theme.good }));
            left -= USED_COLUMNS;
        }
        if entry.above_role {
            let mark = if left > 14 { "▲ above role  " } else { "▲" };
            spans.push(Span::styled(cut(mark, left), plain));
            left = left.saturating_sub(width(mark));
        }
        // A letter or two of a title are useless.
        if left >= MIN_TITLE_COLUMNS {
            spans.extend(highlight(&cut(&entry.title, left), words, plain, theme.matched));
        }
    }

    /// Returns the text about the row under the cursor, or about the last key.
    fn status_message(&self, model: &Model) -> Option<(String, Style)> {
        let theme = &model.theme;
        if self.focus == Focus::Leaving {
            return Some(("Leave and discard your changes?".to_owned(), theme.warning));
        }
        if self.is_on_sets() {
            return None;
        }
        if let Some(note) = &self.note {
            return Some((note.clone(), theme.good));
        }
        let index = self.tree.index();
        if let Some(group) = self.tree.group() {
            return describe_kind(group.kind).map(|text| (text.to_owned(), theme.warning));
        }
        let entry = self.tree.method()?;
        if entry.above_role {
            let access = entry.access.map_or("", |a| a.as_str());
            let role = self.role;
            let text = format!("▲ the role {role} does not permit {access} methods: such calls are denied");
            return Some((text, theme.warning));
        }
        describe_kind(index.kind_of(entry)).map(|text| (text.to_owned(), theme.warning))
    }

    fn docs_line(&self, columns: usize, theme: &Theme) -> Line<'static> {
        if self.is_on_sets() {
            let text = match self.sets.row() {
                Some(SetListRow::Set(at)) => self.tree.index().sets.get(at).map_or("", |set| set.title.as_str()),
                Some(SetListRow::Inherit) => "every method that the account's role permits, except jeton.* methods",
                Some(SetListRow::NoAccess) => "the token can't call any method",
                None => "no API set matches; Esc clears the search",
            };
            return Line::raw(cut(text, columns));
        }
        if let Some(group) = self.tree.group() {
            return Line::raw(cut(&group.title, columns));
        }
        match self.tree.method().and_then(|m| m.docs.as_deref()) {
            Some(link) => {
                Line::from(vec![Span::styled("docs  ", theme.dim), Span::raw(cut(link, columns.saturating_sub(6)))])
            }
            None => Line::styled("no documentation link", theme.dim),
        }
    }

    fn id_line(&self, model: &Model) -> String {
        if self.is_on_sets() {
            return match self.tree.choice() {
                _ if matches!(self.mode, PickerMode::Browse) => String::new(),
                Choice::Custom if self.tree.total().0 > 0 => {
                    let undo = model.keymap.key(Context::PickerSets, Action::Undo);
                    format!("A chosen set replaces your ticked methods; {undo} undoes the change")
                }
                _ => "If you tick or untick a method, the selection becomes Custom".to_owned(),
            };
        }
        self.tree.method().map_or_else(String::new, |m| m.id.to_string())
    }
}

impl super::Tree {
    /// Returns the choice in a few words: `Custom`, `IDE Plugins`, `2 sets`, `Inherit`, `no access`.
    fn describe_choice(&self) -> String {
        match self.choice() {
            Choice::Custom if self.total().0 == 0 => "no access".to_owned(),
            Choice::Custom => "Custom".to_owned(),
            Choice::Inherit => "Inherit".to_owned(),
            Choice::Sets(sets) => Selection::Sets(sets.clone()).summary(),
        }
    }
}

/// Returns `text` (already fitted) as spans; matches of `words` get the style `matched`.
pub(super) fn highlight(text: &str, words: &[String], plain: Style, matched: Style) -> Vec<Span<'static>> {
    let mut flags = vec![false; text.len()];
    for range in positions(text, words) {
        flags[range].fill(true);
    }
    highlight_flags(text, &flags, plain, matched)
}

fn highlight_flags(text: &str, flags: &[bool], plain: Style, matched: Style) -> Vec<Span<'static>> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (at, c) in text.char_indices() {
        let style = if flags[at] { plain.patch(matched) } else { plain };
        match spans.last_mut() {
            Some(span) if span.style == style => span.content.to_mut().push(c),
            _ => spans.push(Span::styled(c.to_string(), style)),
        }
    }
    spans
}
