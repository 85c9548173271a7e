//! Files for secrets, on the machine of a server's client.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jeton::domain::secret::Secret;
use jeton::error::{Error, Kind, Result};
use jeton::platform::secret_files::SecretFiles;
use jeton::verbs::ports::{PendingFile, SecretFileWriter};
use jeton::verbs::secret_delivery::{SecretDestination, call_with_delivery};
use jeton::verbs::tokens::CreateToken;

use crate::support::assert_error;
use crate::support::fakes::{ServedBackend, TestInstall, create, credential, token_name};

/// Creates files, the later of which can't be written.
struct FullDisk;

struct FullFile(PathBuf);

impl PendingFile for FullFile {
    fn write(&mut self, _: &Secret) -> Result<()> {
        Err(Error::failure("the disk is full"))
    }

    fn persist(&mut self) {}

    fn path(&self) -> &Path {
        &self.0
    }
}

impl SecretFileWriter for FullDisk {
    fn reserve(&self, path: &Path) -> Result<Box<dyn PendingFile>> {
        match path.ends_with("new2.secret") {
            true => Ok(Box::new(FullFile(path.to_owned()))),
            false => SecretFiles.reserve(path),
        }
    }
}

/// A server makes the change first, so its secrets need a place before.
#[test]
fn files_are_reserved_before_a_server_makes_the_change() {
    let install = TestInstall::with_accounts();
    let server = ServedBackend::start(install.temp_store.path(), install.fakes.adapters());
    let member = credential("member");
    let folder = install.temp_store.folder().join("secrets");
    std::fs::create_dir(&folder).unwrap();
    let create = |names: &[&str], destination, writer: &dyn SecretFileWriter| {
        let new = CreateToken { names: names.iter().map(|name| token_name(name)).collect(), ..create("new") };
        call_with_delivery(&server, &member, new, destination, writer)
    };
    let directory = || SecretDestination::Directory(folder.clone());
    let files = || {
        let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        files.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    let known = install.audit().len();
    std::fs::write(folder.join("b.secret"), "of somebody else").unwrap();
    assert_error(create(&["a", "b"], directory(), &SecretFiles), Kind::Failure);
    assert_error(create(&["a"], SecretDestination::File(folder.join("none/a")), &SecretFiles), Kind::Failure);
    assert_error(create(&["a", "b"], SecretDestination::File(folder.join("a")), &SecretFiles), Kind::Usage);
    assert_eq!((files(), install.audit().len()), (vec!["b.secret".to_owned()], known));
    let taken = install.issue("member", "taken");
    let path = SecretDestination::File(folder.join("taken"));
    assert_error(create(&["taken"], path, &SecretFiles), Kind::Conflict);
    assert_eq!(files(), ["b.secret"], "a refused change leaves no file");

    let (created, saved) = create(&["a", "c"], directory(), &SecretFiles).unwrap();
    let saved: Vec<_> = saved.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let secrets: Vec<_> = created.value.iter().map(|one| one.secret.expose(|text| format!("{text}\n"))).collect();
    assert_eq!(saved, secrets);
    let error = assert_error(create(&["new1", "new2"], directory(), &FullDisk), Kind::Failure);
    insta::assert_snapshot!(error.to_string().replace(&jeton::verbs::Backend::program(&server), "jeton --server …"), @"the token member/new2 was created, but its secret is lost: the disk is full. Get a new secret: jeton --server … token regenerate member/new2");
    assert_eq!(files(), ["a.secret", "b.secret", "c.secret", "new1.secret"], "what was written is kept");
    let error = assert_error(
        create(&["x1", "x2"], SecretDestination::Printed(Box::new(|_| Err(Error::failure("no space")))), &SecretFiles),
        Kind::Failure,
    );
    insta::assert_snapshot!(error.to_string().replace(&jeton::verbs::Backend::program(&server), "jeton --server …"), @"the tokens member/x1 and member/x2 were created, but their secrets are lost: no space. Get new secrets. For each token, run: jeton --server … token regenerate NAME");
    assert_eq!(install.token(taken.token.id).hint, taken.token.hint);
}
