//! Configurations of proxies that `jeton guide` printed, compared with what it prints now.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{CheckKind, Context, Finding};
use crate::domain::route::sites::sites;
use crate::error::{Error, Kind, Result};
use crate::guide::{Fingerprint, PrintedGuide, keep_used_sites};
use crate::platform::secret_files::read_file;
use crate::store::OpenStore;
use crate::verbs::catalogue::ListCatalogues;
use crate::verbs::cli_line::quote_path;
use crate::verbs::credential::Credential;
use crate::verbs::local_backend::LocalBackend;
use crate::verbs::request::call;

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind {
        id: "proxy.file",
        meaning: "The file given with `--proxy` can't be read, or isn't a configuration from `jeton guide`",
        run: |c| files(c).into_iter().filter_map(|file| readable(&file)).collect(),
    },
    CheckKind {
        id: "proxy.current",
        meaning: "The proxy's configuration is outdated, so the proxy uses old routes or settings",
        run: current,
    },
];

/// Maximum size of a configuration, in bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The places that the printed configurations name, below the root of the system.
const USUAL_PLACES: [&str; 6] = [
    "etc/nginx/conf.d/jeton.conf",
    "etc/nginx/sites-enabled/jeton.conf",
    "etc/caddy/Caddyfile",
    "etc/traefik/dynamic/jeton.yaml",
    "etc/envoy/jeton.yaml",
    "etc/haproxy/jeton.cfg",
];

/// A file that may be a configuration.
struct File {
    path: PathBuf,
    content: Result<Option<PrintedGuide>>,
    /// `true` if the user named it.
    is_named: bool,
}

fn files(context: &Context<'_>) -> Vec<File> {
    let read = |path: &Path, is_named: bool| {
        let content = read_file(path, MAX_BYTES).map(|text| PrintedGuide::parse(&text));
        File { path: path.to_owned(), content, is_named }
    };
    if !context.proxies.is_empty() {
        return context.proxies.iter().map(|path| read(path, true)).collect();
    }
    let places = USUAL_PLACES.iter().map(|place| context.root.join(place));
    let found = places.filter(|path| path.exists()).map(|path| read(&path, false));
    // A file in a usual place may guard nothing with jeton, or may be none of our business.
    found.filter(|file| matches!(file.content, Ok(Some(_)))).collect()
}

fn readable(file: &File) -> Option<Finding> {
    let path = file.path.display();
    match &file.content {
        Err(error) => {
            let why = error.why.clone().unwrap_or_else(|| error.what.clone());
            let next = match error.kind {
                Kind::Failure => "Run jeton doctor as a user who can read this file, or correct the path",
                _ => "Correct the path",
            };
            let finding = Finding::fault(format!("{path} can't be read")).next(next);
            Some(finding.because_of(Error { why: Some(why), ..error.clone() }))
        }
        Ok(None) => Some(
            Finding::fault(format!("{path} isn't a configuration from jeton guide"))
                .why("this file does not begin with the comment that jeton guide writes")
                .next("Correct the path, or print a configuration with: jeton guide PROXY"),
        ),
        Ok(Some(_)) => file.is_named.then(|| Finding::ok(format!("{path} is a configuration from jeton guide"))),
    }
}

fn current(context: &Context<'_>) -> Vec<Finding> {
    let printed = files(context).into_iter().filter_map(|file| Some((file.path, file.content.ok()??)));
    printed.map(|(path, printed)| compare(context, &path, &printed)).collect()
}

fn compare(context: &Context<'_>, path: &Path, printed: &PrintedGuide) -> Finding {
    let words = printed.command();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let next = format!(
        "Print the configuration again: {}. Add the same options for addresses and the certificate as before. Then \
         write the output to this file, and reload the proxy",
        super::store::command(context, &words)
    );
    let (file, path) = (path, path.display());
    let Some(store) = super::store::readable(context) else {
        return Finding::warning(format!("{path} wasn't compared with the catalogues"))
            .why("the store can't be read here")
            .next(format!(
                "If this report shows faults of the store, first correct these faults. Run the check on the machine of \
                 the store, as the owner of the store: jeton doctor --proxy {}",
                quote_path(file)
            ));
    };
    let Some(old) = &printed.fingerprint else {
        return Finding::warning(format!("{path} could be outdated"))
            .why("this file is from an earlier version of jeton, and can't be compared with the catalogues")
            .next(next);
    };
    match fingerprint(context, store, printed) {
        Ok(Some(now)) if now == *old => Finding::ok(format!("{path} agrees with the catalogues")),
        Ok(_) => Finding::fault(format!("{path} is outdated"))
            .why("since the file was printed, the catalogues, the settings of the service or jeton have changed")
            .next(next),
        Err(error) => Finding::fault(format!("{path} can't be compared with the catalogues"))
            .next(error.next.clone().unwrap_or(next))
            .because_of(Error { why: Some(error.what_and_why()), ..error }),
    }
}

/// Returns the fingerprint that `jeton guide` prints now.
fn fingerprint(context: &Context<'_>, store: &Arc<OpenStore>, printed: &PrintedGuide) -> Result<Option<Fingerprint>> {
    let backend = LocalBackend::<OpenStore>::new(Arc::clone(store), context.adapters.clone(), context.client.clone());
    let mut catalogues = call(&backend, &Credential::Store, ListCatalogues)?;
    if !printed.catalogues.is_empty() {
        catalogues.retain(|catalogue| printed.catalogues.contains(&catalogue.name));
    }
    let mut found = sites(&catalogues, &printed.preflights);
    keep_used_sites(&mut found);
    let found = found.into_iter().map(|site| (site.hosts, site.rules));
    let accept = context.settings.as_ref().map(|settings| settings.serve.accept.value.clone()).unwrap_or_default();
    Fingerprint::new(printed.kind, found, accept.headers(), accept.has_query())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::context::tests::context_of;
    use crate::platform;

    #[test]
    fn usual_places_are_searched() {
        let root = tempfile::tempdir().unwrap();
        let adapters = platform::adapters();
        let context = context_of(&adapters, root.path());
        let write = |place: &str, text: &str| {
            let path = root.path().join(place);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(USUAL_PLACES[0], "server { listen 80; }\n");
        assert_eq!(files(&context).len(), 0, "it has nothing to do with jeton");
        write(USUAL_PLACES[2], "# jeton guards the application at 127.0.0.1:1: Caddy verifies every request\n");
        let found = files(&context);
        let printed = found[0].content.as_ref().unwrap().as_ref().unwrap();
        assert_eq!((found.len(), printed.name, printed.fingerprint.is_none()), (1, "caddy", true));
    }

    #[test]
    fn options_of_a_printed_configuration_are_read() {
        let text = "# jeton guards the application at 127.0.0.1:1: HAProxy (2.6 or newer) verifies\n\
                    # jeton catalogue haproxy 0011223344556677\n\
                    # printed with --preflights a: CORS preflights pass without a token\n\
                    # printed with --catalogue a --catalogue b: contains no routes of other catalogues\n";
        let printed = PrintedGuide::parse(text).unwrap();
        assert_eq!(printed.fingerprint.as_ref().unwrap().to_string(), text.lines().nth(1).unwrap());
        assert_eq!(printed.command().join(" "), "guide haproxy --catalogue a --catalogue b --preflights a");
        assert_eq!(PrintedGuide::parse("server { }"), None);
    }
}
