//! The command palette: actions of the key table and commands of the command line, found by a few letters.
//!
//! Nothing is changed here. An action does the same as its key, and a command opens the dialog that does the same. A
//! command that only the shell can do is copied.

mod entries;
mod fuzzy;
mod names;
pub mod route;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::command_line::CommandLine;
use crate::domain::name::Username;
use crate::domain::secret::contains_secret;
use crate::domain::token::TokenRef;
use crate::error::Error;
use crate::read_only_backend;
use crate::tui::component::{Component, Destination, Intent, Reply, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::layer::ScreenId;
use crate::tui::model::Model;
use crate::tui::widget::list_cursor::Cursor;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::ShowAccount;
use crate::verbs::request::Response;
use crate::verbs::tokens::ShowToken;
use entries::{Entry, Target};
use names::Names;
use route::{Route, find_rule};

/// Maximum length of the typed text, in bytes.
const MAX_TEXT: usize = 300;

pub struct Palette {
    field: TextInput,
    tree: clap::Command,
    /// All actions, then all commands.
    entries: Vec<Entry>,
    rows: Vec<Row>,
    cursor: Cursor,
    names: Names,
    /// The reason why Enter had no effect.
    problem: Option<String>,
    /// The command that waits for its token or account.
    awaited: Option<Route>,
}

/// A line that is shown.
struct Row {
    kind: RowKind,
    /// Positions of the matched characters in the name.
    positions: Vec<usize>,
}

enum RowKind {
    /// An entry, by position.
    Entry(usize),
    /// A word that may come next, and its help.
    Word(String, String),
}

/// A command line, as far as it is typed.
struct Typed {
    /// Position of the command in the entries.
    entry: usize,
    /// The words after the command, as typed. The last one is empty or being typed.
    words: Vec<String>,
    /// `true` if an option was typed.
    has_options: bool,
}

impl Palette {
    /// Opens the palette over `page`.
    pub fn new(page: &dyn Component, model: &Model) -> Self {
        let mut tree = (model.commands)();
        tree.build();
        let mut entries = entries::actions(page, model);
        entries.extend(entries::commands(&tree, model.is_read_only));
        let mut palette = Palette {
            field: TextInput::new(MAX_TEXT),
            tree,
            entries,
            rows: Vec::new(),
            cursor: Cursor::default(),
            names: Names::default(),
            problem: None,
            awaited: None,
        };
        palette.fill(model);
        palette
    }

    /// Returns the typed words. The last one is empty after a blank.
    fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.field.text().split_whitespace().map(str::to_owned).collect();
        if words.is_empty() || self.field.text().ends_with(char::is_whitespace) {
            words.push(String::new());
        }
        words
    }

    /// Returns the typed command line. `None` until the name of a command and a blank are typed.
    fn typed(&self) -> Option<Typed> {
        let words = self.words();
        let line = CommandLine::parse(&self.tree, &words);
        let depth = line.path().len();
        // Words that may still become the name of a subcommand are searched for.
        let is_name = line.command().has_subcommands() && words.len() == depth + 1;
        let is_behind_option = words.iter().take(depth).any(|word| word.starts_with('-'));
        if is_name || is_behind_option {
            return None;
        }
        let name = line.path().join(" ");
        let is_named = |entry: &Entry| entry.name == name && matches!(entry.target, Target::Command(_));
        let entry = self.entries.iter().position(is_named)?;
        let more = words.get(depth..)?.to_vec();
        let has_options = line.has_options() || more.iter().any(|word| word.starts_with('-'));
        Some(Typed { entry, words: more, has_options })
    }

    /// Finds the lines that match the typed text.
    fn fill(&mut self, model: &Model) {
        self.rows = match self.typed() {
            Some(typed) => {
                let words = self.words();
                let wanted = CommandLine::parse(&self.tree, &words).wanted();
                let last = typed.words.last().map_or("", String::as_str);
                let words = self.names.matching(&wanted, last, model).into_iter();
                let words = words.map(|(word, help, positions)| Row { kind: RowKind::Word(word, help), positions });
                std::iter::once(Row { kind: RowKind::Entry(typed.entry), positions: Vec::new() }).chain(words).collect()
            }
            None => {
                let found = |(at, entry): (usize, &Entry)| Some((at, entry.matches(self.field.text())?));
                let mut found: Vec<_> = self.entries.iter().enumerate().filter_map(found).collect();
                found.sort_by_key(|(_, found)| std::cmp::Reverse(found.score));
                let row =
                    |(at, found): (usize, fuzzy::Match)| Row { kind: RowKind::Entry(at), positions: found.positions };
                found.into_iter().map(row).collect()
            }
        };
        self.cursor = Cursor::default();
    }

    /// Replaces the text and finds the lines that match.
    fn set_text(&mut self, text: &str, ctx: &UpdateContext<'_>) -> Intent {
        self.field.clear();
        self.field.insert(text);
        self.on_edit(ctx)
    }

    /// Replaces the last word by a whole one.
    fn take_word(&mut self, word: &str, ctx: &UpdateContext<'_>) -> Intent {
        let text = self.field.text();
        let start = text.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let end = if word.ends_with('/') { "" } else { " " };
        let text = format!("{}{word}{end}", &text[..start]);
        self.set_text(&text, ctx)
    }

    /// Completes the text by the line under the cursor.
    fn complete(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        // Before the cursor moves, the first line is the command itself.
        let at = match (self.typed().is_some(), self.cursor.position()) {
            (true, 0) => 1,
            (_, at) => at,
        };
        match self.rows.get(at).map(|row| &row.kind) {
            Some(RowKind::Word(word, _)) => {
                let word = word.clone();
                self.take_word(&word, ctx)
            }
            Some(RowKind::Entry(at)) if self.typed().is_none() => {
                let Some(entry) = self.entries.get(*at) else { return Intent::Stay };
                let end = if matches!(entry.target, Target::Command(_)) { " " } else { "" };
                let text = format!("{}{end}", entry.name);
                self.set_text(&text, ctx)
            }
            _ => Intent::Stay,
        }
    }

    /// Returns `true` and says why if a secret was typed.
    fn refuses_secret(&mut self, ctx: &UpdateContext<'_>) -> bool {
        let is_secret = contains_secret(self.field.text());
        if is_secret {
            let key = ctx.model.keymap.key(Context::Global, Action::IdentifySecret);
            self.problem = Some(format!("this is a secret: close the palette and press {key} to look up its token"));
        }
        is_secret
    }

    /// Does what the line under the cursor says.
    fn run(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        if self.refuses_secret(ctx) {
            return Intent::Stay;
        }
        let at = match self.rows.get(self.cursor.position()).map(|row| &row.kind) {
            Some(RowKind::Word(word, _)) => {
                let word = word.clone();
                return self.take_word(&word, ctx);
            }
            Some(RowKind::Entry(at)) => *at,
            None => return Intent::Stay,
        };
        let Some(entry) = self.entries.get(at) else { return Intent::Stay };
        if entry.is_refused {
            self.problem = Some(format!("no changes here: {}", read_only_backend::REASON));
            return Intent::Stay;
        }
        match entry.target {
            Target::Action(action) => Intent::All(vec![Intent::Close(None), Intent::Act(action)]),
            Target::Command(route) => {
                let (words, has_options) =
                    self.typed().map_or_else(Default::default, |typed| (typed.words, typed.has_options));
                let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
                match route.filter(|route| !has_options && words.len() <= usize::from(route.takes_argument())) {
                    Some(route) => self.follow(at, route, words.first().map(String::as_str), ctx),
                    None => {
                        let line = format!("jeton {} {}", entry.name, words.join(" "));
                        Intent::All(vec![Intent::Close(None), Intent::copy(ctx.model.command_here(line.trim_end()))])
                    }
                }
            }
        }
    }

    /// Opens the dialog or screen that does the same as the command at `entry`.
    fn follow(&mut self, entry: usize, route: Route, argument: Option<&str>, ctx: &UpdateContext<'_>) -> Intent {
        let Some(argument) = argument else {
            return match route {
                Route::Screen(screen) => Intent::Go(Destination::Screen(screen)),
                Route::TokensOf => Intent::Go(Destination::TokenTable),
                Route::Act(ScreenId::TOKENS, action) => {
                    Intent::All(vec![Intent::Go(Destination::TokenTable), Intent::Act(action)])
                }
                Route::Act(screen, action) => {
                    Intent::All(vec![Intent::Go(Destination::Screen(screen)), Intent::Act(action)])
                }
                Route::ActHere(action) => Intent::All(vec![Intent::Close(None), Intent::Act(action)]),
                _ => {
                    let name = self.entries.get(entry).map(|entry| entry.name.clone()).unwrap_or_default();
                    self.set_text(&format!("{name} "), ctx)
                }
            };
        };
        let username = || Username::parse(argument).map_err(|error| error.to_string());
        let intent = match route {
            Route::TokensOf => username().map(|name| Intent::Go(Destination::TokensOf(name))),
            Route::TrashedToken => Ok(Intent::Go(Destination::Trash(argument.to_owned()))),
            Route::Token(_) | Route::EnableToken(_) => {
                Ok(Intent::query(ShowToken { token: TokenRef::Text(argument.to_owned()) }))
            }
            Route::Account(_) | Route::EnableAccount(_) => {
                username().map(|username| Intent::query(ShowAccount { username }))
            }
            Route::Rule => find_rule(argument).map(|key| Intent::Go(Destination::Rule(key))),
            Route::Screen(_) | Route::Act(..) | Route::ActHere(_) => Ok(Intent::Stay),
        };
        match intent {
            Ok(intent) => {
                self.awaited = Some(route);
                intent
            }
            Err(problem) => {
                self.problem = Some(problem);
                Intent::Stay
            }
        }
    }
}

impl Component for Palette {
    fn id(&self) -> &'static str {
        "palette"
    }

    fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    fn context(&self) -> Context {
        Context::Palette
    }

    fn focused_input(&mut self) -> Option<&mut TextInput> {
        Some(&mut self.field)
    }

    fn on_edit(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        self.problem = None;
        let read = match self.typed() {
            // A search for a secret would take the secret to the store, or to a server.
            _ if self.refuses_secret(ctx) => Intent::Stay,
            Some(typed) => {
                let words = self.words();
                let wanted = CommandLine::parse(&self.tree, &words).wanted();
                self.names.read(&wanted, typed.words.last().map_or("", String::as_str))
            }
            None => Intent::Stay,
        };
        self.fill(ctx.model);
        read
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        self.draw(frame, area, model);
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        match action {
            Action::Accept => self.run(ctx),
            Action::CompleteFilter => self.complete(ctx),
            Action::Cancel if self.field.is_empty() => Intent::Close(None),
            Action::Cancel => self.set_text("", ctx),
            _ => {
                self.cursor.move_by(action, self.rows.len(), view::list_rows(ctx.area()));
                Intent::Stay
            }
        }
    }

    fn label(&self, action: Action, _model: &Model) -> Option<&'static str> {
        match action {
            Action::Accept => Some(self.enter_word()),
            Action::Cancel => Some(if self.field.is_empty() { "Close" } else { "Clear" }),
            _ => None,
        }
    }

    fn on_resize(&mut self, ctx: &UpdateContext<'_>) {
        self.cursor.keep_visible(self.rows.len(), view::list_rows(ctx.area()));
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<Intent> {
        let Reply::Response(response) = reply else { return None };
        match (&*response, self.awaited) {
            (Response::ShowToken(shown), Some(route)) => {
                let (token, trashed) = (&shown.token, shown.token.deleted_at.is_some());
                let action = match route {
                    Route::EnableToken(enable) if enable == token.enabled => {
                        let state = if enable { "enabled" } else { "disabled" };
                        self.problem = Some(format!("{} is already {state}", token.full_name()));
                        return Some(Intent::Stay);
                    }
                    Route::EnableToken(_) => Action::SetEnabled,
                    Route::Token(action) => action,
                    _ => return None,
                };
                if trashed && action != Action::Details {
                    self.problem = Some(route::explain_trash(&token.full_name(), action));
                    return Some(Intent::Stay);
                }
                Some(Intent::Go(Destination::TokenDialog(Box::new(token.clone()), action)))
            }
            (Response::ShowAccount(shown), Some(route)) => {
                let account = &shown.counted.account;
                let action = match route {
                    Route::EnableAccount(enable) if enable == account.enabled => {
                        let state = if enable { "enabled" } else { "disabled" };
                        self.problem = Some(format!("{} is already {state}", account.username));
                        return Some(Intent::Stay);
                    }
                    Route::EnableAccount(_) => Some(Action::SetEnabled),
                    Route::Account(action) => action,
                    _ => return None,
                };
                Some(Intent::Go(Destination::AccountDialog(Box::new(shown.counted.clone()), action)))
            }
            _ => {
                if self.names.take(response) {
                    let at = self.cursor;
                    self.fill(ctx.model);
                    self.cursor = at;
                    self.on_resize(ctx);
                }
                Some(Intent::Stay)
            }
        }
    }

    fn on_store_changed(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }

    /// Names that can't be read are left out.
    fn on_read_error(&mut self, _error: Error, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Stay
    }

    fn on_error(&mut self, error: Error) -> Intent {
        self.awaited = None;
        self.problem = Some(error.to_string());
        Intent::Stay
    }
}
