use crate::domain::name::Prefix;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// The properties that setup fixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The beginning of every secret.
    pub prefix: Prefix,
    /// The time of setup.
    pub created_at: Timestamp,
}

/// Reads the installation and its policy.
pub trait InstallationReader {
    /// Returns the installation. `None` before setup.
    fn installation(&self) -> Result<Option<Installation>>;
    /// Returns the policy. Rules that were never set have their defaults.
    fn policy(&self) -> Result<Policy>;
}

/// Writes the installation and its policy.
pub trait InstallationWriter {
    /// Records the setup.
    fn set_installation(&mut self, installation: &Installation) -> Result<()>;
    /// Replaces the policy.
    fn set_policy(&mut self, policy: &Policy) -> Result<()>;
}
