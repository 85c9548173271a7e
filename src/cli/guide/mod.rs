//! `jeton guide`: prints configurations of proxies and rules for secret scanners, and explains requests.

mod explain;
mod proxy;
mod scanner_rule;
mod upstreams;

pub(super) use self::explain::Explained;
use super::App;
use super::args::{GuideArgs, GuideTarget};
use super::catalogue::catalogue_not_found;
use crate::domain::catalogue::{Catalogue, MANAGEMENT};
use crate::error::{Error, Result};
use crate::guide::{ProxyKind, SecretScannerKind};

pub(super) fn run(app: &mut App, args: &GuideArgs) -> Result<()> {
    let kind = match (args.subject, args.lua) {
        (GuideTarget::Haproxy, true) => ProxyKind::HaproxyLua,
        (_, true) => {
            return Err(
                Error::usage("only haproxy has a Lua file").next("Leave out --lua, or run: jeton guide haproxy --lua")
            );
        }
        (GuideTarget::Nginx, false) => ProxyKind::Nginx,
        (GuideTarget::Caddy, false) => ProxyKind::Caddy,
        (GuideTarget::Traefik, false) => ProxyKind::Traefik,
        (GuideTarget::Envoy, false) => ProxyKind::Envoy,
        (GuideTarget::Haproxy, false) => ProxyKind::Haproxy,
        (GuideTarget::Curl, false) => ProxyKind::Curl,
        (GuideTarget::Explain, false) => return explain::run(app, args),
        (GuideTarget::Gitleaks, false) => return scanner_rule::run(app, args, SecretScannerKind::Gitleaks),
        (GuideTarget::Trufflehog, false) => return scanner_rule::run(app, args, SecretScannerKind::Trufflehog),
    };
    proxy::run(app, args, kind)
}

/// Returns the catalogues with these names, or all if none are given.
fn select_catalogues(catalogues: Vec<Catalogue>, names: &[String]) -> Result<Vec<Catalogue>> {
    if names.is_empty() {
        return Ok(catalogues);
    }
    // jeton's own methods have no routes that a proxy could guard.
    let mut others: Vec<Catalogue> = catalogues.into_iter().filter(|c| c.name != MANAGEMENT).collect();
    if let Some(unknown) = names.iter().find(|name| !others.iter().any(|c| c.name == **name)) {
        return Err(catalogue_not_found(unknown, &others));
    }
    others.retain(|catalogue| names.contains(&catalogue.name));
    Ok(others)
}
