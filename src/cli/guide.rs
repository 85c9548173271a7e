//! `jeton guide`.

use super::App;
use super::args::{GuideArgs, GuideFor};
use crate::domain::accept::Accepted;
use crate::domain::route::map::RouteMap;
use crate::error::{Error, Result};
use crate::guide::{self, Guide, Listen, Subject, Upstream};
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
    let map = RouteMap::of(&app.ask(&Credential::Store, ListCatalogues)?);
    for remark in &map.remarks {
        app.out.note(&format!("! {remark}"));
    }
    if !map.entries.iter().any(|e| matches!(e.answer, guide::Answer::Ask(_))) {
        app.out.note("! no method has a route: everything will be denied. Routes come with a catalogue");
    }
    let serve = &app.settings.serve;
    // Where the service that runs says it is, whatever the configuration says by now.
    let verify = service_file::running(app.store_path()).map_or_else(|| serve.verify.value.clone(), |r| r.verify);
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
