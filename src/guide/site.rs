//! The sites of a configuration: hosts with the same rules and the same application.

use super::{Guide, SiteValues, Upstream};
use crate::domain::route::host::host_patterns;
use crate::domain::route::rules::{RouteAction, RouteRule, RouteRules};
use crate::domain::route::sites::Site;

/// Removes the sites that take no request, because they need no application. Returns `false`, and keeps all, if no site takes
/// a request.
pub fn keep_used_sites(sites: &mut Vec<Site>) -> bool {
    let is_used = |site: &Site| {
        let mut actions = site.rules.rules.iter().map(|rule| &rule.action);
        actions.any(|action| matches!(action, RouteAction::Ask(_) | RouteAction::Public(_)))
    };
    let has_used = sites.iter().any(is_used);
    if has_used {
        sites.retain(is_used);
    }
    has_used
}

/// Hosts with the same rules, and the application that serves them.
#[derive(Debug, Clone)]
pub struct GuideSite {
    /// Empty for every host that no other site has.
    pub hosts: Vec<String>,
    pub rules: RouteRules,
    pub upstream: Upstream,
}

impl GuideSite {
    /// Returns regular expressions, each anchored, for the `Host` headers of the site. Match them without regard to
    /// case, after those of the sites before.
    pub(super) fn host_patterns(&self) -> Vec<String> {
        host_patterns(&self.hosts)
    }
}

impl Guide<'_> {
    pub(super) fn rules(&self) -> impl Iterator<Item = &RouteRule> {
        self.sites.iter().flat_map(|site| &site.rules.rules)
    }

    /// Returns `true` if the rules depend on the host of a request.
    pub(super) fn has_hosts(&self) -> bool {
        self.sites.iter().any(|site| !site.hosts.is_empty())
    }

    /// Returns the addresses of the applications, each once.
    pub(super) fn upstreams(&self) -> String {
        let mut all: Vec<String> = Vec::new();
        for site in &self.sites {
            let address = site.upstream.to_string();
            if !all.contains(&address) {
                all.push(address);
            }
        }
        all.join(", ")
    }

    /// Returns the end of the names that belong to a site: empty if there is only one.
    pub(super) fn suffix(&self, number: usize) -> String {
        if self.has_hosts() { format!("_{}", number + 1) } else { String::new() }
    }

    /// Returns the values of each site: those that all proxies use, and those that `more` adds.
    pub(super) fn site_values(&self, more: impl Fn(usize, &GuideSite) -> SiteValues) -> Vec<SiteValues> {
        let values = |(n, site): (usize, &GuideSite)| {
            let mut values = more(n, site);
            values.extend([
                ("@N@", self.suffix(n)),
                ("@SITE@", (n + 1).to_string()),
                ("@SERVER@", site.upstream.to_string()),
            ]);
            values
        };
        self.sites.iter().enumerate().map(values).collect()
    }
}
