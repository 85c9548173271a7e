//! Measures the scope picker with 5,000 and 20,000 methods: opening, a search letter, a toggle, a frame. `cargo bench
//! --bench picker` prints the figures. The limits are 50 ms for opening and 16 ms for a key with its frame.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../tests/it/support/fakes.rs"]
#[allow(dead_code, reason = "a bench uses its own part of it")]
mod fakes;

use std::path::Path;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use divan::{Bencher, black_box};
use fakes::{FakeClock, START};
use jeton::domain::api_selection::Selection;
use jeton::domain::catalogue::{ApiSet, Catalogue, Group, SetEntry};
use jeton::domain::method::{Access, Method, MethodId};
use jeton::domain::role::Role;
use jeton::error::Error;
use jeton::platform::secret_files::SecretFiles;
use jeton::propagation::PropagationProbe;
use jeton::tui::TuiConfig;
use jeton::tui::app::App;
use jeton::tui::modal::picker::Picker;
use jeton::tui::msg::Msg;
use jeton::tui::theme::Theme;
use jeton::tui::update::update;
use jeton::tui::view::view;
use jeton::verbs::Backend;
use jeton::verbs::credential::Credential;
use jeton::verbs::request::{Request, Response};
use jeton::verbs::secret_delivery::SecretReceiver;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const SIZES: [usize; 2] = [5_000, 20_000];
/// Methods per group.
const GROUP_SIZE: usize = 40;

fn main() {
    divan::main();
}

/// Returns a catalogue of `size` methods, shaped like an imported specification: its sets list methods one by one.
fn catalogues(size: usize) -> Arc<[Catalogue]> {
    let groups: Vec<Group> = (0..size / GROUP_SIZE).map(group).collect();
    let ids: Vec<&str> = groups.iter().flat_map(|g| &g.methods).map(|m| m.id.as_str()).collect();
    let sets = (0..20).map(|n| ApiSet {
        name: format!("scope-{n}"),
        title: format!("What the scope {n} permits"),
        include: ids.iter().skip(n).step_by(size / 250).map(|id| SetEntry::parse(id).unwrap()).collect(),
        exclude: Vec::new(),
    });
    let sets = sets.collect();
    let big = Catalogue {
        name: "big".to_owned(),
        title: "Big".to_owned(),
        hosts: Default::default(),
        trailing_slash: Default::default(),
        groups,
        sets,
    };
    Arc::from([Catalogue::shipped("jeton").unwrap(), big])
}

fn group(n: usize) -> Group {
    let verbs = ["list", "get", "create", "replace", "delete", "start", "stop", "watch"];
    let method = |m: usize| Method {
        id: MethodId::parse(&format!("resources-{n:03}.{}-namespaced-object-{m:02}", verbs[m % 8])).unwrap(),
        title: format!(
            "Will {} the namespaced object {m} of the resource {n}, and says what became of it",
            verbs[m % 8]
        ),
        access: Access::ALL[m % 3],
        docs: Some(format!("https://docs.example.com/reference/resources-{n:03}#operation-{m}")),
        routes: vec![format!("GET /apis/resources/v1/{n}/{m}")],
    };
    Group {
        id: format!("resources-{n:03}"),
        title: format!("Resource {n}"),
        methods: (0..GROUP_SIZE).map(method).collect(),
    }
}

struct UnreachableBackend;

impl Backend for UnreachableBackend {
    fn run(
        &self,
        _who: &Credential,
        _request: Request,
        _receive: Option<&mut SecretReceiver<'_>>,
    ) -> Result<Response, Error> {
        Err(Error::failure("nobody is here"))
    }
}

fn pick(all: &Arc<[Catalogue]>) -> Box<Picker> {
    Box::new(Picker::pick(Arc::clone(all), Selection::nothing(), Role::Member))
}

/// Returns the screens with the picker open and nothing selected.
fn open(all: &Arc<[Catalogue]>) -> App {
    let start = TuiConfig {
        progress: Default::default(),
        backend: Arc::new(UnreachableBackend),
        for_long_changes: Arc::new(UnreachableBackend),
        for_long_reads: Arc::new(UnreachableBackend),
        clock: Arc::new(FakeClock::at(START)),
        secret_files: Arc::new(SecretFiles),
        propagation_probe: PropagationProbe::new(Path::new("nowhere")),
        store_path: String::new(),
        server: None,
        places: Vec::new(),
        username: None,
        token: None,
        login: None,
        remember_password: std::time::Duration::ZERO,
        lock_after: std::time::Duration::ZERO,
        dates: jeton::domain::date_format::DateFormat::Iso,
        demo: None,
    };
    let mut app = App::new(&start, "bench".to_owned(), Theme::colour(), (200, 60));
    app.modals.push(pick(all));
    app
}

fn terminal() -> Terminal<TestBackend> {
    Terminal::new(TestBackend::new(200, 60)).unwrap()
}

fn press(app: &mut App, code: KeyCode) {
    black_box(update(app, Msg::Key(KeyEvent::new(code, KeyModifiers::NONE))));
}

fn typed(app: &mut App, keys: &str) {
    keys.chars().for_each(|c| press(app, KeyCode::Char(c)));
}

fn draw(terminal: &mut Terminal<TestBackend>, app: &App) {
    terminal.draw(|frame| view(app, frame)).unwrap();
}

#[divan::bench(args = SIZES)]
fn open_and_draw(bencher: Bencher<'_, '_>, size: usize) {
    let all = catalogues(size);
    let mut terminal = terminal();
    let mut app = open(&all);
    bencher.bench_local(|| {
        app.modals.clear();
        app.modals.push(pick(&all));
        draw(&mut terminal, &app);
    });
}

/// Types a letter that matches every method, then one that leaves an eighth. Draws a frame after each.
#[divan::bench(args = SIZES)]
fn two_letters_of_search_and_draw(bencher: Bencher<'_, '_>, size: usize) {
    let all = catalogues(size);
    let mut terminal = terminal();
    bencher
        .with_inputs(|| {
            let mut app = open(&all);
            typed(&mut app, "/s");
            app
        })
        .bench_local_values(|mut app| {
            typed(&mut app, "t");
            draw(&mut terminal, &app);
            typed(&mut app, "o");
            draw(&mut terminal, &app);
            app
        });
}

#[divan::bench(args = SIZES)]
fn toggle_a_group_and_draw(bencher: Bencher<'_, '_>, size: usize) {
    let all = catalogues(size);
    let (mut terminal, mut app) = (terminal(), open(&all));
    bencher.bench_local(|| {
        press(&mut app, KeyCode::Char(' '));
        draw(&mut terminal, &app);
    });
}

#[divan::bench(args = SIZES)]
fn tick_all_shown_and_draw(bencher: Bencher<'_, '_>, size: usize) {
    let all = catalogues(size);
    let (mut terminal, mut app) = (terminal(), open(&all));
    let mut turn = false;
    bencher.bench_local(|| {
        turn = !turn;
        press(&mut app, KeyCode::Char(if turn { 'a' } else { 'n' }));
        draw(&mut terminal, &app);
    });
}

/// Selects a set that lists 250 methods one by one.
#[divan::bench(args = SIZES)]
fn choose_a_set_and_draw(bencher: Bencher<'_, '_>, size: usize) {
    let all = catalogues(size);
    let (mut terminal, mut app) = (terminal(), open(&all));
    press(&mut app, KeyCode::Tab);
    bencher.bench_local(|| {
        press(&mut app, KeyCode::Char(' '));
        draw(&mut terminal, &app);
    });
}

#[divan::bench(args = SIZES)]
fn unfold_all_and_draw(bencher: Bencher<'_, '_>, size: usize) {
    let all = catalogues(size);
    let (mut terminal, mut app) = (terminal(), open(&all));
    bencher.bench_local(|| {
        press(&mut app, KeyCode::Char('z'));
        draw(&mut terminal, &app);
    });
}

#[divan::bench(args = SIZES)]
fn draw_alone(bencher: Bencher<'_, '_>, size: usize) {
    let all = catalogues(size);
    let (mut terminal, mut app) = (terminal(), open(&all));
    press(&mut app, KeyCode::Char('z'));
    bencher.bench_local(|| {
        draw(&mut terminal, &app);
    });
}
