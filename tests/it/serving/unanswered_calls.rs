//! Calls whose answer is lost on its way: no change is made twice, and the caller learns what is known.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jeton::domain::name::TokenName;
use jeton::error::{Fault, Kind};
use jeton::remote_backend::RemoteBackend;
use jeton::service::server_address::{ServerAddress, ServerConnection};
use jeton::verbs::Backend as _;
use jeton::verbs::accounts::SignIn;
use jeton::verbs::credential::{Credential, TokenCredential};
use jeton::verbs::ports::Clock as _;
use jeton::verbs::request::call;
use jeton::verbs::tokens::{
    CopyToken, CountTokens, CreateToken, DisableTokens, EnableTokens, RegenerateToken, TokenTarget,
};

use super::{new_install, secret_text, selection};
use crate::support::fakes::{OWNER, TestInstall, audit_rows, create, credential, token_name};
use crate::support::service_in_process::ServiceInProcess;

/// The way in which a connection ends.
#[derive(Clone, Copy, PartialEq)]
enum Loss {
    /// The call doesn't reach the service.
    Call,
    /// The service has done its work.
    Answer,
}

/// Forwards calls to a service. The first ones to `path` are lost.
struct LossyRoute {
    folder: tempfile::TempDir,
    lost: Arc<AtomicUsize>,
}

impl LossyRoute {
    fn start(service: &Path, path: &'static str, loss: Loss, count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
        let (service, lost) = (service.to_owned(), Arc::<AtomicUsize>::default());
        let seen = Arc::clone(&lost);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                forward(client.unwrap(), &service, |first| {
                    let is_lost = first.starts_with(path.as_bytes()) && seen.load(Ordering::SeqCst) < count;
                    is_lost.then(|| {
                        seen.fetch_add(1, Ordering::SeqCst);
                        loss
                    })
                });
            }
        });
        LossyRoute { folder, lost }
    }

    fn address(&self) -> String {
        format!("unix:{}", self.folder.path().join("socket").display())
    }

    fn backend(&self, install: &TestInstall) -> RemoteBackend {
        let address = self.address();
        let name = TokenName::parse("cli-test").unwrap();
        RemoteBackend::new(
            ServerConnection::new(ServerAddress::parse(&address).unwrap()),
            name,
            &install.fakes.adapters(),
            Duration::ZERO,
        )
    }

    fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

#[expect(clippy::disallowed_methods, reason = "connections of the program itself are opened in platform only")]
fn forward(mut client: UnixStream, service: &Path, loss: impl FnOnce(&[u8]) -> Option<Loss>) {
    let mut buffer = vec![0; 64 * 1024];
    // The client sends a call at once.
    let size = client.read(&mut buffer).unwrap();
    let loss = loss(&buffer[..size]);
    if loss == Some(Loss::Call) {
        return;
    }
    let mut service = UnixStream::connect(service).unwrap();
    service.write_all(&buffer[..size]).unwrap();
    let (mut rest, mut sink) = (client.try_clone().unwrap(), service.try_clone().unwrap());
    // The client leaves once it has its answer. The service would keep the connection.
    let body = std::thread::spawn(move || {
        let _ = std::io::copy(&mut rest, &mut sink);
        let _ = sink.shutdown(std::net::Shutdown::Both);
    });
    // The service answers after it has committed.
    let size = service.read(&mut buffer).unwrap();
    if loss.is_none() {
        let _ = client.write_all(&buffer[..size]).and_then(|()| std::io::copy(&mut service, &mut client).map(drop));
    }
    let _ = client.shutdown(std::net::Shutdown::Both);
    let _ = service.shutdown(std::net::Shutdown::Both);
    body.join().unwrap();
}

fn count(install: &TestInstall, verb: &str) -> usize {
    audit_rows(install.store()).iter().filter(|row| row.verb == verb).count()
}

/// Serves an installation with the token `old`. Returns the credentials that may change it: a password, and a token.
fn serve() -> (TestInstall, ServiceInProcess, [Credential; 2]) {
    let install = new_install();
    install.issue(OWNER, "old");
    let selection = selection(&["jeton.tokens.read", "jeton.tokens.write"]);
    let writer = install.create(OWNER, CreateToken { selection, ..create("writer") });
    let secret = jeton::domain::secret::Secret::parse(&secret_text(&writer)).unwrap();
    let token = Credential::Token(TokenCredential::of_any(Arc::new(secret)));
    let service = ServiceInProcess::start(&install);
    (install, service, [credential(OWNER), token])
}

#[test]
fn lost_answer_of_a_new_secret_is_no_second_change() {
    let (install, service, credentials) = serve();
    for (n, who) in credentials.iter().enumerate() {
        let name = format!("new{n}");
        let route = LossyRoute::start(&service.management_socket(), "POST /v1/tokens", Loss::Answer, 2);
        let refused = call(&route.backend(&install), who, create(&name)).unwrap_err();
        assert_eq!((refused.kind, refused.fault, route.lost()), (Kind::Failure, None, 2));
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused.to_string().replace(&name, "new").replace(&route.address(), "[server]"), @"the token ops/new was created, but its secret is lost: the connection ended before the first answer. Get a new secret: jeton --server [server] token regenerate ops/new");
        }
        assert_eq!(count(&install, "token.create"), 3 + n);
    }
    let copy =
        CopyToken { token: TokenTarget::by_reference("old"), name: token_name("twin"), account: None, expires: None };
    let regenerate = RegenerateToken { token: TokenTarget::by_reference("old"), grace: None, expires: None };
    let route = |path| LossyRoute::start(&service.management_socket(), path, Loss::Answer, 1);
    let [who, _] = &credentials;
    let error = call(&route("POST /v1/tokens/old/copy").backend(&install), who, copy).unwrap_err();
    assert!(error.what.contains("ops/twin"), "{error}");
    let error = call(&route("POST /v1/tokens/old/reg").backend(&install), who, regenerate).unwrap_err();
    assert!(error.next.unwrap().ends_with("ops/old"), "{}", error.what);
    assert_eq!((count(&install, "token.copy"), count(&install, "token.regenerate")), (1, 1));
}

#[test]
fn call_that_never_arrived_is_made_once() {
    let (install, service, credentials) = serve();
    for (n, who) in credentials.iter().enumerate() {
        let route = LossyRoute::start(&service.management_socket(), "POST /v1/tokens", Loss::Call, 3);
        let created = call(&route.backend(&install), who, create(&format!("new{n}"))).unwrap().value;
        assert_eq!((created[0].token.name.as_str(), route.lost()), (format!("new{n}").as_str(), 3));
        assert_eq!(count(&install, "token.create"), 3 + n);
        // A refusal is final.
        let route = LossyRoute::start(&service.management_socket(), "POST /v1/tokens", Loss::Call, 1);
        let refused = call(&route.backend(&install), who, create("old")).unwrap_err();
        assert_eq!(refused.kind, Kind::Conflict);
    }
}

#[test]
fn outcome_is_unknown_if_no_repetition_is_answered() {
    let (install, service, credentials) = serve();
    for (n, who) in credentials.iter().enumerate() {
        let route = LossyRoute::start(&service.management_socket(), "POST /v1/tokens", Loss::Answer, usize::MAX);
        let slept = install.fakes.clock.monotonic();
        let refused = call(&route.backend(&install), who, create(&format!("new{n}"))).unwrap_err();
        assert_eq!((refused.kind, refused.fault), (Kind::Failure, Some(Fault::Unanswered)));
        assert!(install.fakes.clock.monotonic() - slept < Duration::from_secs(10), "it ends");
        insta::allow_duplicates! {
            insta::assert_snapshot!(without_path(&refused.to_string()), @"it is unknown whether the change was made: the server socket gave no valid answer: connection closed before message completed. Before you repeat the change, check whether it was made: jeton --server socket token list --all, or jeton --server socket token show NAME");
        }
        assert_eq!(count(&install, "token.create"), 3 + n);
    }
}

#[test]
fn other_change_is_never_repeated() {
    let (install, service, credentials) = serve();
    let disable = || DisableTokens { tokens: vec![TokenTarget::by_reference("old")] };
    for (n, who) in credentials.iter().enumerate() {
        let route = LossyRoute::start(&service.management_socket(), "POST /v1/tokens/-/disable", Loss::Answer, 1);
        let refused = call(&route.backend(&install), who, disable()).unwrap_err();
        assert_eq!((refused.kind, refused.fault, route.lost()), (Kind::Failure, Some(Fault::Unanswered), 1));
        assert_eq!(count(&install, "token.disable"), 1 + n);
        let enable = EnableTokens { tokens: vec![TokenTarget::by_reference("old")] };
        install.call(OWNER, enable).unwrap();
        // What only reads, or is a password, changes nothing.
        for path in ["GET /v1/tokens/-/count", "POST /v1/confirm"] {
            let route = LossyRoute::start(&service.management_socket(), path, Loss::Answer, 1);
            if let Err(error) = call(&route.backend(&install), who, CountTokens) {
                assert_eq!(error.fault, Some(Fault::Unreachable));
            }
        }
    }
}

/// Leaves out the folder of the socket.
fn without_path(text: &str) -> String {
    let Some(start) = text.find("unix:") else { return text.to_owned() };
    let end = text[start..].find("socket").unwrap() + start;
    format!("{}{}", &text[..start], without_path(&text[end..]))
}

#[test]
fn signing_out_forgets_and_ends_the_login() {
    let (install, service, [owner, _]) = serve();
    let route = LossyRoute::start(&service.management_socket(), "none", Loss::Call, 0);
    let backend = route.backend(&install);
    let session = call(&backend, &owner, SignIn).unwrap();
    call(&backend, &Credential::Session(session.clone()), CountTokens).unwrap();
    backend.sign_out();
    for forgotten in [Credential::Session(session), Credential::Store] {
        let refused = call(&backend, &forgotten, CountTokens).unwrap_err();
        assert_eq!(refused.fault, Some(Fault::NotSignedIn));
    }
    assert_eq!((count(&install, "login"), count(&install, "logout")), (1, 1));
}
