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

/// Returns the sites of an installation; the last one is for all other hosts. If all catalogues have the same hosts,
/// there is one site for every host: the administrator chose the host by configuring the proxy for it. `preflights`
/// are names of catalogues: see [`RouteRules::new`].
pub fn sites(catalogues: &[Catalogue], preflights: &[String]) -> Vec<Site> {
    let applications: Vec<&Catalogue> = catalogues.iter().filter(|c| c.name != MANAGEMENT).collect();
    let site = |hosts: Vec<String>, applying: Vec<&Catalogue>| Site {
        hosts,
        catalogues: applying.iter().map(|catalogue| catalogue.name.clone()).collect(),
        rules: RouteRules::new(applying, preflights),
    };
    if applications.iter().all(|catalogue| catalogue.hosts == applications[0].hosts) {
        return vec![site(Vec::new(), applications)];
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
    let mut found: Vec<Site> = applying.into_iter().map(|(numbers, hosts)| site(hosts, of_numbers(numbers))).collect();
    let everywhere = applications.iter().filter(|catalogue| catalogue.hosts.is_empty()).copied().collect();
    found.push(site(Vec::new(), everywhere));
    found
}

/// Returns the site for requests to `host`, without a port. The host is compared without regard to case.
pub fn site_of<'a>(sites: &'a [Site], host: &str) -> Option<&'a Site> {
    let host = host.to_ascii_lowercase();
    let named = sites.iter().find(|site| site.hosts.contains(&host));
    named.or_else(|| sites.iter().find(|site| site.hosts.is_empty()))
}
