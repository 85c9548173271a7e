//! `jeton guide`.

mod explain;
mod scanner_rule;
mod upstreams;

use std::collections::BTreeSet;

pub(super) use self::explain::Explained;
use clap::ValueEnum;

use self::upstreams::Upstreams;
use super::App;
use super::args::{GuideArgs, GuideTarget};
use super::catalogue::catalogue_not_found;
use crate::domain::catalogue::{Catalogue, MANAGEMENT};
use crate::domain::route::sites::sites;
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Result};
use crate::guide::{self, Guide, GuideSite, Listen, ProxyKind, SecretScannerKind, Tls};
use crate::http;
use crate::platform::entropy::SystemEntropy;
use crate::platform::{self, proof_file, running_service_file, secret_files, sockets};
use crate::service::endpoint::Endpoint;
use crate::service::proxy_proof::ProxyProof;
use crate::verbs::catalogue::ListCatalogues;

pub(super) fn run(app: &mut App, args: &GuideArgs) -> Result<()> {
    let subject = match (args.subject, args.lua) {
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
    if !args.request.is_empty() || args.host.is_some() {
        return Err(Error::usage("only explain takes a request")
            .why("the configuration of a proxy holds for all requests")
            .next("Leave out METHOD, PATH and --host, or run: jeton guide explain METHOD PATH"));
    }
    let upstreams = Upstreams::parse(&args.upstream)?;
    let (listen, tls) = addresses(args, &upstreams, subject)?;
    let stored = app.call(&app.store_credential()?, ListCatalogues)?;
    select_catalogues(stored.clone(), &args.preflights)?;
    let catalogues = select_catalogues(stored, &args.catalogue)?;
    if let Some(other) = args.preflights.iter().find(|name| !catalogues.iter().any(|c| c.name == **name)) {
        return Err(Error::usage(format!("--preflights {other} has no effect"))
            .why(format!("the --catalogue options leave out the routes of {other}"))
            .next(format!("Add --catalogue {other}, or leave out --preflights {other}")));
    }
    upstreams.check_names(&catalogues)?;
    let mut found = sites(&catalogues, &args.preflights);
    let all_remarks = || found.iter().flat_map(|site| &site.rules.remarks);
    let mut known: BTreeSet<&String> = BTreeSet::new();
    let mut remarks: Vec<String> = all_remarks().filter(|remark| known.insert(remark)).cloned().collect();
    for remark in &remarks {
        app.out.note(&format!("! {remark}"));
    }
    if !remarks.is_empty() {
        app.out.note(&format!(
            "  To change a route, change its catalogue: {} catalogue export NAME, then catalogue apply FILE",
            app.program()
        ));
    }
    if !guide::keep_used_sites(&mut found) && subject != ProxyKind::Curl {
        let which = if args.catalogue.is_empty() { "no method has" } else { "the methods of these catalogues have no" };
        let route = if args.catalogue.is_empty() { "a route" } else { "routes" };
        app.out.note(&format!(
            "! {which} {route}, so the proxy will deny every request. Apply a catalogue with routes: \
             {} catalogue apply FILE",
            app.program()
        ));
    }
    let is_proxy = !matches!(subject, ProxyKind::Curl | ProxyKind::HaproxyLua);
    if is_proxy && let Some(proxy) = args.subject.to_possible_value() {
        upstreams::check_named(&args.upstream, &found, proxy.get_name())?;
    }
    if !args.catalogue.is_empty() {
        let options: Vec<String> =
            catalogues.iter().map(|c| format!("--catalogue {}", escape_untrusted(&c.name))).collect();
        // If printed again without this option, the configuration would let more through.
        remarks.insert(0, format!("printed with {}: contains no routes of other catalogues", options.join(" ")));
    }
    if !args.preflights.is_empty() {
        let options: Vec<String> =
            args.preflights.iter().map(|name| format!("--preflights {}", escape_untrusted(name))).collect();
        remarks.insert(0, format!("printed with {}: CORS preflights pass without a token", options.join(" ")));
    }
    let serve = &app.settings.serve;
    // Use the address announced by the running service. The configuration may have changed since it started.
    let verify = match (running_service_file::discover(app.store_path()), &serve.verify) {
        (Some(service), _) => service.verify,
        (None, Some(configured)) => configured.value.clone(),
        (None, None) => http::default_verify(app.store_path())?,
    };
    if let (Endpoint::Unix(path), false) = (&verify, args.insecure) {
        // Another user could listen there while jeton is down.
        sockets::check_folder(path)?;
    }
    let (credentials, query) = (serve.accept.value.headers(), serve.accept.value.has_query());
    let proof = proxy_proof(app, args, subject, &verify)?;
    let sites: Result<Vec<GuideSite>> = found
        .into_iter()
        .map(|site| {
            let upstream = upstreams.of(&site)?;
            Ok(GuideSite { hosts: site.hosts, rules: site.rules, upstream })
        })
        .collect();
    let guide = Guide {
        verify: &verify,
        sites: sites?,
        remarks,
        listen,
        tls,
        credentials,
        query,
        proof: proof.as_ref(),
        insecure: args.insecure,
    };
    if query {
        app.out.note(
            "! serve.accept allows tokens in the query. The application and the proxy's access log receive \
             these tokens",
        );
    }
    let text = guide::write(subject, &guide)?;
    app.out.document(&text)
}

/// Returns the proxy's listener. Plain text over a network needs `--insecure`.
fn addresses(args: &GuideArgs, upstreams: &Upstreams, subject: ProxyKind) -> Result<(Listen, Option<Tls>)> {
    let tls = match (&args.cert, &args.key) {
        (Some(certificate), Some(key)) => Some(Tls::new(certificate, key)?),
        _ => None,
    };
    let port = if tls.is_some() { "443" } else { "80" };
    let listen = args.listen.as_deref().map(Listen::parse).transpose()?;
    // Nothing listens for curl. For HAProxy's Lua part, the first part sets the addresses.
    if args.insecure || matches!(subject, ProxyKind::Curl | ProxyKind::HaproxyLua) {
        return Ok((listen.map_or_else(|| Listen::parse(port), Ok)?, tls));
    }
    if let Some(upstream) = upstreams.all().find(|upstream| !upstream.is_local()) {
        return Err(Error::usage(format!("requests to {upstream} would cross the network unencrypted"))
            .why("others on the network could read the requests, or send requests to that address without a token")
            .next("Run the proxy on the application's machine, or add --insecure if the network is safe"));
    }
    match (listen, &tls) {
        (None, None) => {
            Err(Error::usage("the proxy has no certificate").why("tokens would cross the network unencrypted").next(
                "Use --cert FILE --key FILE, or --listen 127.0.0.1:PORT behind a TLS terminator, or add \
                 --insecure if the network is safe",
            ))
        }
        (Some(listen), None) if !listen.is_local() => {
            let place = match &listen {
                Listen::Port(port) => format!("port {port}"),
                other => other.to_string(),
            };
            Err(Error::usage(format!("clients would send tokens to {place} unencrypted"))
                .why("without a certificate the proxy speaks plain HTTP")
                .next(
                    "Use --cert FILE --key FILE, or --listen 127.0.0.1:PORT, or add --insecure if the network \
                     is safe",
                ))
        }
        (listen, _) => Ok((listen.map_or_else(|| Listen::parse(port), Ok)?, tls)),
    }
}

/// Returns the proof value if the printed configuration contains one: that of a proxy that connects to a TCP port.
fn proxy_proof(app: &App, args: &GuideArgs, subject: ProxyKind, verify: &Endpoint) -> Result<Option<ProxyProof>> {
    if matches!(verify, Endpoint::Unix(_)) {
        return match args.new_proof {
            true => Err(Error::usage("there is no proof value to replace")
                .why(format!("the service verifies tokens at {verify}, a socket that needs no proof value"))
                .next("Leave out --new-proof")),
            false => Ok(None),
        };
    }
    let needs_proof = !matches!(subject, ProxyKind::Haproxy | ProxyKind::Curl);
    if needs_proof && secret_files::is_stdout_readable_by_others() {
        return Err(Error::usage(
            "the configuration contains a proof value, and other users could read the output file",
        )
        .next(
            "Delete the output file and run: umask 027. Then run this command again. If the proxy doesn't start \
             as root, give the file to the proxy's group",
        ));
    }
    let store = app.store_path();
    let entropy = SystemEntropy;
    let values = match args.new_proof {
        true => proof_file::rotate(store, &entropy, platform::adapters().clock.now())?,
        false if needs_proof => proof_file::load_or_create(store, &entropy)?,
        false => return Ok(None),
    };
    Ok(Some(values.current))
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
