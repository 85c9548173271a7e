//! Certificates for a test's own servers.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// A certificate and its key, in PEM.
pub struct Certificate {
    pub pem: String,
    pub key: String,
}

/// An authority that issues certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

fn params(names: &[&str], common_name: &str) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

/// Creates a certificate that is its own authority, as `openssl req -x509` does.
pub fn self_signed(names: &[&str]) -> Certificate {
    let key = KeyPair::generate().unwrap();
    let mut params = params(names, "jeton");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Certificate { pem: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

/// Creates a certificate whose time is over.
pub fn expired(names: &[&str]) -> Certificate {
    let key = KeyPair::generate().unwrap();
    let mut params = params(names, "jeton");
    (params.not_before, params.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1));
    Certificate { pem: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

impl Authority {
    pub fn new() -> Self {
        let mut params = params(&[], "authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    pub fn issue(&self, names: &[&str]) -> Certificate {
        let key = KeyPair::generate().unwrap();
        let certificate = params(names, "jeton").signed_by(&key, &self.0).unwrap();
        Certificate { pem: certificate.pem(), key: key.serialize_pem() }
    }
}

impl Certificate {
    /// Writes the files `tls.pem` and `tls.key` into `folder`. Returns the settings that name them, as a file.
    pub fn write(&self, folder: &Path) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let (pem, key) = (folder.join("tls.pem"), folder.join("tls.key"));
        std::fs::write(&pem, &self.pem).unwrap();
        std::fs::write(&key, &self.key).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        let settings = folder.join("serve.toml");
        std::fs::write(&settings, "[serve]\ncertificate = \"tls.pem\"\nkey = \"tls.key\"\n").unwrap();
        settings
    }
}
