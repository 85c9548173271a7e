//! The past notices of the bottom line, newest first.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::time::ago;
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::text_fit::{fit, fold};
use crate::tui::widget::scroll_view::{Content, ScrollView};

/// The messages as of the opening of the dialog, so that no message moves away under the cursor.
pub struct PastNotices {
    notices: Vec<Notice>,
    /// The message under the cursor.
    at: usize,
}

/// Columns of the cursor and the time.
const TIME_COLUMNS: usize = 14;
/// Columns of the mark for the tone.
const MARK_COLUMNS: usize = 2;

impl PastNotices {
    /// Opens the dialog with `notices`, newest first.
    pub fn new(notices: Vec<Notice>) -> ScrollView<Self> {
        ScrollView::new(PastNotices { notices, at: 0 })
    }

    /// Returns the line range of each message.
    fn ranges(&self, columns: usize) -> Vec<Range<usize>> {
        let mut end = 0;
        let range = |notice: &Notice| {
            let start = end;
            end += texts(notice, columns).len();
            start..end
        };
        self.notices.iter().map(range).collect()
    }

    /// Moves down by one message, or by one line if the current message continues below. Returns the first line to show.
    fn down(&mut self, top: usize, ranges: &[Range<usize>], room: usize) -> usize {
        match (ranges.get(self.at), ranges.get(self.at + 1)) {
            (Some(current), _) if current.end > top + room => top + 1,
            (Some(_), Some(next)) => {
                self.at += 1;
                top.max(next.end.saturating_sub(room)).min(next.start)
            }
            _ => top,
        }
    }

    /// Moves up by one message, or by one line if the current message begins above. Returns the first line to show.
    fn up(&mut self, top: usize, ranges: &[Range<usize>], room: usize) -> usize {
        match (ranges.get(self.at), self.at.checked_sub(1).and_then(|at| ranges.get(at))) {
            (Some(current), _) if current.start < top => top - 1,
            (Some(_), Some(before)) => {
                self.at -= 1;
                top.min(before.start.max(before.end.saturating_sub(room)))
            }
            _ => top,
        }
    }
}

/// Returns the lines of `notice` and then its command; `true` marks the lines of the command.
fn texts(notice: &Notice, columns: usize) -> Vec<(String, bool)> {
    let room = columns.saturating_sub(TIME_COLUMNS + MARK_COLUMNS);
    let cli = notice.cli.as_deref().map(|cli| fold(cli, room)).unwrap_or_default();
    let text = fold(&notice.full_text(), room).into_iter().map(|line| (line, false));
    text.chain(cli.into_iter().map(|line| (line, true))).collect()
}

/// Draws a message in the list; `is_current` if the cursor is on it.
fn draw(lines: &mut Vec<Line<'static>>, notice: &Notice, is_current: bool, columns: usize, model: &Model) {
    let theme = &model.theme;
    let (glyph, glyph_style) = notice.glyph(theme);
    let over = |style: Style| if is_current { theme.in_selected(style) } else { style };
    let mut command = "=";
    for (n, (text, is_cli)) in texts(notice, columns).into_iter().enumerate() {
        let (when, mark, mark_style) = match (n, is_cli) {
            (0, _) => {
                let cursor = if is_current { "▶" } else { " " };
                (format!("{cursor} {}", ago(notice.at, model.now)), glyph, glyph_style)
            }
            (_, true) => (String::new(), std::mem::take(&mut command), theme.dim),
            (_, false) => (String::new(), "", theme.dim),
        };
        let style = if is_cli { theme.dim } else { Style::new() };
        lines.push(Line::from(vec![
            Span::styled(fit(&when, TIME_COLUMNS), over(theme.dim)),
            Span::styled(fit(mark, MARK_COLUMNS), over(mark_style)),
            Span::styled(fit(&text, columns.saturating_sub(TIME_COLUMNS + MARK_COLUMNS)), over(style)),
        ]));
    }
}

impl Content for PastNotices {
    const CONTEXT: Context = Context::Messages;

    fn id(&self) -> &'static str {
        "messages"
    }

    fn title(&self) -> String {
        "Messages".to_owned()
    }

    fn lines(&self, columns: usize, model: &Model) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for (at, notice) in self.notices.iter().enumerate() {
            draw(&mut lines, notice, at == self.at, columns, model);
        }
        if self.notices.is_empty() {
            lines.push(Line::raw("No messages yet."));
        }
        lines
    }

    /// The message under the cursor stays visible, also after a resize.
    fn first_line(&self, top: usize, room: usize, all: usize, columns: usize) -> usize {
        let top = top.min(all.saturating_sub(room));
        match self.ranges(columns).get(self.at) {
            Some(current) if current.start >= top + room => current.start.min(current.end.saturating_sub(room)),
            Some(current) if current.end <= top => current.start,
            Some(_) | None => top,
        }
    }

    fn move_cursor(&mut self, action: Action, top: usize, room: usize, columns: usize) -> Option<usize> {
        let ranges = self.ranges(columns);
        let all = ranges.last().map_or(0, |last| last.end);
        Some(match action {
            Action::Down => self.down(top, &ranges, room),
            Action::Up => self.up(top, &ranges, room),
            Action::PageDown => (0..room).fold(top, |top, _| self.down(top, &ranges, room)),
            Action::PageUp => (0..room).fold(top, |top, _| self.up(top, &ranges, room)),
            Action::First => (0..all).fold(top, |top, _| self.up(top, &ranges, room)),
            Action::Last => (0..all).fold(top, |top, _| self.down(top, &ranges, room)),
            _ => return None,
        })
    }

    fn position(&self, _shown: Range<usize>, _all: usize) -> Option<String> {
        (!self.notices.is_empty()).then(|| format!("{} of {}", self.at + 1, self.notices.len()))
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Option<Intent> {
        let no_command = "Not copied: this message shows no jeton command";
        (action == Action::CopyLine).then(|| match self.notices.get(self.at).and_then(|notice| notice.cli.clone()) {
            Some(cli) => Intent::copy(ctx.model.command_here(&cli)),
            None => Intent::Notify(NoticeId::NotCopied, no_command.to_owned()),
        })
    }
}
