//! A test setup: a catalogue, a verifier, an application, and a real proxy between them.

use std::fs;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::mock_server::{MockServer, Reply, Request, Responder, connect, response, send_raw};
use super::real_service::RealService;
use crate::support::cli_program::CliHome;
use crate::support::ports::unused_address;

/// The proxies under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyUnderTest {
    Nginx,
    Caddy,
    Haproxy,
    Envoy,
    Traefik,
}

impl ProxyUnderTest {
    /// Returns `true` if the proxy removes headers by pattern.
    pub fn knows_patterns(self) -> bool {
        !matches!(self, ProxyUnderTest::Nginx | ProxyUnderTest::Traefik)
    }

    /// Returns `true` if the proxy compares jeton's proof at a port.
    pub fn compares_proofs(self) -> bool {
        !matches!(self, ProxyUnderTest::Envoy | ProxyUnderTest::Traefik)
    }

    /// Returns `true` if the proxy resolves `//`, `.` and `..` first, forwards the resolved path, and denies paths that
    /// its rules can't match.
    pub fn resolves_paths(self) -> bool {
        self == ProxyUnderTest::Traefik
    }

    /// Returns the request line with which the proxy verifies `request` for `method`.
    pub fn question(self, method: &str, request: &str) -> String {
        let (verb, path) = request.split_once(' ').unwrap();
        match self {
            ProxyUnderTest::Nginx | ProxyUnderTest::Caddy | ProxyUnderTest::Haproxy => {
                format!("HEAD /v1/verify/{method} HTTP/1.1")
            }
            ProxyUnderTest::Envoy => format!("{verb} /v1/verify/{method}{path} HTTP/1.1"),
            ProxyUnderTest::Traefik => format!("GET /v1/verify/{method} HTTP/1.1"),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            ProxyUnderTest::Nginx => "nginx",
            ProxyUnderTest::Caddy => "caddy",
            ProxyUnderTest::Haproxy => "haproxy",
            ProxyUnderTest::Envoy => "envoy",
            ProxyUnderTest::Traefik => "traefik",
        }
    }

    /// Returns `true` if the proxy is installed. Prints a note if not.
    pub fn is_installed(self) -> bool {
        let found = std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(self.as_str()).is_file()));
        if !found {
            println!("skipped: {} not found", self.as_str());
        }
        found
    }
}

/// The verifier that answers the proxy's requests.
pub enum Verifier {
    /// Decides by METHOD and secret: `all` may call everything, a METHOD's name that METHOD. `fault` gets 503, and
    /// `none` is refused.
    Answers(MockServer),
    /// Accepts connections and never answers.
    Hangs(MockServer),
    /// Nothing listens.
    Down(SocketAddr),
    /// A socket file without a listener.
    Stale(String),
    /// jeton itself.
    Real(RealService),
}

impl Verifier {
    /// Starts at a socket, if this proxy supports sockets.
    pub fn start(kind: ProxyUnderTest) -> Verifier {
        let answer: Responder = Box::new(|request| Some(verify_response(request)));
        Verifier::Answers(match kind {
            ProxyUnderTest::Traefik => MockServer::start(answer),
            _ => MockServer::on_a_socket(answer),
        })
    }

    /// Starts another program on jeton's port, which answers every request with this status.
    pub fn impostor(status: &'static str) -> Verifier {
        Verifier::Answers(MockServer::start(Box::new(move |_| Some(response(status, &[], "")))))
    }

    pub fn hanging() -> Verifier {
        Verifier::Hangs(MockServer::start(Box::new(|_| None)))
    }

    pub fn down() -> Verifier {
        Verifier::Down(unused_address())
    }

    /// Starts jeton with this home's store, at a socket if this proxy supports sockets.
    pub fn real(kind: ProxyUnderTest, home: &CliHome) -> Verifier {
        Verifier::Real(match kind {
            ProxyUnderTest::Traefik => RealService::on_a_port(home),
            _ => RealService::on_a_socket(home),
        })
    }

    fn address_text(&self) -> String {
        match self {
            Verifier::Answers(server) | Verifier::Hangs(server) => server.address_text.clone(),
            Verifier::Down(address) => address.to_string(),
            Verifier::Stale(place) => place.clone(),
            Verifier::Real(jeton) => jeton.verify.clone(),
        }
    }

    /// Stops jeton.
    pub fn stop(&mut self) {
        let Verifier::Real(jeton) = self else { panic!("it isn't jeton") };
        jeton.stop();
    }

    pub fn connections(&self) -> usize {
        match self {
            Verifier::Answers(server) | Verifier::Hangs(server) => server.connections(),
            Verifier::Down(_) | Verifier::Stale(_) => 0,
            Verifier::Real(jeton) => jeton.connections(),
        }
    }

    /// Returns the requests to a stand-in since the last call.
    pub fn take_requests(&self) -> Vec<Request> {
        match self {
            Verifier::Answers(server) | Verifier::Hangs(server) => server.take_requests(),
            Verifier::Down(_) | Verifier::Stale(_) | Verifier::Real(_) => Vec::new(),
        }
    }
}

fn verify_response(request: &Request) -> String {
    let method = request.path().strip_prefix("/v1/verify/").and_then(|rest| rest.split(['/', '?']).next());
    let challenge = |more: &str| vec![format!("WWW-Authenticate: Bearer realm=\"jeton\"{more}")];
    let secret = request.all("authorization").first().and_then(|v| v.strip_prefix("Bearer ")).map(str::to_owned);
    match (secret.as_deref(), method) {
        (_, None | Some("" | "-")) => response("503 Service Unavailable", &[], "no METHOD"),
        (None, _) => response("401 Unauthorized", &challenge(""), "{}"),
        (Some("none"), _) => response("401 Unauthorized", &challenge(", error=\"invalid_token\""), "{}"),
        (Some("fault"), _) => response("503 Service Unavailable", &[], "{}"),
        (Some(credential), Some(requests)) if credential == "all" || credential == requests => {
            let identity_values = [
                ("Account", "ci"),
                ("Account-Id", "17"),
                ("Role", "member"),
                ("Token", "bot"),
                ("Hint", "jtn_Ab12Cd34"),
                ("Method", requests),
            ];
            let headers: Vec<String> =
                identity_values.iter().map(|(name, value)| format!("X-Jeton-{name}: {value}")).collect();
            response("200 OK", &headers, "{\"result\":0}")
        }
        (Some(_), Some(_)) => response("403 Forbidden", &challenge(", error=\"insufficient_scope\""), "{}"),
    }
}

/// A running proxy.
pub struct ProxyProcess {
    pub address: SocketAddr,
    child: Child,
}

impl Drop for ProxyProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The whole setup. Drops the proxy first and the home last.
pub struct ProxySetup {
    pub proxy: ProxyProcess,
    pub application: MockServer,
    pub verify: Verifier,
    pub home: CliHome,
}

/// Creates a store with this catalogue file.
pub fn home_with_catalogue(catalogue: &str) -> CliHome {
    let home = CliHome::new();
    home.file("shop.toml", catalogue, 0o644);
    home.as_ops(&["init", "--username", "ops", "--catalogue", "shop.toml"]).assert_success();
    home
}

/// Returns the output of `guide`.
pub fn guide(home: &CliHome, args: &[&str]) -> String {
    home.run(&[&["guide"], args].concat(), "").assert_success().out
}

/// Options of a setup.
pub struct SetupOptions {
    /// More options for `guide`.
    pub guide: &'static [&'static str],
    /// Text before the printed configuration inside nginx's http { }.
    pub nginx: &'static str,
    /// A manual change of the printed configuration.
    pub change: fn(String) -> String,
    /// The application's answer.
    pub application: Responder,
}

impl Default for SetupOptions {
    fn default() -> Self {
        let application: Responder = Box::new(|_| Some(response("200 OK", &["X-App: yes".to_owned()], "app")));
        SetupOptions { guide: &[], nginx: "", change: |text| text, application }
    }
}

impl ProxySetup {
    pub fn start(kind: ProxyUnderTest, home: CliHome, verify: Verifier) -> ProxySetup {
        Self::start_with(kind, home, verify, SetupOptions::default())
    }

    pub fn start_with(kind: ProxyUnderTest, home: CliHome, verify: Verifier, setting: SetupOptions) -> ProxySetup {
        let SetupOptions { guide, nginx, change, application } = setting;
        let application = MockServer::start(application);
        home.run(&["config", "set", "serve.verify", &verify.address_text()], "").assert_success();
        let proxy = run(kind, &home, application.address, guide, nginx, change);
        application.take_requests();
        verify.take_requests();
        ProxySetup { proxy, application, verify, home }
    }

    /// Sends a request line, given without its version.
    pub fn send(&self, request: &str, headers: &[&str]) -> Reply {
        send_raw(self.proxy.address, &format!("{request} HTTP/1.1"), headers, "")
    }
}

/// Writes the files that each program needs to check or run the guide's output. Returns the command to continue with.
pub fn command(kind: ProxyUnderTest, home: &CliHome, args: &[&str]) -> Command {
    command_with(kind, home, args, "", |text| text)
}

fn command_with(
    kind: ProxyUnderTest,
    home: &CliHome,
    args: &[&str],
    nginx: &str,
    change: fn(String) -> String,
) -> Command {
    let text = change(guide(home, &[&[kind.as_str()], args].concat()));
    let folder = home.path("");
    let mut command = Command::new(kind.as_str());
    command.current_dir(&folder).env("HOME", &folder).env("XDG_DATA_HOME", &folder).env("XDG_CONFIG_HOME", &folder);
    match kind {
        ProxyUnderTest::Nginx => {
            fs::write(folder.join("jeton.conf"), text).unwrap();
            let temps: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .iter()
                .map(|name| format!("{name}_temp_path {}/{name};", folder.display()))
                .collect();
            let whole = format!(
                "daemon off; master_process off; pid nginx.pid; error_log stderr; events {{}}\nhttp {{ access_log off; {temps} {nginx} include jeton.conf; }}\n"
            );
            fs::write(folder.join("nginx.conf"), whole).unwrap();
            command.arg("-p").arg(&folder).args(["-e", "stderr", "-c", "nginx.conf"]);
        }
        ProxyUnderTest::Caddy => {
            let text = text.replace("unix//run/caddy/", &format!("unix/{}/", folder.display()));
            let admin = format!("{{\n    admin unix/{}/admin.sock|0600\n}}\n", folder.display());
            let text = text.replace(&admin, "");
            let whole = format!("{{\n    admin off\n    auto_https off\n    persist_config off\n}}\n{text}");
            fs::write(folder.join("Caddyfile"), whole).unwrap();
        }
        ProxyUnderTest::Haproxy => {
            let lua = folder.join("jeton.lua");
            fs::write(&lua, guide(home, &["haproxy", "--lua"])).unwrap();
            let text = text.replace("lua-load /etc/haproxy/jeton.lua", &format!("lua-load {}", lua.display()));
            assert!(text.contains(&*lua.to_string_lossy()));
            fs::write(folder.join("jeton.cfg"), text).unwrap();
            command.args(["-f", "jeton.cfg"]);
        }
        ProxyUnderTest::Envoy => {
            let text = text.replace("/run/envoy/", &format!("{}/", folder.display()));
            fs::write(folder.join("jeton.yaml"), text).unwrap();
            command.args(["-c", "jeton.yaml", "-l", "warn", "--concurrency", "1", "--disable-hot-restart"]);
        }
        ProxyUnderTest::Traefik => {
            fs::write(folder.join("jeton.yaml"), text).unwrap();
            command.args(["--providers.file.filename=jeton.yaml", "--global.checknewversion=false"]);
        }
    }
    command
}

fn run(
    kind: ProxyUnderTest,
    home: &CliHome,
    application: SocketAddr,
    more: &[&str],
    nginx: &str,
    change: fn(String) -> String,
) -> ProxyProcess {
    let address = unused_address();
    let (upstream, listen) = (application.to_string(), address.to_string());
    // A proxy that can't compare jeton's proof needs `--insecure` at a port.
    let insecure: &[&str] = if kind.compares_proofs() { &[] } else { &["--insecure"] };
    let args = [&["--upstream", &upstream, "--listen", &listen], insecure, more].concat();
    let mut command = command_with(kind, home, &args, nginx, change);
    match kind {
        ProxyUnderTest::Nginx | ProxyUnderTest::Envoy => {}
        ProxyUnderTest::Traefik => {
            command.arg(format!("--entrypoints.jeton.address={address}"));
        }
        ProxyUnderTest::Caddy => {
            command.args(["run", "--config", "Caddyfile", "--adapter", "caddyfile"]);
        }
        ProxyUnderTest::Haproxy => {
            command.arg("-db");
        }
    }
    let log = fs::File::create(home.path("proxy.log")).unwrap();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let mut running = ProxyProcess { address, child };
    let (_never, pause) = mpsc::channel::<()>();
    for _ in 0..1_500 {
        // Traefik listens before it has read its routers, and answers 404 until then.
        let is_ready = || kind != ProxyUnderTest::Traefik || send_raw(address, "GET / HTTP/1.1", &[], "").status != 404;
        if connect(address).is_some() && is_ready() {
            return running;
        }
        if let Some(ended) = running.child.try_wait().unwrap() {
            panic!("{kind:?} ended, {ended}: {}", fs::read_to_string(home.path("proxy.log")).unwrap());
        }
        let _ = pause.recv_timeout(Duration::from_millis(20));
    }
    panic!("{kind:?} doesn't listen: {}", fs::read_to_string(home.path("proxy.log")).unwrap());
}
