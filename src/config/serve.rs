use std::path::PathBuf;

use super::file::Keys;
use super::{Setting, Source, from_files, parse, setting_key};
use crate::error::Result;
use crate::service::credential_sources::CredentialSources;
use crate::service::endpoint::Endpoint;
use crate::service::management_addresses::ManagementAddresses;
use crate::service::trusted_proxies::TrustedProxies;

#[derive(Debug, Clone, Default)]
pub struct ServeOverrides {
    pub verify: Option<String>,
    pub verify_group: Option<String>,
    pub manage: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct ServeSettings {
    /// Address of the verify listener. By default a socket chosen by the store's path.
    pub verify: Option<Setting<Endpoint>>,
    pub verify_group: Option<Setting<String>>,
    /// Addresses of the management listeners.
    pub manage: Option<Setting<ManagementAddresses>>,
    pub manage_group: Option<Setting<String>>,
    /// The certificate of the https listener, with its chain.
    pub certificate: Option<Setting<PathBuf>>,
    pub key: Option<Setting<PathBuf>>,
    /// Places where tokens are accepted in addition to `Authorization`.
    pub accept: Setting<CredentialSources>,
    /// Peers that may name the client of a request.
    pub proxies: Setting<TrustedProxies>,
}

impl ServeSettings {
    pub(super) fn find(overrides: ServeOverrides, files: &[(PathBuf, Keys)]) -> Result<Self> {
        let find = |option: Option<String>, name, of: fn(&Keys) -> Option<String>| {
            option.map(|value| Setting { value, source: Source::Option(name) }).or_else(|| from_files(files, of))
        };
        let verify = find(overrides.verify, "--verify", |keys| keys.serve.verify.clone());
        let verify_group = find(overrides.verify_group, "--verify-group", |keys| keys.serve.verify_group.clone());
        let manage = find(overrides.manage, "--manage", |keys| keys.serve.manage.clone());
        let manage_group = from_files(files, |keys| keys.serve.manage_group.clone());
        let accept = parse(from_files(files, |keys| keys.serve.accept.clone()), CredentialSources::parse);
        let proxies = parse(from_files(files, |keys| keys.serve.proxies.clone()), TrustedProxies::parse);
        Ok(ServeSettings {
            verify: parse(verify, Endpoint::parse)?,
            verify_group: parse(verify_group, setting_key::parse_group)?,
            manage: parse(manage, ManagementAddresses::parse)?,
            manage_group: parse(manage_group, setting_key::parse_group)?,
            certificate: from_files(files, |keys| keys.serve.certificate.clone()),
            key: from_files(files, |keys| keys.serve.key.clone()),
            accept: accept?.unwrap_or_default(),
            proxies: proxies?.unwrap_or_default(),
        })
    }
}
