//! A real nginx that sends each request to a server with `auth_request` first.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::machine::Cores;
use super::server::{Server, free_address};

/// A path of nginx, and the server that guards it.
pub struct GuardedSite<'a> {
    pub name: &'a str,
    pub at: SocketAddr,
}

/// Starts nginx in one process on the servers' core. `None` if nginx is not installed.
pub fn start(cores: Cores, folder: &Path, guards: &[GuardedSite<'_>]) -> Result<Option<Server>, String> {
    if Command::new("nginx").arg("-v").output().is_err() {
        return Ok(None);
    }
    let at = free_address();
    let file = folder.join("nginx.conf");
    fs::write(&file, configuration(at, folder, guards)).map_err(|e| e.to_string())?;
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder).arg("-e").arg("stderr").arg("-c").arg(&file);
    Server::start(cores, command, at, &folder.join("nginx.log")).map(Some)
}

/// Returns the configuration. For `auth_request`, nginx reads no body of a response, and closes the connection if there
/// is a body. HEAD avoids the body. The application answers 204 from within nginx itself, so that the cost of the guard
/// is as visible as possible.
fn configuration(at: SocketAddr, folder: &Path, guards: &[GuardedSite<'_>]) -> String {
    let folder = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String =
        temporary.iter().map(|kind| format!("    {kind}_temp_path {folder}/nginx-{kind};\n")).collect();
    let mut upstreams = String::new();
    let mut locations = String::new();
    for GuardedSite { name, at } in guards {
        upstreams += &format!(
            "    upstream {name} {{
        server {at};
        keepalive 64;
        keepalive_requests 1000000000;
    }}\n"
        );
        locations += &format!(
            "        location = /{name} {{
            auth_request /ask-{name};
            try_files /nothing @application;
        }}
        location = /ask-{name} {{
            internal;
            proxy_pass http://{name}/v1/verify/-;
            proxy_method HEAD;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_set_header Content-Length \"\";
            proxy_pass_request_body off;
        }}\n"
        );
    }
    format!(
        "daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 600;
{temporary}{upstreams}    server {{
        listen {at};
{locations}        location @application {{ return 204; }}
    }}
}}
"
    )
}
