//! The answer of `scan`.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::super::App;
use super::super::output::counted;
use crate::domain::expiry::Expiry;
use crate::domain::secret::{SecretText, redact_secrets};
use crate::domain::time::{Timestamp, relative};
use crate::error::{Result, without_error_number};
use crate::platform::secret_scan::{FoundSecret, GitObject, Place, PlaceSource, ScanReport, Unreadable};
use crate::verbs::ports::SecretState;
use crate::verbs::tokens::RevokedSecret;
use crate::verbs::verify::{DenialReason, SecretLookup, SecretOwner};

/// Number of places that are printed for each secret. `--quiet` and `--json` print all.
const SHOWN_PLACES: usize = 10;
/// Number of characters of an id that are printed.
const SHORT_ID: usize = 12;
/// Number of unreadable files that are printed. `--json` prints more.
const SHOWN_UNREADABLE: usize = 5;

/// The answer of `scan`.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct Scanned<'a> {
    /// Each secret once: those that work first, unknown ones last.
    found: Vec<FoundJson<'a>>,
    /// The first 1,000 files and folders that could not be searched.
    unreadable: Vec<UnreadableJson>,
    /// Number of files and folders that could not be searched.
    unreadable_count: u64,
    /// Number of searched files.
    files: u64,
    /// Number of searched git objects.
    objects: u64,
    /// Number of searched bytes.
    bytes: u64,
    /// `true` if the scan ended early, because it found 1,000,000 places, or paths of 64 MiB.
    ended_early: bool,
    /// The secrets that `--revoke` has ended; `null` without `--revoke`.
    revoked: Option<Vec<RevokedSecret>>,
}

impl<'a> Scanned<'a> {
    pub(super) fn new(report: &ScanReport, found: &'a [Found<'a>], revoked: Option<Vec<RevokedSecret>>) -> Self {
        let place = |place: &Place| {
            let (path, object) = match &*place.source {
                PlaceSource::File(path) | PlaceSource::Staged(path) | PlaceSource::Name(path) => {
                    (Some(shown(path)), None)
                }
                PlaceSource::Object(GitObject { repository, id, commit, path }) => {
                    let object = ObjectJson { repository: shown(repository), id: id.clone(), commit: commit.clone() };
                    (path.as_deref().map(in_repository), Some(object))
                }
            };
            let position = (!matches!(*place.source, PlaceSource::Name(_))).then_some(place.position);
            let (line, column) = (position.map(|at| at.line), position.map(|at| at.column));
            PlaceJson { path, line, column, object }
        };
        let unreadable = |Unreadable { path, why }: &Unreadable| UnreadableJson {
            path: shown(path),
            why: without_error_number(why).to_owned(),
        };
        Scanned {
            found: found
                .iter()
                .map(|found| FoundJson {
                    hint: found.hint(),
                    places: found.secret.places.iter().map(place).collect(),
                    lookup: &found.lookup,
                })
                .collect(),
            unreadable: report.unreadable.iter().map(unreadable).collect(),
            unreadable_count: report.unreadable_count,
            files: report.files,
            objects: report.objects,
            bytes: report.bytes,
            ended_early: report.is_full(),
            revoked,
        }
    }
}

/// A secret that was found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FoundSecret")]
struct FoundJson<'a> {
    /// The secret's first characters, safe to show.
    hint: &'a str,
    /// The places.
    places: Vec<PlaceJson>,
    #[serde(flatten)]
    lookup: &'a SecretLookup,
}

/// A place of a secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Place")]
struct PlaceJson {
    /// The file; `-` is stdin. In a git object the path in its commit; `null` if it is not known. Bytes that are not UTF-8 are
    /// replaced. Of a secret in a path, only the first characters are kept.
    path: Option<String>,
    /// The line, from 1. `null` if the secret is in the file's name.
    line: Option<u64>,
    /// The first byte of the secret in its line, from 1. `null` if the secret is in the file's name.
    column: Option<u64>,
    /// The git object that has the secret; `null` for a file.
    object: Option<ObjectJson>,
}

/// A git object.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GitObject")]
struct ObjectJson {
    /// The folder of the repository.
    repository: String,
    /// The object's id.
    id: String,
    /// The newest commit that added the object; `null` if there is none.
    commit: Option<String>,
}

/// A file or folder that could not be searched.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Unreadable")]
struct UnreadableJson {
    /// The path.
    path: String,
    /// The fault.
    why: String,
}

/// A secret with its places and its token.
pub(super) struct Found<'a> {
    secret: &'a FoundSecret,
    lookup: SecretLookup,
}

impl<'a> Found<'a> {
    pub fn new(secret: &'a FoundSecret, lookup: SecretLookup) -> Self {
        Found { secret, lookup }
    }

    pub fn works(&self) -> bool {
        self.lookup.denial_reason.is_none()
    }

    /// Returns `true` if the store never issued the secret.
    pub fn is_unknown(&self) -> bool {
        matches!(self.lookup.denial_reason, Some(DenialReason::Unknown | DenialReason::WrongSecret))
    }

    /// Returns the rank in the list: the smaller, the more urgent.
    pub fn rank(&self) -> u8 {
        match (self.works(), self.is_unknown()) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => 2,
        }
    }

    /// Returns the secret itself, to end it.
    pub fn text(&self) -> SecretText {
        self.secret.secret.clone()
    }

    pub fn lookup(&self) -> &SecretLookup {
        &self.lookup
    }

    fn hint(&self) -> &str {
        self.secret.secret.hint().unwrap_or_default()
    }

    /// Returns `account/name`.
    pub fn owner(&self) -> String {
        match &self.lookup.owner {
            _ if self.is_unknown() => "unknown".to_owned(),
            SecretOwner::Unknown => "unknown".to_owned(),
            SecretOwner::Token(token, _) => token.full_name(),
            SecretOwner::Purged(purged) => purged.full_name(),
            SecretOwner::Login(login) => format!("login {}", login.full_name()),
        }
    }

    /// Returns if the secret works, or why not.
    fn state(&self, now: Timestamp) -> String {
        let until = match (&self.lookup.denial_reason, &self.lookup.owner) {
            _ if self.is_unknown() => return "unknown to this store".to_owned(),
            (Some(reason), _) => return format!("denied: {}", reason.describe()),
            (None, SecretOwner::Token(_, SecretState::Previous(until))) => Some(*until),
            (None, SecretOwner::Token(token, _)) => match token.expiry {
                Expiry::Never => None,
                Expiry::At(at) => Some(at),
            },
            (None, SecretOwner::Login(login)) => Some(login.expires_at),
            (None, SecretOwner::Purged(_) | SecretOwner::Unknown) => None,
        };
        until.map_or_else(|| "works, never expires".to_owned(), |at| format!("works, expires {}", relative(at, now)))
    }
}

/// Prints the secrets, their places, and what could not be searched.
pub(super) fn print_report(app: &mut App, report: &ScanReport, found: &[Found<'_>]) -> Result<()> {
    if app.out.quiet {
        let mut places = found.iter().flat_map(|found| &found.secret.places);
        return places.try_for_each(|place| app.out.line(&format_place(place)));
    }
    let now = app.now();
    let widest = found.iter().map(|found| found.owner().width()).max().unwrap_or_default();
    for found in found {
        let owner = found.owner();
        let space = " ".repeat(widest - owner.width());
        app.out.line(&format!("{owner}{space}  {}…  {}", found.hint(), found.state(now)))?;
        for place in found.secret.places.iter().take(SHOWN_PLACES) {
            app.out.line(&format!("  {}", format_place(place)))?;
        }
        match found.secret.places.len() {
            count if count > SHOWN_PLACES => {
                let more = counted(count - SHOWN_PLACES, "more place");
                app.out.line(&format!("  … and {more} (to list all, add --quiet)"))?;
            }
            _ => {}
        }
    }
    for Unreadable { path, why } in report.unreadable.iter().take(SHOWN_UNREADABLE) {
        app.out.note(&format!("! {}: {}", shown(path), without_error_number(why)));
    }
    match report.unreadable_count.saturating_sub(SHOWN_UNREADABLE as u64) {
        0 => {}
        more => app.out.note(&format!("! {} could not be searched (see --json)", counted(more, "more path"))),
    }
    Ok(())
}

/// Returns `path:line:column`, as editors open it. For a git object the repository and `commit:path:line:column`, or
/// `object:line:column`, as `git show` takes it.
fn format_place(place: &Place) -> String {
    let text = match &*place.source {
        PlaceSource::Name(path) => return format!("{}: in the name", shown(path)),
        PlaceSource::File(path) | PlaceSource::Staged(path) => shown(path),
        PlaceSource::Object(GitObject { repository, id, commit, path }) => {
            let short = |id: &str| id.chars().take(SHORT_ID).collect::<String>();
            match (commit, path) {
                (Some(commit), Some(path)) => {
                    format!("{} {}:{}", shown(repository), short(commit), in_repository(path))
                }
                _ => format!("{} {}", shown(repository), short(id)),
            }
        }
    };
    format!("{text}:{}:{}", place.position.line, place.position.column)
}

/// Returns the path as text, without secrets. What lies in the working directory is named without `./`.
fn shown(path: &Path) -> String {
    let path = in_repository(path);
    path.strip_prefix("./").filter(|rest| !rest.is_empty()).map(str::to_owned).unwrap_or(path)
}

/// Returns the path in a commit as text, without secrets.
fn in_repository(path: &Path) -> String {
    redact_secrets(&path.display().to_string()).into_owned()
}
