//! The installation and its rules.

use crate::domain::name::Prefix;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// The facts of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The prefix of secrets.
    pub prefix: Prefix,
    /// The time of the setup.
    pub created_at: Timestamp,
}

/// Facts and rules of the installation.
pub trait InstallationReader {
    /// Returns the installation. `None` before `init`.
    fn installation(&self) -> Result<Option<Installation>>;
    /// Returns the rules in force.
    fn policy(&self) -> Result<Policy>;
}

/// Changes of the installation.
pub trait InstallationWriter {
    /// Sets the installation up.
    fn set_installation(&mut self, installation: &Installation) -> Result<()>;
    /// Puts every rule in force.
    fn set_policy(&mut self, policy: &Policy) -> Result<()>;
}
