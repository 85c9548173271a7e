//! Requests that mean another method after a change of catalogues. Tokens hold methods by their ids, so they gain or lose
//! requests by it.
//!
//! Decisions are compared, not routes: what a request means depends on all routes at its host. So a route that is gone can
//! give its requests to a wider one, or let through what was ambiguous.

use std::collections::{BTreeMap, BTreeSet};

use super::renames::Renames;
use crate::domain::catalogue::Catalogue;
use crate::domain::method::{Access, MethodId};
use crate::domain::route::rule_comparison::{ComparedRules, OtherActions, Rest, Spellings};
use crate::domain::route::rules::{RouteAction, RouteRules};
use crate::domain::route::sites::{SiteChange, site_changes};

/// Maximum number of routes to compare at all hosts. With more, all methods of the hosts that are left count as changed.
const MAX_ROUTES: usize = 400_000;
/// Maximum number of other methods that are kept for a method.
const MAX_OTHERS: usize = 256;

/// The tokens with a method that are not affected by a change of the method's requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unaffected {
    None,
    /// Those that have all of these methods on the other side of the change, because they are permitted the same requests.
    HoldersOf(BTreeSet<MethodId>),
}

/// The requests that change hands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestChanges {
    /// The methods that existed before and get further requests, under their new ids, with the methods that these requests
    /// meant, under their old ids.
    pub gained: BTreeMap<MethodId, Unaffected>,
    /// The methods that lose requests, under their old ids, with the methods that these requests mean now.
    pub lost: BTreeMap<MethodId, Unaffected>,
    /// The methods by which requests become public, or which become public themselves.
    pub made_public: BTreeSet<MethodId>,
}

impl RequestChanges {
    /// Compares all catalogues before and after the catalogue `changed` is replaced. `renames` are those of this change.
    pub fn new(before: &[Catalogue], after: &[Catalogue], changed: &str, renames: &Renames) -> Self {
        let mut changes = RequestChanges { made_public: declared_public(before, after, renames), ..Self::default() };
        if has_same_requests(version_of(before, changed), version_of(after, changed), renames) {
            return changes;
        }
        let context = Context::new(before, after, renames);
        let mut routes_left = MAX_ROUTES;
        for site in site_changes(before, after) {
            let applies = |catalogues: &[&Catalogue]| catalogues.iter().any(|catalogue| catalogue.name == changed);
            if applies(&site.before) || applies(&site.after) || site.before.len() != site.after.len() {
                changes.add_site(&site, &context, &mut routes_left);
            }
        }
        changes
    }

    fn add_site(&mut self, site: &SiteChange<'_>, context: &Context<'_>, routes_left: &mut usize) {
        let routes = |catalogues: &[&Catalogue]| -> usize {
            catalogues.iter().flat_map(|catalogue| catalogue.methods()).map(|method| method.routes.len()).sum()
        };
        let left = routes_left.checked_sub(routes(&site.before) + routes(&site.after));
        *routes_left = left.unwrap_or(0);
        if left.is_none() {
            self.add_everything(site, context);
            return;
        }
        let (before, after) =
            (RouteRules::new(site.before.iter().copied(), &[]), RouteRules::new(site.after.iter().copied(), &[]));
        let (before, after) = (ComparedRules::new(&before), ComparedRules::new(&after));
        let is_known = |catalogue: &&&Catalogue| site.before.iter().any(|known| known.name == catalogue.name);
        let arrived = site.after.iter().filter(|catalogue| !is_known(catalogue));
        let arrived: BTreeSet<&MethodId> = arrived.flat_map(|catalogue| catalogue.methods()).map(|m| &m.id).collect();
        let agree_before = |new: &RouteAction, old: &RouteAction| context.agree(old, new);
        for rule in after.compare_with(&before, Spellings::All, &agree_before) {
            match rule.own {
                RouteAction::Ask(id) => self.add_gain(id, &rule, context, arrived.contains(id)),
                RouteAction::Public(id) if rule.is_denied || rule.rest != Rest::Nothing || !rule.others.is_empty() => {
                    self.made_public.insert(id.clone());
                }
                RouteAction::Public(_) | RouteAction::Preflight | RouteAction::Deny(_) => {}
            }
        }
        let agree_after = |old: &RouteAction, new: &RouteAction| context.agree(old, new);
        for rule in before.compare_with(&after, Spellings::AsWritten, &agree_after) {
            if let RouteAction::Ask(id) = rule.own {
                let others = (!rule.is_denied && rule.rest == Rest::Nothing).then(|| asked(&rule.others));
                // Requests that are public now are not lost.
                add(&mut self.lost, context.kept(id), others);
            }
        }
    }

    /// Adds a rule after the change. `is_new_here` is `true` if the method's catalogue did not apply at this host.
    fn add_gain(&mut self, id: &MethodId, rule: &OtherActions<'_>, context: &Context<'_>, is_new_here: bool) {
        let gets_new = rule.rest == Rest::Wider || (is_new_here && rule.rest == Rest::Separate);
        let others = (!rule.is_denied && !gets_new).then(|| asked(&rule.others));
        add(&mut self.gained, context.existed(id), others);
    }

    /// Counts every method as changed that has a route at these hosts.
    fn add_everything(&mut self, site: &SiteChange<'_>, context: &Context<'_>) {
        for method in site.after.iter().flat_map(|catalogue| catalogue.methods()).filter(|m| !m.routes.is_empty()) {
            match method.access {
                Access::Public => _ = self.made_public.insert(method.id.clone()),
                Access::Read | Access::Write | Access::Admin => {
                    add(&mut self.gained, context.existed(&method.id), None);
                }
            }
        }
        for method in site.before.iter().flat_map(|catalogue| catalogue.methods()).filter(|m| !m.routes.is_empty()) {
            add(&mut self.lost, context.kept(&method.id), None);
        }
    }
}

/// The methods of both states.
struct Context<'a> {
    renames: &'a Renames,
    /// The methods before, under their new ids.
    before: BTreeSet<&'a MethodId>,
    after: BTreeSet<&'a MethodId>,
}

impl<'a> Context<'a> {
    fn new(before: &'a [Catalogue], after: &'a [Catalogue], renames: &'a Renames) -> Self {
        let ids = |catalogues: &'a [Catalogue]| catalogues.iter().flat_map(Catalogue::methods).map(|method| &method.id);
        Context { renames, before: ids(before).map(|id| renames.method(id)).collect(), after: ids(after).collect() }
    }

    /// Returns `true` if a request is permitted to the same tokens by both actions.
    fn agree(&self, before: &RouteAction, after: &RouteAction) -> bool {
        match (before, after) {
            (RouteAction::Ask(old), RouteAction::Ask(new)) => self.renames.method(old) == new,
            (RouteAction::Public(_), RouteAction::Public(_)) | (RouteAction::Preflight, RouteAction::Preflight) => true,
            (RouteAction::Deny(_), RouteAction::Deny(_)) => true,
            (RouteAction::Ask(_) | RouteAction::Public(_) | RouteAction::Preflight | RouteAction::Deny(_), _) => false,
        }
    }

    /// Returns a new id if the method existed before.
    fn existed<'m>(&self, id: &'m MethodId) -> Option<&'m MethodId> {
        Some(id).filter(|id| self.before.contains(id))
    }

    /// Returns an old id if the method still exists.
    fn kept<'m>(&self, id: &'m MethodId) -> Option<&'m MethodId> {
        Some(id).filter(|id| self.after.contains(self.renames.method(id)))
    }
}

fn version_of<'a>(catalogues: &'a [Catalogue], name: &str) -> Option<&'a Catalogue> {
    catalogues.iter().find(|catalogue| catalogue.name == name)
}

/// Returns the methods that are public and were not before.
fn declared_public(before: &[Catalogue], after: &[Catalogue], renames: &Renames) -> BTreeSet<MethodId> {
    let public = |catalogues: &[Catalogue]| -> BTreeSet<MethodId> {
        let methods = catalogues.iter().flat_map(Catalogue::methods);
        methods.filter(|method| method.access == Access::Public).map(|method| method.id.clone()).collect()
    };
    let older: BTreeSet<MethodId> = public(before).iter().map(|id| renames.method(id).clone()).collect();
    public(after).into_iter().filter(|id| !older.contains(id)).collect()
}

/// Returns `true` if all requests mean the same methods, because no route, host or public method differs.
fn has_same_requests(older: Option<&Catalogue>, newer: Option<&Catalogue>, renames: &Renames) -> bool {
    let (Some(older), Some(newer)) = (older, newer) else { return false };
    let methods = |catalogue: &Catalogue| -> BTreeSet<(MethodId, bool, BTreeSet<String>)> {
        let methods = catalogue.methods().filter(|method| !method.routes.is_empty());
        let methods = methods
            .map(|m| (renames.method(&m.id).clone(), m.access == Access::Public, m.routes.iter().cloned().collect()));
        methods.collect()
    };
    (&older.hosts, older.trailing_slash) == (&newer.hosts, newer.trailing_slash) && methods(older) == methods(newer)
}

/// Adds a method that tokens gain or lose, with the methods on the other side. `others` is `None` if the requests had or
/// have no method, and empty if nothing changes.
fn add(all: &mut BTreeMap<MethodId, Unaffected>, id: Option<&MethodId>, others: Option<BTreeSet<MethodId>>) {
    let Some(id) = id.filter(|_| others.as_ref().is_none_or(|others| !others.is_empty())) else { return };
    let known = all.entry(id.clone()).or_insert_with(|| Unaffected::HoldersOf(BTreeSet::new()));
    *known = match (std::mem::replace(known, Unaffected::None), others) {
        (Unaffected::HoldersOf(mut known), Some(others)) => {
            known.extend(others);
            if known.len() > MAX_OTHERS { Unaffected::None } else { Unaffected::HoldersOf(known) }
        }
        (Unaffected::None, _) | (_, None) => Unaffected::None,
    };
}

/// Returns the methods that a token must have.
fn asked(actions: &[&RouteAction]) -> BTreeSet<MethodId> {
    let id = |action: &&RouteAction| match action {
        RouteAction::Ask(id) => Some(id.clone()),
        RouteAction::Public(_) | RouteAction::Preflight | RouteAction::Deny(_) => None,
    };
    actions.iter().filter_map(id).collect()
}

#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod tests;
