//! The dialog that shows lines and scrolls. Its content is a [`Content`]; [`ScrollView`] does the rest.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::dialog_frame::{FRAME_ROWS, dialog_area, dialog_columns, dialog_place, draw_dialog};
use super::key_hints::{hint_at, key_hints};
use super::scroll_range::ScrollRange;
use super::text_input::TextInput;
use crate::error::Error;
use crate::tui::component::{ClickTarget, Component, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::text_fit::width;
use crate::verbs::request::{Request, Response};

/// Minimum height of the box for a blank line below the heading.
const ROOMY_ROWS: u16 = 16;

/// The content of such a dialog.
pub trait Content: 'static {
    /// The context of the content's own keys. The keys for scrolling are in [`Context::ScrollView`].
    const CONTEXT: Context;
    /// Lines left free below the box for a notice.
    const FREE_ROWS: u16 = 3;
    /// `true` if a heading above the lines doesn't scroll.
    const HAS_HEADING: bool = false;
    /// `true` if the box is no higher than the lines.
    const IS_COMPACT: bool = false;

    /// Returns the id of the dialog, for tests.
    fn id(&self) -> &'static str;

    fn title(&self) -> String;

    /// Returns all lines but those of the list.
    fn lines(&self, columns: usize, model: &Model) -> Vec<Line<'static>>;

    /// Returns the number of lines of the list below the other lines. There may be thousands.
    fn list_len(&self) -> usize {
        0
    }

    fn list_line(&self, _at: usize, _columns: usize, _model: &Model) -> Line<'static> {
        Line::default()
    }

    fn heading(&self, _columns: usize, _model: &Model) -> Line<'static> {
        Line::default()
    }

    /// Returns the text field of the heading.
    fn text_input(&mut self) -> Option<&mut TextInput> {
        None
    }

    fn on_edit(&mut self) -> Intent {
        Intent::Stay
    }

    /// Returns the first line to show of `all`, of which `room` fit. `top` is the line scrolled to.
    fn first_line(&self, top: usize, room: usize, all: usize, _columns: usize) -> usize {
        top.min(all.saturating_sub(room))
    }

    /// Moves the content's own cursor and returns the line to scroll to. `None` if the content has no cursor.
    fn move_cursor(&mut self, _action: Action, _top: usize, _room: usize, _columns: usize) -> Option<usize> {
        None
    }

    /// Returns the position while the lines `shown` of `all` are visible. `None` if all are.
    fn position(&self, shown: Range<usize>, all: usize) -> Option<String> {
        (shown.len() < all).then(|| format!("{}-{} of {all}", shown.start + 1, shown.end))
    }

    /// Handles an action that does not scroll. `None` if the content has no such action. On [`Action::Cancel`], the dialog
    /// then closes.
    fn on_action(&mut self, _action: Action, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        None
    }

    /// Returns `true` if the keys of `action` can be used.
    fn is_enabled(&self, _action: Action, _model: &Model) -> bool {
        true
    }

    /// Returns the word for the current effect of `action`, if the action has several.
    fn label(&self, _action: Action) -> Option<&'static str> {
        None
    }

    /// Returns the read-only request of the content.
    fn on_open(&self) -> Option<Request> {
        None
    }

    /// Takes data from the reply to any request.
    fn on_data(&mut self, _response: &Response, _ctx: &UpdateContext<'_>) {}

    /// Handles the failure of the content's request.
    fn on_read_error(&mut self, error: Error, ctx: &UpdateContext<'_>) -> Intent {
        ctx.report_read_error(&error)
    }
}

/// The dialog that shows a [`Content`].
pub struct ScrollView<C> {
    content: C,
    /// The line scrolled to. More than there are, if lines have gone since.
    top: usize,
}

/// The box of a [`ScrollView`].
struct DrawnContent {
    area: Rect,
    lines: Vec<Line<'static>>,
    /// The position, after the keys.
    position: String,
}

impl<C: Content> ScrollView<C> {
    pub fn new(content: C) -> Self {
        ScrollView { content, top: 0 }
    }

    fn draw(&self, area: Rect, model: &Model) -> DrawnContent {
        let (columns, content) = (dialog_columns(area), &self.content);
        let (area, heading_rows, room) = layout::<C>(area);
        let mut lines = content.lines(columns, model);
        let (above, listed) = (lines.len(), content.list_len());
        let top = content.first_line(self.top, room, above + listed, columns);
        lines.drain(..top.min(above));
        lines.truncate(room);
        let visible = top.saturating_sub(above)..listed.min((top + room).saturating_sub(above));
        lines.extend(visible.map(|at| content.list_line(at, columns, model)));
        let position = content.position(top..top + lines.len(), above + listed);
        let position = position.map_or_else(String::new, |text| format!("   {text}"));
        lines.resize(if C::IS_COMPACT { room.min(lines.len() + 1) } else { room }, Line::default());
        if C::HAS_HEADING {
            let heading = std::iter::once(content.heading(columns, model));
            let blanks = std::iter::repeat_n(Line::default(), heading_rows - 1);
            lines.splice(..0, heading.chain(blanks));
        }
        DrawnContent { area, lines, position }
    }
}

/// Returns the area of the box over `area`, the number of lines of its heading, and the number of lines that scroll.
fn layout<C: Content>(area: Rect) -> (Rect, usize, usize) {
    let free = if area.height < ROOMY_ROWS { 0 } else { C::FREE_ROWS };
    let area = Rect { height: area.height - free, ..area };
    let heading = if C::HAS_HEADING { 1 + usize::from(area.height >= ROOMY_ROWS) } else { 0 };
    (area, heading, usize::from(area.height).saturating_sub(FRAME_ROWS + heading))
}

impl<C: Content> Component for ScrollView<C> {
    fn id(&self) -> &'static str {
        self.content.id()
    }

    fn context(&self) -> Context {
        C::CONTEXT
    }

    fn is_scroll_view(&self) -> bool {
        true
    }

    fn focused_input(&mut self) -> Option<&mut TextInput> {
        self.content.text_input()
    }

    fn on_edit(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        self.top = 0;
        self.content.on_edit()
    }

    fn scroll_range(&self, model: &Model) -> ScrollRange {
        let area = dialog_area(model.size);
        let (columns, (_, _, room)) = (dialog_columns(area), layout::<C>(area));
        let lines = self.content.lines(columns, model).len() + self.content.list_len();
        ScrollRange { top: self.content.first_line(self.top, room, lines, columns), room, lines }
    }

    fn click_target(&self, at: Position, model: &Model) -> Option<ClickTarget> {
        let drawn = self.draw(dialog_area(model.size), model);
        let keys = dialog_place(drawn.area, drawn.lines.len()).keys;
        let width = keys.width.saturating_sub(u16::try_from(width(&drawn.position)).unwrap_or(u16::MAX));
        hint_at(self, at, Rect { width, ..keys }, model).map(ClickTarget::Key)
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let DrawnContent { area, lines, position } = self.draw(area, model);
        let columns = dialog_columns(area).saturating_sub(width(&position));
        let mut foot = key_hints(self, model, columns);
        foot.push_span(Span::styled(position, model.theme.dim));
        draw_dialog(frame, area, &self.content.title(), lines, 0, foot, &model.theme);
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        let ScrollRange { top, room, .. } = ctx.scroll;
        let moved = self.content.move_cursor(action, top, room, dialog_columns(ctx.area()));
        if let Some(top) = moved.or_else(|| ctx.scroll.scroll(action)) {
            self.top = top;
            return Intent::Stay;
        }
        match (self.content.on_action(action, ctx), action) {
            (Some(intent), Action::Cancel) => {
                // The content has other lines now.
                self.top = 0;
                intent
            }
            (None, Action::Cancel) => Intent::Close(None),
            (intent, _) => intent.unwrap_or(Intent::Stay),
        }
    }

    fn is_enabled(&self, action: Action, model: &Model) -> bool {
        let scrolls = matches!(action, Action::Down | Action::Up);
        let is_whole = C::IS_COMPACT && scrolls && !self.scroll_range(model).is_long();
        !is_whole && self.content.is_enabled(action, model)
    }

    fn label(&self, action: Action, _model: &Model) -> Option<&'static str> {
        self.content.label(action)
    }

    fn on_open(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        self.content.on_open().map_or(Intent::Stay, Intent::read)
    }

    fn on_store_changed(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }

    fn on_data(&mut self, response: &Response, ctx: &UpdateContext<'_>) {
        self.content.on_data(response, ctx);
    }

    fn on_read_error(&mut self, error: Error, ctx: &UpdateContext<'_>) -> Intent {
        self.content.on_read_error(error, ctx)
    }
}
