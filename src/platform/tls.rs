//! TLS: files with certificates and keys, and the certificates that a server may have.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::OFlags;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::{Error, Fault, Result};
use crate::service::certificate_pin::CertificatePin;
use crate::service::server_address::ServerConnection;

/// Maximum size of a file in PEM, in bytes. The authorities of a whole system fit.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// The next step for a server whose certificate can't be checked.
const SET_CA: &str = "Set a file with the certificate of the server or of its authority: jeton config set server-ca \
                      FILE. Or set the pin from the log of jeton serve: jeton config set server-pin PIN. For a server \
                      with a name in the configuration, set servers.NAME.ca or servers.NAME.pin";

/// The next step for a server whose certificate doesn't fit the configured file.
const ASK_FOR_CA: &str = "Ask the administrator of the server for the certificate of the server or of its authority. \
                          Then save the certificate in this file";

/// Returns the cryptography that clients and servers use.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Reads the file at `path`, which holds `what` in PEM. No mode bit of `forbidden` may be set.
fn read_pem(path: &Path, what: &str, forbidden: u32) -> Result<Zeroizing<Vec<u8>>> {
    let refused = |why: String| {
        let error = Error::failure(format!("{what} can't be read from {}", path.display())).why(why);
        error.next(format!(
            "Correct the path in the setting, or put a file with {what} at this path. The user who runs jeton must be \
             permitted to read the file"
        ))
    };
    // Nothing is read from a pipe, which could wait for ever.
    let file = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path);
    let file = file.map_err(|e| match e.kind() {
        ErrorKind::PermissionDenied => {
            refused(e.to_string()).next("Let the user who runs jeton read this file, and enter the folders above it")
        }
        _ => refused(e.to_string()),
    })?;
    let meta = file.metadata().map_err(|e| refused(e.to_string()))?;
    if !meta.is_file() {
        return Err(refused("it is not a regular file".to_owned()));
    }
    if meta.len() > MAX_FILE {
        return Err(refused(format!("it is larger than {} MiB", MAX_FILE >> 20)));
    }
    if meta.mode() & forbidden != 0 {
        return Err(refused(format!(
            "its mode {:04o} gives too much access to the group or to other users",
            meta.mode() & 0o7777
        ))
        .next("Let only the user and the group of the service read this file (mode 0640 or 0600)"));
    }
    let mut pem = Zeroizing::new(Vec::with_capacity(MAX_FILE as usize));
    file.take(MAX_FILE).read_to_end(&mut pem).map_err(|e| refused(e.to_string()))?;
    Ok(pem)
}

/// Returns the certificates in the file at `path`, at least one.
pub fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let what = "the certificate";
    let pem = read_pem(path, what, 0)?;
    let found: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    found.map_err(|e| not_in_pem(path, what, &e)).and_then(|found| match found.is_empty() {
        true => Err(not_in_pem(path, what, &pem::Error::NoItemsFound)),
        false => Ok(found),
    })
}

/// Returns the private key in the file at `path`, which only the user and the group of the service may read.
pub fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    let what = "the key of the certificate";
    let pem = read_pem(path, what, 0o037)?;
    let next = "Use a PEM file that contains the whole key, without a password. To remove the password, run: openssl pkey \
                -in FILE -out NEW-FILE";
    PrivateKeyDer::from_pem_slice(&pem).map_err(|e| not_in_pem(path, what, &e).next(next))
}

fn not_in_pem(path: &Path, what: &str, e: &pem::Error) -> Error {
    let why = match e {
        pem::Error::NoItemsFound => format!("the file does not contain {what} in PEM format"),
        _ => "the PEM text in the file is damaged or incomplete".to_owned(),
    };
    let error = Error::failure(format!("{what} can't be read from {}", path.display())).why(why);
    error.next(format!("Use the complete PEM file with {what}"))
}

/// Returns the pin of a certificate.
pub fn pin(certificate: &CertificateDer<'_>) -> std::result::Result<CertificatePin, rustls::Error> {
    let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
    Ok(CertificatePin::new(Sha256::digest(&key).into()))
}

/// Returns the configuration of connections to `server`.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if the file with the authorities can't be used, or the system has none.
pub fn client_config(server: &ServerConnection) -> Result<Arc<ClientConfig>> {
    let provider = provider();
    let refused = |why: String| Error::failure("TLS can't be used").why(why);
    let certificates = match (&server.ca, server.pin) {
        (Some(path), _) => read_certificates(path)?,
        (None, Some(_)) => Vec::new(),
        (None, None) => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    let chain = match (&server.ca, server.pin) {
        (None, Some(_)) => None,
        _ => {
            let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
            Some(built.map_err(|_| match &server.ca {
                Some(path) => refused(format!("no certificate in {} is valid", path.display())).next(ASK_FOR_CA),
                None => refused("this machine trusts no certificate authority".to_owned()).next(SET_CA),
            })?)
        }
    };
    let verifier =
        CertificateVerifier { chain, trusted: certificates, pin: server.pin, provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config =
        config.map_err(|e| refused(e.to_string()))?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(Arc::new(config.with_no_client_auth()))
}

/// Checks the certificate of a server.
#[derive(Debug)]
struct CertificateVerifier {
    /// The check against the authorities. `None` if the pin alone decides.
    chain: Option<Arc<WebPkiServerVerifier>>,
    /// The certificates of the authorities. The server's own may be one of them.
    trusted: Vec<CertificateDer<'static>>,
    pin: Option<CertificatePin>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for CertificateVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        if let Some(chain) = &self.chain {
            match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
                // A self-signed certificate is often marked as an authority, and then refused as that of a server. Its
                // dates were checked before.
                Err(rustls::Error::InvalidCertificate(CertificateError::Other(_)))
                    if self.trusted.iter().any(|trusted| trusted == end_entity) =>
                {
                    verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                }
                verified => {
                    verified?;
                }
            }
        }
        match self.pin {
            Some(expected) if pin(end_entity)? != expected => {
                Err(CertificateError::ApplicationVerificationFailure.into())
            }
            Some(_) | None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Explains why no connection to `server` was opened.
pub fn handshake_error(server: &ServerConnection, error: &rustls::Error) -> Error {
    let (why, next) = match error {
        rustls::Error::InvalidCertificate(error) => explain(server, error),
        rustls::Error::InvalidMessage(_) => {
            ("the server doesn't speak TLS".to_owned(), "Check the port of the address")
        }
        other => (format!("the TLS handshake failed: {other}"), "Check that jeton serve listens at this address"),
    };
    Error::failure(format!("jeton can't open a secure connection to the server {}; nothing was sent", server.address))
        .why(why)
        .fault(Fault::Unreachable)
        .next(next)
}

fn explain(server: &ServerConnection, error: &CertificateError) -> (String, &'static str) {
    use CertificateError::{
        ApplicationVerificationFailure, BadSignature, Expired, ExpiredContext, NotValidForNameContext, NotValidYet,
        NotValidYetContext, Other, UnknownIssuer,
    };
    const VALID: &str = "Check the clock of this machine. If the clock is correct, ask the administrator of the server \
                         for a valid certificate";
    match (error, &server.ca) {
        // `Other` is mostly a self-signed certificate that is marked as an authority.
        (UnknownIssuer | BadSignature | Other(_), None) => {
            ("the server's certificate is not from an authority that this machine trusts".to_owned(), SET_CA)
        }
        (UnknownIssuer | BadSignature | Other(_), Some(path)) => {
            (format!("the server's certificate is not from an authority in {}", path.display()), ASK_FOR_CA)
        }
        (ApplicationVerificationFailure, _) => (
            "the key of the server's certificate doesn't match the configured pin".to_owned(),
            "Ask the administrator of the server if the key was changed. If yes, set the new pin: jeton config set \
             server-pin PIN. For a server with a name in the configuration, set servers.NAME.pin",
        ),
        (NotValidForNameContext { presented, .. }, _) => {
            // Each name is written as `DnsName("NAME")` or `IpAddress(ADDRESS)`.
            let name =
                |name: &String| name.split(['(', ')', '"']).filter(|part| !part.is_empty()).nth(1).map(str::to_owned);
            let names: Vec<String> = presented.iter().filter_map(name).collect();
            match names.is_empty() {
                true => (
                    "the server's certificate has no subject alternative name (SAN). jeton doesn't read the common \
                     name (CN)"
                        .to_owned(),
                    "Ask the administrator of the server for a new certificate. The SAN must contain the host of this \
                     address: DNS:HOST or IP:ADDRESS",
                ),
                false => (
                    format!("the server's certificate is only for {}", names.join(", ")),
                    "Use an address with a host that is in the certificate. Or ask the administrator of the server for \
                     a new certificate. Its subject alternative name (SAN) must contain the host of this address",
                ),
            }
        }
        (Expired | ExpiredContext { .. }, _) => ("the server's certificate has expired".to_owned(), VALID),
        (NotValidYet | NotValidYetContext { .. }, _) => ("the server's certificate is not valid yet".to_owned(), VALID),
        (other, _) => (format!("the server's certificate can't be accepted: {other}"), VALID),
    }
}
