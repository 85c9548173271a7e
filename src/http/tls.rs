//! TLS of the https listener: its certificate, which can be read again, and the handshake of a connection.

use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection_timeouts::{ConnectionTimer, ShutdownRequest};
use super::faults::{Fault, Faults};
use crate::config::ServeSettings;
use crate::error::{Error, Result};
use crate::platform::tls;
use crate::service::advise_setting;
use crate::service::certificate_pin::CertificatePin;

/// Maximum time for a handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// The files of a certificate, with its chain, and of its key.
struct CertificateFiles {
    certificate: PathBuf,
    key: PathBuf,
}

/// The certificate of the https listener.
pub(super) struct Tls {
    files: CertificateFiles,
    faults: Arc<Faults>,
    state: Mutex<TlsState>,
}

struct TlsState {
    config: Arc<ServerConfig>,
    /// Reason why the files, when they were read again, could not be used.
    failed: Option<String>,
}

impl CertificateFiles {
    /// Reads the files. Returns the parameters of connections, and the pin of the certificate.
    fn read(&self) -> Result<(Arc<ServerConfig>, CertificatePin)> {
        let refused = |e: rustls::Error| {
            let why = match e {
                rustls::Error::InconsistentKeys(_) => "the key does not belong to this certificate".to_owned(),
                other => other.to_string(),
            };
            Error::failure(format!("the certificate in {} can't be used", self.certificate.display())).why(why).next(
                format!(
                    "The file must begin with the certificate of this service. Check that the key of this certificate \
                     is in {}",
                    self.key.display()
                ),
            )
        };
        let chain = tls::read_certificates(&self.certificate)?;
        let pin =
            chain.first().map_or_else(|| Err(rustls::Error::NoCertificatesPresented), tls::pin).map_err(refused)?;
        let versions = ServerConfig::builder_with_provider(tls::provider()).with_safe_default_protocol_versions();
        let config = versions.map_err(refused)?.with_no_client_auth();
        let mut config = config.with_single_cert(chain, tls::read_key(&self.key)?).map_err(refused)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok((Arc::new(config), pin))
    }
}

impl Tls {
    /// Reads the certificate that the settings name.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if a setting is missing; [`crate::error::Kind::Failure`] if a file can't be used.
    pub fn open(settings: &ServeSettings, faults: Arc<Faults>) -> Result<Self> {
        let (Some(certificate), Some(key)) = (&settings.certificate, &settings.key) else {
            return Err(Error::usage("https needs a certificate and its key")
                .next(advise_setting("serve.certificate and serve.key", "the paths of the two files,")));
        };
        let files = CertificateFiles { certificate: certificate.value.clone(), key: key.value.clone() };
        let (config, pin) = files.read()?;
        tracing::info!(certificate = %files.certificate.display(), %pin, "the certificate for https was read");
        Ok(Tls { files, faults, state: Mutex::new(TlsState { config, failed: None }) })
    }

    fn state(&self) -> MutexGuard<'_, TlsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the files again, for the next connections. The earlier certificate stays if they can't be used.
    pub fn reload(&self) {
        match self.files.read() {
            Ok((config, pin)) => {
                *self.state() = TlsState { config, failed: None };
                tracing::info!(%pin, "the certificate for https was read again");
                self.faults.resolve(Fault::Certificate);
            }
            Err(e) => self.state().failed = Some(e.to_string()),
        }
        self.check();
    }

    /// Reports the fault that the earlier certificate is still in use.
    pub fn check(&self) {
        if let Some(why) = &self.state().failed {
            self.faults.report(Fault::Certificate, why);
        }
    }

    /// Returns the encrypted stream. `None` if the client or the service ends the connection before that.
    pub async fn handshake(&self, stream: TcpStream, timer: &ConnectionTimer) -> Option<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.state().config));
        let mut handshake = pin!(timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)));
        poll_fn(|cx| match handshake.as_mut().poll(cx) {
            Poll::Ready(Ok(Ok(stream))) => Poll::Ready(Some(stream)),
            Poll::Ready(Ok(Err(e))) => {
                tracing::debug!(why = %e, "a TLS handshake failed");
                Poll::Ready(None)
            }
            Poll::Ready(Err(_)) => Poll::Ready(None),
            Poll::Pending if timer.shutdown_request(cx) != ShutdownRequest::None => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}
