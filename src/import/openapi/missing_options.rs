//! Options of an earlier import that the present one lacks. The store doesn't keep them, but the applied catalogue shows
//! what they did.

use std::collections::BTreeSet;

use super::ImportOptions;
use crate::domain::catalogue::change::diff::{AttributeChange, CatalogueDiff};

/// Returns the options that would keep what the catalogue lost in `diff`, as words of a command line. Options that were
/// given are not among them, nor is `--access`, because a table can't be read from a catalogue.
pub fn missing_options(given: &ImportOptions, diff: &CatalogueDiff) -> Vec<String> {
    let mut missing = Vec::new();
    let attribute = |name: &str| diff.attributes.iter().find(|change| change.name == name);
    if let Some(hosts) = attribute("hosts").filter(|_| given.hosts.is_none()) {
        match hosts.before.as_str() {
            "" => missing.push("--any-host".to_owned()),
            hosts => missing.extend(hosts.split(", ").flat_map(|host| ["--host".to_owned(), host.to_owned()])),
        }
    }
    if attribute("trailing_slash").is_some_and(|change| change.before == "either") {
        missing.extend(["--trailing-slash", "either"].map(str::to_owned));
    }
    let changes = diff.methods.changed.iter().flat_map(|change| &change.fields);
    let changes: Vec<&AttributeChange> = changes.filter(|field| field.name == "routes").collect();
    let routes: Vec<(&str, &str)> = changes.iter().flat_map(|change| pairs(change)).collect();
    if given.base_path.is_none() && has_lost_base_path(&routes) {
        // The part of the path that is the same may be a part of the base path, too.
        missing.extend(["--base-path", "PATH"].map(str::to_owned));
    }
    let names: BTreeSet<&str> = routes.iter().flat_map(|(before, after)| lost_multi_segments(before, after)).collect();
    missing.extend(names.into_iter().flat_map(|name| ["--multi-segment".to_owned(), name.to_owned()]));
    if !given.parameters.use_defaults && routes.iter().any(|(before, after)| has_lost_default(before, after)) {
        missing.push("--use-defaults".to_owned());
    }
    missing
}

/// Returns each old route of a method with its new one, if their number is the same.
fn pairs(change: &AttributeChange) -> Vec<(&str, &str)> {
    let (before, after): (Vec<&str>, Vec<&str>) =
        (change.before.split(", ").collect(), change.after.split(", ").collect());
    if before.len() == after.len() { before.into_iter().zip(after).collect() } else { Vec::new() }
}

/// Returns `true` if several routes changed, all in the same way at the start of the path.
fn has_lost_base_path(routes: &[(&str, &str)]) -> bool {
    let starts: BTreeSet<_> =
        routes.iter().map(|(before, after)| different_starts(path(before), path(after))).collect();
    routes.len() > 1 && starts.len() == 1 && !starts.contains(&None)
}

/// Returns what the paths have before the segments that they share at their ends. `None` if they share none.
fn different_starts<'a>(before: &'a str, after: &'a str) -> Option<(&'a str, &'a str)> {
    let segments = before.rsplit('/').zip(after.rsplit('/'));
    let shared: usize = segments.take_while(|(one, other)| one == other).map(|(segment, _)| segment.len() + 1).sum();
    let starts = (before.get(..before.len().checked_sub(shared)?)?, after.get(..after.len().checked_sub(shared)?)?);
    // A base path has no parameters.
    let are_plain = !starts.0.contains('{') && !starts.1.contains('{');
    (shared > 0 && are_plain && starts.0 != starts.1).then_some(starts)
}

/// Returns the parameters that could hold slashes and no longer can.
fn lost_multi_segments<'a>(before: &'a str, after: &'a str) -> Vec<&'a str> {
    let segments = path(before).split('/').zip(path(after).split('/'));
    let lost = segments.filter_map(|(before, after)| {
        let name = before.strip_prefix('{')?.strip_suffix("+}")?;
        let other = after.strip_prefix('{')?.strip_suffix('}')?;
        (other.split(':').next() == Some(name)).then_some(name)
    });
    lost.collect()
}

/// Returns `true` if the routes differ only in texts that are parameters now.
fn has_lost_default(before: &str, after: &str) -> bool {
    let (before, after): (Vec<&str>, Vec<&str>) = (path(before).split('/').collect(), path(after).split('/').collect());
    let is_parameter = |segment: &str| segment.starts_with('{') && segment.ends_with('}');
    let mut others = before.iter().zip(&after).filter(|(before, after)| before != after).peekable();
    before.len() == after.len()
        && others.peek().is_some()
        && others.all(|(before, after)| !before.contains('{') && is_parameter(after))
}

fn path(route: &str) -> &str {
    route.split_once(' ').map_or(route, |(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::change::diff::diff;
    use crate::domain::catalogue::change::renames::Renames;
    use crate::domain::catalogue::{Catalogue, TrailingSlash};
    use crate::import::openapi::{ParameterOptions, import};

    const DOCUMENT: &str = r#"{"openapi": "3.1.0", "info": {"title": "Files", "version": "1"},
        "servers": [{"url": "https://files.example.com/v1"}],
        "paths": {
            "/{mount}/files/{name}": {
                "parameters": [
                    {"name": "mount", "in": "path", "schema": {"type": "string", "default": "home"}},
                    {"name": "name", "in": "path", "schema": {"type": "string"}}],
                "get": {"operationId": "readFile", "summary": "Read"},
                "put": {"operationId": "writeFile", "summary": "Write"}},
            "/list": {"get": {"operationId": "list", "summary": "List"}}}}"#;

    fn imported(options: &ImportOptions) -> Catalogue {
        import(DOCUMENT, options).unwrap().catalogue
    }

    /// Returns the options that an import with the options `now` lacks after one with the options `first`.
    fn missing(first: &ImportOptions, now: &ImportOptions) -> String {
        let (first, now_imported) = (imported(first), imported(now));
        let renames = Renames::new(Some(&first), &now_imported);
        missing_options(now, &diff(Some(&first), &now_imported, &renames)).join(" ")
    }

    #[test]
    fn options_of_the_last_import_are_found_in_the_catalogue() {
        let plain = ImportOptions { name: "files".to_owned(), ..ImportOptions::default() };
        let parameters = |names: &[&str], use_defaults| ParameterOptions {
            multi_segment: names.iter().map(|name| (*name).to_owned()).collect(),
            use_defaults,
        };
        for (options, words) in [
            (ImportOptions { parameters: parameters(&["name"], false), ..plain.clone() }, "--multi-segment name"),
            (ImportOptions { parameters: parameters(&[], true), ..plain.clone() }, "--use-defaults"),
            (ImportOptions { base_path: Some("/crm".to_owned()), ..plain.clone() }, "--base-path PATH"),
            (ImportOptions { base_path: Some("/crm/v1".to_owned()), ..plain.clone() }, "--base-path PATH"),
            (ImportOptions { trailing_slash: TrailingSlash::Either, ..plain.clone() }, "--trailing-slash either"),
            (ImportOptions { hosts: Some(BTreeSet::new()), ..plain.clone() }, "--any-host"),
            (
                ImportOptions { hosts: Some(["a.example", "b.example"].map(str::to_owned).into()), ..plain.clone() },
                "--host a.example --host b.example",
            ),
        ] {
            assert_eq!(missing(&options, &plain), words);
            assert_eq!(missing(&options, &options), "", "{words}");
            assert_eq!(missing(&plain, &options), "", "{words}: given now");
        }
        assert_eq!(missing(&plain, &plain), "");
    }
}
