//! The past notices of the bottom line, newest first.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::time::ago;
use crate::tui::component::{Component, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::text_fit::{fit, fold};
use crate::tui::widget::dialog_frame::{dialog_columns, draw_dialog};
use crate::tui::widget::key_hints::key_hints;

/// The dialog. It shows the messages as of its opening, so that no message moves away under the cursor.
pub struct MessagesDialog {
    notices: Vec<Notice>,
    at: usize,
    /// The first visible line.
    top: usize,
}

/// Lines of the box that don't scroll: two borders and the keys.
const FRAME_ROWS: usize = 3;
/// Lines left free below the box for the notice of `y`.
const FREE_ROWS: u16 = 3;
/// Columns of the cursor and the time.
const TIME_COLUMNS: usize = 14;
/// Columns of the mark for the tone.
const MARK_COLUMNS: usize = 2;

impl MessagesDialog {
    /// Creates the dialog with `notices`, newest first.
    pub fn new(notices: Vec<Notice>) -> Self {
        MessagesDialog { notices, at: 0, top: 0 }
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

    /// Returns the first line to show so that the message under the cursor is visible, also after a resize.
    fn first(&self, ranges: &[Range<usize>], room: usize) -> usize {
        let top = self.top.min(ranges.last().map_or(0, |last| last.end.saturating_sub(room)));
        match ranges.get(self.at) {
            Some(current) if current.start >= top + room => current.start.min(current.end.saturating_sub(room)),
            Some(current) if current.end <= top => current.start,
            Some(_) | None => top,
        }
    }

    /// Moves down by one message, or by one line if the current message continues below.
    fn down(&mut self, ranges: &[Range<usize>], room: usize) {
        let Some(current) = ranges.get(self.at) else { return };
        if current.end > self.top + room {
            self.top += 1;
        } else if let Some(next) = ranges.get(self.at + 1) {
            self.at += 1;
            self.top = self.top.max(next.end.saturating_sub(room)).min(next.start);
        }
    }

    /// Moves up by one message, or by one line if the current message begins above.
    fn up(&mut self, ranges: &[Range<usize>], room: usize) {
        let Some(current) = ranges.get(self.at) else { return };
        if current.start < self.top {
            self.top -= 1;
        } else if let Some(before) = self.at.checked_sub(1).and_then(|at| ranges.get(at)) {
            self.at -= 1;
            self.top = self.top.min(before.start.max(before.end.saturating_sub(room)));
        }
    }
}

/// Returns the box over `area`, and the number of scrolling lines.
fn room(area: Rect) -> (usize, Rect) {
    let area = Rect { height: area.height.saturating_sub(FREE_ROWS), ..area };
    (usize::from(area.height).saturating_sub(FRAME_ROWS), area)
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
    let base = if is_current { theme.selected } else { Style::new() };
    // On a reversed row, colours would become backgrounds.
    let over = |style: Style| if is_current { base } else { style };
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

impl Component for MessagesDialog {
    fn id(&self) -> &'static str {
        "messages"
    }

    fn context(&self) -> Context {
        Context::Messages
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let columns = dialog_columns(area);
        let (room, area) = room(area);
        let mut lines = Vec::new();
        for (at, notice) in self.notices.iter().enumerate() {
            draw(&mut lines, notice, at == self.at, columns, model);
        }
        lines.drain(..self.first(&self.ranges(columns), room));
        lines.truncate(room);
        if self.notices.is_empty() {
            lines.push(Line::raw("No messages yet."));
        }
        lines.resize(room, Line::default());
        let mut foot = key_hints(self, model, columns);
        if !self.notices.is_empty() {
            foot.push_span(Span::styled(format!("   {} of {}", self.at + 1, self.notices.len()), theme.dim));
        }
        draw_dialog(frame, area, "Messages", lines, 0, foot, theme);
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        let (room, _) = room(ctx.area());
        let ranges = self.ranges(dialog_columns(ctx.area()));
        self.top = self.first(&ranges, room);
        match action {
            Action::Cancel => return Intent::Close(None),
            Action::Down => self.down(&ranges, room),
            Action::Up => self.up(&ranges, room),
            Action::PageDown => (0..room).for_each(|_| self.down(&ranges, room)),
            Action::PageUp => (0..room).for_each(|_| self.up(&ranges, room)),
            Action::CopyLine => {
                return match self.notices.get(self.at).and_then(|notice| notice.cli.clone()) {
                    Some(cli) => Intent::copy(cli),
                    None => Intent::Notify(
                        NoticeId::NotCopied,
                        "Not copied: this message shows no jeton command".to_owned(),
                    ),
                };
            }
            _ => {}
        }
        Intent::Stay
    }
}
