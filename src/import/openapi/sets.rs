//! API sets: one for each scope, and one for each tag. A scope's set has the operations for which that scope alone is
//! enough.

use std::collections::{BTreeMap, BTreeSet};

use super::clean_text::{MAX_INSPECTED, MAX_TITLE_LEN, clean, first_sentence, quoted, short_hash, truncate};
use super::document_tree::Node;
use super::operations::{MAX_TAG_LEN, Operation};
use super::security_schemes::Security;
use super::warnings::{WarningCount, Warnings};
use crate::domain::api_selection::looks_built_in;
use crate::domain::catalogue::validate::MAX_NAME_LEN;
use crate::domain::catalogue::{ApiSet, SetEntry};
use crate::domain::method::MethodId;
use crate::error::Result;

/// Returns the sets, scopes before tags, each sorted by name.
///
/// # Errors
/// None that a document can cause: every id is valid.
pub(super) fn build_sets<'a>(
    root: &'a Node,
    operations: &[Operation<'a>],
    ids: &[&MethodId],
    security: &Security<'a>,
    warnings: &mut Warnings,
) -> Result<Vec<ApiSet>> {
    let mut by_scope: BTreeMap<&str, (Option<&str>, Vec<&MethodId>)> = BTreeMap::new();
    let mut by_tag: BTreeMap<&str, Vec<&MethodId>> = BTreeMap::new();
    for (operation, id) in operations.iter().zip(ids) {
        for scope in operation.scopes.iter().filter_map(|n| security.scopes.get(*n)) {
            by_scope.entry(scope.name).or_insert_with(|| (scope.purpose, Vec::new())).1.push(id);
        }
        for tag in &operation.tags {
            by_tag.entry(tag).or_default().push(id);
        }
    }
    let purposes = tag_descriptions(root, warnings);
    warn_unused(&purposes, &by_tag, security, warnings);

    let mut names = BTreeSet::new();
    let mut sets = Vec::with_capacity(by_scope.len() + by_tag.len());
    for (scope, (purpose, ids)) in by_scope {
        let name = unique_name(&format!("scope {scope}"), &mut names, warnings);
        sets.push(set(name, purpose.filter(|p| !p.is_empty()), ids, warnings)?);
    }
    for (tag, ids) in by_tag {
        let name = unique_name(tag, &mut names, warnings);
        let purpose = purposes.get(tag).copied().map(first_sentence).filter(|p| !p.is_empty());
        sets.push(set(name, purpose, ids, warnings)?);
    }
    Ok(sets)
}

fn tag_descriptions<'a>(root: &'a Node, warnings: &mut Warnings) -> BTreeMap<&'a str, &'a str> {
    let mut found = BTreeMap::new();
    for tag in root.get("tags").and_then(Node::items).unwrap_or_default() {
        let Some(name) = tag.text("name") else {
            warnings.add("skipped a declared tag, because it has no name");
            continue;
        };
        let name = truncate(truncate(name, MAX_INSPECTED).trim(), MAX_TAG_LEN);
        if found.insert(name, tag.text("description").unwrap_or_default()).is_some() {
            warnings.add(format!("the tag {} is declared twice; jeton uses the last declaration", quoted(name)));
        }
    }
    found
}

fn warn_unused(
    declared: &BTreeMap<&str, &str>,
    used: &BTreeMap<&str, Vec<&MethodId>>,
    security: &Security<'_>,
    warnings: &mut Warnings,
) {
    let (mut tags, mut scopes) = (WarningCount::default(), WarningCount::default());
    declared.keys().filter(|t| !used.contains_key(*t)).for_each(|t| tags.add(&quoted(t)));
    security.unused_scopes().into_iter().for_each(|s| scopes.add(&quoted(s)));
    tags.report(warnings, "declared tags that become no API sets, because no operation has them");
    scopes.report(warnings, "declared scopes that become no API sets, because no operation requires them");
    security
        .combined
        .report(warnings, "operations that need several scopes together, so they are in no scope's API set");
}

fn unique_name(wanted: &str, names: &mut BTreeSet<String>, warnings: &mut Warnings) -> String {
    let cleaned = clean(wanted, MAX_NAME_LEN);
    let mut name = cleaned.text;
    if cleaned.had_control_chars || cleaned.is_truncated {
        warnings.add(format!(
            "jeton changed the name of the API set {}: it was too long or contained control or bidi characters",
            quoted(wanted)
        ));
    }
    if name.is_empty() {
        name = format!("set {}", short_hash(wanted));
    }
    if looks_built_in(&name) {
        name = clean(&format!("tag {name}"), MAX_NAME_LEN).text;
        warnings.add(format!(
            "the name of the API set {} looks like a built-in choice, so jeton renamed the set to {}",
            quoted(wanted),
            quoted(&name)
        ));
    }
    let mut own = name.clone();
    let mut more = 0_u32;
    while !names.insert(own.clone()) {
        own = format!("{name} ({})", short_hash(&format!("{more} {wanted}")));
        more += 1;
    }
    if own != name {
        warnings.add(format!(
            "the API set {} has the name of another set, so jeton renamed the set to {}",
            quoted(wanted),
            quoted(&own)
        ));
    }
    own
}

fn set(name: String, purpose: Option<&str>, mut ids: Vec<&MethodId>, warnings: &mut Warnings) -> Result<ApiSet> {
    ids.sort_unstable();
    ids.dedup();
    let title = clean(purpose.unwrap_or_default(), MAX_TITLE_LEN);
    if title.had_control_chars {
        warnings.add(format!("the API set {}: jeton removed control or bidi characters from its title", quoted(&name)));
    }
    if title.is_truncated {
        warnings.add(format!("the API set {}: its title is too long, so jeton cut the title", quoted(&name)));
    }
    let title = if title.text.is_empty() { name.clone() } else { title.text };
    let include = ids.into_iter().map(|id| SetEntry::parse(id.as_str())).collect::<Result<_>>()?;
    Ok(ApiSet { name, title, include, exclude: Vec::new() })
}
