use crate::error::{Error, Result};
use crate::verbs::ports::Entropy;

/// Random bytes from `getrandom(2)` and its equivalents.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<()> {
        getrandom::fill(buffer)
            .map_err(|e| Error::failure("the operating system gave no random bytes").why(e.to_string()))
    }
}
