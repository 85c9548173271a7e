//! Questions about the methods that a token may call.

use std::collections::BTreeSet;

use super::super::App;
use super::super::args::SelectionArgs;
use super::super::output::counted;
use super::rows::has_words;
use super::{fields, menu};
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::permission_index::PermissionIndex;
use crate::domain::catalogue::short_names::{full_method_id, full_set_name};
use crate::domain::method::{Method, MethodId};
use crate::domain::suggest::did_you_mean;
use crate::error::{Error, Result};
use crate::verbs::credential::Credential;

/// Maximum number of methods or API sets that are read out at once.
const MAX_FOUND: usize = 20;

/// The chosen API selection, as the options of the commands name it. Without any, the token may call nothing.
#[derive(Debug, Default)]
pub(super) struct Access {
    pub sets: Vec<String>,
    pub methods: Vec<String>,
    pub inherits: bool,
}

impl Access {
    pub fn describe(&self) -> String {
        match self {
            Access { inherits: true, .. } => "everything that the role permits, except the methods of jeton".to_owned(),
            Access { sets, .. } if !sets.is_empty() => named_list("API set", sets),
            Access { methods, .. } if !methods.is_empty() => named_list("method", methods),
            Access { .. } => "none".to_owned(),
        }
    }
}

fn named_list(kind: &str, names: &[String]) -> String {
    let s = if names.len() == 1 { "" } else { "s" };
    format!("{kind}{s} {}", names.join(", "))
}

const CHOICES: [&str; 4] = [
    "API sets: named groups of methods",
    "Single methods",
    "Inherit: everything that the role of the account permits, now and later, except the methods of jeton",
    "None: the token may call nothing",
];

/// Asks for the API selection of a new token.
pub(super) fn ask(app: &mut App) -> Result<Access> {
    let chosen = fields::choose(app, "API access", &CHOICES)?;
    ask_chosen(app, chosen)
}

/// Asks for a change of the `present` API selection.
pub(super) fn ask_change(app: &mut App, present: &Selection) -> Result<SelectionArgs> {
    let mut choices = vec![format!("Keep the present API access: {}", present.summary())];
    choices.extend(CHOICES.map(|choice| format!("Replace by: {choice}")));
    let mut change = SelectionArgs::default();
    if let Some(chosen) = fields::choose(app, "API access", &choices)?.checked_sub(1) {
        let Access { sets, methods, inherits } = ask_chosen(app, chosen)?;
        change.nothing = sets.is_empty() && methods.is_empty() && !inherits;
        (change.set, change.method, change.inherit) = (sets, methods, inherits);
    }
    Ok(change)
}

fn ask_chosen(app: &mut App, chosen: usize) -> Result<Access> {
    Ok(match chosen {
        0 => Access { sets: ask_sets(app)?, ..Access::default() },
        1 => Access { methods: ask_methods(app)?, ..Access::default() },
        2 => Access { inherits: true, ..Access::default() },
        _ => Access::default(),
    })
}

/// Asks for API sets.
fn ask_sets(app: &mut App) -> Result<Vec<String>> {
    let catalogues = app.catalogues_for_names(&Credential::Session(app.session()?))?;
    let index = PermissionIndex::new(&catalogues);
    let sets = catalogues.iter().flat_map(|catalogue| &catalogue.sets);
    let all: Vec<_> = sets.map(|set| (set.name.clone(), counted(index.count(&set.name), "method"))).collect();
    ask_some(app, "API set", &all, |text| full_set_name(&catalogues, text))
}

fn ask_methods(app: &mut App) -> Result<Vec<String>> {
    let catalogues = app.catalogues_for_names(&Credential::Session(app.session()?))?;
    let methods = catalogues.iter().flat_map(Catalogue::methods);
    let about = |method: &Method| format!("{}; {}", method.access.as_str(), method.title);
    let all: Vec<_> = methods.map(|method| (method.id.to_string(), about(method))).collect();
    ask_some(app, "method", &all, |text| Ok(full_method_id(&catalogues, &MethodId::parse(text)?)?.to_string()))
}

/// Asks for some of `all`, which are pairs of a name and a remark: by number or name. A question mark and words search.
fn ask_some(
    app: &mut App,
    kind: &str,
    all: &[(String, String)],
    full_name: impl Fn(&str) -> Result<String>,
) -> Result<Vec<String>> {
    if all.is_empty() {
        return Err(Error::not_found(format!("there are no {kind}s"))
            .why(format!("no catalogue contains {kind}s"))
            .next(format!("Apply a catalogue with {kind}s: jeton catalogue apply FILE")));
    }
    let there_are = if all.len() == 1 { "There is" } else { "There are" };
    app.out.line(&format!(
        "{there_are} {}. To search, type a question mark and a part of the name.",
        counted(all.len(), kind)
    ))?;
    if all.len() <= MAX_FOUND {
        read_out(app, kind, all, "")?;
    }
    loop {
        let answer = menu::ask(app, &format!("Numbers or names of {kind}s, with commas between them"))?;
        match answer.strip_prefix('?') {
            _ if matches!(answer.as_str(), "" | "0") => return Err(Error::cancelled()),
            Some(words) => read_out(app, kind, all, words)?,
            None => match named(kind, all, &answer, &full_name) {
                Ok(names) => return Ok(names.into_iter().collect()),
                Err(e) => menu::report(app, e)?,
            },
        }
    }
}

/// Returns those of `all` that `answer` numbers or names.
fn named(
    kind: &str,
    all: &[(String, String)],
    answer: &str,
    full_name: impl Fn(&str) -> Result<String>,
) -> Result<BTreeSet<String>> {
    let words = answer.split(',').map(str::trim).filter(|word| !word.is_empty());
    let find = |word| {
        if let Some((name, _)) = menu::parse_place(word, all.len()).and_then(|at| all.get(at)) {
            return Ok(name.clone());
        }
        let name = full_name(word)?;
        if all.iter().any(|(known, _)| *known == name) {
            return Ok(name);
        }
        let unknown = Error::usage(format!("no {kind} \"{word}\""));
        Err(did_you_mean(unknown, word, all.iter().map(|(known, _)| known.as_str())))
    };
    match words.map(find).collect::<Result<BTreeSet<String>>>()? {
        none if none.is_empty() => Err(Error::usage(format!("no {kind} was named"))),
        names => Ok(names),
    }
}

/// Reads out those of `all` that hold each of the `words`, with their numbers.
fn read_out(app: &mut App, kind: &str, all: &[(String, String)], words: &str) -> Result<()> {
    let lines = all.iter().enumerate().map(|(at, (name, remark))| format!("{}. {name}; {remark}", at + 1));
    let found: Vec<String> = lines.filter(|line| has_words(line, words)).collect();
    if found.is_empty() {
        return app.out.line(&format!("No {kind} matches."));
    }
    found.iter().take(MAX_FOUND).try_for_each(|line| app.out.line(line))?;
    match found.len().saturating_sub(MAX_FOUND) {
        0 => Ok(()),
        more => app.out.line(&format!("{more} more found. Type a question mark and a longer part of the name.")),
    }
}
