//! Addresses and settings of the service.

use std::path::PathBuf;

use super::file::Keys;
use super::{Setting, SettingKey, Source, from_files, setting_key};
use crate::error::Result;
use crate::service::credential_sources::CredentialSources;
use crate::service::endpoint::Endpoint;
use crate::service::trusted_proxies::TrustedProxies;

/// The command-line options of the service.
#[derive(Debug, Clone, Default)]
pub struct ServeOverrides {
    /// `--verify`.
    pub verify: Option<String>,
    /// `--verify-group`.
    pub verify_group: Option<String>,
    /// `--manage`.
    pub manage: Option<String>,
}

/// Addresses and settings of the service.
#[derive(Debug, Clone)]
pub struct ServeSettings {
    /// Address of the verify listener. By default a socket chosen by the store's path.
    pub verify: Option<Setting<Endpoint>>,
    /// Group that may access the verify socket.
    pub verify_group: Option<Setting<String>>,
    /// Address of the management listener. By default a socket chosen by the store's path.
    pub manage: Option<Setting<Endpoint>>,
    /// Group that may access the management socket.
    pub manage_group: Option<Setting<String>>,
    /// Places where tokens are accepted in addition to `Authorization`.
    pub accept: Setting<CredentialSources>,
    /// Peers that may name the client of a request.
    pub proxies: Setting<TrustedProxies>,
}

impl ServeSettings {
    pub(super) fn find(overrides: ServeOverrides, files: &[(PathBuf, Keys)]) -> Result<Self> {
        let option = |value: Option<String>, name| value.map(|value| Setting { value, source: Source::Option(name) });
        let endpoint =
            |setting: Option<Setting<String>>| setting.map(|setting| setting.parse_with(Endpoint::parse)).transpose();
        let group = |of: fn(&Keys) -> Option<String>| {
            from_files(files, of).map(|setting| setting.parse_with(setting_key::parse_group)).transpose()
        };
        let verify =
            option(overrides.verify, "--verify").or_else(|| from_files(files, |keys| keys.serve.verify.clone()));
        let manage =
            option(overrides.manage, "--manage").or_else(|| from_files(files, |keys| keys.serve.manage.clone()));
        let accept = from_files(files, |keys| keys.serve.accept.clone())
            .map(|setting| setting.parse_with(CredentialSources::parse));
        let proxies = from_files(files, |keys| keys.serve.proxies.clone())
            .map(|setting| setting.parse_with(TrustedProxies::parse));
        Ok(ServeSettings {
            verify: endpoint(verify)?,
            verify_group: match option(overrides.verify_group, "--verify-group") {
                Some(setting) => Some(setting.parse_with(setting_key::parse_group)?),
                None => group(|keys| keys.serve.verify_group.clone())?,
            },
            manage: endpoint(manage)?,
            manage_group: group(|keys| keys.serve.manage_group.clone())?,
            accept: accept
                .transpose()?
                .unwrap_or(Setting { value: CredentialSources::default(), source: Source::Default }),
            proxies: proxies
                .transpose()?
                .unwrap_or(Setting { value: TrustedProxies::default(), source: Source::Default }),
        })
    }

    pub(super) fn value(&self, key: SettingKey) -> Option<(String, Source)> {
        fn text<T: ToString>(setting: &Setting<T>) -> (String, Source) {
            (setting.value.to_string(), setting.source.clone())
        }
        match key {
            SettingKey::ServeVerify => self.verify.as_ref().map(text),
            SettingKey::ServeVerifyGroup => self.verify_group.as_ref().map(text),
            SettingKey::ServeManage => self.manage.as_ref().map(text),
            SettingKey::ServeManageGroup => self.manage_group.as_ref().map(text),
            SettingKey::ServeAccept => Some(text(&self.accept)),
            SettingKey::ServeProxies => Some(text(&self.proxies)),
            SettingKey::Dates
            | SettingKey::Store
            | SettingKey::Username
            | SettingKey::ApiTokenName
            | SettingKey::ApiToken
            | SettingKey::LockAfter
            | SettingKey::ConfirmRemember => None,
        }
    }
}
