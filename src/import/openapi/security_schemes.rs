//! The scopes and roles that operations require.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Document;
use super::access_rules::access_from_words;
use super::clean_text::{MAX_INSPECTED, quoted, truncate};
use super::document_tree::Node;
use super::operations::Operation;
use super::refs::resolve;
use super::warnings::Warnings;
use crate::domain::method::Access;
use crate::domain::number::group_digits;

/// Maximum number of schemes and scopes of one operation, over all its alternatives.
const MAX_SCOPES: usize = 200;
/// Maximum length of a scope, in characters.
const MAX_SCOPE_LEN: usize = 200;

enum Scheme<'a> {
    /// The scopes of the scheme, with their purposes.
    OAuth2(BTreeMap<&'a str, &'a str>),
    /// Scopes or roles that the scheme itself doesn't declare.
    Undeclared,
}

/// A scope of one scheme, or of several schemes that are only alternatives to each other.
pub(super) struct Scope<'a> {
    /// The name in API sets: with the scheme's name if other schemes have a scope of this name.
    pub(super) label: Cow<'a, str>,
    name: &'a str,
    scheme: &'a str,
    /// The purpose of the scope, if the document gives one.
    pub(super) purpose: Option<&'a str>,
    /// The access level that the scope's words say.
    pub(super) access: Option<Access>,
}

/// One of the ways in which a caller may prove that it may call an operation.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alternative {
    /// The scopes needed together, as sorted indexes into [`Security::scopes`].
    pub(super) scopes: Box<[usize]>,
    /// `true` if the scopes alone are not enough: a further credential is needed, or a scope that can't become a set.
    pub(super) needs_more: bool,
}

impl Alternative {
    /// Returns `true` if every caller with all scopes of `held` may call the operation, because of these scopes.
    pub(super) fn is_met_by(&self, held: &[usize]) -> bool {
        !self.needs_more && !self.scopes.is_empty() && self.scopes.iter().all(|s| held.binary_search(s).is_ok())
    }
}

/// The document's security schemes, and the scopes found so far.
pub(super) struct Security<'a> {
    schemes: BTreeMap<&'a str, Scheme<'a>>,
    /// The alternatives for operations without `security` of their own.
    global: Rc<[Alternative]>,
    /// Every scope required so far, in the order of discovery.
    pub(super) scopes: Vec<Scope<'a>>,
    /// The indexes of the scopes, by name and scheme.
    indexes: BTreeMap<(&'a str, &'a str), usize>,
    /// The schemes of which an operation needs scopes together with scopes of another scheme.
    combined: BTreeSet<&'a str>,
}

impl<'a> Security<'a> {
    pub(super) fn read(document: &'a Document, warnings: &mut Warnings) -> Self {
        let root = document.root();
        let mut schemes = BTreeMap::new();
        let mut remaining = Some(MAX_DECLARED_SCOPES);
        let declared = root.get("components").and_then(|c| c.get("securitySchemes")).and_then(Node::entries);
        for (name, node) in declared.unwrap_or_default() {
            let at = format!("the security scheme {}", quoted(name));
            let Some(node) = resolve(document, node, &at, warnings) else { continue };
            let scheme = match node.text("type") {
                Some("oauth2") => Scheme::OAuth2(declared_scopes(node, &mut remaining)),
                _ => Scheme::Undeclared,
            };
            schemes.insert(&**name, scheme);
        }
        if remaining.is_none() {
            warnings.add(format!(
                "the security schemes declare more than {} OpenAPI scopes. jeton doesn't read the other declarations, \
                 so some API sets get a general title",
                group_digits(MAX_DECLARED_SCOPES as u64)
            ));
        }
        let mut security = Security {
            schemes,
            global: Rc::default(),
            scopes: Vec::new(),
            indexes: BTreeMap::new(),
            combined: BTreeSet::new(),
        };
        security.global = security.alternatives_of(root, "the document", warnings);
        security
    }

    /// Returns `true` if the operation itself declares that it needs no credential. Without any declaration in the
    /// document, this stays undecided.
    pub(super) fn is_public(node: &Node) -> bool {
        node.get("security").and_then(Node::items).is_some_and(<[Node]>::is_empty)
    }

    /// Returns the alternatives of `node`: those of the document if `node` has no `security` of its own.
    pub(super) fn alternatives_of(&mut self, node: &'a Node, at: &str, warnings: &mut Warnings) -> Rc<[Alternative]> {
        let Some(security) = node.get("security") else { return Rc::clone(&self.global) };
        let Some(requirements) = security.items() else {
            warnings.add(format!("{at}: skipped \"security\", because its value is not a list"));
            return Rc::default();
        };
        let mut alternatives = Vec::new();
        let mut remaining = MAX_SCOPES;
        for requirement in requirements {
            let Some(entries) = requirement.entries() else {
                warnings.add(format!("{at}: skipped a security requirement, because it is not a map"));
                continue;
            };
            let Some(alternative) = self.alternative(entries, &mut remaining, at, warnings) else {
                warnings.add(format!("{at}: jeton uses only the first {MAX_SCOPES} OpenAPI scopes"));
                break;
            };
            if !alternatives.contains(&alternative) {
                alternatives.push(alternative);
            }
        }
        alternatives.into()
    }

    /// Returns what one requirement needs. Returns `None` once the operation has named more than [`MAX_SCOPES`].
    fn alternative(
        &mut self,
        entries: &'a [(Rc<str>, Node)],
        left: &mut usize,
        at: &str,
        warnings: &mut Warnings,
    ) -> Option<Alternative> {
        let (mut required, mut needs_more) = (BTreeSet::new(), false);
        let mut with_scopes = BTreeSet::new();
        for (name, scopes) in entries {
            *left = left.checked_sub(1)?;
            if !self.schemes.contains_key(&**name) {
                warnings.add(format!("{at}: the security scheme {} is not declared in the document", quoted(name)));
            }
            let scopes = scopes.items().unwrap_or_default();
            needs_more |= scopes.is_empty();
            if !scopes.is_empty() {
                with_scopes.insert(&**name);
            }
            for scope in scopes {
                *left = left.checked_sub(1)?;
                match self.scope(name, scope, at, warnings) {
                    Some(index) => _ = required.insert(index),
                    None => needs_more = true,
                }
            }
        }
        if with_scopes.len() > 1 {
            self.combined.append(&mut with_scopes);
        }
        Some(Alternative { scopes: required.into_iter().collect(), needs_more })
    }

    fn scope(&mut self, scheme: &'a str, node: &'a Node, at: &str, warnings: &mut Warnings) -> Option<usize> {
        let Some(whole) = node.as_text().map(|s| truncate(s, MAX_INSPECTED).trim()).filter(|s| !s.is_empty()) else {
            let why = if node.as_text().is_some() { "it is empty" } else { "it is not text" };
            warnings.add(format!("{at}: skipped an OpenAPI scope, because {why}"));
            return None;
        };
        let name = truncate(whole, MAX_SCOPE_LEN);
        if name.len() < whole.len() {
            // Two scopes that begin alike must not become one.
            warnings.add(format!("the OpenAPI scope {} is too long, so jeton makes no API set for it", quoted(whole)));
            return None;
        }
        let purpose = match self.schemes.get(scheme) {
            Some(Scheme::OAuth2(declared)) => {
                let purpose = declared.get(name).copied();
                if purpose.is_none() {
                    let text = format!(
                        "the security scheme {} does not declare the OpenAPI scope {}",
                        quoted(scheme),
                        quoted(name)
                    );
                    warnings.add(text);
                }
                purpose
            }
            Some(Scheme::Undeclared) => None,
            None => {
                warnings.add(format!(
                    "the security scheme {} is not declared. So jeton makes no API set for its OpenAPI scope {}",
                    quoted(scheme),
                    quoted(name)
                ));
                return None;
            }
        };
        let index = *self.indexes.entry((name, scheme)).or_insert_with(|| {
            self.scopes.push(Scope {
                label: Cow::Borrowed(name),
                name,
                scheme,
                purpose,
                access: access_from_words(name),
            });
            self.scopes.len() - 1
        });
        Some(index)
    }

    /// Makes one scope of the scopes with the same name, now that all operations are read. A scheme that an operation
    /// needs together with another one keeps its own scopes: one of the two credentials is not enough.
    pub(super) fn merge_scopes(&mut self, operations: &mut [Operation<'_>], warnings: &mut Warnings) {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (n, scope) in self.scopes.iter().enumerate() {
            by_name.entry(scope.name).or_default().push(n);
        }
        let mut merged: Vec<usize> = (0..self.scopes.len()).collect();
        for (name, indexes) in by_name.into_iter().filter(|(_, indexes)| indexes.len() > 1) {
            let (own, common): (Vec<usize>, Vec<usize>) =
                indexes.into_iter().partition(|n| self.combined.contains(self.scopes[*n].scheme));
            for n in own {
                let label = format!("{name} ({})", truncate(self.scopes[n].scheme, MAX_SCOPE_LEN));
                self.scopes[n].label = Cow::Owned(label);
            }
            let Some((first, others)) = common.split_first() else { continue };
            for n in others {
                let (one, other) = (self.scopes[*first].scheme, self.scopes[*n].scheme);
                warnings.add(format!(
                    "the OpenAPI scope {} is in the security schemes {} and {}. jeton made one API set for both",
                    quoted(name),
                    quoted(one.min(other)),
                    quoted(one.max(other))
                ));
                merged[*n] = *first;
                let purpose = self.scopes[*n].purpose;
                let known = &mut self.scopes[*first].purpose;
                *known = known.or(purpose);
            }
        }
        if merged.iter().enumerate().all(|(n, index)| n == *index) {
            return;
        }
        for operation in operations {
            let mut alternatives: Vec<Alternative> = Vec::new();
            for alternative in operation.alternatives.iter() {
                let scopes: BTreeSet<usize> = alternative.scopes.iter().map(|n| merged[*n]).collect();
                let alternative = Alternative { scopes: scopes.into_iter().collect(), ..*alternative };
                if !alternatives.contains(&alternative) {
                    alternatives.push(alternative);
                }
            }
            operation.alternatives = alternatives.into();
        }
    }

    /// Returns declared scopes that nothing requires, in order.
    pub(super) fn unused_scopes(&self) -> Vec<&'a str> {
        let declared = self.schemes.values().filter_map(|s| match s {
            Scheme::OAuth2(scopes) => Some(scopes.keys()),
            Scheme::Undeclared => None,
        });
        let used: BTreeSet<&str> = self.indexes.keys().map(|(name, _)| *name).collect();
        let mut idle: Vec<&str> = declared.flatten().copied().filter(|scope| !used.contains(scope)).collect();
        idle.sort_unstable();
        idle.dedup();
        idle
    }
}

/// Maximum number of scopes that are read over all schemes, because one scheme can be used under many names.
const MAX_DECLARED_SCOPES: usize = 100_000;

/// Returns the scopes of all flows, at most `left`, which becomes `None` if there are more. The first purpose given for
/// a scope counts.
fn declared_scopes<'a>(scheme: &'a Node, left: &mut Option<usize>) -> BTreeMap<&'a str, &'a str> {
    let mut found: BTreeMap<&str, &str> = BTreeMap::new();
    for (_, flow) in scheme.get("flows").and_then(Node::entries).unwrap_or_default() {
        for (name, purpose) in flow.get("scopes").and_then(Node::entries).unwrap_or_default() {
            *left = left.and_then(|left| left.checked_sub(1));
            if left.is_none() {
                return found;
            }
            let known = found.entry(truncate(name.trim(), MAX_SCOPE_LEN)).or_default();
            if known.is_empty() {
                *known = purpose.as_text().unwrap_or_default();
            }
        }
    }
    found
}
