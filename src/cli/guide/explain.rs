//! `jeton guide explain METHOD PATH`: what the proxies do with a request.

use schemars::JsonSchema;
use serde::Serialize;

use super::{App, select_catalogues};
use crate::cli::args::GuideArgs;
use crate::domain::method::MethodId;
use crate::domain::route::host::host_of_header;
use crate::domain::route::path_fault::PathFault;
use crate::domain::route::request_path::{contains_encoded_slash, has_override_argument};
use crate::domain::route::rules::{RouteAction, RouteRules};
use crate::domain::route::sites::{depend_on_host, site_of};
use crate::domain::untrusted_text::{escape_untrusted, excerpt};
use crate::error::{Error, Result};
use crate::guide::NO_ROUTE;
use crate::verbs::catalogue::ListCatalogues;

/// The answer of `guide explain`.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli) struct Explained {
    /// `verify` if the token must have the method, `public` and `preflight` if no token is needed, else `deny`.
    decision: Decision,
    /// The method that the request means; `null` if the request is denied, or a preflight.
    method: Option<MethodId>,
    /// The route that the request matches; `null` if there is none. Denied requests can match a route, too.
    route: Option<String>,
    /// Reason of a denial; `null` otherwise.
    reason: Option<String>,
    /// The route that is most similar to the path, and why it does not match; `null` if no route is similar.
    nearest: Option<Nearest>,
    /// The hosts with the same rules; empty if the rules apply to every host that no catalogue names.
    hosts: Vec<String>,
    /// The catalogues with these rules.
    catalogues: Vec<String>,
}

/// A route that is similar to a path, but does not match.
#[derive(Debug, Serialize, JsonSchema)]
struct Nearest {
    /// The route.
    route: String,
    /// The reason why it doesn't match.
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Decision {
    Verify,
    Public,
    Preflight,
    Deny,
}

pub(super) fn run(app: &mut App, args: &GuideArgs) -> Result<()> {
    let [http_method, target] = &args.request[..] else {
        return Err(Error::usage("explain needs a request").next("Run: jeton guide explain GET /PATH"));
    };
    // Proxies send the method as it came, and clients send it in capitals.
    let http_method = http_method.to_ascii_uppercase();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let stored = app.call(&app.store_credential()?, ListCatalogues)?;
    let catalogues = select_catalogues(stored, &args.catalogue)?;
    let has_hosts = depend_on_host(&catalogues);
    let host = match &args.host {
        Some(header) => host_of_header(header),
        None if has_hosts => {
            return Err(Error::usage("explain needs the host of the request")
                .why("the catalogues have hosts, so the rules depend on the host")
                .next("Add --host HOST"));
        }
        None => None,
    };
    let no_catalogue = if args.catalogue.is_empty() { "no catalogue" } else { "no selected catalogue" };
    let Some(site) = site_of(&catalogues, &args.preflights, host.as_deref().unwrap_or_default()) else {
        return Err(Error::usage(format!("{no_catalogue} has routes"))
            .next("Apply a catalogue with routes: jeton catalogue apply FILE"));
    };
    let mut explained = Explained {
        decision: Decision::Deny,
        method: None,
        route: None,
        reason: None,
        nearest: None,
        hosts: site.hosts.clone(),
        catalogues: site.catalogues.clone(),
    };
    if has_hosts && host.is_none() {
        explained.reason = Some("the host of the request is not a valid host name or address".to_owned());
    } else if has_hosts && site.catalogues.is_empty() {
        let host = host.unwrap_or_default();
        explained.reason = Some(format!("{no_catalogue} has the host {}", excerpt(&host, 100)));
    } else if has_override_argument(query) {
        let why = "the query has an argument like _method, which could make the application use another HTTP method";
        explained.reason = Some(why.to_owned());
    } else {
        decide(&site.rules, &http_method, path, &mut explained);
    }
    if app.out.json {
        let now = app.now();
        return app.out.answer(&explained, now);
    }
    show(app, &explained)
}

fn decide(rules: &RouteRules, http_method: &str, path: &str, explained: &mut Explained) {
    if let Some(fault) = PathFault::find(path, rules.reads_encoded_slashes()) {
        explained.reason = Some(fault.describe().to_owned());
        return;
    }
    let Some(rule) = rules.find(http_method, path) else {
        let others: Vec<&str> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
            .into_iter()
            .filter(|other| {
                let action = rules.find(other, path).map(|rule| &rule.action);
                matches!(action, Some(RouteAction::Ask(_) | RouteAction::Public(_)))
            })
            .collect();
        explained.nearest =
            rules.nearest(http_method, path).map(|miss| Nearest { route: miss.route.to_string(), reason: miss.why });
        explained.reason = Some(match (others.is_empty(), contains_encoded_slash(path)) {
            (false, _) => {
                format!("this path has no route for {}, only for {}", excerpt(http_method, 20), others.join(", "))
            }
            (true, true) => format!(
                "{NO_ROUTE}. The path contains an encoded slash (%2F), which only a parameter like {{path+}} accepts"
            ),
            (true, false) => NO_ROUTE.to_owned(),
        });
        return;
    };
    explained.route = Some(rule.route.to_string());
    match &rule.action {
        RouteAction::Ask(id) => (explained.decision, explained.method) = (Decision::Verify, Some(id.clone())),
        RouteAction::Public(id) => (explained.decision, explained.method) = (Decision::Public, Some(id.clone())),
        RouteAction::Preflight => explained.decision = Decision::Preflight,
        RouteAction::Deny(why) => explained.reason = Some(why.to_string()),
    }
}

fn show(app: &mut App, explained: &Explained) -> Result<()> {
    let text = match (&explained.decision, &explained.method) {
        (Decision::Verify, Some(method)) => format!("passes with a token that can call {method}"),
        (Decision::Public, Some(method)) => format!("passes without a token: {method} is public"),
        (Decision::Preflight, _) => {
            "passes without a token if the request is a CORS preflight: it has the headers Origin and \
                                      Access-Control-Request-Method. Otherwise denied"
                .to_owned()
        }
        _ => format!("denied: {}", explained.reason.as_deref().unwrap_or(NO_ROUTE)),
    };
    app.out.line(&text)?;
    if let Some(Nearest { route, reason }) = &explained.nearest {
        app.out.line(&format!("nearest     {}: {reason}", escape_untrusted(route)))?;
    }
    if let Some(route) = &explained.route {
        app.out.line(&format!("route       {}", escape_untrusted(route)))?;
    }
    if !explained.hosts.is_empty() {
        app.out.line(&format!("hosts       {}", explained.hosts.join(", ")))?;
    }
    let catalogues = if explained.catalogues.is_empty() { "none".to_owned() } else { explained.catalogues.join(", ") };
    app.out.line(&format!("catalogues  {catalogues}"))?;
    if explained.decision == Decision::Deny {
        app.out.note("  For the rules, see docs/matching.md. Packages install docs in /usr/share/doc/jeton");
    }
    Ok(())
}
