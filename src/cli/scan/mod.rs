//! `jeton scan`: finds issued secrets in files, and says whose they are. Needs no password, only the store.

mod report;

pub(super) use self::report::Scanned;
use self::report::{Found, print_report};
use super::App;
use super::args::ScanArgs;
use super::output::counted;
use crate::error::{Error, Result};
use crate::platform::secret_scan::{self, MAX_PLACES, ScanOptions, ScanReport};
use crate::verbs::accounts::GetSetup;
use crate::verbs::credential::Credential;
use crate::verbs::tokens::IdentifySecret;

pub(super) fn run(app: &mut App, args: ScanArgs) -> Result<()> {
    // The prefix also shows that the store can be opened, before a long search.
    app.backend.local()?;
    let setup = app.call(&Credential::Store, GetSetup)?;
    let prefix = setup.prefix.ok_or_else(|| app.backend.not_set_up())?;
    let options = ScanOptions { paths: args.paths, respects_ignore_files: !args.no_ignore };
    let report = secret_scan::scan(&prefix, &options);
    let found = identify(app, &report)?;
    print_report(app, &report, &found)?;
    finish(app, &report, &found)
}

/// Looks up the secrets. Those that work come first, unknown ones last.
fn identify<'a>(app: &App, report: &'a ScanReport) -> Result<Vec<Found<'a>>> {
    let look_up = |found: &'a secret_scan::FoundSecret| {
        let lookup = app.call(&Credential::Store, IdentifySecret { secret: found.secret.clone() })?;
        Ok(Found::new(found, lookup))
    };
    let mut found = report.found.iter().map(look_up).collect::<Result<Vec<_>>>()?;
    found.sort_by_key(Found::rank);
    Ok(found)
}

/// Returns the exit code, and prints the summary. A file that could not be searched may hold a secret, so that nothing
/// found is a failure then.
fn finish(app: &App, report: &ScanReport, found: &[Found<'_>]) -> Result<()> {
    if report.is_full() {
        app.out.note(&format!("! the scan ended early, because it found {MAX_PLACES} places. Scan smaller folders"));
    }
    let (files, working) = (counted(report.files, "file"), found.iter().filter(|found| found.works()).count());
    if !found.is_empty() {
        if app.out.quiet {
            return Err(Error::silent_findings());
        }
        let places = counted(report.places, "place");
        return Err(Error::findings(format!("found {} in {places}", counted(found.len(), "secret"))).why(
            match working {
                0 => "none of them works".to_owned(),
                1 => "1 of them works".to_owned(),
                count => format!("{count} of them work"),
            },
        ));
    }
    match report.unreadable_count {
        0 => {
            app.out.note(&format!("No secrets in {files}"));
            Ok(())
        }
        count => Err(Error::failure(format!(
            "no secrets in {files}, but {} could not be searched",
            counted(count, "file or folder")
        ))
        .next("Run the command as a user who may read them, or scan other paths")),
    }
}
