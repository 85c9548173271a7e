//! Each screen and dialog at three sizes, with names of maximum width, as text and in the colours of each theme.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jeton::domain::api_selection::Selection;
use jeton::domain::expiry::{ExpirySpec, Span};
use jeton::domain::name::Description;
use jeton::domain::role::Role;
use jeton::domain::secret::PublicId;
use jeton::domain::time::Timestamp;
use jeton::domain::token::Token;
use jeton::service::server_colour::ServerColour;
use jeton::tui::theme::Theme;
use jeton::tui::theme::colour::{contrast, rgb_of};
use jeton::tui::{Place, ServerLabel};
use jeton::verbs::ports::{Store, Use};
use jeton::verbs::tokens::{DisableTokens, RegenerateToken, RevokeTokens, TokenTarget};
use jeton::verbs::verify::DenialReason;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::denied_attempts::deny;
use super::snapshots::with_temporary_password;
use super::story::first_run;
use super::usage::{START, STOP, custom};
use crate::support::fakes::{OWNER, PASSWORD, TestInstall, create};
use crate::support::requests::{set_contact, switch_off};
use crate::support::tui_harness::TuiHarness;

const SIZES: [(u16, u16); 3] = [(80, 24), (40, 10), (200, 60)];
const DAY: i64 = 86_400_000;
const MIN_CONTRAST: f64 = 4.5;
/// An account with a name of 32 characters.
const MEMBER: &str = "member-of-the-delivery-team-0032";

/// Returns a token name of 64 characters that begins with `word`.
fn widest(word: &str) -> String {
    format!("{word:-<64}").replace("--", "-w").chars().take(63).chain(['0']).collect()
}

fn used(install: &TestInstall, token: &Token, method: &str, (address, client): (&str, &str), days: i64, count: u64) {
    let secret = PublicId::parse(token.hint.split('_').nth(1).unwrap()).unwrap();
    let at = Timestamp(install.now().0 - days * DAY);
    let used = Use { token: token.id, secret: &secret, at, count, method, address, client };
    install.store().write_usage(|b| b.record_use(&used)).unwrap();
}

/// Returns an installation with tokens in all states, used and tried, whose names have the maximum width.
fn install() -> TestInstall {
    let install = TestInstall::new();
    let member = MEMBER;
    install.account(member, Role::Member);
    install.account("viewer", Role::Viewer);
    install.call(OWNER, set_contact(member, &format!("{}@example.com", "c".repeat(50)))).unwrap();
    install.call(OWNER, switch_off(&["viewer"])).unwrap();
    let issue = |owner: &str, name: &str, selection: Selection, expires: ExpirySpec| {
        let description = Description::parse(&format!("漢字 {}", "of maximum width ".repeat(11))).unwrap();
        let new = jeton::verbs::tokens::CreateToken { selection, description, expires: Some(expires), ..create(name) };
        install.create(owner, new).token
    };
    let in_days = |days| ExpirySpec::In(Span::Days(days));
    let dead = issue(OWNER, &widest("expired"), Selection::nothing(), in_days(7));
    let off = issue(OWNER, &widest("disabled"), custom(&[STOP]), ExpirySpec::Never);
    let gone = issue(member, &widest("gone"), custom(&[STOP, START]), ExpirySpec::Never);
    install.fakes.clock.advance(40 * DAY);
    let active = issue(OWNER, &widest("active"), custom(&[STOP, START]), in_days(9));
    let other = issue(member, &widest("of-another"), Selection::Inherit, ExpirySpec::Never);
    let verb = RegenerateToken { token: TokenTarget::at_revision(&active), grace: Some(Span::Days(1)), expires: None };
    install.call(OWNER, verb).unwrap();
    install.call(OWNER, DisableTokens { tokens: vec![TokenTarget::at_revision(&off)] }).unwrap();
    let (tokens, confirmation) = (vec![TokenTarget::at_revision(&gone)], gone.name.to_string());
    install.call(member, RevokeTokens { tokens, with_made: false, expected_made: None, confirmation }).unwrap();
    let client =
        ("2001:db8:1234:5678:9abc:def0:1234:5678", "a-client-with-a-name-that-is-longer-than-its-column/2.32.1");
    for days in 0..20 {
        used(&install, &active, STOP, client, days, 1 + days as u64 * 997);
    }
    used(&install, &other, START, ("10.0.0.9", "curl/8.5"), 1, 60);
    deny(&install, Some(&dead), DenialReason::Expired, client.0, client.1, 120);
    deny(&install, Some(&off), DenialReason::Disabled, client.0, client.1, 17 * 60);
    deny(&install, Some(&gone), DenialReason::Deleted, "10.0.0.9", "curl/8.5", 5 * 3600);
    deny(&install, None, DenialReason::Unknown, "203.0.113.17", "zgrab/0.x", 30 * 3600);
    install
}

/// Returns the screens on a server whose name and address have the maximum width.
fn screens() -> TuiHarness {
    let label = |name: &str, colour| ServerLabel { name: name.to_owned(), colour: Some(colour) };
    let server = label(&"production-".repeat(3)[..32], ServerColour::Red);
    let address = format!("https://{}.example.com:7182", "staging-".repeat(6));
    let mut s = TuiHarness::with_config(install(), Theme::colour(), |config| {
        config.places = vec![
            Place { label: server.clone(), address: address.clone(), is_current: true },
            Place { label: label("staging", ServerColour::Yellow), address, is_current: false },
        ];
        config.server = Some(server);
    });
    s.keys(&format!("{PASSWORD}<enter>"));
    s
}

const CONFIRM: &str = "correct horse battery<enter>";

/// Returns the name of each case, the id of what it shows, and the keys that lead there.
fn cases() -> Vec<(&'static str, &'static str, String)> {
    let keys = |name, id, keys: &str| (name, id, keys.replace("PASSWORD", CONFIRM));
    vec![
        keys("tokens", "tokens", ""),
        keys("tokens-marked", "tokens", "<down><space><space><down>"),
        keys("tokens-filtered", "tokens", "/act"),
        keys("trash", "tokens", "t"),
        keys("accounts", "accounts", "2<down>"),
        keys("audit", "audit", "3<down>"),
        keys("catalogue", "picker", "4<down><down>"),
        keys("policy", "policy", "5<down>"),
        keys("denied", "denied", "6<down>"),
        keys("denied-by-time", "denied", "6g<down>"),
        keys("uses", "uses", "7<down>"),
        keys("create-token", "create-token", "nci<tab>Builds<tab>"),
        keys("picker", "picker", "nci<tab><tab><tab><up><space>"),
        keys("edit-token", "edit-token", "e"),
        keys("discard-draft", "discard-draft", "ebot<esc>"),
        keys("token.edit", "token.edit", "e<tab>Deploys<tab><right><tab><up><up><tab><tab><enter>"),
        keys("copy-token", "copy-token", "c"),
        keys("regenerate-token", "regenerate-token", "r"),
        keys("reveal-secret", "reveal-secret", "<down>r<enter>PASSWORD"),
        keys("discard-secret", "discard-secret", "<down>r<enter>PASSWORD<esc>"),
        keys("save-secret", "save-secret", "<down>r<enter>PASSWORDs"),
        keys("token.disable", "token.disable", "d"),
        keys("token.disable-several", "token.disable", "ad"),
        keys("token.retire", "token.retire", "o"),
        keys("revoke-token", "revoke-token", "xact"),
        keys("revoke-tokens", "revoke-tokens", "ax"),
        keys("purge-tokens", "purge-tokens", "p"),
        keys("restore-tokens", "restore-tokens", "tu"),
        keys("token-details", "token-details", "<enter>"),
        keys("identify-secret", "identify-secret", "Wjtn_found<enter>"),
        keys("sort", "sort", "s<down>"),
        keys("help", "help", "?"),
        keys("palette", "palette", ":revoke"),
        keys("columns", "columns", "C<down>"),
        keys("save-filter", "save-filter", "/act<c-s>mine"),
        keys("filters", "filters", "/act<c-s>mine<enter><esc><esc>F"),
        keys("messages", "messages", "<down><down>dPASSWORDm"),
        keys("servers", "servers", "@<down>"),
        keys("create-account", "create-account", "2nci<tab><tab>short<tab><tab><enter>"),
        keys("set-role", "set-role", "2o<left>"),
        keys("account.role", "account.role", "2o<left><enter><enter>"),
        keys("set-password", "set-password", "2wseven brown foxes<tab>seven"),
        keys("set-contact", "set-contact", "2e"),
        keys("account.disable", "account.disable", "2d"),
        keys("delete-account", "delete-account", "2x"),
        keys("audit-row", "audit-row", "3<enter>"),
        keys("audit-check", "audit-check", "3v"),
        keys("apply-catalogue", "apply-catalogue", "4i"),
        keys("edit-policy", "edit-policy", "5<enter>"),
        keys("denied-row", "denied-row", "6g<enter>"),
        keys("uses-row", "uses-row", "7<enter>"),
        keys("sign-in", "sign-in", "<c-z>"),
    ]
}

fn rgb(colour: Color, default: [u8; 3]) -> [u8; 3] {
    match colour {
        Color::Reset => default,
        Color::Rgb(r, g, b) => [r, g, b],
        Color::Indexed(number) if number >= 16 => rgb_of(number),
        other => panic!("{other} has no known value"),
    }
}

/// Asserts that each text can be read on a terminal with these default colours.
#[track_caller]
fn assert_readable(buffer: &Buffer, (text, background): ([u8; 3], [u8; 3]), name: &str) {
    for cell in buffer.content.iter().filter(|cell| cell.symbol() != " ") {
        let mut pair = (rgb(cell.fg, text), rgb(cell.bg, background));
        if cell.modifier.contains(Modifier::REVERSED) {
            pair = (pair.1, pair.0);
        }
        let found = contrast(pair.0, pair.1);
        assert!(found >= MIN_CONTRAST, "{name}: {:?} has a contrast of {found:.2}", cell.symbol());
    }
}

/// Returns the rows of the topmost dialog, or all rows if there is no dialog.
fn rows_to_show(text: &str) -> std::ops::Range<usize> {
    let lines: Vec<&str> = text.lines().collect();
    match (lines.iter().position(|line| line.contains('┌')), lines.iter().rposition(|line| line.contains('└'))) {
        (Some(first), Some(last)) => first..last + 1,
        _ => 0..lines.len(),
    }
}

/// Writes the number of characters of a long horizontal line instead of all of them.
fn shorten_rules(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("────────") {
        let (before, rule) = rest.split_at(at);
        let after = rule.trim_start_matches('─');
        let _ = write!(shown, "{before}─{}─", (rule.len() - after.len()) / '─'.len_utf8());
        rest = after;
    }
    shown + rest
}

/// Writes lines, and equal ones only once.
fn compact(lines: impl Iterator<Item = String>) -> String {
    let mut lines: Vec<(String, usize)> = lines.fold(Vec::new(), |mut all: Vec<(String, usize)>, line| {
        match all.last_mut() {
            Some((last, count)) if *last == line => *count += 1,
            _ => all.push((line, 1)),
        }
        all
    });
    let show =
        |(line, count): (String, usize)| if count > 1 { format!("{line}  x{count}\n") } else { format!("{line}\n") };
    lines.drain(..).map(show).collect()
}

/// Shows a screen at each size: its text, then runs of cells with the same styles. A letter means the same style in each
/// theme.
fn picture(s: &mut TuiHarness, name: &str) -> String {
    let themes = [Theme::for_background(false), Theme::for_background(true), Theme::mono()];
    let mut legend = vec!["||".to_owned()];
    let mut shown = String::new();
    for (columns, rows) in SIZES {
        s.resize(columns, rows);
        let text = s.text();
        let visible = rows_to_show(&text);
        let buffers = themes.clone().map(|theme| {
            s.app.model.theme = theme;
            s.buffer()
        });
        assert_readable(&buffers[0], ([0xd0; 3], [0x1e; 3]), name);
        assert_readable(&buffers[1], ([0x20; 3], [0xfa; 3]), name);
        let has_colour = |cell: &ratatui::buffer::Cell| cell.fg != Color::Reset || cell.bg != Color::Reset;
        assert!(!buffers[2].content.iter().any(has_colour), "{name} has colours in the mono theme");
        let lines = text.lines().skip(visible.start).take(visible.len()).map(shorten_rules);
        let styles = visible.clone().map(|row| {
            let mut line = String::new();
            let mut run: Option<(usize, u16)> = None;
            for column in 0..columns {
                let of = |at: usize| describe(&buffers[at][(column, row as u16)]);
                let style = format!("{}|{}|{}", of(0), of(1), of(2));
                let letter = legend.iter().position(|known| *known == style).unwrap_or_else(|| {
                    legend.push(style);
                    legend.len() - 1
                });
                match &mut run {
                    Some((same, count)) if *same == letter => *count += 1,
                    _ => write_run(&mut line, run.replace((letter, 1))),
                }
            }
            write_run(&mut line, run.filter(|(letter, _)| *letter > 0));
            line
        });
        let _ = write!(shown, "== {columns}x{rows}\n{}--\n{}", compact(lines), compact(styles));
    }
    shown.push_str("== dark | light | mono\n");
    for (at, style) in legend.iter().enumerate().skip(1) {
        let _ = writeln!(shown, "{} {style}", letter(at));
    }
    shown
}

fn letter(at: usize) -> char {
    if at == 0 { '.' } else { (b'a' + at as u8 - 1) as char }
}

fn write_run(line: &mut String, run: Option<(usize, u16)>) {
    if let Some((at, count)) = run {
        let _ = if count > 1 { write!(line, "{}{count}", letter(at)) } else { write!(line, "{}", letter(at)) };
    }
}

fn describe(cell: &ratatui::buffer::Cell) -> String {
    let mut parts = Vec::new();
    if cell.fg != Color::Reset {
        parts.push(cell.fg.to_string());
    }
    if cell.bg != Color::Reset {
        parts.push(format!("on {}", cell.bg));
    }
    if cell.modifier != Modifier::empty() {
        parts.push(format!("{:?}", cell.modifier).to_lowercase());
    }
    parts.join(" ")
}

/// Asserts that the keys for help and quitting are whole on a screen.
#[track_caller]
fn assert_keys(s: &mut TuiHarness, name: &str) {
    for (columns, rows) in SIZES {
        s.resize(columns, rows);
        let footer = s.footer();
        for key in ["? Help", "q Quit"] {
            assert!(footer.contains(key), "{name} at {columns}x{rows}: {footer}");
        }
    }
}

#[test]
fn each_screen_and_dialog_in_each_theme() {
    for (name, id, keys) in cases() {
        let mut s = screens();
        s.app.model.notice = None;
        s.keys(&keys);
        assert_eq!(s.component_ids().last(), Some(&id), "{name}\n{}", s.text());
        if s.app.modals.is_empty() && s.app.lock.is_none() && !keys.contains('/') {
            assert_keys(&mut s, name);
        }
        insta::assert_snapshot!(format!("every_{name}"), picture(&mut s, name));
    }
    for (name, mut s) in [("first-run", first_run()), ("replace-password", with_temporary_password())] {
        s.assert_top(name);
        insta::assert_snapshot!(format!("every_{name}"), picture(&mut s, name));
    }
}

/// Returns the ids in the source of a folder.
fn ids_in(folder: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            let ids = text.split("fn id(&self) -> &'static str {").skip(1).map(|rest| rest.trim_start());
            let literal = ids.filter_map(|rest| rest.strip_prefix('"')?.split('"').next().map(str::to_owned));
            found.extend(literal);
        }
    }
    found
}

#[test]
fn no_screen_or_dialog_is_left_out() {
    // The sum of a token's attempts is shown in the pane only.
    let others = ["first-run", "replace-password", "denied-token"];
    let known: BTreeSet<&str> = cases().iter().map(|(_, id, _)| *id).chain(others).collect();
    let ids: BTreeSet<String> = ["src/tui/screen", "src/tui/modal"].into_iter().flat_map(ids_in).collect();
    assert!(ids.len() > 20, "{ids:?}");
    let missing: Vec<&String> = ids.iter().filter(|id| !known.contains(id.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn other_locale_gets_ascii_at_the_same_places() {
    for keys in ["", "A<down>", "x", "6", "n", "<enter>", "4"] {
        let mut s = screens();
        s.keys(keys);
        for (columns, rows) in SIZES {
            s.resize(columns, rows);
            let before = s.buffer();
            s.app.model.appearance.is_ascii = true;
            let after = s.buffer();
            s.app.model.appearance.is_ascii = false;
            for (at, (old, new)) in before.content.iter().zip(&after.content).enumerate() {
                assert!(new.symbol().is_ascii() && new.symbol().len() == 1, "{:?}", new.symbol());
                assert!(!old.symbol().is_ascii() || old.symbol() == new.symbol());
                // The cell after a wide character has no style of its own.
                let is_covered = at > 0 && before.content[at - 1].symbol().chars().any(|c| c > '\u{2fff}');
                assert!(is_covered || new.style() == old.style(), "{old:?} {new:?}");
            }
        }
    }
    let mut s = screens();
    s.app.model.appearance.is_ascii = true;
    s.keys("x");
    insta::assert_snapshot!(s.text());
}
