//! `jeton guide`.

use super::App;
use super::args::{GuideArgs, GuideFor};
use crate::domain::accept::Accepted;
use crate::domain::catalogue::{Catalogue, MANAGEMENT};
use crate::domain::route::map::RouteMap;
use crate::domain::text::shown;
use crate::error::{Error, Result};
use crate::guide::{self, Guide, Listen, Subject, Upstream};
use crate::http;
use crate::platform::service_file;
use crate::verbs::actor::Credential;
use crate::verbs::catalogue::ListCatalogues;

pub(super) fn run(app: &mut App, args: &GuideArgs) -> Result<()> {
    let subject = match (args.subject, args.lua) {
        (GuideFor::Haproxy, true) => Subject::HaproxyLua,
        (_, true) => return Err(Error::usage("--lua is the second part of the guide for haproxy")),
        (GuideFor::Nginx, false) => Subject::Nginx,
        (GuideFor::Caddy, false) => Subject::Caddy,
        (GuideFor::Traefik, false) => Subject::Traefik,
        (GuideFor::Envoy, false) => Subject::Envoy,
        (GuideFor::Haproxy, false) => Subject::Haproxy,
        (GuideFor::Curl, false) => Subject::Curl,
    };
    let (upstream, listen) = (Upstream::parse(&args.upstream)?, Listen::parse(&args.listen)?);
    let catalogues = chosen(app.ask(&Credential::Store, ListCatalogues)?, &args.catalogue)?;
    let mut map = RouteMap::of(&catalogues);
    for remark in &map.remarks {
        app.out.note(&format!("! {remark}"));
    }
    if !map.entries.iter().any(|e| matches!(e.answer, guide::Answer::Ask(_))) {
        app.out.note("! no method has a route: everything will be denied. Routes come with a catalogue");
    }
    if !args.catalogue.is_empty() {
        let options: Vec<String> = catalogues.iter().map(|c| format!("--catalogue {}", shown(&c.name))).collect();
        // Printed anew without it, it would let more through.
        map.remarks.insert(0, format!("printed with {}: no other catalogue's routes", options.join(" ")));
    }
    let serve = &app.settings.serve;
    // Where the service that runs says it is, whatever the configuration says by now.
    let verify = match (service_file::running(app.store_path()), &serve.verify) {
        (Some(running), _) => running.verify,
        (None, Some(said)) => said.value.clone(),
        (None, None) => http::default_verify(app.store_path())?,
    };
    let mut credentials = vec!["Authorization".to_owned()];
    credentials.extend(serve.accept.value.places().iter().filter_map(|place| match place {
        Accepted::Header(name) => Some(name.clone()),
        Accepted::Query(_) => None,
    }));
    let guide = Guide { verify: &verify, upstream, listen, credentials, map };
    if serve.accept.value.places().iter().any(|place| matches!(place, Accepted::Query(_))) {
        app.out.note("! tokens in the query (serve.accept) reach the application, and the proxy's access log, as sent");
    }
    let text = guide::write(subject, &guide)?;
    app.out.document(&text)
}

/// The catalogues of these names; all of them where none is said.
fn chosen(catalogues: Vec<Catalogue>, names: &[String]) -> Result<Vec<Catalogue>> {
    if names.is_empty() {
        return Ok(catalogues);
    }
    // jeton's own methods have no routes that a proxy could guard.
    let mut others: Vec<Catalogue> = catalogues.into_iter().filter(|c| c.name != MANAGEMENT).collect();
    if let Some(unknown) = names.iter().find(|name| !others.iter().any(|c| c.name == **name)) {
        let head: String = unknown.chars().take(100).collect();
        let error = Error::not_found(format!("there is no catalogue \"{head}\" beside jeton's own"));
        let there: Vec<&str> = others.iter().map(|c| c.name.as_str()).collect();
        return Err(match there.is_empty() {
            true => error.next("Apply one with: jeton catalogue apply FILE"),
            false => error.why(format!("there are {}", there.join(", "))),
        });
    }
    others.retain(|catalogue| names.contains(&catalogue.name));
    Ok(others)
}
