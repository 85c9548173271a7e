//! `jeton serve`: the service, in the foreground, until a signal ends it.

use std::sync::Arc;
use std::sync::mpsc::channel;

use super::args::{Global, ServeArgs};
use super::given;
use crate::config::{Given, ServeGiven, Settings};
use crate::domain::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::http::{self, Start};
use crate::platform;
use crate::platform::logging::{self, Loudness};
use crate::platform::{signals, systemd};

pub(super) fn run(global: &Global, args: ServeArgs) -> Result<()> {
    let loudness = args.log.as_deref().map_or(Ok(Loudness::Info), Loudness::parse)?;
    let serve = ServeGiven { verify: args.verify, verify_group: args.verify_group, manage: args.manage };
    let settings = Settings::load(Given { serve, ..given(global) })?;
    logging::begin(loudness, args.log_json);
    let (tell, told) = channel();
    let by_signal = tell.clone();
    // Before anything is opened, so that no signal is missed.
    signals::on_end(move |signal| {
        // Nobody listens once it is ending anyway.
        let _ = by_signal.send(Some(signal));
    })
    .map_err(|e| Error::failure("signals can't be waited for").why(e.to_string()))?;
    let world = platform::world();
    let start = Start {
        store: settings.store.value.clone(),
        settings: settings.serve,
        insecure: args.insecure,
        accept_older_store: args.accept_older_store,
        clock: Arc::clone(&world.clock),
    };
    let running = http::start(start, move || {
        let _ = tell.send(None);
    })?;
    let http::Places { verify, manage } = &running.places;
    tracing::info!(%verify, %manage, store = %settings.store.value.display(), "the service answers");
    if let Endpoint::Tcp(_) = verify {
        tracing::info!(
            "tokens are checked at a port, which any local user can take while the service is down: proxies must compare \
             its proof, as jeton guide prints them; nobody else can listen at a socket (--verify unix:PATH)"
        );
    }
    systemd::ready();
    let ended = told.recv().ok().flatten();
    systemd::stopping();
    running.stop();
    match ended {
        Some(signal) => {
            tracing::info!(signal, "the service has ended");
            Ok(())
        }
        None => Err(Error::failure("the service has ended by itself").why("its thread has failed")),
    }
}
