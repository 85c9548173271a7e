use crate::domain::name::Prefix;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::error::Result;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    pub prefix: Prefix,
    pub created_at: Timestamp,
}

pub trait InstallationReader {
    fn installation(&self) -> Result<Option<Installation>>;
    fn policy(&self) -> Result<Policy>;
}

pub trait InstallationWriter {
    fn set_installation(&mut self, installation: &Installation) -> Result<()>;
    fn set_policy(&mut self, policy: &Policy) -> Result<()>;
}
