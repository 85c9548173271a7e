//! The screens driven by keys, without a terminal. Effects run at once over a [`TestInstall`].

use std::any::Any;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use jeton::error::Error;
use jeton::platform::catalogue_file;
use jeton::platform::secret_files::{SecretFiles, read_file};
use jeton::propagation::{Propagation, PropagationProbe};
use jeton::service::endpoint::Endpoint;
use jeton::tui::app::App;
use jeton::tui::component::Component;
use jeton::tui::effect::{Call, Effect};
use jeton::tui::modal::picker::Picker;
use jeton::tui::msg::{Copied, Msg};
use jeton::tui::screen::Workspace;
use jeton::tui::screen::audit::Audit;
use jeton::tui::screen::denied::Denied;
use jeton::tui::screen::tokens::Tokens;
use jeton::tui::screen::uses::Uses;
use jeton::tui::theme::Theme;
use jeton::tui::theme::appearance::Appearance;
use jeton::tui::update::{start, update};
use jeton::tui::view_state::ViewState;
use jeton::tui::{Demo, TuiConfig};
use jeton::verbs::Backend;
use jeton::verbs::ports::{Clock, SecretFileWriter};

use super::fakes::{PASSWORD, TestInstall, owner};

/// The screens of an installation.
pub struct TuiHarness {
    pub install: TestInstall,
    pub app: App,
    /// Names of the requested verbs, in order.
    pub requests: Vec<&'static str>,
    /// Texts copied to the clipboard.
    pub copied: Vec<String>,
    /// Texts opened in an editor.
    pub edited: Vec<String>,
    /// Number of requests to stop long work.
    pub stop_count: usize,
    /// Number of requests to suspend the program.
    pub suspend_count: usize,
    /// The running service's answer about a change.
    pub propagation: Option<Propagation>,
    /// The address of a running service.
    pub verify_endpoint: Option<Endpoint>,
    /// The look of the screens that was saved last.
    pub saved_view: Option<ViewState>,
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
            commands: jeton::cli::command,
            is_read_only: false,
            propagation_probe: PropagationProbe::new(&install.temp_store.path()),
            program: None,
            store_path: "/home/ops/.local/share/jeton/jeton.db".to_owned(),
            store_colour: None,
            server: None,
            places: Vec::new(),
            username: Some(owner()),
            token: None,
            login: None,
            remember_password: Duration::ZERO,
            lock_after: Duration::ZERO,
            dates: jeton::domain::date_format::DateFormat::Iso,
            mouse: true,
            tips: false,
            appearance: Appearance::fixed(theme),
            keymap: Default::default(),
            demo: None,
        };
        change(&mut start_with);
        let app = App::new(&start_with, "prod-1".to_owned(), (80, 24));
        let mut screens = TuiHarness {
            install,
            app,
            requests: Vec::new(),
            copied: Vec::new(),
            edited: Vec::new(),
            stop_count: 0,
            suspend_count: 0,
            propagation: None,
            verify_endpoint: None,
            saved_view: None,
            held_replies: None,
        };
        let effects = start(&mut screens.app);
        screens.run_effects(effects);
        screens
    }

    /// Types `keys`: letters as they are, other keys as `<enter>`, `<esc>`, `<tab>`, `<s-tab>`, `<up>`, `<c-x>` …
    pub fn keys(&mut self, keys: &str) {
        for key in parse(keys) {
            self.message(Msg::Key(key));
        }
        self.let_cursor_rest();
    }

    /// Clicks the first letter of the first `text` on the screen.
    #[track_caller]
    pub fn click(&mut self, text: &str) {
        let (column, row) = self.place_of(text);
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row);
    }

    /// Sends a mouse event at a position.
    pub fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        self.message(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        self.let_cursor_rest();
    }

    /// Lets the current screen describe the row to which the cursor has moved.
    fn let_cursor_rest(&mut self) {
        let page = self.app.workspace().and_then(Workspace::component);
        let Some(rests_at) = page.and_then(Component::wakes_at) else { return };
        for now in [rests_at, self.install.now()] {
            let effects = update(&mut self.app, Msg::Now(now));
            self.run_effects(effects);
        }
    }

    /// Presses Enter until the dialog `id` is topmost.
    #[track_caller]
    pub fn enter_until_top(&mut self, id: &str) {
        for _ in 0..12 {
            if self.component_ids().last() == Some(&id) {
                return;
            }
            self.keys("<enter>");
        }
        self.assert_top(id);
    }

    /// Presses Enter until a password field has the focus: through the rest of a form to its confirmation.
    #[track_caller]
    pub fn enter_until_password(&mut self) {
        for _ in 0..12 {
            if self.asks_password() {
                return;
            }
            self.keys("<enter>");
        }
        panic!("no password field has the focus: {:?}\n{}", self.component_ids(), self.text());
    }

    /// `true` if a masked field has the focus.
    pub fn asks_password(&mut self) -> bool {
        let top = self.app.page_mut(self.app.top_layer());
        top.and_then(|(component, _)| component.focused_input()).is_some_and(|input| input.is_masked())
    }

    /// Delivers a message after a frame.
    pub fn message(&mut self, msg: Msg) {
        let now = self.install.now();
        self.app.on_frame_shown(now.plus(-1_000));
        let mut effects = update(&mut self.app, Msg::Now(now));
        effects.extend(update(&mut self.app, msg));
        self.run_effects(effects);
    }

    /// Types keys that arrive at once: no frame is shown between them.
    pub fn keys_at_once(&mut self, keys: &str) {
        for key in parse(keys) {
            let effects = update(&mut self.app, Msg::Key(key));
            self.run_effects(effects);
        }
    }

    /// Sends the current time to the screens, and nothing else.
    pub fn pass_time(&mut self) {
        let effects = update(&mut self.app, Msg::Now(self.install.now()));
        self.run_effects(effects);
    }

    /// Delivers the replies that were held back, the last sent first if `backwards`.
    pub fn deliver_replies(&mut self, backwards: bool) {
        while let Some(msg) =
            self.held_replies.as_mut().and_then(|h| if backwards { h.pop_back() } else { h.pop_front() })
        {
            let effects = update(&mut self.app, msg);
            self.run_effects(effects);
        }
    }

    fn run_effects(&mut self, effects: Vec<Effect>) {
        let mut left = VecDeque::from(effects);
        while let Some(effect) = left.pop_front() {
            let msg = match effect {
                Effect::Call(Call { id, credential: who, request, .. }) => {
                    self.requests.push(request.name());
                    let reply = Msg::Reply(id, Box::new(self.install.backend.call(&who, *request)));
                    if let Some(held) = &mut self.held_replies {
                        held.push_back(reply);
                        continue;
                    }
                    reply
                }
                Effect::SignOut => {
                    self.install.backend.sign_out();
                    continue;
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
                Effect::ReadCatalogue(id, source, there) => {
                    let (path, name) = (&source.path, source.name.as_deref());
                    let loaded = catalogue_file::source_named(path, name, read_file, || Ok(there));
                    let read = Msg::CatalogueLoaded(id, Box::new(loaded));
                    if let Some(held) = &mut self.held_replies {
                        held.push_back(read);
                        continue;
                    }
                    read
                }
                Effect::FindService => Msg::ServiceFound(self.verify_endpoint.clone()),
                Effect::CheckPropagation(seq) => {
                    let testified = Msg::PropagationChecked(seq, self.propagation.clone());
                    if let Some(held) = &mut self.held_replies {
                        held.push_back(testified);
                        continue;
                    }
                    testified
                }
                Effect::OpenEditor(text) => {
                    self.edited.push(text);
                    continue;
                }
                Effect::Redraw | Effect::TakeMouse(_) => continue,
                Effect::Remember(_) => {
                    self.saved_view = Some(self.app.model.view_state.clone());
                    continue;
                }
                Effect::Suspend => {
                    self.suspend_count += 1;
                    Msg::Resumed
                }
            };
            left.extend(update(&mut self.app, msg));
        }
    }

    /// Returns a screen of the signed-in user, shown or not.
    pub fn find_screen<S: Component>(&self) -> Option<&S> {
        let workspace = self.app.workspace()?;
        let mut screens = workspace.ids().filter_map(|id| workspace.get(id));
        screens.find_map(|screen| (screen as &dyn Any).downcast_ref())
    }

    pub fn tokens(&self) -> &Tokens {
        self.find_screen().expect("nobody is signed in")
    }

    pub fn audit(&self) -> &Audit {
        self.find_screen().expect("nobody is signed in")
    }

    pub fn denied(&self) -> &Denied {
        self.find_screen().expect("nobody is signed in")
    }

    pub fn uses(&self) -> &Uses {
        self.find_screen().expect("nobody is signed in")
    }

    pub fn catalogue(&self) -> &Picker {
        self.find_screen().expect("nobody is signed in")
    }

    /// Returns the program's result, if it ended.
    pub fn ended(&self) -> Option<&Result<(), Error>> {
        self.app.model.exit.as_ref()
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.message(Msg::Resize(columns, rows));
    }

    /// Returns a path in the store's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.install.temp_store.folder().join(name)
    }
}

/// Never called by the screens: effects run over the installation.
struct UnreachableBackend;

impl Backend for UnreachableBackend {
    fn run(
        &self,
        _who: &jeton::verbs::credential::Credential,
        _request: jeton::verbs::request::Request,
        _receive: Option<&mut jeton::verbs::secret_delivery::SecretReceiver<'_>>,
    ) -> Result<jeton::verbs::request::Response, Error> {
        Err(Error::failure("nobody is here"))
    }
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
