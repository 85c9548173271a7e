//! The screens driven by keys, without a terminal. Effects run at once over a [`TestInstall`]. Frames are drawn into a
//! buffer and dumped with their styles.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jeton::error::Error;
use jeton::platform::catalogue_file;
use jeton::platform::files::SecretFiles;
use jeton::propagation::{Propagation, PropagationProbe};
use jeton::tui::effect::Effect;
use jeton::tui::model::Model;
use jeton::tui::msg::{Copied, Msg};
use jeton::tui::notice::NoticeId;
use jeton::tui::screen::Component;
use jeton::tui::theme::Theme;
use jeton::tui::update::{start, update};
use jeton::tui::view::view;
use jeton::tui::{Demo, TuiConfig};
use jeton::verbs::Backend;
use jeton::verbs::ports::{Clock, SecretFileWriter};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::fakes::{PASSWORD, TestInstall, owner};

/// The screens of an installation.
pub struct TuiHarness {
    pub install: TestInstall,
    pub model: Model,
    /// Names of the requested verbs, in order.
    pub requests: Vec<&'static str>,
    /// Texts copied to the clipboard.
    pub copied: Vec<String>,
    /// Number of requests to stop long work.
    pub stop_count: usize,
    /// Number of requests to suspend the program.
    pub suspend_count: usize,
    /// The running service's answer about a change.
    pub propagation: Option<Propagation>,
    /// Replies held back until [`TuiHarness::deliver_replies`].
    pub held_replies: Option<VecDeque<Msg>>,
}

impl TuiHarness {
    /// Opens the screens before anyone has signed in.
    pub fn signed_out(install: TestInstall) -> Self {
        Self::with(install, Theme::colour(), None)
    }

    /// Opens the screens, signed in as the owner.
    pub fn signed_in(install: TestInstall) -> Self {
        let mut screens = Self::signed_out(install);
        screens.keys(&format!("{PASSWORD}<enter>"));
        screens
    }

    pub fn with(install: TestInstall, theme: Theme, demo: Option<Demo>) -> Self {
        Self::with_config(install, theme, |start| start.demo = demo)
    }

    /// Opens the screens with the start options that `change` sets.
    pub fn with_config(install: TestInstall, theme: Theme, change: impl FnOnce(&mut TuiConfig)) -> Self {
        let mut start_with = TuiConfig {
            progress: Default::default(),
            backend: Arc::new(UnreachableBackend),
            for_long_changes: Arc::new(UnreachableBackend),
            for_long_reads: Arc::new(UnreachableBackend),
            clock: Arc::clone(&install.fakes.clock) as Arc<dyn Clock>,
            secret_files: Arc::new(SecretFiles),
            propagation_probe: PropagationProbe::new(&install.temp_store.path()),
            store_path: "/home/ops/.local/share/jeton/jeton.db".to_owned(),
            username: Some(owner()),
            token: None,
            remember_password: Duration::ZERO,
            lock_after: Duration::ZERO,
            demo: None,
        };
        change(&mut start_with);
        let model = Model::new(&start_with, "prod-1".to_owned(), theme, (80, 24));
        let mut screens = TuiHarness {
            install,
            model,
            requests: Vec::new(),
            copied: Vec::new(),
            stop_count: 0,
            suspend_count: 0,
            propagation: None,
            held_replies: None,
        };
        let effects = start(&mut screens.model);
        screens.run_effects(effects);
        screens
    }

    /// Types `keys`: letters as they are, other keys as `<enter>`, `<esc>`, `<tab>`, `<s-tab>`, `<up>`, `<c-x>` …
    pub fn keys(&mut self, keys: &str) {
        for key in parse(keys) {
            self.message(Msg::Key(key));
        }
    }

    /// Presses Enter until `text` is on the screen: through the rest of a form to its button.
    pub fn enter_until(&mut self, text: &str) {
        for _ in 0..12 {
            if self.text().contains(text) {
                return;
            }
            self.keys("<enter>");
        }
        self.assert_shows(text);
    }

    pub fn message(&mut self, msg: Msg) {
        let now = self.install.now();
        let mut effects = update(&mut self.model, Msg::Now(now));
        effects.extend(update(&mut self.model, msg));
        self.run_effects(effects);
    }

    /// Sends the current time to the screens, and nothing else.
    pub fn pass_time(&mut self) {
        let effects = update(&mut self.model, Msg::Now(self.install.now()));
        self.run_effects(effects);
    }

    /// Delivers the replies that were held back, the last sent first if `backwards`.
    pub fn deliver_replies(&mut self, backwards: bool) {
        while let Some(msg) =
            self.held_replies.as_mut().and_then(|h| if backwards { h.pop_back() } else { h.pop_front() })
        {
            let effects = update(&mut self.model, msg);
            self.run_effects(effects);
        }
    }

    fn run_effects(&mut self, effects: Vec<Effect>) {
        let mut left = VecDeque::from(effects);
        while let Some(effect) = left.pop_front() {
            let msg = match effect {
                Effect::Call(id, who, request) => {
                    self.requests.push(request.name());
                    let reply = Msg::Reply(id, Box::new(self.install.backend.call(&who, *request)));
                    if let Some(held) = &mut self.held_replies {
                        held.push_back(reply);
                        continue;
                    }
                    reply
                }
                Effect::StopLongWork => {
                    self.stop_count += 1;
                    continue;
                }
                Effect::CopyText(text) => {
                    self.copied.push(text);
                    Msg::Copied(Ok(Copied::Permanent))
                }
                Effect::CopySecret(secret) => {
                    self.copied.push(secret.expose(str::to_owned));
                    Msg::Copied(Ok(Copied::Temporary))
                }
                Effect::Save(path, secret) => Msg::Saved(SecretFiles.save(&path, &secret).map(|mut saved| {
                    saved.persist();
                    saved.path().to_owned()
                })),
                Effect::ReadCatalogue(id, path, there) => {
                    let read = Msg::CatalogueLoaded(
                        id,
                        Box::new(catalogue_file::source(&path, jeton::platform::files::read_file, || Ok(there))),
                    );
                    if let Some(held) = &mut self.held_replies {
                        held.push_back(read);
                        continue;
                    }
                    read
                }
                Effect::CheckPropagation(seq) => {
                    let testified = Msg::PropagationChecked(seq, self.propagation.clone());
                    if let Some(held) = &mut self.held_replies {
                        held.push_back(testified);
                        continue;
                    }
                    testified
                }
                Effect::Redraw => continue,
                Effect::Suspend => {
                    self.suspend_count += 1;
                    Msg::Resumed
                }
            };
            left.extend(update(&mut self.model, msg));
        }
    }

    /// Returns the program's result, if it ended.
    pub fn ended(&self) -> Option<&Result<(), Error>> {
        self.model.exit.as_ref()
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.message(Msg::Resize(columns, rows));
    }

    /// Returns a path in the store's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.install.temp_store.folder().join(name)
    }

    pub fn buffer(&self) -> Buffer {
        let (columns, rows) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| view(&self.model, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// Returns the text on the screen.
    pub fn text(&self) -> String {
        rows(&self.buffer(), |row| row.iter().map(|c| c.symbol()).collect::<String>().trim_end().to_owned())
    }

    /// Returns the text, then a letter for each cell's style, then a legend of the letters.
    pub fn dump(&self) -> String {
        let buffer = self.buffer();
        let mut legend: Vec<String> = vec!["plain".to_owned()];
        let styles = rows(&buffer, |row| {
            let letters: String = row
                .iter()
                .map(|cell| {
                    let style = describe(cell);
                    let at = legend.iter().position(|s| *s == style).unwrap_or_else(|| {
                        legend.push(style);
                        legend.len() - 1
                    });
                    if at == 0 { '.' } else { (b'a' + at as u8 - 1) as char }
                })
                .collect();
            letters.trim_end_matches('.').to_owned()
        });
        let legend: Vec<String> =
            legend.iter().enumerate().skip(1).map(|(i, s)| format!("{} {s}", (b'a' + i as u8 - 1) as char)).collect();
        format!("{}\n\n{styles}\n\n{}\n", self.text(), legend.join("\n"))
    }

    /// Returns the row that contains `text`.
    pub fn row_of(&self, text: &str) -> Vec<Cell> {
        let buffer = self.buffer();
        let width = usize::from(buffer.area.width);
        let found = buffer.content.chunks(width).find(|row| {
            let line: String = row.iter().map(Cell::symbol).collect();
            line.contains(text)
        });
        found.unwrap_or_else(|| panic!("{text:?} is not on the screen:\n{}", self.text())).to_vec()
    }

    /// Returns the screen and the dialogs above it, the topmost last.
    fn components(&self) -> Vec<&dyn Component> {
        let lock = self.model.lock.as_ref().map(|lock| lock as &dyn Component);
        let modals = self.model.modals.iter().map(|modal| modal.page());
        self.model.screen.component().into_iter().chain(modals).chain(lock).collect()
    }

    /// Returns the ids of the screen and of the dialogs above it, the topmost last.
    pub fn component_ids(&self) -> Vec<&'static str> {
        self.components().iter().map(|component| component.id()).collect()
    }

    /// Returns the problem that the topmost form shows.
    pub fn problem(&self) -> Option<String> {
        self.components().last()?.problem().map(str::to_owned)
    }

    /// Asserts that the topmost dialog, or the screen if there is no dialog, has this id.
    #[track_caller]
    pub fn assert_top(&self, id: &str) {
        let ids = self.component_ids();
        assert_eq!(ids.last(), Some(&id), "{ids:?}\n{}", self.text());
    }

    /// Asserts that no dialog is open.
    #[track_caller]
    pub fn assert_no_dialog(&self) {
        assert!(self.model.modals.is_empty(), "{:?}\n{}", self.component_ids(), self.text());
    }

    /// Asserts that the notice shown now is this one.
    #[track_caller]
    pub fn assert_notice(&self, id: NoticeId) {
        let shown = self.model.notice.as_ref().map(|notice| notice.id);
        assert_eq!(shown, Some(id), "{:?}\n{}", self.model.notice, self.text());
    }

    pub fn assert_shows(&self, text: &str) {
        assert!(self.text().contains(text), "{text:?} is not on the screen:\n{}", self.text());
    }

    pub fn assert_hides(&self, text: &str) {
        assert!(!self.text().contains(text), "{text:?} is on the screen:\n{}", self.text());
    }
}

/// Never called by the screens: effects run over the installation.
struct UnreachableBackend;

impl Backend for UnreachableBackend {
    fn call(
        &self,
        _who: &jeton::verbs::actor::Credential,
        _request: jeton::verbs::request::Request,
    ) -> Result<jeton::verbs::request::Response, Error> {
        Err(Error::failure("nobody is here"))
    }
}

fn rows(buffer: &Buffer, show: impl FnMut(&[Cell]) -> String) -> String {
    let width = usize::from(buffer.area.width).max(1);
    buffer.content.chunks(width).map(show).collect::<Vec<_>>().join("\n")
}

fn describe(cell: &Cell) -> String {
    let mut parts = Vec::new();
    if cell.fg != Color::Reset {
        parts.push(format!("{}", cell.fg));
    }
    if cell.bg != Color::Reset {
        parts.push(format!("on {}", cell.bg));
    }
    if cell.modifier != Modifier::empty() {
        parts.push(format!("{:?}", cell.modifier));
    }
    if parts.is_empty() { "plain".to_owned() } else { parts.join(" ") }
}

fn parse(keys: &str) -> Vec<KeyEvent> {
    let mut out = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|r| r.split_once('>'));
        if let Some((name, after)) = named {
            out.push(special_key(name));
            rest = after;
        } else {
            out.push(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn special_key(name: &str) -> KeyEvent {
    let arrow = |name: &str, with: KeyModifiers| match name {
        "up" => Some(KeyEvent::new(KeyCode::Up, with)),
        "down" => Some(KeyEvent::new(KeyCode::Down, with)),
        _ => None,
    };
    let with_shift = name.strip_prefix("s-").and_then(|name| arrow(name, KeyModifiers::SHIFT));
    let with_ctrl = name.strip_prefix("c-").and_then(|name| arrow(name, KeyModifiers::CONTROL));
    if let Some(key) = with_shift.or(with_ctrl) {
        return key;
    }
    if let Some(c) = name.strip_prefix("c-") {
        return KeyEvent::new(KeyCode::Char(c.chars().next().unwrap()), KeyModifiers::CONTROL);
    }
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "s-tab" => KeyCode::BackTab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "bs" => KeyCode::Backspace,
        "del" => KeyCode::Delete,
        "space" => KeyCode::Char(' '),
        other => panic!("no key <{other}>"),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}
