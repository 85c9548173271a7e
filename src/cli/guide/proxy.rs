//! `guide nginx` and the other proxies, and `guide curl`: prints the configuration.

use std::collections::BTreeSet;

use super::select_catalogues;
use super::upstreams::{self, Upstreams};
use crate::cli::App;
use crate::cli::args::GuideArgs;
use crate::domain::catalogue::Catalogue;
use crate::domain::route::sites::{Site, sites};
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Result};
use crate::guide::{self, Guide, GuideSite, Listen, ProxyKind, Tls};
use crate::http;
use crate::platform::entropy::SystemEntropy;
use crate::platform::{self, proof_file, running_service_file, secret_files, sockets};
use crate::service::endpoint::Endpoint;
use crate::service::proxy_proof::ProxyProof;
use crate::verbs::catalogue::ListCatalogues;

pub(super) fn run(app: &mut App, args: &GuideArgs, kind: ProxyKind) -> Result<()> {
    if !args.request.is_empty() || args.host.is_some() {
        return Err(Error::usage("METHOD, PATH and --host can be given only for jeton guide explain")
            .next("Leave them out, or run: jeton guide explain METHOD PATH"));
    }
    let upstreams = Upstreams::parse(&args.upstream)?;
    let (listen, tls) = addresses(args, &upstreams, kind)?;
    let catalogues = guarded_catalogues(app, args)?;
    upstreams.check_names(&catalogues)?;
    let mut found = sites(&catalogues, &args.preflights);
    let mut remarks = remarks_of(app, &found);
    if !guide::keep_used_sites(&mut found) && kind != ProxyKind::Curl {
        warn_without_routes(app, args);
    }
    let is_proxy = !matches!(kind, ProxyKind::Curl | ProxyKind::HaproxyLua);
    if is_proxy {
        upstreams::check_named(&args.upstream, &found)?;
    }
    // If printed again without these options, the configuration would let more or less through.
    remarks.splice(0..0, remarks_on_options(args, &catalogues));
    let verify = verify_endpoint(app, args)?;
    let accept = &app.settings.serve.accept.value;
    let (credentials, query) = (accept.headers(), accept.has_query());
    let proof = proxy_proof(app, args, kind, &verify)?;
    let sites: Result<Vec<GuideSite>> = found
        .into_iter()
        .map(|site| {
            let upstream = upstreams.for_site(&site)?;
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
    let text = guide::write(kind, &guide)?;
    app.out.document(&text)
}

/// Returns the catalogues that the options name, or all.
fn guarded_catalogues(app: &App, args: &GuideArgs) -> Result<Vec<Catalogue>> {
    let stored = app.call(&app.store_credential()?, ListCatalogues)?;
    select_catalogues(stored.clone(), &args.preflights)?;
    let catalogues = select_catalogues(stored, &args.catalogue)?;
    match args.preflights.iter().find(|name| !catalogues.iter().any(|c| c.name == **name)) {
        Some(other) => Err(Error::usage(format!("--preflights {other} has no effect"))
            .why(format!("the --catalogue options leave out the routes of {other}"))
            .next(format!("Add --catalogue {other}, or leave out --preflights {other}"))),
        None => Ok(catalogues),
    }
}

/// Shows and returns the remarks on the routes, each once.
fn remarks_of(app: &App, sites: &[Site]) -> Vec<String> {
    let all_remarks = sites.iter().flat_map(|site| &site.rules.remarks);
    let mut known: BTreeSet<&String> = BTreeSet::new();
    let remarks: Vec<String> = all_remarks.filter(|remark| known.insert(remark)).cloned().collect();
    for remark in &remarks {
        app.out.note(&format!("! {remark}"));
    }
    if !remarks.is_empty() {
        let program = app.program();
        app.out.note(&format!(
            "  To change a route, export its catalogue: {program} catalogue export NAME. Then edit the file, and run: \
             {program} catalogue apply FILE"
        ));
    }
    remarks
}

fn warn_without_routes(app: &App, args: &GuideArgs) {
    let of = match args.catalogue.len() {
        0 => "",
        1 => " of the selected catalogue",
        _ => " of the selected catalogues",
    };
    app.out.note(&format!(
        "! no method{of} has a route, so the proxy will deny every request. Apply a catalogue with routes: \
         {} catalogue apply FILE",
        app.program()
    ));
}

/// Returns remarks on the options that change what passes.
fn remarks_on_options(args: &GuideArgs, catalogues: &[Catalogue]) -> Vec<String> {
    let mut remarks = Vec::new();
    if !args.preflights.is_empty() {
        let options: Vec<String> =
            args.preflights.iter().map(|name| format!("--preflights {}", escape_untrusted(name))).collect();
        remarks.push(format!("printed with {}: CORS preflights pass without a token", options.join(" ")));
    }
    if !args.catalogue.is_empty() {
        let options: Vec<String> =
            catalogues.iter().map(|c| format!("--catalogue {}", escape_untrusted(&c.name))).collect();
        remarks.push(format!(
            "printed with {}: this configuration contains no routes of other catalogues",
            options.join(" ")
        ));
    }
    remarks
}

/// Returns the address at which the service verifies tokens: the one that the running service has announced, because the
/// configuration may have changed since it started.
fn verify_endpoint(app: &App, args: &GuideArgs) -> Result<Endpoint> {
    let verify = match (running_service_file::discover(app.store_path()), &app.settings.serve.verify) {
        (Some(service), _) => service.verify,
        (None, Some(configured)) => configured.value.clone(),
        (None, None) => http::default_verify(app.store_path())?,
    };
    if let (Endpoint::Unix(path), false) = (&verify, args.insecure) {
        // Another user could listen there while jeton is down.
        sockets::check_folder(path)?;
    }
    Ok(verify)
}

/// Returns the proxy's listener. Plain text over a network needs `--insecure`.
fn addresses(args: &GuideArgs, upstreams: &Upstreams, kind: ProxyKind) -> Result<(Listen, Option<Tls>)> {
    let tls = match (&args.cert, &args.key) {
        (Some(certificate), Some(key)) => Some(Tls::new(certificate, key)?),
        _ => None,
    };
    let port = if tls.is_some() { "443" } else { "80" };
    let listen = args.listen.as_deref().map(Listen::parse).transpose()?;
    // Nothing listens for curl. For HAProxy's Lua part, the first part sets the addresses.
    if args.insecure || matches!(kind, ProxyKind::Curl | ProxyKind::HaproxyLua) {
        return Ok((listen.map_or_else(|| Listen::parse(port), Ok)?, tls));
    }
    if let Some(upstream) = upstreams.all().find(|upstream| !upstream.is_local()) {
        return Err(Error::usage(format!("requests to {upstream} would cross the network unencrypted"))
            .why("others on the network could read the requests. They could also use the application without a token")
            .next(
                "Run the proxy on the application's machine, and use --upstream 127.0.0.1:PORT. If the network is \
                 safe, add --insecure",
            ));
    }
    match (listen, &tls) {
        (None, None) => {
            Err(Error::usage("the proxy has no certificate").why("tokens would cross the network unencrypted").next(
                "Use --cert FILE --key FILE. Behind a TLS terminator, use --listen 127.0.0.1:PORT. If the network is \
                 safe, add --insecure",
            ))
        }
        (Some(listen), None) if !listen.is_local() => {
            let place = match &listen {
                Listen::Port(port) => format!("port {port}"),
                other => other.to_string(),
            };
            Err(Error::usage(format!("clients would send tokens to {place} unencrypted"))
                .why("without a certificate the proxy speaks plain HTTP")
                .next("Use --cert FILE --key FILE, or --listen 127.0.0.1:PORT. If the network is safe, add --insecure"))
        }
        (listen, _) => Ok((listen.map_or_else(|| Listen::parse(port), Ok)?, tls)),
    }
}

/// Returns the proof value if the printed configuration contains one: that of a proxy that connects to a TCP port.
fn proxy_proof(app: &App, args: &GuideArgs, kind: ProxyKind, verify: &Endpoint) -> Result<Option<ProxyProof>> {
    if matches!(verify, Endpoint::Unix(_)) {
        return match args.new_proof {
            true => Err(Error::usage("there is no proof value to replace")
                .why(format!("the service verifies tokens at {verify}, a socket that needs no proof value"))
                .next("Leave out --new-proof")),
            false => Ok(None),
        };
    }
    let needs_proof = !matches!(kind, ProxyKind::Haproxy | ProxyKind::Curl);
    if needs_proof && secret_files::is_stdout_readable_by_others() {
        return Err(Error::usage("the configuration was not printed")
            .why("the configuration contains a proof value, and other users could read the output file")
            .next(
                "Delete the output file and run: umask 027. Then run this command again. If the proxy doesn't start \
                 as root, give the new file to the proxy's group: chgrp GROUP FILE",
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
