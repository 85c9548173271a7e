//! Sets of scopes. A scope's set has the operations for which that scope alone is enough, so that a token with the set
//! gets nothing that needs more.

use std::collections::{BTreeMap, BTreeSet};

use super::operations::Operation;
use super::security_schemes::{Alternative, Security};
use super::set_names::own_title;
use super::sets::SetDraft;
use super::warnings::{WarningCount, Warnings};
use crate::domain::method::MethodId;

/// Maximum number of comparisons of a combination with an alternative.
const MAX_COMPARISONS: usize = 5_000_000;

/// Returns a set for each scope that alone is enough for an operation.
pub(super) fn scope_sets<'a>(
    operations: &[Operation<'_>],
    ids: &'a [MethodId],
    security: &Security<'_>,
) -> Vec<SetDraft<'a>> {
    let mut members: BTreeMap<(&str, usize), (&str, Vec<&MethodId>)> = BTreeMap::new();
    for (operation, id) in operations.iter().zip(ids) {
        for alternative in operation.alternatives.iter().filter(|a| !a.needs_more) {
            let [index] = *alternative.scopes else { continue };
            let Some(scope) = security.scopes.get(index) else { continue };
            let purpose = scope.purpose.filter(|p| !p.is_empty()).unwrap_or_default();
            members.entry((&scope.label, index)).or_insert_with(|| (purpose, Vec::new())).1.push(id);
        }
    }
    let set = |((scope, _), (purpose, members)): ((&str, usize), (&str, Vec<&'a MethodId>))| {
        let title = match purpose {
            "" => own_title(&format!("Methods for which the scope {scope} is enough")),
            _ => purpose.to_owned(),
        };
        SetDraft { name: format!("scope {scope}"), title, members }
    };
    members.into_iter().map(set).collect()
}

/// Returns a set for each combination of scopes that an operation needs together. The set also has what needs only a
/// part of them.
pub(super) fn combination_sets<'a>(
    operations: &[Operation<'_>],
    ids: &'a [MethodId],
    security: &Security<'_>,
    max: usize,
    warnings: &mut Warnings,
) -> Vec<SetDraft<'a>> {
    let mut combinations: BTreeSet<(Vec<&str>, &[usize])> = BTreeSet::new();
    for alternative in operations.iter().flat_map(|o| needed_combinations(&o.alternatives)) {
        let mut names: Vec<&str> =
            alternative.scopes.iter().filter_map(|n| security.scopes.get(*n)).map(|s| &*s.label).collect();
        names.sort_unstable();
        combinations.insert((names, &alternative.scopes));
    }
    // Operations often share their alternatives.
    let mut by_alternatives: BTreeMap<&[Alternative], Vec<&MethodId>> = BTreeMap::new();
    for (operation, id) in operations.iter().zip(ids) {
        by_alternatives.entry(&operation.alternatives).or_default().push(id);
    }
    let cost: usize = by_alternatives.keys().map(|alternatives| alternatives.len()).sum();
    let max = max.min(MAX_COMPARISONS / cost.max(1));
    if combinations.len() > max {
        warnings.add(match max {
            0 => "jeton made no API sets for combinations of OpenAPI scopes, because the document is too large"
                .to_owned(),
            _ => format!(
                "jeton made API sets for only {max} of {} combinations of OpenAPI scopes, because the document is too \
                 large",
                combinations.len()
            ),
        });
    }
    let set = |(names, held): (Vec<&str>, &[usize])| {
        let met = |alternatives: &&[Alternative]| alternatives.iter().any(|a| a.is_met_by(held));
        let members = by_alternatives.iter().filter(|(a, _)| met(a)).flat_map(|(_, ids)| ids.iter().copied());
        let names = names.join(" + ");
        let title = own_title(&format!("Methods for which these scopes are enough: {names}"));
        SetDraft { name: format!("scopes {names}"), title, members: members.collect() }
    };
    combinations.into_iter().take(max).map(set).collect()
}

/// Returns the alternatives that need several scopes, unless a part of them is enough, too.
fn needed_combinations(alternatives: &[Alternative]) -> impl Iterator<Item = &Alternative> {
    let is_enough = |part: &Alternative, whole: &Alternative| part != whole && part.is_met_by(&whole.scopes);
    alternatives
        .iter()
        .filter(|a| !a.needs_more && a.scopes.len() > 1)
        .filter(move |a| !alternatives.iter().any(|part| is_enough(part, a)))
}

/// Warns about operations with scopes that are in the set of no single scope.
pub(super) fn warn_combined(operations: &[Operation<'_>], warnings: &mut Warnings) {
    let (mut several, mut further) = (WarningCount::default(), WarningCount::default());
    for operation in operations {
        let alternatives = || operation.alternatives.iter().filter(|a| !a.scopes.is_empty());
        let is_in_a_set = alternatives().any(|a| !a.needs_more && a.scopes.len() == 1);
        if is_in_a_set || alternatives().next().is_none() {
            continue;
        }
        let count = if alternatives().any(|a| !a.needs_more) { &mut several } else { &mut further };
        count.add(&operation.quoted_label);
    }
    several.report(
        warnings,
        "operations in no API set for a single scope, because they need several OpenAPI scopes together",
    );
    further.report(
        warnings,
        "operations in no API set for a scope, because they also need a credential such as an API key",
    );
}
