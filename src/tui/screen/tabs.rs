//! The first line of the screens: the program, the screens as tabs, and who is signed in where.
//!
//! A narrow terminal shows less: first the role and the host go, then the labels of the tabs, the least used first, and
//! at last the account. The numbers of the tabs always stay, because they are the keys.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::tui::keymap::{Action, Context};
use crate::tui::layer::ScreenId;
use crate::tui::model::Model;
use crate::tui::text_fit::{clean, cut, width};

const PROGRAM: &str = " jeton ";
/// Maximum number of columns of an account, a host, or a server's name.
const MAX_NAME_COLUMNS: usize = 32;
/// The screens whose labels are left out, the first one first.
const DROPPED_LABELS: [ScreenId; 7] =
    [ScreenId(7), ScreenId(5), ScreenId(4), ScreenId(3), ScreenId(2), ScreenId(6), ScreenId(1)];

/// The screen whose tab has the number of tokens that are denied now.
const DENIED: ScreenId = ScreenId(6);
/// Number of labels that are left out to show the name of a server.
const DROPPED_FOR_SERVER: usize = 5;

/// Draws the line while the screen `current` is shown.
pub fn draw(frame: &mut Frame<'_>, area: Rect, current: ScreenId, model: &Model) {
    let (tabs, place) = fit(current, area.width.into(), model);
    let mut line = Line::from(vec![Span::styled(PROGRAM, model.theme.strong)]);
    line.spans.extend(tabs.into_iter().flat_map(|tab| tab.spans));
    frame.render_widget(line, area);
    draw_place(frame, area, place, place_style(model));
}

/// Returns the screen whose tab is at a position of the terminal.
pub fn tab_at(at: Position, current: ScreenId, model: &Model) -> Option<ScreenId> {
    let mut columns_left = usize::from(at.x).checked_sub(width(PROGRAM)).filter(|_| at.y == 0)?;
    let (tabs, _) = fit(current, model.size.0.into(), model);
    let hit = tabs.into_iter().find(|tab| match columns_left.checked_sub(tab.width()) {
        None => true,
        Some(left) => {
            columns_left = left;
            false
        }
    });
    hit.map(|tab| tab.screen)
}

/// Draws the server or host once more over a dimmed line, because its colour matters most in dialogs.
pub fn draw_server(frame: &mut Frame<'_>, area: Rect, current: ScreenId, model: &Model) {
    if model.server.is_some() || model.store_colour.is_some() {
        let style = place_style(model).remove_modifier(Modifier::DIM);
        draw_place(frame, area, fit(current, area.width.into(), model).1, style);
    }
}

fn draw_place(frame: &mut Frame<'_>, area: Rect, place: String, style: Style) {
    let columns = u16::try_from(width(&place)).unwrap_or(area.width).min(area.width);
    let at = Rect { x: area.x + area.width.saturating_sub(columns + 1), width: columns, ..area };
    frame.render_widget(Span::styled(place, style), at);
}

/// The tab of a screen.
struct Tab {
    screen: ScreenId,
    spans: Vec<Span<'static>>,
}

impl Tab {
    fn width(&self) -> usize {
        self.spans.iter().map(Span::width).sum()
    }
}

/// Returns the tabs, and the text for the signed-in user and the place, on a terminal of `columns`.
fn fit(current: ScreenId, columns: usize, model: &Model) -> (Vec<Tab>, String) {
    let fitting = choices(model).into_iter().find_map(|(dropped, place)| {
        let fitting = |unlabelled: &[ScreenId], gap: usize| {
            let tabs = tabs(current, unlabelled, model);
            let used: usize = tabs.iter().map(Tab::width).sum();
            (width(PROGRAM) + used + gap + width(&place) < columns).then_some(tabs)
        };
        let mut unlabelled = DROPPED_LABELS[..dropped].to_vec();
        let mut best = fitting(&unlabelled, 0)?;
        // Once a longer label is dropped, a shorter one may fit after all, if it stays apart from the account.
        for screen in DROPPED_LABELS[..dropped].iter().rev() {
            let fewer: Vec<_> = unlabelled.iter().copied().filter(|other| other != screen).collect();
            if let Some(tabs) = fitting(&fewer, 1) {
                (best, unlabelled) = (tabs, fewer);
            }
        }
        Some((best, place))
    });
    fitting.unwrap_or_else(|| (tabs(current, &DROPPED_LABELS, model), String::new()))
}

/// Returns the tabs. `unlabelled` screens have only their number, unless one of them is shown.
fn tabs(current: ScreenId, unlabelled: &[ScreenId], model: &Model) -> Vec<Tab> {
    let theme = &model.theme;
    let mut tabs = Vec::new();
    for binding in model.keymap.bindings_in(Context::Global) {
        let (Action::ShowScreen(screen), Some(key)) = (binding.action, binding.keys.first()) else { continue };
        let is_current = screen == current;
        let label =
            if unlabelled.contains(&screen) && !is_current { String::new() } else { format!(" {}", binding.label) };
        let (number, text) = if is_current { (theme.focus, theme.focus) } else { (theme.accent, Style::new()) };
        let mut spans = vec![Span::styled(format!(" {key}"), number), Span::styled(label, text)];
        if screen == DENIED && model.denied_now > 0 {
            let style = if is_current { theme.focus } else { theme.danger };
            spans.push(Span::styled(format!(" !{}", model.denied_now), style));
        }
        spans.push(Span::styled(" ", text));
        tabs.push(Tab { screen, spans });
    }
    tabs
}

/// Returns what a narrow terminal may leave out, the best choice first: the number of dropped labels, and the text for
/// the signed-in user and the place. The name of a server is more important than some labels.
fn choices(model: &Model) -> Vec<(usize, String)> {
    // What was read before a server was lost may be out of date, so its loss takes the place of the user.
    if model.is_offline {
        let whole = (0, "! the server can't be reached".to_owned());
        let short = (0..=DROPPED_LABELS.len()).map(|dropped| (dropped, "! unreachable".to_owned()));
        return [whole].into_iter().chain(short).collect();
    }
    let Some(me) = &model.me else { return vec![(0, String::new())] };
    let (place, most_dropped) = match &model.server {
        Some(server) => (cut(&clean(&server.name), MAX_NAME_COLUMNS), DROPPED_FOR_SERVER),
        None => (cut(&model.host, MAX_NAME_COLUMNS), 0),
    };
    let account = cut(me.account.username.as_str(), MAX_NAME_COLUMNS);
    let mode = if model.is_read_only { " · read-only" } else { "" };
    let mut choices = vec![(0, format!("{account}@{place} · {}{mode}", me.account.role))];
    choices.extend((0..=most_dropped).map(|dropped| (dropped, format!("{account}@{place}{mode}"))));
    choices.extend((0..=DROPPED_LABELS.len()).map(|dropped| (dropped, format!("{account}{mode}"))));
    choices
}

fn place_style(model: &Model) -> Style {
    match &model.server {
        _ if model.is_offline => model.theme.warning,
        Some(server) => model.theme.server(server.colour),
        None if model.store_colour.is_some() => model.theme.server(model.store_colour),
        None => model.theme.dim,
    }
}
