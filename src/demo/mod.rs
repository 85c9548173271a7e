//! x
use crate::domain::name::Username;
use crate::error::Result;
use crate::verbs::local::World;
use std::path::PathBuf;
use zeroize::Zeroizing;
/// x
pub struct Demonstration;
impl Demonstration {
    /// x
    pub fn make(_: &World) -> Result<Self> {
        Err(crate::error::Error::failure("the demonstration is not here yet"))
    }
    /// x
    pub fn store(&self) -> PathBuf {
        PathBuf::new()
    }
    /// x
    pub fn username(&self) -> Username {
        match Username::parse("demo") {
            Ok(u) => u,
            Err(_) => self.username(),
        }
    }
    /// x
    pub fn password(&self) -> Zeroizing<String> {
        Zeroizing::new(String::new())
    }
}
