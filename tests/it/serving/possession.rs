//! What the holder of a secret may do with nothing else: `GET /v1/self` and `POST /v1/revoke`, at both listeners.

use jeton::domain::expiry::ExpirySpec;
use jeton::verbs::accounts::LogIn;
use jeton::verbs::tokens::{CreateToken, DisableTokens, RegenerateToken};
use serde_json::{Value, json};

use super::{METHOD, OTHER, secret_text, selection, target};
use crate::support::fakes::{OWNER, TestInstall, create, mistyped, token_name};
use crate::support::http::{Client, Reply, bearer, head};
use crate::support::service_in_process::ServiceInProcess;

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

fn serve() -> (TestInstall, ServiceInProcess) {
    let install = TestInstall::with_accounts();
    let service = ServiceInProcess::start(&install);
    (install, service)
}

fn clients(service: &ServiceInProcess) -> [Client; 2] {
    [service.client(), service.management_client()]
}

fn ask(client: &mut Client, secret: &str) -> Reply {
    client.request("GET", "/v1/self", &[&bearer(secret)])
}

fn revoke(client: &mut Client, form: &str) -> Reply {
    client.post("/v1/revoke", &[FORM], form)
}

fn login(install: &TestInstall) -> String {
    let login = install.call("member", LogIn { name: token_name("cli-laptop") }).unwrap().value;
    login.secret.expose(str::to_owned)
}

#[test]
fn holder_reads_what_a_token_is_and_may_do() {
    let (install, service) = serve();
    let new =
        CreateToken { expires: ExpirySpec::parse("30d").ok(), selection: selection(&[METHOD, OTHER]), ..create("ci") };
    let issued = install.create("member", new);
    let secret = secret_text(&issued);
    for mut client in clients(&service) {
        let reply = ask(&mut client, &secret);
        assert_eq!((reply.status, reply.header("Cache-Control")), (200, "no-store"), "{reply:?}");
        let mut answer = reply.json();
        answer["methods"].as_array_mut().unwrap().sort_by_key(|method| method.as_str().unwrap().to_owned());
        let expires = json!(issued.token.expiry.at());
        let whole = json!({"schema": 1, "kind": "token", "account": "member", "role": "member", "name": "ci",
            "status": "active", "expires_at": expires, "methods": [OTHER, METHOD]});
        assert_eq!(answer, whole);
    }
    assert_eq!(install.token(issued.token.id).last_seen_at, None, "no use");
}

#[test]
fn holder_of_a_login_reads_what_it_is() {
    let (install, service) = serve();
    let token = login(&install);
    for mut client in clients(&service) {
        let answer = ask(&mut client, &token).json();
        assert_eq!(
            (&answer["kind"], &answer["account"], &answer["name"], &answer["methods"]),
            (&json!("login"), &json!("member"), &json!("cli-laptop"), &Value::Null)
        );
    }
}

#[test]
fn secret_that_does_not_work_is_refused_without_a_reason() {
    let (install, service) = serve();
    let issued = install.issue("member", "ci");
    install.call("member", DisableTokens { tokens: vec![target(&issued)] }).unwrap();
    let live = secret_text(&install.issue("member", "live"));
    for mut client in clients(&service) {
        let refused: Vec<Reply> = [&secret_text(&issued), &mistyped(&live), "x"].map(|s| ask(&mut client, s)).into();
        for reply in refused {
            assert_eq!((reply.status, reply.body.as_str()), (401, "{\"result\":2}"));
        }
        assert_eq!(client.request("GET", "/v1/self", &[]).body, "{\"result\":1}");
        assert_eq!(client.request("POST", "/v1/self", &[&bearer(&live)]).status, 405);
        assert_eq!(client.request("GET", "/v1/revoke", &[&bearer(&live)]).status, 405);
    }
}

#[test]
fn holder_revokes_a_token_at_either_listener() {
    let (install, service) = serve();
    for (mut client, name) in clients(&service).into_iter().zip(["a", "b"]) {
        let issued = install.issue("member", name);
        let secret = secret_text(&issued);
        assert_eq!(ask(&mut client, &secret).status, 200);
        let rows = install.audit().len();
        let done = revoke(&mut client, &format!("token={secret}&token_type_hint=access_token"));
        assert_eq!((done.status, done.body.as_str(), done.header("Cache-Control")), (200, "{}", "no-store"));
        assert_eq!(service.client().verify(&secret, METHOD).status, 401);
        assert_eq!(ask(&mut client, &secret).status, 401);
        let row = install.audit().pop().unwrap();
        assert_eq!((row.verb.as_str(), row.proof.as_str(), row.face.as_str()), ("token.disable", "possession", "api"));
        assert_eq!((row.target_name, row.name.as_str()), (format!("member/{name}"), "member"));
        assert_eq!(revoke(&mut client, &format!("token={secret}")).without_date(), done.without_date(), "once more");
        assert_eq!(install.audit().len(), rows + 1);
    }
}

#[test]
fn holder_revokes_a_login_and_an_old_secret() {
    let (install, service) = serve();
    let [mut client, mut manager] = clients(&service);
    let token = login(&install);
    assert_eq!(manager.request("GET", "/v1/tokens", &[&bearer(&token)]).status, 200);
    assert_eq!(revoke(&mut client, &format!("token={token}")).status, 200);
    assert_eq!(manager.request("GET", "/v1/tokens", &[&bearer(&token)]).status, 401);
    let old = install.issue(OWNER, "ci");
    let grace = Some(jeton::domain::expiry::Span::Hours(2));
    let new = install.call(OWNER, RegenerateToken { token: target(&old), grace, expires: None }).unwrap().value;
    assert_eq!(revoke(&mut client, &format!("token={}", secret_text(&old))).status, 200);
    assert_eq!(client.verify(&secret_text(&old), "-").status, 401);
    assert_eq!(new.secret.expose(|secret| client.verify(secret, "-").status), 200);
}

/// RFC 7009, section 2.2: a token that doesn't work is no error. Nothing is changed.
#[test]
fn revocation_of_anything_else_is_answered_the_same() {
    let (install, service) = serve();
    let live = secret_text(&install.issue("member", "live"));
    let before = install.audit();
    for mut client in clients(&service) {
        for text in [mistyped(&live), format!("{live}x"), "x".to_owned(), String::new()] {
            let reply = revoke(&mut client, &format!("token={text}"));
            assert_eq!((reply.status, reply.body.as_str()), (200, "{}"), "{text}");
        }
        for form in ["", "tokens=x", &format!("token={live}&token={live}"), "token=%ff"] {
            let reply = revoke(&mut client, form);
            assert_eq!((reply.status, &reply.json()["error"]), (400, &json!("invalid_request")), "{form}");
        }
    }
    let too_large = revoke(&mut service.client(), &format!("token={live}&x={}", "x".repeat(4096)));
    assert_eq!(too_large.status, 400);
    assert_eq!(install.audit(), before);
    assert_eq!(service.client().verify(&live, "-").status, 200);
}

/// The holder of a secret learns and changes nothing else at the verify listener.
#[test]
fn verify_listener_has_nothing_else_of_the_management_api() {
    let (install, service) = serve();
    let token = login(&install);
    let mut client = service.client();
    for path in ["/v1/tokens", "/v1/whoami", "/v1/logout", "/v1/tokens/-/whose", "/v1/introspect"] {
        client.send(head("POST", path, &[&bearer(&token), "Content-Length: 0"]));
        assert_eq!(client.read_reply().unwrap().status, 404, "{path}");
    }
    let secret = secret_text(&install.issue("member", "ci"));
    let json = client.post("/v1/revoke", &["Content-Type: application/json"], &json!({"token": secret}).to_string());
    assert_eq!(json.status, 400);
}
