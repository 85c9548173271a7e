//! Measures the scope picker and the Catalogue screen: opening, a search letter, a toggle, a frame. They have one
//! catalogue of 5,000 or 20,000 methods, or ten catalogues of 800 methods and 92 API sets each. `cargo bench --bench
//! picker` prints the figures. The limits are 50 ms for opening and 16 ms for a key with its frame.
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
use jeton::tui::theme::appearance::Appearance;
use jeton::tui::update::update;
use jeton::tui::view::view;
use jeton::verbs::Backend;
use jeton::verbs::credential::Credential;
use jeton::verbs::request::{Request, Response};
use jeton::verbs::secret_delivery::SecretReceiver;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// Methods per group.
const GROUP_SIZE: usize = 40;
/// Methods of each of ten catalogues.
const SHARE: usize = 800;

/// The catalogues of a measurement.
#[derive(Debug, Clone, Copy)]
enum Contents {
    /// One catalogue of so many methods.
    One(usize),
    Ten,
}

impl std::fmt::Display for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Contents::One(size) => write!(f, "1 x {size}"),
            Contents::Ten => write!(f, "10 x {SHARE}"),
        }
    }
}

const ALL: [Contents; 3] = [Contents::One(5_000), Contents::One(20_000), Contents::Ten];

fn main() {
    divan::main();
}

fn catalogues(contents: Contents) -> Arc<[Catalogue]> {
    let jeton = Catalogue::shipped("jeton").unwrap();
    match contents {
        Contents::One(size) => Arc::from([jeton, catalogue("big", size, 20)]),
        Contents::Ten => {
            let imported = (0..10).map(|n| catalogue(&format!("application-{n}"), SHARE, 32));
            std::iter::once(jeton).chain(imported).collect()
        }
    }
}

/// Returns a catalogue of `size` methods, shaped like an imported document: three sets per group, and sets of scopes
/// that list methods one by one.
fn catalogue(name: &str, size: usize, scopes: usize) -> Catalogue {
    let groups: Vec<Group> = (0..size / GROUP_SIZE).map(|n| group(name, n)).collect();
    let ids: Vec<&str> = groups.iter().flat_map(|g| &g.methods).map(|m| m.id.as_str()).collect();
    let entries = |ids: &mut dyn Iterator<Item = &str>| ids.map(|id| SetEntry::parse(id).unwrap()).collect();
    let set =
        |name: String, include| ApiSet { title: format!("What {name} permits"), name, include, exclude: Vec::new() };
    let scopes = (0..scopes).map(|n| {
        let include = entries(&mut ids.iter().copied().skip(n).step_by((size / 250).max(1)));
        set(format!("{name}: scope https://auth.example.com/auth/resources.readonly.{n:03}"), include)
    });
    let of_groups = groups.iter().flat_map(|group| {
        let whole = vec![SetEntry::parse(&format!("group:{}", group.id)).unwrap()];
        let reads = entries(&mut group.methods.iter().filter(|m| m.access == Access::Read).map(|m| m.id.as_str()));
        let title = &group.title;
        let names = [format!("{name}: {title}"), format!("{name}: read {title}"), format!("{name}: write {title}")];
        names.into_iter().zip([whole.clone(), reads, whole]).map(|(name, include)| set(name, include))
    });
    let sets = scopes.chain(of_groups).collect();
    Catalogue {
        name: name.to_owned(),
        title: name.to_owned(),
        hosts: Default::default(),
        trailing_slash: Default::default(),
        groups,
        sets,
    }
}

fn group(catalogue: &str, n: usize) -> Group {
    let verbs = ["list", "get", "create", "replace", "delete", "start", "stop", "watch"];
    let method = |m: usize| Method {
        id: MethodId::parse(&format!("{catalogue}.resources-{n:03}.{}-namespaced-object-{m:02}", verbs[m % 8]))
            .unwrap(),
        title: format!(
            "Will {} the namespaced object {m} of the resource {n}, and says what became of it",
            verbs[m % 8]
        ),
        access: Access::ALL[m % 3],
        docs: Some(format!("https://docs.example.com/reference/resources-{n:03}#operation-{m}")),
        routes: vec![format!("GET /apis/{catalogue}/v1/{n}/{m}")],
    };
    Group {
        id: format!("{catalogue}.resources-{n:03}"),
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

fn browse(all: &Arc<[Catalogue]>) -> Box<Picker> {
    Box::new(Picker::browse(Arc::clone(all), Role::Member))
}

/// Returns the screens with the picker open and nothing selected.
fn open(all: &Arc<[Catalogue]>) -> App {
    open_page(pick(all))
}

/// Returns the screens with `page` on top.
fn open_page(page: Box<Picker>) -> App {
    let start = TuiConfig {
        progress: Default::default(),
        backend: Arc::new(UnreachableBackend),
        for_long_changes: Arc::new(UnreachableBackend),
        for_long_reads: Arc::new(UnreachableBackend),
        clock: Arc::new(FakeClock::at(START)),
        secret_files: Arc::new(SecretFiles),
        commands: jeton::cli::command,
        is_read_only: false,
        propagation_probe: PropagationProbe::new(Path::new("nowhere")),
        program: None,
        store_path: String::new(),
        store_colour: None,
        server: None,
        places: Vec::new(),
        username: None,
        token: None,
        login: None,
        remember_password: std::time::Duration::ZERO,
        lock_after: std::time::Duration::ZERO,
        dates: jeton::domain::date_format::DateFormat::Iso,
        mouse: false,
        tips: false,
        appearance: Appearance::fixed(Theme::colour()),
        keymap: Default::default(),
        demo: None,
    };
    let mut app = App::new(&start, "bench".to_owned(), (200, 60));
    app.modals.push(page);
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

#[divan::bench(args = ALL)]
fn open_and_draw(bencher: Bencher<'_, '_>, contents: Contents) {
    let all = catalogues(contents);
    let mut terminal = terminal();
    let mut app = open(&all);
    bencher.bench_local(|| {
        app.modals.clear();
        app.modals.push(pick(&all));
        draw(&mut terminal, &app);
    });
}

/// Types into a page that `open` opens, and draws a frame after each letter.
fn type_and_draw(
    bencher: Bencher<'_, '_>,
    contents: Contents,
    open: impl Fn(&Arc<[Catalogue]>) -> App,
    letters: [&str; 2],
) {
    let all = catalogues(contents);
    let mut terminal = terminal();
    bencher.with_inputs(|| open(&all)).bench_local_values(|mut app| {
        for letter in letters {
            typed(&mut app, letter);
            draw(&mut terminal, &app);
        }
        app
    });
}

fn typed_in(mut app: App, text: &str) -> App {
    typed(&mut app, text);
    app
}

/// Types a letter that matches every method, then one that leaves an eighth. Draws a frame after each.
#[divan::bench(args = ALL)]
fn two_letters_of_search_and_draw(bencher: Bencher<'_, '_>, contents: Contents) {
    type_and_draw(bencher, contents, |all| typed_in(open(all), "/s"), ["t", "o"]);
}

#[divan::bench(args = ALL)]
fn toggle_a_group_and_draw(bencher: Bencher<'_, '_>, contents: Contents) {
    let all = catalogues(contents);
    let (mut terminal, mut app) = (terminal(), open(&all));
    bencher.bench_local(|| {
        press(&mut app, KeyCode::Char(' '));
        draw(&mut terminal, &app);
    });
}

#[divan::bench(args = ALL)]
fn tick_all_shown_and_draw(bencher: Bencher<'_, '_>, contents: Contents) {
    let all = catalogues(contents);
    let (mut terminal, mut app) = (terminal(), open(&all));
    let mut turn = false;
    bencher.bench_local(|| {
        turn = !turn;
        press(&mut app, KeyCode::Char(if turn { 'a' } else { 'n' }));
        draw(&mut terminal, &app);
    });
}

/// Selects a set that lists 250 methods one by one.
#[divan::bench(args = ALL)]
fn choose_a_set_and_draw(bencher: Bencher<'_, '_>, contents: Contents) {
    let all = catalogues(contents);
    let (mut terminal, mut app) = (terminal(), open(&all));
    press(&mut app, KeyCode::Tab);
    bencher.bench_local(|| {
        press(&mut app, KeyCode::Char(' '));
        draw(&mut terminal, &app);
    });
}

#[divan::bench(args = ALL)]
fn unfold_all_and_draw(bencher: Bencher<'_, '_>, contents: Contents) {
    let all = catalogues(contents);
    let (mut terminal, mut app) = (terminal(), open(&all));
    bencher.bench_local(|| {
        press(&mut app, KeyCode::Char('z'));
        draw(&mut terminal, &app);
    });
}

#[divan::bench(args = ALL)]
fn draw_alone(bencher: Bencher<'_, '_>, contents: Contents) {
    let all = catalogues(contents);
    let (mut terminal, mut app) = (terminal(), open(&all));
    press(&mut app, KeyCode::Char('z'));
    bencher.bench_local(|| {
        draw(&mut terminal, &app);
    });
}

/// Types a letter that matches every set, then one that leaves some. Draws a frame after each.
#[divan::bench(args = ALL)]
fn two_letters_of_set_search_and_draw(bencher: Bencher<'_, '_>, contents: Contents) {
    let open_sets = |all: &Arc<[Catalogue]>| {
        let mut app = open(all);
        press(&mut app, KeyCode::Tab);
        typed_in(app, "/")
    };
    type_and_draw(bencher, contents, open_sets, ["a", "d"]);
}

#[divan::bench(args = ALL)]
fn page_through_sets_and_draw(bencher: Bencher<'_, '_>, contents: Contents) {
    let all = catalogues(contents);
    let (mut terminal, mut app) = (terminal(), open(&all));
    press(&mut app, KeyCode::Tab);
    bencher.bench_local(|| {
        press(&mut app, KeyCode::PageDown);
        draw(&mut terminal, &app);
        press(&mut app, KeyCode::Home);
        draw(&mut terminal, &app);
    });
}

#[divan::bench(args = ALL)]
fn open_catalogue_and_draw(bencher: Bencher<'_, '_>, contents: Contents) {
    let all = catalogues(contents);
    let mut terminal = terminal();
    let mut app = open(&all);
    bencher.bench_local(|| {
        app.modals.clear();
        app.modals.push(browse(&all));
        draw(&mut terminal, &app);
    });
}

/// Shows the methods of a set, then all methods again.
#[divan::bench(args = ALL)]
fn show_a_set_of_the_catalogue_and_draw(bencher: Bencher<'_, '_>, contents: Contents) {
    let all = catalogues(contents);
    let (mut terminal, mut app) = (terminal(), open_page(browse(&all)));
    bencher.bench_local(|| {
        for key in [KeyCode::Tab, KeyCode::Enter] {
            press(&mut app, key);
            draw(&mut terminal, &app);
        }
    });
}

#[divan::bench(args = ALL)]
fn two_letters_of_catalogue_search_and_draw(bencher: Bencher<'_, '_>, contents: Contents) {
    type_and_draw(bencher, contents, |all| typed_in(open_page(browse(all)), "/s"), ["t", "o"]);
}
