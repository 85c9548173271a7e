use crate::domain::name::Prefix;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::error::Result;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    pub prefix: Prefix,
    /// The time of the setup.
    pub created_at: Timestamp,
}

pub trait InstallationReader {
    fn installation(&self) -> Result<Option<Installation>>;
    /// Returns the rules in force.
    fn policy(&self) -> Result<Policy>;
}

pub trait InstallationWriter {
    fn set_installation(&mut self, installation: &Installation) -> Result<()>;
    /// Puts every rule in force.
    fn set_policy(&mut self, policy: &Policy) -> Result<()>;
}
