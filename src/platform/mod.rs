//! Access to the operating system: clock, random numbers, hashing, files, paths, the process, the clipboard.

pub mod anchor_file;
pub mod audit_position_file;
pub mod backup_file;
pub mod bounded_read;
pub mod catalogue_file;
pub mod certificate_dates;
pub mod child_process;
pub mod clipboard;
pub mod clock;
pub mod config_folder;
pub mod editor;
pub mod entropy;
pub mod folder_lock;
pub mod generated_files;
pub mod http_client;
pub mod leftovers;
mod log_writer;
pub mod logging;
pub mod new_file;
pub mod new_folders;
pub mod own_process;
pub mod pager;
pub mod password;
pub mod paths;
pub mod programs;
pub mod proof_file;
pub mod resume_file;
pub mod running_service_file;
pub mod secret_files;
pub mod secret_scan;
pub mod shared_folder;
pub mod sidecar;
pub mod signals;
mod socket_owner;
pub mod sockets;
pub mod standard_output;
pub mod stop_between_writes;
pub mod systemd;
pub mod terminal_echo;
pub mod terminal_facts;
pub mod terminal_input;
pub mod threads;
pub mod tls;
pub mod unix_group;
pub mod unix_user;
pub mod view_state_file;
pub mod whole_file;

use std::sync::Arc;

use crate::verbs::local_backend::Adapters;

pub fn adapters() -> Adapters {
    Adapters {
        clock: Arc::new(clock::SystemClock::new()),
        entropy: Arc::new(entropy::SystemEntropy),
        hasher: Arc::new(password::Argon2Hasher::new()),
        progress: Arc::default(),
    }
}
