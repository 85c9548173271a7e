//! Changing catalogues: check a file, preview what it would do, apply it.

use std::path::Path;

use super::super::App;
use super::super::json::SCHEMA;
use super::json::{AppliedJson, CheckedJson};
use super::{Consent, OpenapiArgs, counted, look};
use crate::domain::catalogue::diff::{Field, Part};
use crate::domain::catalogue::{Catalogue, file};
use crate::domain::openapi;
use crate::error::{Kind, Result};
use crate::platform::files::read_text;
use crate::verbs::accounts::Greet;
use crate::verbs::actor::Credential;
use crate::verbs::catalogue::{ApplyCatalogue, Preview, PreviewCatalogue};

/// The longest lists that a preview prints; `--json` has them whole.
const MOST_LINES: usize = 40;
/// The most methods named on a line.
const MOST_METHODS: usize = 6;
/// The longest texts on a line of a preview.
const LONGEST: usize = 100;

/// Reads a catalogue file among those of the store.
fn from_file(app: &App, path: &str) -> Result<Catalogue> {
    let text = read_text(Path::new(path), file::LARGEST)?;
    // Without a store a file can still be written and checked, for one that is to be set up.
    let there = if app.ask(&Credential::Store, Greet)?.first_run {
        vec![Catalogue::shipped(crate::domain::catalogue::MANAGEMENT)?]
    } else {
        look::catalogues(app)?
    };
    file::read(path, &text, &there)
}

pub(super) fn check(app: &mut App, path: &str) -> Result<()> {
    let catalogue = from_file(app, path)?;
    let (groups, methods, sets) = (catalogue.groups.len(), catalogue.methods().count(), catalogue.sets.len());
    if app.out.json {
        return app.out.json(&CheckedJson { schema: SCHEMA, catalogue: &catalogue.name, groups, methods, sets });
    }
    let (groups, methods, sets) = (counted(groups, "group"), counted(methods, "method"), counted(sets, "API set"));
    app.out.note(&format!("✓ {path} is a catalogue, {}: {groups}, {methods}, {sets}", catalogue.name));
    Ok(())
}

pub(super) fn apply(app: &mut App, from: &str, consent: &Consent) -> Result<()> {
    let catalogue = source(app, from)?;
    offer(app, catalogue, &[], consent)
}

/// The catalogue that `from` names: one that comes with jeton, else a file.
pub(in crate::cli) fn source(app: &App, from: &str) -> Result<Catalogue> {
    if Catalogue::is_shipped(from) {
        return Catalogue::shipped(from);
    }
    from_file(app, from).map_err(|e| match e.kind {
        Kind::NotFound => e.why("the catalogue that comes with jeton is cloud-platform; anything else is a file"),
        _ => e,
    })
}

/// A catalogue's name made from a file's: lower case, and a dash for whatever a name can't hold.
fn name_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    stem.chars().map(|c| if fits(c) { c } else { '-' }).collect()
}

pub(super) fn import_openapi(app: &mut App, args: OpenapiArgs) -> Result<()> {
    let path = Path::new(&args.file);
    let text = read_text(path, openapi::LARGEST)?;
    let name = match args.name {
        Some(name) => name,
        None => name_of(path),
    };
    let options = openapi::Options { name, title: args.title, docs_url: args.docs_url };
    let imported = openapi::import(&text, &options)?;
    offer(app, imported.catalogue, &imported.warnings, &args.consent)
}

/// Previews `catalogue`, whatever it was read from, and applies it: the one way in from the command line. `warnings`
/// are what its reader could not take as it stood.
pub(super) fn offer(app: &mut App, catalogue: Catalogue, warnings: &[String], consent: &Consent) -> Result<()> {
    for warning in warnings {
        app.out.note(&format!("! {warning}"));
    }
    let preview = app.ask(&Credential::Store, PreviewCatalogue { catalogue: catalogue.clone() })?;
    if !app.out.json {
        print(app, &preview)?;
    }
    if consent.dry_run {
        if app.out.json {
            return app.out.json(&AppliedJson::of(&preview, warnings, false));
        }
        app.out.note("nothing was changed: --dry-run");
        return Ok(());
    }
    // The verb says so too; here nobody is asked for a password first.
    preview.accept(consent.accept_widening)?;
    let who = app.to_change()?;
    let changed = app.ask(&who, ApplyCatalogue { catalogue, accept_widening: consent.accept_widening })?;
    if app.out.json {
        return app.out.json(&AppliedJson::of(&changed.out, warnings, true));
    }
    app.out.note(&format!("✓ the catalogue {} is in force", changed.out.name));
    Ok(())
}

fn print(app: &mut App, preview: &Preview) -> Result<()> {
    if app.out.quiet {
        return Ok(());
    }
    let mut text = Vec::new();
    if preview.is_empty() {
        text.push(format!("{}: nothing changes", preview.name));
    } else {
        let new = if preview.is_new { ", a new catalogue" } else { "" };
        text.push(format!("{}{new}", preview.name));
    }
    text.extend(preview.diff.head.iter().map(|f| field("  ", f)));
    for (what, part) in
        [("group", &preview.diff.groups), ("method", &preview.diff.methods), ("API set", &preview.diff.sets)]
    {
        tell(&mut text, what, part);
    }
    if !preview.shifts.is_empty() {
        text.push("What API sets hold:".to_owned());
        few(
            &mut text,
            preview.shifts.len(),
            preview.shifts.iter().map(|shift| {
                let (gains, loses) = (named(&shift.gains, shift.gains.len()), named(&shift.loses, shift.loses.len()));
                let parts = [("+", shift.gains.len(), gains), ("−", shift.loses.len(), loses)];
                let parts =
                    parts.iter().filter(|(_, n, _)| *n > 0).map(|(sign, n, names)| format!("{sign}{n} {names}"));
                vec![format!("  {}: {}", shift.set, parts.collect::<Vec<_>>().join("; "))]
            }),
        );
    }
    let widening = &preview.widening;
    if widening.count > 0 {
        let tokens =
            if widening.count == 1 { "1 token gains".to_owned() } else { format!("{} tokens gain", widening.count) };
        text.push(format!("{tokens} methods:"));
        let all = usize::try_from(widening.count).unwrap_or(usize::MAX);
        few(
            &mut text,
            all,
            widening.tokens.iter().map(|token| {
                vec![format!("  {}  +{} {}", token.name, token.count, named(&token.methods, token.count))]
            }),
        );
    } else if !preview.is_empty() {
        text.push("No token gains methods.".to_owned());
    }
    text.iter().try_for_each(|line| app.out.line(line))
}

fn tell(text: &mut Vec<String>, what: &str, part: &Part) {
    let counts = [("new", part.added.len()), ("gone", part.removed.len()), ("changed", part.changed.len())];
    let counts: Vec<String> = counts.iter().filter(|(_, n)| *n > 0).map(|(word, n)| format!("{n} {word}")).collect();
    if counts.is_empty() {
        return;
    }
    text.push(format!("{}s: {}", capital(what), counts.join(", ")));
    few(text, part.added.len(), part.added.iter().map(|id| vec![format!("  + {id}")]));
    few(text, part.removed.len(), part.removed.iter().map(|id| vec![format!("  − {id}")]));
    few(
        text,
        part.changed.len(),
        part.changed.iter().map(|change| {
            let mut lines = vec![format!("  ~ {}", change.id)];
            lines.extend(change.fields.iter().map(|f| field("      ", f)));
            lines
        }),
    );
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The first lines, and how many things more there are.
fn few(text: &mut Vec<String>, all: usize, things: impl Iterator<Item = Vec<String>>) {
    things.take(MOST_LINES).for_each(|lines| text.extend(lines));
    if all > MOST_LINES {
        text.push(format!("  … {} more; --json has them", all - MOST_LINES));
    }
}

fn named(methods: &[crate::domain::method::MethodId], all: usize) -> String {
    let mut names: Vec<String> = methods.iter().take(MOST_METHODS).map(ToString::to_string).collect();
    if all > names.len() {
        names.push("…".to_owned());
    }
    names.join(", ")
}

fn field(indent: &str, field: &Field) -> String {
    let cut = |text: &str| {
        let head: String = text.chars().take(LONGEST).collect();
        match (head.is_empty(), head.len() < text.len()) {
            (true, _) => "nothing".to_owned(),
            (false, true) => format!("{head}…"),
            (false, false) => head,
        }
    };
    format!("{indent}{}: {} → {}", field.name, cut(&field.before), cut(&field.after))
}
