//! Checks of the users and machines that can reach an address of the service: through ports, sockets and folders.

use std::fs;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Finding;
use crate::error::without_error_number;
use crate::platform::{sockets, unix_group, unix_user};
use crate::service::endpoint::Endpoint;

/// Judges who can reach `endpoint`, where `what`. `group` is the setting with the group of its socket.
pub(super) fn endpoint_access(what: &str, endpoint: &Endpoint, group: &str) -> Finding {
    match endpoint {
        Endpoint::Tcp(address) => judge_port(what, address.ip(), endpoint),
        Endpoint::Unix(path) => match fs::metadata(path) {
            Ok(meta) => judge_socket(what, path, &meta, group),
            Err(e) if e.kind() == ErrorKind::NotFound => {
                Finding::fault(format!("the socket {} doesn't exist", path.display()))
                    .why("clients can't reach the service there")
                    .next(
                        "If the path is wrong, correct the setting. If the path is right, restart the service. If \
                         systemd creates the socket, restart the socket unit instead",
                    )
            }
            Err(e) => Finding::fault(format!("the socket {} can't be examined", path.display()))
                .why(without_error_number(&e.to_string()))
                .next("Run jeton doctor as the user of the service"),
        },
    }
}

fn judge_port(what: &str, address: IpAddr, endpoint: &Endpoint) -> Finding {
    match address.is_loopback() {
        true => Finding::ok(format!("{what} by every program of this machine, at {endpoint}")),
        false => Finding::warning(format!("{what} from the network, unencrypted, at {endpoint}"))
            .why("others on the network can read tokens that are verified there")
            .next(
                "If the proxy is on this machine, set serve.verify to unix:PATH or 127.0.0.1:PORT. If systemd creates \
                 the socket, set ListenStream= in the socket unit instead. If the proxy is on another machine, encrypt \
                 the connection, for example with a VPN",
            ),
    }
}

fn judge_socket(what: &str, path: &Path, meta: &fs::Metadata, group: &str) -> Finding {
    if meta.mode() & 0o002 != 0 {
        let mode = format!("the socket has mode {:04o}", meta.mode() & 0o777);
        let (who, why) = match closed_folder(path) {
            Some((folder, closed)) => (
                format!("every user who can enter the folder {}", folder.display()),
                format!("{mode}. Only the mode of the folder, {closed:04o}, keeps other users out"),
            ),
            None => ("every user of this machine".to_owned(), mode),
        };
        return Finding::warning(format!("{what} by {who}, at {}", path.display())).why(why).next(format!(
            "If systemd creates the socket, set SocketMode=0660 and SocketGroup=GROUP in the socket unit. Then restart \
             the socket unit. Otherwise restart the service. The new socket is only for the service's user and for the \
             group in {group}"
        ));
    }
    if let Err(error) = sockets::check_folder(path) {
        // The folder may belong to the user of the service, which isn't us.
        let is_of_owner = path
            .parent()
            .and_then(|folder| fs::metadata(folder).ok())
            .is_some_and(|folder| folder.uid() == meta.uid() && folder.mode() & 0o022 == 0);
        if !is_of_owner {
            return Finding::of_error(error);
        }
    }
    let owner = unix_user::name_of(meta.uid()).unwrap_or_else(|| format!("with uid {}", meta.uid()));
    let group = unix_group::name_of(meta.gid()).unwrap_or_else(|| format!("with gid {}", meta.gid()));
    let group = if meta.mode() & 0o020 != 0 { format!(" and the group {group}") } else { String::new() };
    Finding::ok(format!("{what} by the user {owner}{group}, at {}", path.display()))
}

/// Returns the folder nearest to `path` that only its owner, or its owner and its group, can enter, with its mode.
fn closed_folder(path: &Path) -> Option<(PathBuf, u32)> {
    let folder = fs::canonicalize(path.parent()?).ok()?;
    folder.ancestors().find_map(|folder| {
        let mode = fs::metadata(folder).ok()?.mode() & 0o7777;
        (mode & 0o001 == 0).then(|| (folder.to_owned(), mode))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::doctor::Status;

    #[test]
    fn folder_above_a_socket_keeps_others_out() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().canonicalize().unwrap();
        let (folder, socket) = (path.join("open"), path.join("open/s"));
        fs::create_dir(&folder).unwrap();
        let set_mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        set_mode(&folder, 0o755);
        set_mode(&path, 0o750);
        assert_eq!(closed_folder(&socket), Some((path.clone(), 0o750)));
        set_mode(&folder, 0o700);
        assert_eq!(closed_folder(&socket), Some((folder, 0o700)));
        assert_eq!(closed_folder(Path::new("/s")), None);
    }

    #[test]
    fn port_of_a_network_is_a_warning() {
        let port = |text: &str| endpoint_access("a", &Endpoint::parse(text).unwrap(), "b").status;
        assert_eq!([port("127.0.0.1:1"), port("[::1]:1")], [Status::Ok; 2]);
        assert_eq!([port("0.0.0.0:1"), port("192.0.2.1:1")], [Status::Warning; 2]);
    }
}
