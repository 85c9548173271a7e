//! Secrets in answers, metrics, log and files of the service.

use super::CommandRuns;
use crate::support::http::bearer;
use crate::support::service_process::ServiceProcess;

/// Answers, metrics, log and files of the service contain no presented secret, from any place of a request.
#[test]
fn service_shows_no_secret() {
    let mut runs = CommandRuns::new();
    runs.shows_no_secret(&["init", "--username", "ops", "--catalogue", "cloud-platform"], 0);
    let live = runs.answers(&["token", "create", "live", "--inherit"], None);
    let asker = runs.answers(&["token", "create", "asker", "--method", "jeton.introspect"], None);
    let gone = runs.answers(&["token", "create", "gone"], None);
    runs.shows_no_secret(&["token", "disable", "gone"], 0);
    let configuration = "[serve]\naccept = \"header:X-Authentication, query:session\"\n";
    runs.home.file("config.toml", configuration, 0o600);
    for log in [&["--log", "trace"][..], &["--log", "trace", "--log-json"]] {
        let mut command = runs.home.command(&["serve", "--verify", "127.0.0.1:0"]);
        command.args(log).env("JETON_CONFIG", runs.home.path("config.toml")).env("JETON_TOKEN", &asker);
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1").env("TMPDIR", runs.home.path("tmp"));
        let service = ServiceProcess::spawn(command);
        let (mut client, mut manager) = (service.client(), service.management_client());
        let cut = live[..50].to_owned();
        for secret in [&live, &gone, &cut, &format!("{live}x"), &format!("{live} {gone}")] {
            let in_query = format!("/v1/verify/-?session={}", secret.replace(' ', "%20"));
            let places: [(&str, &[&str]); 6] = [
                ("/v1/verify/-", &[&bearer(secret)]),
                ("/v1/verify/environment.control.StopEnv", &[&bearer(secret), "User-Agent: it"]),
                ("/v1/verify/-", &[&format!("X-Authentication: {secret}")]),
                ("/v1/verify/-", &[&format!("X-Forwarded-Uri: {in_query}"), &format!("X-Forwarded-For: {secret}")]),
                (&in_query, &[]),
                (&format!("/v1/verify/{}", secret.replace(' ', "")), &[&bearer(secret)]),
            ];
            for (path, headers) in places {
                let answer = client.request("GET", path, headers);
                runs.canaries.not_in("an answer", format!("{answer:?}").as_bytes());
            }
            let kind = "Content-Type: application/x-www-form-urlencoded";
            for form in [format!("token={secret}"), format!("token=x&{secret}"), secret.clone()] {
                let answer = manager.post("/v1/introspect", &[kind, &bearer(&asker)], &form);
                runs.canaries.not_in("an answer", format!("{answer:?}").as_bytes());
            }
            // Invalid HTTP: the answer to it contains nothing of the request.
            let mut broken = service.client();
            broken.send(format!("GET /v1/verify/- HTTP/1.1\r\n{}\0\r\n\r\n", bearer(secret)));
            let answer = broken.read_reply();
            runs.canaries.not_in("an answer", format!("{answer:?}").as_bytes());
        }
        runs.canaries.not_in("the metrics", manager.request("GET", "/metrics", &[]).body.as_bytes());
        runs.canaries.not_shown_by_the_system(service.pid());
        runs.all_files();
        let said = service.stop();
        runs.canaries.not_in("what it says", said.as_bytes());
        runs.all_files();
    }
    runs.shows_no_secret(&["ledger", "denied", "--json"], 0);
    runs.shows_no_secret(&["ledger", "uses", "--json"], 0);
}
