//! `jeton scan`: finds issued secrets in files, and says whose they are. Needs no password, only the store.

mod report;
mod revoke;

use std::path::PathBuf;

pub(super) use self::report::Scanned;
use self::report::{Found, print_report};
use self::revoke::{Revocation, revoke};
use super::App;
use super::args::ScanArgs;
use super::output::counted;
use super::progress::ProgressBar;
use crate::error::{Error, Result};
use crate::platform::bounded_read::is_standard;
use crate::platform::secret_scan::{self, ScanOptions, ScanReport};
use crate::verbs::accounts::GetSetup;
use crate::verbs::credential::Credential;
use crate::verbs::tokens::{IdentifySecret, RevokedKind, RevokedSecret};

pub(super) fn run(app: &mut App, args: ScanArgs) -> Result<()> {
    // The prefix also shows that the store can be opened, before a long search.
    app.backend.local()?;
    let setup = app.call(&Credential::Store, GetSetup)?;
    let prefix = setup.prefix.ok_or_else(|| app.backend.not_set_up())?;
    let options = ScanOptions {
        paths: args.paths,
        respects_ignore_files: !args.no_ignore,
        with_git_objects: !args.no_git,
        with_staged: args.staged,
    };
    let bar = show_progress(app, &options)?;
    let report = secret_scan::scan(&prefix, &options, &app.adapters.progress);
    let found = identify(app, &report)?;
    drop(bar);
    if !app.out.json {
        print_report(app, &report, &found)?;
    }
    let done = args.revoke.then(|| revoke(app, &found, args.confirm.as_deref())).transpose()?;
    let revoked = done.as_ref().map(|done| Revoked::new(&done.ended));
    let Revocation { ended, service, failure } = done.unwrap_or_default();
    if app.out.json {
        service.print_json(app, &Scanned::new(&report, &found, args.revoke.then_some(ended)))?;
    }
    match failure {
        Some(error) => Err(error),
        None => finish(app, &report, &found, revoked, args.staged),
    }
}

/// The result of `--revoke`.
#[derive(Clone, Copy)]
struct Revoked {
    /// Number of secrets that were ended.
    count: usize,
    /// `true` if a token was disabled.
    has_disabled: bool,
}

impl Revoked {
    fn new(ended: &[RevokedSecret]) -> Self {
        Revoked { count: ended.len(), has_disabled: ended.iter().any(|one| one.revoked == RevokedKind::Token) }
    }
}

/// Shows a progress bar, with which a signal that would end the program stops the search. `None` if a path is a stream: a
/// signal can't end the wait for its input, and ends the program as usual.
fn show_progress(app: &App, options: &ScanOptions) -> Result<Option<ProgressBar>> {
    let is_stream =
        |path: &PathBuf| is_standard(path) || !path.metadata().is_ok_and(|meta| meta.is_file() || meta.is_dir());
    if options.paths.iter().any(is_stream) {
        return Ok(None);
    }
    ProgressBar::show_of_read(&app.out, &app.adapters.progress, "files and git objects searched").map(Some)
}

/// Looks up the secrets. Those that work come first, unknown ones last. Nothing is reported after a stop, because the
/// report isn't complete then.
fn identify<'a>(app: &App, report: &'a ScanReport) -> Result<Vec<Found<'a>>> {
    app.adapters.progress.check()?;
    let look_up = |found: &'a secret_scan::FoundSecret| {
        app.adapters.progress.check()?;
        let lookup = app.call(&Credential::Store, IdentifySecret { secret: found.secret.clone() })?;
        Ok(Found::new(found, lookup))
    };
    let mut found = report.found.iter().map(look_up).collect::<Result<Vec<_>>>()?;
    found.sort_by_key(Found::rank);
    Ok(found)
}

/// Returns the exit code, and prints the summary. A file that could not be searched may hold a secret, so that nothing
/// found is a failure then.
fn finish(
    app: &App,
    report: &ScanReport,
    found: &[Found<'_>],
    revoked: Option<Revoked>,
    is_staged: bool,
) -> Result<()> {
    if report.is_full() {
        app.out.note(&format!(
            "! the scan ended early, because it found secrets in {} places. Scan smaller folders",
            report.places
        ));
    }
    if !found.is_empty() {
        return Err(findings(app, report, found, revoked));
    }
    let searched = match report.objects {
        0 => counted(report.files, "file"),
        objects => format!("{} and {}", counted(report.files, "file"), counted(objects, "git object")),
    };
    match report.unreadable_count {
        0 => {
            app.out.note(&format!("No secrets in {searched}"));
            Ok(())
        }
        _ if is_staged => Err(Error::failure("the staged files could not be searched")
            .next("Run the command in a git repository whose files you can read")),
        count => Err(Error::failure(format!(
            "no secrets in {searched}, but {} could not be searched",
            counted(count, "path")
        ))
        .next({
            let reasons = match (app.out.json, app.out.quiet) {
                (true, _) => "See the reasons in the JSON answer",
                (false, true) => "To see the reasons, run the command without --quiet",
                (false, false) => "See the reasons above",
            };
            match report.unreadable.iter().any(|one| one.why.contains("git objects")) {
                true => format!("{reasons}. To leave out git objects, add --no-git"),
                false => reasons.to_owned(),
            }
        })),
    }
}

/// Returns the error for the secrets in `found`.
fn findings(app: &App, report: &ScanReport, found: &[Found<'_>], revoked: Option<Revoked>) -> Error {
    if app.out.quiet {
        return Error::silent_findings();
    }
    let working = found.iter().filter(|found| found.works()).count();
    let is_unknown = found.iter().all(Found::is_unknown);
    let why = match (revoked, working, found.len()) {
        (Some(Revoked { count: 1.., .. }), _, 1) => "the secret was revoked".to_owned(),
        (Some(Revoked { count: 1, .. }), ..) => "1 secret was revoked".to_owned(),
        (Some(Revoked { count: count @ 1.., .. }), ..) => format!("{count} secrets were revoked"),
        (_, 0, 1) if is_unknown => "this store does not know the secret".to_owned(),
        (_, 0, _) if is_unknown => "this store knows none of the secrets".to_owned(),
        (_, 0, 1) => "the secret doesn't work".to_owned(),
        (_, 0, _) => "none of the secrets works".to_owned(),
        (Some(_), _, 1) => "the secret doesn't work any more".to_owned(),
        (Some(_), ..) => "none of the secrets works any more".to_owned(),
        (None, _, 1) => "the secret works".to_owned(),
        (None, 1, _) => "1 secret works".to_owned(),
        (None, count, _) => format!("{count} secrets work"),
    };
    let program = app.program();
    let next = match revoked {
        Some(Revoked { count: 1.., has_disabled: true }) => Some(format!(
            "To give a disabled token a new secret, run: {program} token regenerate NAME. Then run: {program} token \
             enable NAME"
        )),
        None if working > 0 => Some(format!(
            "To end every secret that works, run the command again with --revoke. To replace a secret instead, run: \
             {program} token regenerate NAME"
        )),
        _ => None,
    };
    let (secrets, places) = (counted(found.len(), "secret"), counted(report.places, "place"));
    let error = Error::findings(format!("found {secrets} in {places}")).why(why);
    next.map_or(error.clone(), |next| error.next(next))
}
