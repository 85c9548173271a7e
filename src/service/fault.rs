//! Lasting faults in the environment of the service. Health and metrics name them, and `jeton doctor` explains the names.

use crate::domain::word_enum::word_enum;

word_enum! {
    /// A fault, with its name in health and metrics.
    pub enum Fault {
        /// The socket of the verify listener is lost and can't be made again.
        VerifySocket = "verify-socket",
        /// The socket of the management listener is lost and can't be made again.
        ManageSocket = "manage-socket",
        /// The file next to the store that names the service is lost and can't be made again.
        ServiceFile = "service-file",
        /// The proof values for proxies can't be read.
        Proof = "proof",
        /// The new certificate for https can't be used.
        Certificate = "certificate",
        /// The wall clock is behind the latest time seen.
        Clock = "clock",
    }
}

impl Fault {
    /// Explains the fault to those who see only its name.
    pub const fn explain(self) -> &'static str {
        match self {
            Fault::VerifySocket => "the socket for proxies is gone",
            Fault::ManageSocket => "the socket for management is gone",
            Fault::ServiceFile => {
                "the file with the service's addresses, next to the store, is gone. So commands don't find the service"
            }
            Fault::Proof => "the service can't read the proof values for proxies",
            Fault::Certificate => {
                "the new certificate for https can't be used, so the service uses the earlier certificate"
            }
            Fault::Clock => "the clock of the service's machine is behind the latest time that the service has seen",
        }
    }
}
