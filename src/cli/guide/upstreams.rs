//! The option `--upstream [CATALOGUE=]HOST:PORT`.

use std::collections::BTreeSet;

use super::catalogue_not_found;
use crate::domain::catalogue::{Catalogue, MANAGEMENT};
use crate::domain::route::sites::Site;
use crate::domain::untrusted_text::escape_untrusted;
use crate::domain::word_list::join_and;
use crate::error::{Error, Result};
use crate::guide::Upstream;

const DEFAULT: &str = "127.0.0.1:8080";

/// Checks that several applications, at different hosts, don't get the default address.
pub(super) fn check_named(options: &[String], sites: &[Site]) -> Result<()> {
    if !options.is_empty() || sites.len() < 2 {
        return Ok(());
    }
    let names: BTreeSet<&String> = sites.iter().flat_map(|site| &site.catalogues).collect();
    let missing: Vec<String> =
        names.into_iter().map(|name| format!("--upstream {}=HOST:PORT", escape_untrusted(name))).collect();
    Err(Error::usage("the addresses of the applications are missing")
        .why("the catalogues have different hosts, and there is no --upstream")
        .next(format!(
            "Add to your command: {}. If one application serves all hosts, add only: --upstream HOST:PORT",
            missing.join(" ")
        )))
}

/// The addresses of the applications.
#[derive(Debug)]
pub(super) struct Upstreams {
    /// Address for catalogues without one of their own.
    common: Option<Upstream>,
    /// Addresses by the names of catalogues.
    named: Vec<(String, Upstream)>,
}

impl Upstreams {
    /// Parses the values of the options. Without options, the only application has the default address.
    pub(super) fn parse(options: &[String]) -> Result<Upstreams> {
        let mut all = Upstreams { common: None, named: Vec::new() };
        if options.is_empty() {
            all.common = Some(Upstream::parse(DEFAULT)?);
        }
        for option in options {
            let (name, address) = match option.split_once('=') {
                Some((name, address)) => (Some(name), Upstream::parse(address)?),
                None => (None, Upstream::parse(option)?),
            };
            let earlier = match name {
                Some(name) => all.named.iter().any(|(other, _)| other == name),
                None => all.common.is_some(),
            };
            if earlier {
                let (why, change) = match name {
                    Some(_) => ("another --upstream is for the same catalogue", "name another catalogue"),
                    None => ("another --upstream has no catalogue either", "name a catalogue"),
                };
                return Err(Error::usage(format!("--upstream {} is a second address", escape_untrusted(option)))
                    .why(why)
                    .next(format!("Leave out one of these options, or {change}: --upstream CATALOGUE=HOST:PORT")));
            }
            match name {
                Some(name) => all.named.push((name.to_owned(), address)),
                None => all.common = Some(address),
            }
        }
        Ok(all)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Upstream> {
        self.common.iter().chain(self.named.iter().map(|(_, address)| address))
    }

    /// Checks that the catalogues with addresses of their own are among these.
    pub(super) fn check_names(&self, catalogues: &[Catalogue]) -> Result<()> {
        let is_known = |name: &str| catalogues.iter().any(|c| c.name == name && c.name != MANAGEMENT);
        match self.named.iter().find(|(name, _)| !is_known(name)) {
            Some((unknown, _)) => {
                let others: Vec<Catalogue> = catalogues.iter().filter(|c| c.name != MANAGEMENT).cloned().collect();
                Err(catalogue_not_found(unknown, &others))
            }
            None => Ok(()),
        }
    }

    /// Returns the address for requests to a site: that of its catalogues.
    pub(super) fn for_site(&self, site: &Site) -> Result<Upstream> {
        let mut own: Vec<&Upstream> = Vec::new();
        for (_, address) in self.named.iter().filter(|(name, _)| site.catalogues.contains(name)) {
            if !own.contains(&address) {
                own.push(address);
            }
        }
        let hosts =
            if site.hosts.is_empty() { "hosts that are in no catalogue".to_owned() } else { site.hosts.join(", ") };
        let names = join_and(&site.catalogues);
        let plural = if site.catalogues.len() == 1 { "" } else { "s" };
        match (&own[..], &self.common) {
            ([one], _) => Ok((*one).clone()),
            ([], Some(common)) => Ok(common.clone()),
            ([], None) => Err(Error::usage(format!("no address for requests to {hosts}"))
                .why(format!("no --upstream option is for the catalogue{plural} {names}"))
                .next(
                    "Add --upstream CATALOGUE=HOST:PORT for this application, or --upstream HOST:PORT for all others",
                )),
            ([_, _, ..], _) => Err(Error::usage(format!("several addresses for requests to {hosts}"))
                .why(format!(
                    "the proxy chooses the address by the host of a request. But requests for the catalogues {names} \
                     can have the same host"
                ))
                .next(
                    "Add hosts = [\"HOST\"] to the file of each catalogue, and apply the files. Or use one \
                     --upstream HOST:PORT for all applications",
                )),
        }
    }
}
