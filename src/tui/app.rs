//! The whole state: the data of the model, and the pages that show it.

use std::collections::VecDeque;

use crate::domain::name::Username;
use crate::domain::time::Timestamp;
use crate::tui::TuiConfig;
use crate::tui::component::{Component, UpdateContext};
use crate::tui::keymap::Context;
use crate::tui::layer::Layer;
use crate::tui::modal::stack::ModalStack;
use crate::tui::model::{Model, SPINNER_AFTER, has_room};
use crate::tui::msg::Msg;
use crate::tui::notice::Notice;
use crate::tui::screen::Workspace;
use crate::tui::screen::first_run::FirstRun;
use crate::tui::screen::list::layout::height;
use crate::tui::screen::sign_in::SignIn;
use crate::tui::tips::TipState;
use crate::tui::widget::form::Form;
use crate::verbs::accounts::SetupState;

pub struct App {
    pub model: Model,
    pub screen: Screen,
    /// The dialogs over the screen. The top one takes all input.
    pub modals: ModalStack,
    /// The lock, which covers everything until the password is entered again.
    pub lock: Option<Form<SignIn>>,
    /// `true` if a frame has shown what the lock says.
    pub is_lock_seen: bool,
    /// Keys and pasted texts that wait for rows, the first one in front.
    pub held_input: VecDeque<Msg>,
    /// The layer of the field whose text is open in an editor.
    pub edited: Option<Layer>,
    pub tips: TipState,
}

/// A screen that fills the terminal.
pub enum Screen {
    /// Before the first reply.
    Loading,
    /// A page before sign-in.
    Entry(Box<dyn Component>),
    Workspace(Workspace),
}

impl Screen {
    /// Returns the page that is drawn.
    pub fn component(&self) -> Option<&dyn Component> {
        match self {
            Screen::Loading => None,
            Screen::Entry(page) => Some(&**page),
            Screen::Workspace(workspace) => workspace.component(),
        }
    }
}

impl App {
    /// Creates the initial state.
    pub fn new(config: &TuiConfig, host: String, size: (u16, u16)) -> Self {
        let model = Model::new(config, host, size);
        App {
            model,
            screen: Screen::Loading,
            modals: ModalStack::default(),
            lock: None,
            is_lock_seen: false,
            held_input: VecDeque::new(),
            edited: None,
            tips: TipState { is_on: config.tips, ..TipState::default() },
        }
    }

    /// Returns the screens of a signed-in user.
    pub fn workspace(&self) -> Option<&Workspace> {
        match &self.screen {
            Screen::Workspace(workspace) => Some(workspace),
            Screen::Loading | Screen::Entry(_) => None,
        }
    }

    /// Returns the screens of a signed-in user, for an update.
    pub fn workspace_mut(&mut self) -> Option<&mut Workspace> {
        match &mut self.screen {
            Screen::Workspace(workspace) => Some(workspace),
            Screen::Loading | Screen::Entry(_) => None,
        }
    }

    /// Asks for the first owner, or for a sign-in.
    pub fn show_entry(&mut self, setup: SetupState) {
        let name = self.model.username.clone().or(setup.sole_account);
        if setup.first_run {
            self.screen = Screen::Entry(Box::new(FirstRun::new(name.as_ref())));
        } else {
            self.show_sign_in(name.as_ref());
        }
    }

    pub fn show_sign_in(&mut self, username: Option<&Username>) {
        self.screen = Screen::Entry(Box::new(SignIn::new(username)));
    }

    /// Asks for a sign-in with any account, because a session has ended.
    pub fn show_sign_in_after(&mut self, reason: String) {
        self.screen = Screen::Entry(Box::new(SignIn::with_reason(reason)));
    }

    /// Shows the screens of a signed-in user, which have nothing loaded yet.
    pub fn show_workspace(&mut self) {
        self.screen = Screen::Workspace(Workspace::new(&self.model.view_state));
    }

    /// Covers everything until the user enters the password again. Does nothing before sign-in.
    pub fn cover(&mut self, reason: &str, problem: Option<String>) {
        if let Some(session) = &self.model.session {
            let mut form = SignIn::locked(session.username(), reason);
            if let Some(problem) = problem {
                form.set_problem(problem);
            }
            self.lock = Some(form);
            self.modals.iter_mut().for_each(Component::on_lock);
            self.modals.set_unseen();
        }
    }

    /// Returns the layer that takes input: the lock, else the top dialog, else the screen.
    pub fn top_layer(&self) -> Layer {
        match (&self.lock, self.modals.top_id()) {
            (Some(_), _) => Layer::Lock,
            (None, Some(id)) => Layer::Modal(id),
            (None, None) => self.screen_layer(),
        }
    }

    /// Returns the layer below all dialogs and the lock.
    pub fn screen_layer(&self) -> Layer {
        self.workspace().map_or(Layer::Screen, |workspace| Layer::Workspace(workspace.current()))
    }

    /// Returns all screens and all dialogs, the top one last.
    pub fn layers(&self) -> Vec<Layer> {
        let screens = match &self.screen {
            Screen::Loading => Vec::new(),
            Screen::Entry(_) => vec![Layer::Screen],
            Screen::Workspace(workspace) => workspace.ids().map(Layer::Workspace).collect(),
        };
        screens.into_iter().chain(self.modals.ids().into_iter().map(Layer::Modal)).collect()
    }

    /// Takes note that the terminal shows the current state since `now`.
    pub fn on_frame_shown(&mut self, now: Timestamp) {
        match self.lock {
            _ if !has_room(self.model.size) => {}
            Some(_) => self.is_lock_seen = true,
            None => self.modals.set_seen(now),
        }
    }

    /// Returns `true` if a frame has shown the question of the layer: that of a dialog, or a line of the lock.
    pub fn is_question_seen(&self, layer: Layer) -> bool {
        if layer == Layer::Lock { self.is_lock_seen } else { self.is_seen(layer) }
    }

    /// Returns `true` if a frame has shown the layer. Screens count as seen, and so does the lock: a password may be typed
    /// ahead.
    pub fn is_seen(&self, layer: Layer) -> bool {
        match layer {
            Layer::Modal(id) => self.modals.is_seen(id, self.model.now),
            Layer::Lock | Layer::Screen | Layer::Workspace(_) => true,
        }
    }

    pub fn context(&self) -> Context {
        self.page(self.top_layer()).map_or(Context::Anywhere, Component::context)
    }

    pub fn page(&self, layer: Layer) -> Option<&dyn Component> {
        match layer {
            Layer::Lock => self.lock.as_ref().map(|lock| lock as &dyn Component),
            Layer::Modal(id) => self.modals.get(id),
            Layer::Screen => self.screen.component(),
            Layer::Workspace(screen) => self.workspace()?.get(screen),
        }
    }

    /// Returns the page of `layer` for an update, and the data it may read meanwhile.
    pub fn page_mut(&mut self, layer: Layer) -> Option<(&mut dyn Component, UpdateContext<'_>)> {
        let scroll = self.page(layer).map(|page| page.scroll_range(&self.model)).unwrap_or_default();
        let (top, current) = (self.top_layer(), self.workspace().map(Workspace::current));
        let model = &self.model;
        let ctx = UpdateContext {
            model,
            layer,
            pending: &model.pending,
            replied: None,
            is_shown: current.is_some_and(|screen| layer == Layer::Workspace(screen)),
            is_on_top: layer == top,
            now: model.now,
            dates: &model.dates,
            rows: height(model.size.1),
            size: model.size,
            scroll,
            me: model.me.as_ref(),
            session: model.session.as_ref(),
            auth: &model.auth,
            catalogues: &model.catalogues,
            has_long_work: model.long_work.is_some(),
        };
        let page = match (layer, &mut self.screen) {
            (Layer::Lock, _) => self.lock.as_mut().map(|lock| lock as &mut dyn Component),
            (Layer::Modal(id), _) => self.modals.get_mut(id),
            (Layer::Screen, Screen::Entry(page)) => Some(&mut **page),
            (Layer::Workspace(screen), Screen::Workspace(workspace)) => workspace.get_mut(screen),
            (Layer::Screen | Layer::Workspace(_), _) => None,
        };
        page.map(|page| (page, ctx))
    }

    /// Lets `handle` change all pages.
    pub fn for_each_page(&mut self, mut handle: impl FnMut(&mut dyn Component, &UpdateContext<'_>)) {
        for layer in self.layers() {
            if let Some((page, ctx)) = self.page_mut(layer) {
                handle(page, &ctx);
            }
        }
    }

    /// Returns `true` if ending the program now would lose a secret that the user has not seen.
    pub fn has_unseen_secret(&self) -> bool {
        self.modals.iter().any(|dialog| dialog.discard_question().is_some())
    }

    /// Returns the next time at which the screen changes by itself; `None` if nothing on it depends on time.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        let model = &self.model;
        let notice = model.notice.as_ref().map(Notice::until);
        let spinner = model.visible_requests().map(|p| p.since.plus(SPINNER_AFTER)).min();
        let spinner = match (model.is_busy(), model.appearance.has_motion) {
            (false, _) => spinner,
            (true, true) => Some(model.now.plus(SPINNER_AFTER)),
            (true, false) => None,
        };
        // "3 min ago" changes every minute.
        let minute = self.workspace().map(|_| Timestamp((model.now.0.div_euclid(60_000) + 1) * 60_000));
        // A locked screen needs no lock timer.
        let lock = model.auth.locks_at().filter(|_| model.session.is_some() && self.lock.is_none());
        let page = self.workspace().and_then(Workspace::component).and_then(Component::wakes_at);
        [notice, spinner, minute, lock, model.auth.clears_at(), page].into_iter().flatten().min()
    }

    /// Returns `true` if the screen shows ledger data, so that changes of the ledger have to be noticed.
    pub fn shows_ledger(&self) -> bool {
        let screen = self.workspace().filter(|_| self.lock.is_none()).and_then(Workspace::component);
        screen.is_some_and(Component::shows_ledger)
    }
}
