//! The screens over a service that dies and comes back.

use std::time::Duration;

use jeton::platform::clock::Stopwatch;
use rustix::process::{Signal, kill_process};

use super::{JETON, OVER_SOCKET};
use crate::support::cli_program::{CliHome, PASSWORD};
use crate::support::prompt_texts::screens;
use crate::support::pty::{End, Terminal, program};
use crate::support::service_process::{ServiceProcess, command_at_sockets};

/// Maximum time from the service's return until the screens have read everything again.
const RETURN_TIMEOUT: Duration = Duration::from_secs(2);
const LOST: &str = "! unreachable";

fn serve(home: &CliHome) -> ServiceProcess {
    ServiceProcess::spawn(command_at_sockets(&home.store()))
}

#[test]
fn killed_service_costs_no_draft_and_its_return_is_noticed() {
    if std::env::var_os(OVER_SOCKET).is_some() {
        return;
    }
    let home = CliHome::set_up();
    let mut service = serve(&home);
    let server = format!("unix:{}", service.manage.display());
    let args = ["--server", &server, "--user", "ops"];
    let mut t = Terminal::start(program(JETON, &args, &home.path(""), &[]));
    t.shows(screens::SIGN_IN);
    t.types(&format!("{PASSWORD}\r"));
    t.shows("1 Tokens");
    t.types("nhalf");
    t.shows("half");
    // A busy machine may delay one return.
    let mut fastest = Duration::MAX;
    for n in 0..3 {
        kill_process(service.pid(), Signal::KILL).unwrap();
        t.shows(LOST);
        t.types(&n.to_string());
        t.shows(&format!("half{}", &"012"[..=n]));
        drop(service);
        let made = format!("meanwhile-{n}");
        home.create(&[&made]);
        service = serve(&home);
        let returned = Stopwatch::start();
        t.lacks(LOST);
        fastest = fastest.min(returned.elapsed());
        t.shows("half");
    }
    assert!(fastest < RETURN_TIMEOUT, "{fastest:?}");
    // The draft can still be used: a name, three fields, and the button.
    t.types("\r\r\r\r\r\r");
    t.shows("Password of ops");
    t.types(&format!("{PASSWORD}\r"));
    t.shows("Token half012 is ready");
    let listed = home.as_ops(&["token", "list"]).assert_success().out;
    assert!(listed.contains("half012") && listed.contains("meanwhile-2"), "{listed}");
}

/// A service that hangs answers nothing, and the screens stay usable.
#[test]
fn hanging_service_blocks_no_key() {
    if std::env::var_os(OVER_SOCKET).is_some() {
        return;
    }
    let home = CliHome::set_up();
    home.create(&["alpha"]);
    home.create(&["beta"]);
    let service = serve(&home);
    let server = format!("unix:{}", service.manage.display());
    let args = ["--server", &server, "--user", "ops"];
    let mut t = Terminal::start(program(JETON, &args, &home.path(""), &[]));
    t.shows(screens::SIGN_IN);
    t.types(&format!("{PASSWORD}\r"));
    t.shows("beta");
    // Dialogs need the account, which is read after the rows.
    t.shows("ops@");
    kill_process(service.pid(), Signal::STOP).unwrap();
    t.types("j");
    t.wait("the cursor on beta", |s| s.contents().lines().any(|line| line.contains("▶") && line.contains("beta")));
    t.types("n");
    t.shows("Generate a token");
    t.types("draft");
    t.shows("draft");
    t.types("\x1b");
    t.shows("Discard");
    t.types("\x03");
    t.ends_restored(End::Code(130));
}

/// The screens of the other server know nothing of the first one: the user signs in there.
#[test]
fn key_switches_to_another_server() {
    if std::env::var_os(OVER_SOCKET).is_some() {
        return;
    }
    let (first, second) = (CliHome::set_up(), CliHome::set_up());
    first.create(&["only-first"]);
    second.create(&["only-second"]);
    let services = [serve(&first), serve(&second)];
    for (service, name, colour) in [(&services[0], "prod", "red"), (&services[1], "staging", "green")] {
        let address = format!("unix:{}", service.manage.display());
        for (field, value) in [("address", address.as_str()), ("colour", colour), ("username", "ops")] {
            first.run(&["config", "set", &format!("servers.{name}.{field}"), value], "").assert_success();
        }
    }
    let mut t = Terminal::start(program(JETON, &["--server", "prod"], &first.path(""), &[]));
    t.shows("Server  prod");
    t.types(&format!("{PASSWORD}\r"));
    t.shows("ops@prod");
    t.shows("only-first");
    t.types("@");
    t.shows("Switch to");
    t.types("j\r");
    t.shows("Server  staging");
    t.types(&format!("{PASSWORD}\r"));
    t.shows("ops@staging");
    t.shows("only-second");
    t.lacks("only-first");
    t.types("q");
    t.ends_restored(End::Code(0));
}
