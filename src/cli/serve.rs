//! `jeton serve`: runs the service in the foreground until a signal ends it.

use std::sync::mpsc::channel;

use super::args::{GlobalArgs, ServeArgs};
use super::output::{format_error, format_json_error};
use super::overrides;
use crate::config::{CliOverrides, ServeOverrides, Settings};
use crate::error::{Error, Result};
use crate::http::{self, ServerConfig};
use crate::platform;
use crate::platform::logging::{self, LevelFilter};
use crate::platform::signals::{self, ServiceSignal};
use crate::platform::systemd;
use crate::service::endpoint::Endpoint;

pub(super) fn run(global: &GlobalArgs, args: ServeArgs) -> Result<()> {
    let log_level = args.log.as_deref().map_or(Ok(LevelFilter::INFO), logging::parse_level);
    // Start the log before anything can fail, because errors go only there.
    logging::init(log_level.clone().unwrap_or(LevelFilter::INFO), args.log_json)?;
    let result = log_level.and_then(|_| serve(global, args));
    // End the log here: a stuck log reader must not keep the process alive.
    let format = if global.json { format_json_error } else { format_error };
    logging::flush_with(result.as_ref().err(), format);
    result.map_err(|e| Error::new(e.kind, ""))
}

fn serve(global: &GlobalArgs, args: ServeArgs) -> Result<()> {
    let serve = ServeOverrides { verify: args.verify, verify_group: args.verify_group, manage: args.manage };
    let settings = Settings::load(CliOverrides { serve, ..overrides(global) })?;
    serve_until_signal(ServerConfig {
        store: settings.store.value,
        settings: settings.serve,
        insecure: args.insecure,
        accept_older_store: args.accept_older_store,
        accept_earlier_clock: args.accept_earlier_clock,
        adapters: platform::adapters(),
    })
}

fn serve_until_signal(start: ServerConfig) -> Result<()> {
    let (events_tx, events) = channel();
    let by_signal = events_tx.clone();
    // Watch signals before opening anything, so that none is missed. A send fails only while the service is ending.
    signals::watch_service(move |signal| drop(by_signal.send(ServiceEvent::Signal(signal))))
        .map_err(|e| Error::failure("jeton can't receive signals").why(e.to_string()))?;
    let store = start.store.clone();
    let running = http::start(start, move || drop(events_tx.send(ServiceEvent::Ended)))?;
    let http::ServerAddrs { verify, manage } = &running.addrs;
    if let Some(address) = &running.https {
        tracing::info!(%address, "the service is managed over https");
    }
    tracing::info!(%verify, %manage, store = %store.path().display(), "the service is ready");
    if let Endpoint::Tcp(_) = verify {
        tracing::info!(
            "tokens are verified at a TCP port. While the service is down, any local user can listen at this \
             port. So proxies must check the proof value, as the configuration from jeton guide does. At a \
             socket (--verify unix:PATH), no other user can listen"
        );
    }
    systemd::ready();
    let ignore = |signal| {
        tracing::info!(signal, "the service ignores this signal. To read changed settings, restart the service")
    };
    let signal = loop {
        match events.recv() {
            Ok(ServiceEvent::Signal(ServiceSignal::End(signal))) => break Some(signal),
            Ok(ServiceEvent::Signal(ServiceSignal::Reload)) if running.reload_certificate() => {}
            Ok(ServiceEvent::Signal(ServiceSignal::Reload)) => ignore("SIGHUP"),
            Ok(ServiceEvent::Signal(ServiceSignal::Other(signal))) => ignore(signal),
            Ok(ServiceEvent::Signal(ServiceSignal::WatcherFailed) | ServiceEvent::Ended) | Err(_) => break None,
        }
    };
    systemd::stopping();
    let ended = running.stop();
    match signal {
        Some(signal) => {
            ended?;
            tracing::info!(signal, "the service has ended");
            Ok(())
        }
        None => Err(ended.err().unwrap_or_else(|| {
            Error::failure("the service ended unexpectedly")
                .next("Read the last lines of the log, then start the service again")
        })),
    }
}

enum ServiceEvent {
    Signal(ServiceSignal),
    Ended,
}
