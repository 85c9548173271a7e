//! The document's operations: found under its paths, read one by one.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::docs::Docs;
use super::refs::{follow, row};
use super::security::Security;
use super::servers::base;
use super::tree::Node;
use super::warnings::{Tally, Warnings};
use super::words::{LOOKED_AT, TITLE_MAX, clean, first_sentence, head, quoted};
use crate::domain::method::Access;
use crate::domain::route::Route;
use crate::domain::text::is_control_or_bidi;
use crate::error::{Error, Result};

/// Maximum number of operations.
pub(super) const MOST: usize = 20_000;
/// Maximum number of keys of path items that are read, because one item can be used for many paths.
const KEYS: usize = 1_000_000;
/// Maximum total number of methods in all sets.
const ENTRIES: usize = 500_000;
/// Maximum number of tags of one operation.
const TAGS: usize = 100;
/// Maximum length of a tag, in characters.
pub(super) const TAG_MAX: usize = 200;
/// Maximum length of a route, in bytes.
const ROUTE_MAX: usize = 1_000;

/// An HTTP verb as documents write it, and the effect of calling it.
const VERBS: [(&str, &str, Access); 8] = [
    ("delete", "DELETE", Access::Write),
    ("get", "GET", Access::Read),
    ("head", "HEAD", Access::Read),
    ("options", "OPTIONS", Access::Read),
    ("patch", "PATCH", Access::Write),
    ("post", "POST", Access::Write),
    ("put", "PUT", Access::Write),
    // The server only sends back the request.
    ("trace", "TRACE", Access::Read),
];

/// One parsed operation.
pub(super) struct Operation<'a> {
    /// `GET /path`, as in the document. Identifies the operation.
    pub(super) place: String,
    pub(super) verb: &'static str,
    pub(super) path: &'a str,
    /// The operationId as the document writes it.
    pub(super) id: Option<&'a str>,
    /// The tags, of which the first is the group.
    pub(super) tags: Vec<&'a str>,
    /// Indexes into [`Security::scopes`].
    pub(super) scopes: Rc<[usize]>,
    pub(super) title: Option<String>,
    pub(super) access: Access,
    pub(super) docs: Option<String>,
    pub(super) route: Option<String>,
}

/// The state of one import that all operations share.
pub(super) struct Reader<'a, 'w> {
    pub(super) root: &'a Node,
    pub(super) docs: &'a Docs<'a>,
    pub(super) security: &'w mut Security<'a>,
    pub(super) warnings: &'w mut Warnings,
    pub(super) tallies: &'w mut Tallies,
    /// Number of entries that all sets together will have.
    pub(super) entries: usize,
    /// Number of path item keys read so far.
    pub(super) keys: usize,
}

/// Warnings reported once for all operations.
#[derive(Default)]
pub(super) struct Tallies {
    cut: Tally,
    callbacks: Tally,
    unnamed: Tally,
    unmatched: Tally,
    public: Tally,
}

impl Tallies {
    pub(super) fn say(&self, warnings: &mut Warnings) {
        self.unnamed.say(warnings, "operations without operationId, whose ids come from verb and path");
        self.unmatched.say(warnings, "operations whose path can't be matched and that have no route");
        self.public.say(warnings, "operations that say they need no token (security: []) and become public");
        self.cut.say(warnings, "titles that were too long and are cut");
        self.callbacks.say(warnings, "operations whose callbacks are no methods of this API and are left out");
    }
}

impl<'a> Reader<'a, '_> {
    /// Returns every operation, ordered by path and verb.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if there is none, or more than [`MOST`].
    pub(super) fn all(&mut self) -> Result<Vec<Operation<'a>>> {
        let mut found = Vec::new();
        let paths = self.root.get("paths").and_then(Node::entries).unwrap_or_default();
        if self.root.get("paths").is_some_and(|p| p.entries().is_none()) {
            self.warnings.add("paths is no map: it is left out");
        }
        for (path, item) in paths.iter().filter(|(path, _)| !path.starts_with("x-")) {
            self.path(path, item, &mut found)?;
        }
        if found.is_empty() {
            return Err(Error::usage("the document has no operations")
                .why("a method is made of each operation under paths")
                .next("Check that this is the API's whole document"));
        }
        self.settle_routes(&mut found);
        Ok(found)
    }

    fn path(&mut self, path: &'a str, item: &'a Node, found: &mut Vec<Operation<'a>>) -> Result<()> {
        let layers = row(self.root, item, &quoted(path), self.warnings);
        for layer in &layers {
            let Some(entries) = layer.entries() else {
                self.warnings.add(format!("the path {} is no map: it is left out", quoted(path)));
                continue;
            };
            self.keys += entries.len();
            if self.keys > KEYS {
                return Err(Error::usage("the document's paths are too large")
                    .why(format!("{KEYS} keys are looked at, those behind a $ref once for each path"))
                    .next("Split the document, or import the part whose methods are issued"));
            }
            for (key, _) in entries {
                let known = matches!(&**key, "$ref" | "summary" | "description" | "servers" | "parameters");
                if !known && !key.starts_with("x-") && !VERBS.iter().any(|(verb, ..)| *verb == &**key) {
                    self.warnings.add(format!("{}: {} is no verb and is left out", quoted(path), quoted(key)));
                }
            }
        }
        for verb in VERBS {
            let mut holders = layers.iter().filter_map(|l| Some((l, l.get(verb.0)?)));
            let Some((layer, node)) = holders.next() else { continue };
            if holders.next().is_some() {
                self.warnings.add(format!(
                    "{} {}: its $ref has the verb too; the path's own counts",
                    verb.1,
                    quoted(path)
                ));
            }
            let place = format!("{} {}", verb.1, quoted(path));
            let Some(node) = follow(self.root, node, &place, self.warnings) else { continue };
            if node.entries().is_none() {
                self.warnings.add(format!("{place} is no map: it is left out"));
                continue;
            }
            if found.len() >= MOST {
                return Err(Error::usage("the document has too many operations")
                    .why(format!("{MOST} are read at most"))
                    .next("Split it, or import the part whose methods are issued"));
            }
            let operation = self.operation(path, verb, layer, node, place);
            self.entries += operation.tags.len() + operation.scopes.len();
            if self.entries > ENTRIES {
                return Err(Error::usage("the document's tags and scopes make too large sets")
                    .why(format!("{ENTRIES} entries are kept at most"))
                    .next("Split the document, or import the part whose methods are issued"));
            }
            found.push(operation);
        }
        Ok(())
    }

    fn operation(
        &mut self,
        path: &'a str,
        (key, verb, usual): (&'static str, &'static str, Access),
        item: &'a Node,
        node: &'a Node,
        place: String,
    ) -> Operation<'a> {
        if node.get("callbacks").is_some() {
            self.tallies.callbacks.add(&place);
        }
        let id = node.text("operationId").filter(|id| !head(id, LOOKED_AT).trim().is_empty());
        if id.is_none() {
            self.tallies.unnamed.add(&place);
        }
        let tags = self.tags(node, &place);
        let scopes = self.security.of(node, &place, self.warnings);
        let docs = self.docs.of(self.root, node, (key, path, id, tags.first().copied()), &place, self.warnings);
        let servers = node.get("servers").or_else(|| item.get("servers")).or_else(|| self.root.get("servers"));
        let prefix = base(servers, self.warnings);
        Operation {
            title: self.title(node, &place),
            access: self.access(node, usual, &place),
            route: self.route(verb, &prefix, path, &place),
            place: format!("{verb} {path}"),
            verb: key,
            path,
            id,
            tags,
            scopes,
            docs,
        }
    }

    fn tags(&mut self, node: &'a Node, place: &str) -> Vec<&'a str> {
        let Some(tags) = node.get("tags") else { return Vec::new() };
        let Some(items) = tags.items() else {
            if *tags != Node::Null {
                self.warnings.add(format!("{place}: tags is no list and is left out"));
            }
            return Vec::new();
        };
        if items.len() > TAGS {
            self.warnings.add(format!("{place}: only the first {TAGS} of its {} tags count", items.len()));
        }
        let mut found: Vec<&str> = Vec::new();
        for item in items.iter().take(TAGS) {
            match item.as_text().map(|t| head(t, LOOKED_AT).trim()).filter(|t| !t.is_empty()) {
                Some(tag) => {
                    let short = head(tag, TAG_MAX);
                    if short.len() < tag.len() {
                        self.warnings.add(format!("the tag {} is too long and is cut", quoted(tag)));
                    }
                    if !found.contains(&short) {
                        found.push(short);
                    }
                }
                None => self.warnings.add(format!("{place}: a tag that is no word is left out")),
            }
        }
        found
    }

    fn title(&mut self, node: &Node, place: &str) -> Option<String> {
        let texts = [node.text("summary"), node.text("description").map(first_sentence)];
        for text in texts.into_iter().flatten() {
            let cleaned = clean(text, TITLE_MAX);
            if cleaned.hostile {
                self.warnings.add(format!("{place}: its title held characters that could drive a terminal"));
            }
            if cleaned.cut {
                self.tallies.cut.add(place);
            }
            if !cleaned.text.is_empty() {
                return Some(cleaned.text);
            }
        }
        None
    }

    fn access(&mut self, node: &Node, usual: Access, place: &str) -> Access {
        let Some(said) = node.get("x-jeton-access") else {
            if Security::is_none(node) {
                self.tallies.public.add(place);
                return Access::Public;
            }
            return usual;
        };
        match said.as_text().map(Access::parse) {
            Some(Ok(access)) => access,
            // The author wanted another level than the verb's. The most restrictive reading is the safe one.
            _ => {
                self.warnings.add(format!("{place}: x-jeton-access is read, write, admin or public; admin is taken"));
                Access::Admin
            }
        }
    }

    fn route(&mut self, verb: &str, prefix: &str, path: &str, place: &str) -> Option<String> {
        let slash = if path.starts_with('/') { "" } else { "/" };
        if !slash.is_empty() {
            self.warnings.add(format!("{place}: a path starts with a slash; one is put before it"));
        }
        let whole = format!("{prefix}{slash}{path}");
        let route = format!("{verb} {whole}");
        if whole.len() > ROUTE_MAX || whole.contains(is_control_or_bidi) || Route::parse(&route).is_err() {
            self.tallies.unmatched.add(place);
            return None;
        }
        Some(route)
    }

    /// Gives a route claimed by two operations to the first one, because a request must mean one method. A public
    /// operation never opens a route that another operation protects, regardless of their order.
    fn settle_routes(&mut self, found: &mut [Operation<'a>]) {
        let mut owners: BTreeMap<String, String> = BTreeMap::new();
        let (public, guarded): (Vec<_>, Vec<_>) = found.iter_mut().partition(|o| o.access == Access::Public);
        for operation in guarded.into_iter().chain(public) {
            let Some(Ok(route)) = operation.route.as_deref().map(Route::parse) else { continue };
            match owners.get(&route.key()) {
                Some(owner) => {
                    self.warnings.add(format!(
                        "{} is the same route as {}, which keeps it; this one has none",
                        quoted(&operation.place),
                        quoted(owner)
                    ));
                    operation.route = None;
                }
                None => {
                    owners.insert(route.key(), operation.place.clone());
                }
            }
        }
    }
}
