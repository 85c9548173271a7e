use super::*;
use crate::error::Kind;
use crate::platform::clipboard::ClipboardRoute;
use crate::platform::terminal_facts::TerminalFacts;
use std::fs;
use std::path::Path;

struct Machine {
    folder: tempfile::TempDir,
    environment: Vec<(&'static str, OsString)>,
    /// `true` if this user may use the socket of the system's service.
    has_service: bool,
}

impl Machine {
    fn new() -> Self {
        Machine { folder: tempfile::tempdir().unwrap(), environment: Vec::new(), has_service: false }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn set(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.environment.push((name, value.into()));
    }

    fn settings(&self, overrides: CliOverrides) -> Result<Settings> {
        let sources = ConfigSources {
            variable: &|name| self.environment.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()),
            user_file: Some(self.folder.path().join("user.toml")),
            system_file: self.folder.path().join("system.toml"),
            default_store: Some(PathBuf::from("/default.db")),
            management_socket: &|| Some(PathBuf::from("/run/jeton/manage.sock")).filter(|_| self.has_service),
            token_in_environment: false,
        };
        Settings::find(overrides, &sources)
    }

    fn store(&self, overrides: CliOverrides) -> (String, String) {
        let found = self.settings(overrides).unwrap().store;
        (found.value.path().display().to_string(), found.source.to_string())
    }
}

impl Settings {
    /// Returns the settings of a machine without files and variables, for the store at `path`.
    pub fn of_store(path: PathBuf) -> Self {
        let sources = ConfigSources {
            variable: &|_| None,
            user_file: None,
            system_file: PathBuf::from("/nonexistent/jeton.toml"),
            default_store: Some(path),
            management_socket: &|| None,
            token_in_environment: false,
        };
        Self::find(CliOverrides::default(), &sources).unwrap()
    }
}

#[test]
fn source_outranks_the_next_one() {
    let mut machine = Machine::new();
    let overrides = || CliOverrides { store: Some("/option.db".into()), ..CliOverrides::default() };
    assert_eq!(machine.store(CliOverrides::default()), ("/default.db".into(), Source::Default.to_string()));
    let system = machine.file("system.toml", "store = \"/system.db\"\nusername = \"sys\"\n");
    assert_eq!(machine.store(CliOverrides::default()), ("/system.db".into(), system.display().to_string()));
    let user = machine.file("user.toml", "store = \"near.db\"\n");
    let near = machine.folder.path().join("near.db").display().to_string();
    assert_eq!(machine.store(CliOverrides::default()), (near, user.display().to_string()), "relative to its file");
    machine.set("JETON_STORE", "");
    assert_eq!(machine.store(CliOverrides::default()).1, user.display().to_string(), "empty counts as unset");
    machine.environment.clear();
    machine.set("JETON_STORE", "/variable.db");
    assert_eq!(machine.store(CliOverrides::default()), ("/variable.db".into(), "JETON_STORE".into()));
    assert_eq!(machine.store(overrides()), ("/option.db".into(), "--store".into()));
    let username = machine.settings(CliOverrides::default()).unwrap().username.unwrap();
    assert_eq!((username.value.as_str(), username.source), ("sys", Source::File(system)));
}

#[test]
fn unreadable_file_is_named_with_its_line() {
    let mut machine = Machine::new();
    machine.file("user.toml", "username = \"ops\"\ncolour = \"red\"\n");
    let refused = machine.settings(CliOverrides::default()).unwrap_err().to_string();
    assert!(refused.contains("user.toml") && refused.contains("line 2") && refused.contains("colour"), "{refused}");
    machine.set("JETON_CONFIG", machine.folder.path().join("gone.toml"));
    assert!(machine.settings(CliOverrides::default()).unwrap_err().to_string().contains("gone.toml"));
    let other = machine.file("other.toml", "username = \"Ops\"\n");
    machine.environment.clear();
    machine.set("JETON_CONFIG", other);
    let refused = machine.settings(CliOverrides::default()).unwrap_err().to_string();
    assert!(refused.contains("other.toml") && refused.contains("\"ops\""), "{refused}");
}

#[test]
fn file_that_others_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let machine = Machine::new();
    let file = machine.file("user.toml", "\u{feff}store = \"/x.db\"\r\n");
    assert_eq!(machine.store(CliOverrides::default()).0, "/x.db");
    let refused = || machine.settings(CliOverrides::default()).unwrap_err();
    for open in [0o620, 0o602, 0o666] {
        mode(&file, open);
        assert_eq!(refused().kind, crate::error::Kind::Failure, "{open:o}");
    }
    mode(&file, 0o644);
    mode(machine.folder.path(), 0o770);
    assert_eq!(refused().kind, crate::error::Kind::Failure);
    mode(machine.folder.path(), 0o1777);
    assert_eq!(machine.store(CliOverrides::default()).0, "/x.db", "nobody can replace another's file there");
}

#[test]
fn service_of_the_system_is_used_if_nothing_else_is_named() {
    let mut machine = Machine::new();
    let server = |machine: &Machine, overrides| {
        machine.settings(overrides).unwrap().server.map(|setting| (setting.value.to_string(), setting.source))
    };
    let none = CliOverrides::default;
    assert_eq!(server(&machine, none()), None);
    machine.has_service = true;
    let found = Some(("unix:/run/jeton/manage.sock".to_owned(), Source::Default));
    assert_eq!(server(&machine, none()), found);
    assert_eq!(server(&machine, CliOverrides { store: Some("/x.db".into()), ..none() }), None);
    let other = CliOverrides { server: Some("unix:/other".into()), ..none() };
    assert_eq!(server(&machine, other).unwrap().0, "unix:/other");
    machine.set("JETON_STORE", "/variable.db");
    assert_eq!(server(&machine, none()), None);
    machine.environment.clear();
    machine.set("JETON_SERVER", "unix:/variable");
    assert_eq!(server(&machine, none()).unwrap().0, "unix:/variable");
    machine.environment.clear();
    machine.file("system.toml", "server = \"unix:/file\"\n");
    assert_eq!(server(&machine, none()).unwrap().0, "unix:/file");
    machine.file("system.toml", "store = \"/file.db\"\n");
    assert_eq!(server(&machine, none()), None);
}

fn new_secret(byte: u8) -> Secret {
    let fill = |buffer: &mut [u8]| {
        buffer.fill(byte);
        Ok(())
    };
    Secret::generate(&crate::domain::name::Prefix::default(), fill).unwrap()
}

fn server(address: &str) -> CliOverrides {
    CliOverrides { server: Some(address.to_owned()), ..CliOverrides::default() }
}

fn make_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn stored_token_is_used_only_where_it_is_for() {
    let mut machine = Machine::new();
    let secret = new_secret(1);
    let write = |text: &str| {
        let token = secret.expose(|text| format!("api_token = \"{text}\"\napi_token_name = \"helper\"\n"));
        let file = machine.file("user.toml", &(text.to_owned() + &token));
        make_private(&file);
        file
    };
    let used = |machine: &Machine, overrides| {
        let found = machine.settings(overrides).unwrap().token_credential();
        assert!(found.as_ref().is_ok_and(Option::is_some) || found.as_ref().unwrap_err().kind == Kind::Unauthenticated);
        found.is_ok_and(|token| token.unwrap().name.unwrap().as_str() == "helper")
    };
    let store = || CliOverrides { store: Some("/x.db".into()), ..CliOverrides::default() };
    // A file of a third party, written by hand: the token is for the server in it.
    let file = write("server = \"http://127.0.0.1:7181/\"\n");
    assert!(used(&machine, CliOverrides::default()));
    assert!(used(&machine, server("http://127.0.0.1:7181")));
    assert!(!used(&machine, server("http://127.0.0.1:7182")));
    assert!(!used(&machine, store()));
    // One that config set has written.
    set(&file, SettingKey::ApiToken, &SetValue::Token(&secret, "unix:/other")).unwrap();
    assert!(!fs::read_to_string(&file).unwrap().contains("api_token ="));
    assert!(!used(&machine, CliOverrides::default()));
    assert!(used(&machine, server("unix:/other")));
    set(&file, SettingKey::ApiToken, &SetValue::Token(&secret, "/x.db")).unwrap();
    assert!(used(&machine, store()));
    // Nothing says where it belongs.
    let file = write("");
    assert!(used(&machine, CliOverrides::default()));
    assert!(!used(&machine, server("unix:/other")));
    machine.has_service = true;
    assert!(used(&machine, CliOverrides::default()));
    assert_eq!(unset(&file, &[SettingKey::ApiToken, SettingKey::ApiTokenName]).unwrap().len(), 2);
    assert_eq!(fs::read_to_string(&file).unwrap(), "");
}

#[test]
fn login_is_used_at_its_server_only() {
    let machine = Machine::new();
    let file = machine.file("user.toml", "# mine\nusername = \"other\"\n");
    let login = |username: &str| StoredLogin {
        username: Username::parse(username).unwrap(),
        token: Arc::new(new_secret(2)),
        expires_at: crate::domain::time::Timestamp(1_767_225_600_000),
    };
    set_login(&file, "unix:/a", &login("anna")).unwrap();
    set_login(&file, "http://127.0.0.1:1", &login("ben")).unwrap();
    set_login(&file, "unix:/a", &login("carla")).unwrap();
    let found = |overrides| {
        let settings = machine.settings(overrides).unwrap();
        let login = settings.login.map(|login| login.value.username.to_string());
        (login, settings.username.unwrap().value.to_string())
    };
    let as_user = |user: &str| CliOverrides { user: Some(user.to_owned()), ..server("unix:/a") };
    assert_eq!(found(server("unix:/a")), (Some("carla".into()), "carla".into()));
    assert_eq!(found(as_user("carla")).0, Some("carla".into()));
    assert_eq!(found(as_user("other")), (None, "other".into()));
    assert_eq!(found(server("http://127.0.0.1:1/")).0, Some("ben".into()));
    assert_eq!(found(server("unix:/b")), (None, "other".into()));
    assert_eq!(found(CliOverrides::default()), (None, "other".into()));
    // A token that was stored later, and for another server.
    set(&file, SettingKey::ApiToken, &SetValue::Token(&new_secret(3), "unix:/a")).unwrap();
    assert_eq!(found(server("unix:/a")), (None, "other".into()));
    assert_eq!(found(server("http://127.0.0.1:1")).0, Some("ben".into()));
    assert!(machine.settings(server("unix:/a")).unwrap().forget_token(&file).unwrap());
    assert!(!machine.settings(server("unix:/a")).unwrap().forget_token(&file).unwrap());

    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    assert_eq!(machine.settings(server("unix:/b")).unwrap_err().kind, Kind::Failure, "others may read a token");
    make_private(&file);
    assert_eq!(take_login(&file, "unix:/a").unwrap().unwrap().username.as_str(), "carla");
    assert!(take_login(&file, "unix:/a").unwrap().is_none());
    take_login(&file, "http://127.0.0.1:1").unwrap().unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "# mine\nusername = \"other\"\n");
}

#[test]
fn token_of_a_named_server_is_forgotten() {
    let machine = Machine::new();
    let secret = new_secret(4).expose(str::to_owned);
    let text = format!("server = \"prod\"\napi-token = \"{secret}\"\n[servers.prod]\naddress = \"unix:/p\"\n");
    let file = machine.file("user.toml", &text);
    make_private(&file);
    let settings = machine.settings(CliOverrides::default()).unwrap();
    assert!(settings.token_credential().unwrap().is_some());
    assert!(settings.forget_token(&file).unwrap());
    assert!(machine.settings(CliOverrides::default()).unwrap().token.is_none());
}

#[test]
fn server_is_used_by_its_name_with_its_own_settings() {
    let machine = Machine::new();
    let pin = format!("sha256:{}", "ab".repeat(32));
    let file = machine.file(
        "user.toml",
        &format!("server = \"prod\"\nserver-ca = \"other.pem\"\nusername = \"anna\"\n[servers.prod]\naddress = \"https://jeton.example.com\"\nca = \"ca.pem\"\ncolour = \"red\"\nusername = \"ops\"\napi-token-name = \"ci\"\n[servers.test]\naddress = \"unix:/test\"\npin = \"{pin}\"\n"),
    );
    machine
        .file("system.toml", "[servers.prod]\naddress = \"unix:/forged\"\n[servers.more]\naddress = \"unix:/more\"\n");
    let prod = machine.settings(CliOverrides::default()).unwrap();
    let connection = prod.server_connection().unwrap();
    assert_eq!(
        (connection.address.to_string(), connection.ca, connection.pin),
        ("https://jeton.example.com:443".into(), Some(file.with_file_name("ca.pem")), None)
    );
    assert_eq!(
        (prod.username.unwrap().value.to_string(), prod.token_name.unwrap().value.to_string()),
        ("ops".into(), "ci".into())
    );
    assert_eq!((prod.server_name.as_deref(), prod.server_colour), (Some("prod"), Some(ServerColour::Red)));
    let test = machine.settings(server("test")).unwrap();
    let connection = test.server_connection().unwrap();
    assert_eq!((connection.ca, connection.pin.unwrap().to_string()), (None, pin));
    assert_eq!((test.username.unwrap().value.as_str(), test.token_name, test.server_colour), ("anna", None, None));
    assert_eq!(machine.settings(server("more")).unwrap().place(), "unix:/more");
    let by_address = machine.settings(server("unix:/test")).unwrap();
    assert_eq!(by_address.server_name.as_deref(), Some("test"), "the address of a server has its pin");
    assert_eq!(machine.settings(server("unix:/another")).unwrap().server_name, None);
    let unknown = machine.settings(server("produ")).unwrap_err();
    assert_eq!(unknown.kind, Kind::Usage);
    for bad in ["[servers.\"unix:/x\"]\naddress = \"unix:/x\"\n", "[servers.x]\ncolour = \"pink\"\n"] {
        machine.file("user.toml", bad);
        assert_eq!(machine.settings(CliOverrides::default()).unwrap_err().kind, Kind::Usage, "{bad}");
    }
    machine.file("user.toml", "[servers.x]\ncolour = \"blue\"\n");
    assert_eq!(machine.settings(server("x")).unwrap_err().kind, Kind::Usage, "no address");
}

#[test]
fn settings_of_servers_are_written_and_removed() {
    let machine = Machine::new();
    let file = machine.file("user.toml", "# mine\n");
    let key = |text: &str| ServerKey::parse(text).unwrap().unwrap();
    set_server(&file, &key("servers.prod.address"), "unix:/a").unwrap();
    set_server(&file, &key("servers.prod.api_token_name"), "ci").unwrap();
    set_server(&file, &key("servers.test.address"), "unix:/b").unwrap();
    let settings = machine.settings(server("prod")).unwrap();
    let values: Vec<_> =
        settings.servers.iter().flat_map(NamedServer::values).map(|(key, value)| (key, value.0)).collect();
    let expected = [
        ("servers.prod.address", "unix:/a"),
        ("servers.prod.api-token-name", "ci"),
        ("servers.test.address", "unix:/b"),
    ];
    assert_eq!(values, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    for text in ["servers.prod.address", "servers.prod.api-token-name", "servers.test.address"] {
        assert!(unset_server(&file, &key(text)).unwrap());
        assert!(!unset_server(&file, &key(text)).unwrap());
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "# mine\n");
    for bad in ["servers.", "servers.prod", "servers.prod.x", "servers.Prod.address", "servers.a.b.address"] {
        assert_eq!(ServerKey::parse(bad).unwrap_err().kind, Kind::Usage, "{bad}");
    }
    assert_eq!(ServerKey::parse("server").unwrap(), None);
    assert!(key("servers.x.colour").check("red").is_ok() && key("servers.x.colour").check("pink").is_err());
    assert!(key("servers.x.address").check("https://a").is_ok() && key("servers.x.address").check("prod").is_err());
}

#[test]
fn mouse_is_left_to_gnu_screen_unless_set() {
    let terminal = |term: &str, is_in_tmux| TerminalFacts {
        is_terminal: true,
        term: term.to_owned(),
        colorterm: String::new(),
        colorfgbg: String::new(),
        is_in_tmux,
        has_colour: true,
        has_utf8_locale: true,
        clipboard: ClipboardRoute::Terminal,
        size: None,
    };
    let machine = Machine::new();
    for (file, expected) in [("", [true, true, false]), ("mouse = \"yes\"", [true; 3]), ("mouse = \"no\"", [false; 3])]
    {
        machine.file("user.toml", file);
        let settings = machine.settings(CliOverrides::default()).unwrap();
        let found = [("xterm-256color", false), ("screen-256color", true), ("screen-256color", false)]
            .map(|(term, is_in_tmux)| settings.takes_mouse(&terminal(term, is_in_tmux)));
        assert_eq!(found, expected, "{file}");
    }
}
