//! Runs the commands of README, tutorial and how-to pages as printed. Each page's `sh` blocks run in one shell with its
//! own home, and the output is compared with the `text` blocks.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::cli_program::CliHome;
use crate::support::ports::unused_address;

/// The page's reader types passwords; here a file provides them.
const JETON: &str = r#"#!/bin/sh
# A server's service is found by itself, but here it has another path.
case " $* " in
    *" --store "*) ;;
    *) [ -d "$HOME/var/lib/jeton" ] && export JETON_SERVER="unix:$HOME/run/jeton/manage.sock" ;;
esac
case " $* " in *" --password-"*|*" --stdin "*) exec "$REAL_JETON" "$@";; esac
[ -n "$JETON_TOKEN$JETON_TOKEN_FILE$JETON_CONFIG" ] && exec "$REAL_JETON" "$@"
case "$1 $2" in
    scan*|completions*|man*) exec "$REAL_JETON" "$@";;
    serve*|verify*|guide*|check*|doctor*|notify*|backup*|config*|logout*|demo*|--version*|"catalogue check"|"audit verify"|"audit anchor"|"token whose"|restore*)
        exec "$REAL_JETON" "$@";;
    "catalogue list"|"catalogue show"|"catalogue export")
        [ -z "$JETON_SERVER" ] && exec "$REAL_JETON" "$@";;
    "account create"|"account passwd")
        exec "$REAL_JETON" "$@" --password-file "$HOME/.password" --new-password-file "$HOME/.password";;
esac
exec "$REAL_JETON" "$@" --password-file "$HOME/.password"
"#;

/// Waits for the service instead of a fixed time.
const SLEEP: &str = r#"#!/bin/sh
for n in $(seq 600); do
    [ -S "$HOME/.local/share/jeton/jeton.db.verify" ] || [ -S "$HOME/run/jeton/verify.sock" ] && exit 0
    /bin/sleep 0.1
done
echo "no service" >&2
exit 1
"#;

/// Runs the service of the printed unit.
const SYSTEMCTL: &str = r#"#!/bin/sh
case "$*" in
    "enable --now "*)
        mkdir -p "$HOME/run/jeton"
        "$REAL_JETON" serve --store "$HOME/var/lib/jeton/jeton.db" --verify "unix:$HOME/run/jeton/verify.sock" \
            --manage "unix:$HOME/run/jeton/manage.sock" --log error > /dev/null 2> "$HOME/service.log" &
        echo $! > "$HOME/service.pid" ;;
esac
"#;

/// nginx with only the printed configuration.
const NGINX: &str = r#"#!/bin/sh
conf="$HOME/etc/nginx/nginx.conf"
if [ ! -e "$conf" ]; then
    [ "$(id -u)" = 0 ] && echo "user root;" > "$conf"
    cat >> "$conf" <<END
pid $HOME/nginx.pid;
error_log stderr;
events {}
http { access_log off; include $HOME/etc/nginx/conf.d/*.conf; }
END
fi
case "$*" in
    "-s reload")
        # A real reload ends the old workers only later.
        if [ -s "$HOME/nginx.pid" ]; then
            "$REAL_NGINX" -p "$HOME" -c "$conf" -s stop 2> "$HOME/nginx.log"
            while [ -e "$HOME/nginx.pid" ]; do /bin/sleep 0.05; done
        fi
        "$REAL_NGINX" -p "$HOME" -c "$conf" 2> "$HOME/nginx.log" ;;
    *) "$REAL_NGINX" -p "$HOME" -c "$conf" "$@" ;;
esac
"#;

/// Returns a page's `sh` blocks, each with the output that the page promises: the `text` block that follows it, or the
/// status codes in comments such as `# 200`.
fn blocks(page: &str) -> Vec<(String, Option<String>)> {
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```").filter(|l| !l.is_empty()) else { continue };
        let text: String = lines.by_ref().take_while(|l| !l.starts_with("```")).map(|l| format!("{l}\n")).collect();
        match (language, found.last_mut()) {
            ("sh", _) => {
                let codes = text.lines().filter_map(|l| l.split_once("# ")).map(|(_, code)| code);
                let codes: Vec<_> = codes.filter(|c| c.len() == 3 && c.parse::<u16>().is_ok()).collect();
                let promised = (!codes.is_empty()).then(|| codes.join("\n"));
                found.push((text, promised));
            }
            ("text", Some((_, expected @ None))) => *expected = Some(text),
            _ => {}
        }
    }
    found
}

fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|p| p.is_file())
}

/// Starts an application that answers everything, and returns its port.
fn application() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        }
    });
    port
}

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a page in an empty home, or in one with a store and the tutorial's catalogue.
fn run(page: &str, is_set_up: bool) {
    for program in ["bash", "curl"] {
        if on_path(program).is_none() {
            println!("skipped: {program} not found");
            return;
        }
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = fs::read_to_string(&path).unwrap();
    for (command, program) in
        [("sudo nginx", "nginx"), ("| jq ", "jq"), ("openssl req", "openssl"), ("git init", "git")]
    {
        if text.contains(command) && on_path(program).is_none() {
            println!("skipped: {program} not found");
            return;
        }
    }
    let home = if is_set_up { CliHome::set_up() } else { CliHome::new() };
    let folder = home.path("");
    home.file(".password", &format!("{}\n", crate::support::cli_program::PASSWORD), 0o600);
    for name in ["bin", "etc/nginx/conf.d", "run"] {
        fs::create_dir_all(home.path(name)).unwrap();
    }
    executable(&home.path("bin/jeton"), JETON);
    executable(&home.path("bin/sleep"), SLEEP);
    executable(&home.path("bin/nginx"), NGINX);
    executable(&home.path("bin/sudo"), "#!/bin/sh\n[ \"$1\" = -u ] && shift 2\nexec \"$@\"\n");
    executable(&home.path("bin/systemctl"), SYSTEMCTL);
    // The test of real unix users creates some.
    for name in ["useradd", "groupadd", "usermod"] {
        executable(&home.path(&format!("bin/{name}")), "#!/bin/sh\n");
    }
    if is_set_up {
        let tutorial = include_str!("../../../docs/tutorial.md");
        let catalogue = tutorial.split("<<'TOML'\n").nth(1).unwrap().split("TOML\n").next().unwrap();
        home.file("shop.toml", catalogue, 0o600);
        home.as_ops(&["catalogue", "apply", "shop.toml"]).assert_success();
    }
    let here = folder.to_str().unwrap().trim_end_matches('/');
    let id = |option: &str| String::from_utf8(Command::new("id").arg(option).output().unwrap().stdout).unwrap();
    let swaps = [
        ("/etc/nginx", format!("{here}/etc/nginx")),
        ("/run/jeton", format!("{here}/run/jeton")),
        ("/var/lib/jeton", format!("{here}/var/lib/jeton")),
        ("-o jeton -g jeton ", String::new()),
        ("127.0.0.1:8080", format!("127.0.0.1:{}", application())),
        ("127.0.0.1:8081", format!("127.0.0.1:{}", application())),
        ("127.0.0.1:8443", unused_address().to_string()),
        (":7182", format!(":{}", unused_address().port())),
        ("www-data", id("-gn").trim().to_owned()),
    ];
    let blocks = blocks(&text);
    assert!(!blocks.is_empty(), "{page} has no commands");
    let mut script = "set -euo pipefail\n".to_owned();
    for (commands, _) in &blocks {
        script.push_str(&format!("{commands}echo '== end of block'\n"));
    }
    for (from, to) in swaps {
        script = script.replace(from, &to);
    }
    let mut child = Command::new("bash")
        .env_clear()
        .env("HOME", here)
        .env("USER", id("-un").trim())
        .env("PATH", format!("{here}/bin:{}", std::env::var("PATH").unwrap()))
        .env("REAL_JETON", env!("CARGO_BIN_EXE_jeton"))
        .env("REAL_NGINX", on_path("nginx").unwrap_or_default())
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(fs::File::create(home.path("stdout")).unwrap())
        .stderr(fs::File::create(home.path("stderr")).unwrap())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let status = child.wait().unwrap();
    for name in ["nginx.pid", "service.pid"] {
        if let Ok(pid) = fs::read_to_string(home.path(name)) {
            let _ = Command::new("kill").arg(pid.trim()).status();
        }
    }
    let (out, err) =
        (fs::read_to_string(home.path("stdout")).unwrap(), fs::read_to_string(home.path("stderr")).unwrap());
    assert!(status.success(), "{page}: {status}\n{out}\n{err}");
    for ((commands, expected), out) in blocks.iter().zip(out.split("== end of block\n")) {
        let Some(expected) = expected else { continue };
        let mut lines = out.lines();
        for wanted in expected.lines() {
            let parts: Vec<&str> = wanted.split('…').collect();
            let fits = |line: &str| {
                line.starts_with(parts[0])
                    && line.ends_with(parts[parts.len() - 1])
                    && parts.iter().try_fold(line, |rest, part| rest.split_once(part).map(|(_, rest)| rest)).is_some()
            };
            assert!(lines.any(fits), "{page} promises {wanted:?} of\n{commands}\nbut it was\n{out}\n{err}");
        }
    }
}

#[test]
fn readme() {
    run("README.md", false);
}

#[test]
fn tutorial() {
    run("docs/tutorial.md", false);
}

#[test]
fn guard_an_application() {
    run("docs/how-to/guard-an-application.md", true);
}

#[test]
fn rotate_a_token() {
    run("docs/how-to/rotate-a-token.md", true);
}

#[test]
fn share_an_account() {
    run("docs/how-to/share-an-account.md", true);
}

#[test]
fn find_who_may_call() {
    run("docs/how-to/find-who-may-call.md", true);
}

#[test]
fn find_dead_tokens() {
    run("docs/how-to/find-dead-tokens.md", true);
}

#[test]
fn back_up_and_restore() {
    run("docs/how-to/back-up-and-restore.md", true);
}

#[test]
fn find_faults() {
    run("docs/how-to/find-faults.md", true);
}

#[test]
fn find_leaked_secrets() {
    run("docs/how-to/find-leaked-secrets.md", true);
}

#[test]
fn get_notices() {
    run("docs/how-to/get-notices.md", true);
}

#[test]
fn automate() {
    run("docs/how-to/automate.md", true);
}

#[test]
fn automate_with_curl() {
    run("docs/how-to/automate-with-curl.md", true);
}

#[test]
fn server_with_several_admins() {
    run("docs/how-to/server-with-several-admins.md", false);
}

#[test]
fn set_up_your_shell() {
    run("docs/how-to/set-up-your-shell.md", true);
}

#[test]
fn choose_colours() {
    run("docs/how-to/choose-colours.md", true);
    run("docs/how-to/choose-keys.md", true);
}

#[test]
fn several_servers() {
    run("docs/how-to/several-servers.md", true);
}

#[test]
fn manage_over_https() {
    run("docs/how-to/manage-over-https.md", true);
}

#[test]
fn write_a_catalogue() {
    run("docs/how-to/write-a-catalogue.md", true);
}
