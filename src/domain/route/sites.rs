//! The rules for each host. A catalogue applies to requests for its hosts, or for every host if it names none.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::RouteRules;
use crate::domain::catalogue::{Catalogue, MANAGEMENT};

/// Hosts with the same rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The hosts in lower case, sorted; empty for every host that no other site has.
    pub hosts: Vec<String>,
    /// The names of the catalogues that apply, in their order.
    pub catalogues: Vec<String>,
    pub rules: RouteRules,
}

/// Hosts with the same rules, and the catalogues that apply there.
struct Plan<'a> {
    hosts: Vec<String>,
    catalogues: Vec<&'a Catalogue>,
}

impl Plan<'_> {
    fn site(self, preflights: &[String]) -> Site {
        Site {
            hosts: self.hosts,
            catalogues: self.catalogues.iter().map(|catalogue| catalogue.name.clone()).collect(),
            rules: RouteRules::new(self.catalogues, preflights),
        }
    }
}

/// Returns the sites of an installation; the last one is for all other hosts. If all catalogues have the same hosts,
/// there is one site for every host: the administrator chose the host by configuring the proxy for it. `preflights`
/// are names of catalogues: see [`RouteRules::new`].
pub fn sites(catalogues: &[Catalogue], preflights: &[String]) -> Vec<Site> {
    plans(catalogues).into_iter().map(|plan| plan.site(preflights)).collect()
}

/// Returns the site of [`sites`] for requests to `host`, without a port. The host is compared without regard to case.
pub fn site_of(catalogues: &[Catalogue], preflights: &[String], host: &str) -> Option<Site> {
    let host = host.to_ascii_lowercase();
    let mut plans = plans(catalogues);
    let named = plans.iter().position(|plan| plan.hosts.contains(&host));
    let at = named.or_else(|| plans.iter().position(|plan| plan.hosts.is_empty()))?;
    Some(plans.swap_remove(at).site(preflights))
}

/// Returns `true` if the rules depend on the host of a request.
pub fn depend_on_host(catalogues: &[Catalogue]) -> bool {
    plans(catalogues).iter().any(|plan| !plan.hosts.is_empty())
}

/// The catalogues that apply at the same hosts before and after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteChange<'a> {
    pub before: Vec<&'a Catalogue>,
    pub after: Vec<&'a Catalogue>,
}

/// Returns each combination of catalogues that apply at some host before and after a change. A catalogue with hosts
/// applies only there, even if all have the same: a further host is a change. If all have the same hosts only after the
/// change, each applies at every host, because [`sites`] then has rules for all.
pub fn site_changes<'a>(before: &'a [Catalogue], after: &'a [Catalogue]) -> Vec<SiteChange<'a>> {
    let hosts: BTreeSet<&String> = before.iter().chain(after).flat_map(|catalogue| &catalogue.hosts).collect();
    let is_for_all = depend_on_host(before) && !depend_on_host(after);
    let applying = |catalogues: &'a [Catalogue], host: Option<&String>, is_for_all: bool| -> Vec<&'a Catalogue> {
        let applies = |catalogue: &&Catalogue| {
            is_for_all || catalogue.hosts.is_empty() || host.is_some_and(|host| catalogue.hosts.contains(host))
        };
        catalogues.iter().filter(|catalogue| catalogue.name != MANAGEMENT).filter(applies).collect()
    };
    let names = |catalogues: &[&'a Catalogue]| catalogues.iter().map(|c| c.name.as_str()).collect::<Vec<_>>();
    let mut found = BTreeMap::new();
    for host in hosts.into_iter().map(Some).chain([None]) {
        let change = SiteChange { before: applying(before, host, false), after: applying(after, host, is_for_all) };
        found.entry((names(&change.before), names(&change.after))).or_insert(change);
    }
    found.into_values().collect()
}

fn plans(catalogues: &[Catalogue]) -> Vec<Plan<'_>> {
    let applications: Vec<&Catalogue> = catalogues.iter().filter(|c| c.name != MANAGEMENT).collect();
    if applications.iter().all(|catalogue| catalogue.hosts == applications[0].hosts) {
        return vec![Plan { hosts: Vec::new(), catalogues: applications }];
    }
    let hosts: BTreeSet<&String> = applications.iter().flat_map(|catalogue| &catalogue.hosts).collect();
    // The numbers of the catalogues that apply, with the hosts to which just these apply.
    let mut applying: BTreeMap<Vec<usize>, Vec<String>> = BTreeMap::new();
    for host in hosts {
        let applies = |catalogue: &Catalogue| catalogue.hosts.is_empty() || catalogue.hosts.contains(host);
        let numbers = applications.iter().enumerate().filter(|(_, c)| applies(c)).map(|(n, _)| n).collect();
        applying.entry(numbers).or_default().push(host.clone());
    }
    let of_numbers = |numbers: Vec<usize>| numbers.into_iter().map(|n| applications[n]).collect();
    let mut found: Vec<Plan<'_>> =
        applying.into_iter().map(|(numbers, hosts)| Plan { hosts, catalogues: of_numbers(numbers) }).collect();
    let everywhere = applications.iter().filter(|catalogue| catalogue.hosts.is_empty()).copied().collect();
    found.push(Plan { hosts: Vec::new(), catalogues: everywhere });
    found
}
