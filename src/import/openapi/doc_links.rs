//! Documentation links of operations.

use std::collections::BTreeMap;

use super::Document;
use super::clean_text::{MAX_INSPECTED, has_scheme_and_host, id_from_path, is_link, percent_encoded, quoted, truncate};
use super::document_tree::Node;
use super::operations::MAX_TAG_LEN;
use super::refs::resolve;
use super::warnings::Warnings;
use crate::error::{Error, Result};

/// Placeholders that a template may use.
const PLACEHOLDERS: [&str; 4] = ["id", "tag", "path", "verb"];
const USE_PLACEHOLDERS: &str = "Use {id}, {tag}, {path} or {verb}";

/// Links that apply to more than one operation.
pub(super) struct DocLinks<'a> {
    template: Option<&'a str>,
    by_tag: BTreeMap<&'a str, String>,
    global: Option<String>,
    /// Scheme and host of relative links.
    origin: Option<String>,
}

impl<'a> DocLinks<'a> {
    /// Reads the template and the document's own links. `server` is scheme and host of the document's server.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if the template is no link or uses an unknown placeholder.
    pub(super) fn read(
        document: &'a Document,
        template: Option<&'a str>,
        server: Option<String>,
        warnings: &mut Warnings,
    ) -> Result<Self> {
        if let Some(template) = template {
            validate_template(template)?;
        }
        let root = document.root();
        let origin = match template.and_then(|template| template.split_once("://")) {
            Some((scheme, rest)) => {
                Some(format!("{scheme}://{}", rest.split(['/', '?', '#']).next().unwrap_or_default()))
            }
            None => server,
        };
        let link = |node, at: &str, warnings: &mut Warnings| link(document, node, origin.as_deref(), at, warnings);
        let mut by_tag = BTreeMap::new();
        for tag in root.get("tags").and_then(Node::items).unwrap_or_default() {
            if let Some(name) = tag.text("name") {
                let at = format!("the tag {}", quoted(name));
                if let Some(url) = link(tag, &at, warnings) {
                    by_tag.insert(truncate(truncate(name, MAX_INSPECTED).trim(), MAX_TAG_LEN), url);
                }
            }
        }
        let global = link(root, "the document", warnings);
        Ok(DocLinks { template, by_tag, global, origin })
    }

    /// Returns the link of one operation, given by its verb, path, operationId and first tag.
    pub(super) fn link_for(
        &self,
        document: &'a Document,
        operation: &'a Node,
        (http_method, path, id, tag): (&str, &str, Option<&str>, Option<&str>),
        at: &str,
        warnings: &mut Warnings,
    ) -> Option<String> {
        let own = link(document, operation, self.origin.as_deref(), at, warnings);
        if own.is_some() {
            return own;
        }
        if let Some(template) = self.template {
            let generated;
            let id = match id {
                Some(id) => id,
                None => {
                    generated = id_from_path(http_method, path, 120);
                    &generated
                }
            };
            let mut url = template.to_owned();
            for (hole, value) in PLACEHOLDERS.into_iter().zip([id, tag.unwrap_or("default"), path, http_method]) {
                url = url.replace(&format!("{{{hole}}}"), &percent_encoded(truncate(value, 1_000)));
            }
            if is_link(&url) {
                return Some(url);
            }
            warnings.add(format!(
                "{at}: skipped the link from --docs-url, because the link becomes too long with the operation's values"
            ));
        }
        tag.and_then(|t| self.by_tag.get(t)).or(self.global.as_ref()).cloned()
    }
}

/// Returns the link of a value's `externalDocs`, if it is valid. A relative link leads to `origin`.
fn link(document: &Document, node: &Node, origin: Option<&str>, at: &str, warnings: &mut Warnings) -> Option<String> {
    let docs = resolve(document, node.get("externalDocs")?, at, warnings)?;
    let url = truncate(docs.text("url")?, MAX_INSPECTED + 1).trim();
    if is_link(url) {
        return Some(url.to_owned());
    }
    let is_relative = !url.is_empty() && !url.contains(':') && !url.starts_with("//");
    let whole = origin.filter(|_| is_relative).map(|origin| format!("{origin}/{}", url.trim_start_matches('/')));
    let whole = whole.filter(|whole| is_link(whole));
    if whole.is_none() {
        let why = match has_scheme_and_host(url) {
            true => "the link is too long, or contains a space or another invalid character",
            false => "the link is not a complete http or https link",
        };
        warnings.add(format!("{at}: skipped the documentation link {}: {why}", quoted(url)));
    }
    whole
}

fn validate_template(template: &str) -> Result<()> {
    let mut plain = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            let what = format!("the value of --docs-url has a {{ without a }}: {}", quoted(template));
            return Err(Error::usage(what).next(USE_PLACEHOLDERS));
        };
        if !PLACEHOLDERS.contains(&name) {
            let what = format!("unknown placeholder in the value of --docs-url: {}", quoted(&format!("{{{name}}}")));
            return Err(Error::usage(what).next(USE_PLACEHOLDERS));
        }
        plain.push_str(before);
        plain.push('x');
        rest = after;
    }
    plain.push_str(rest);
    if is_link(&plain) {
        return Ok(());
    }
    Err(Error::usage(format!("the value of --docs-url is not a documentation link: {}", quoted(template)))
        .why("links start with http:// or https:// and a host, and have no spaces or quotes")
        .next("Use a template such as https://example.com/docs/{id}"))
}
