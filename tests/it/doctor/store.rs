use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{chown, symlink};

use super::{Case, assert_named, doctor, files, found, healthy, set_mode};
use crate::support::cli_program::CliHome;
use crate::support::service_process::{ServiceProcess, command_at_sockets};

/// Returns the path of a file next to the store.
fn companion(home: &CliHome, suffix: &str) -> std::path::PathBuf {
    let mut name = home.store().into_os_string();
    name.push(suffix);
    name.into()
}

fn execute(home: &CliHome, sql: &str) {
    rusqlite::Connection::open(home.store()).unwrap().execute_batch(sql).unwrap();
}

const CASES: &[Case] = &[
    ("store.exists", |home| {
        fs::remove_file(home.store()).unwrap();
        vec![]
    }),
    ("store.exists", |home| vec![("JETON_STORE", home.path("other.db").display().to_string())]),
    ("store.file", |home| {
        fs::hard_link(home.store(), home.path("second-name")).unwrap();
        vec![]
    }),
    ("store.file", |home| {
        fs::rename(home.store(), home.path("real.db")).unwrap();
        symlink(home.path("real.db"), home.store()).unwrap();
        vec![]
    }),
    ("store.permissions", |home| {
        set_mode(&home.store(), 0o640);
        vec![]
    }),
    ("store.folders", |home| {
        set_mode(home.store().parent().unwrap(), 0o777);
        vec![]
    }),
    ("store.companions", |home| {
        fs::write(companion(home, "-wal"), "").unwrap();
        set_mode(&companion(home, "-wal"), 0o644);
        vec![]
    }),
    ("store.companions", |home| {
        fs::write(companion(home, "-journal"), "left over").unwrap();
        set_mode(&companion(home, "-journal"), 0o600);
        vec![]
    }),
    ("store.companions", |home| {
        fs::write(companion(home, "-service"), "").unwrap();
        set_mode(&companion(home, "-service"), 0o666);
        vec![]
    }),
    ("store.wal", |home| {
        fs::File::create(companion(home, "-wal")).unwrap().set_len(65 * 1024 * 1024).unwrap();
        set_mode(&companion(home, "-wal"), 0o600);
        vec![]
    }),
    ("store.leftovers", |home| {
        let folder = home.store().parent().unwrap().join(".jeton-restore-killed");
        fs::create_dir(&folder).unwrap();
        set_mode(&folder, 0o700);
        fs::write(folder.join("jeton.db"), "").unwrap();
        vec![]
    }),
    ("store.opens", |home| {
        fs::write(companion(home, "-wal"), "changes of a copied store").unwrap();
        set_mode(&companion(home, "-wal"), 0o600);
        vec![]
    }),
    ("store.opens", |home| {
        fs::write(home.store(), "a text\n".repeat(1000)).unwrap();
        vec![]
    }),
    ("store.schema", |home| {
        fs::write(home.store(), "").unwrap();
        vec![]
    }),
    ("store.schema", |home| {
        execute(home, "PRAGMA application_id = 7");
        vec![]
    }),
    ("store.schema", |home| {
        execute(home, "PRAGMA user_version = 1000");
        vec![]
    }),
    ("store.schema", |home| {
        execute(home, "PRAGMA user_version = 14");
        vec![]
    }),
    ("store.schema-objects", |home| {
        execute(home, "CREATE TRIGGER revived AFTER UPDATE ON tokens BEGIN SELECT 1; END");
        vec![]
    }),
    ("store.schema-objects", |home| {
        execute(home, "DROP INDEX tokens_name_in_account");
        vec![]
    }),
    ("store.integrity", |home| {
        let mut file = fs::OpenOptions::new().write(true).open(home.store()).unwrap();
        let pages = file.metadata().unwrap().len() / 4096;
        for page in pages - 3..pages {
            file.seek(SeekFrom::Start(page * 4096)).unwrap();
            file.write_all(&[0x5a; 64]).unwrap();
        }
        vec![]
    }),
    ("store.integrity", |home| {
        execute(home, "PRAGMA ignore_check_constraints = ON; INSERT INTO known_networks_to (id, day) VALUES (7, 1)");
        vec![]
    }),
    ("store.audit-chain", |home| {
        execute(home, "UPDATE audit SET name = 'somebody-else' WHERE seq = 1");
        vec![]
    }),
];

#[test]
fn each_fault_of_a_store_is_named() {
    assert_named(CASES);
}

#[test]
fn store_of_another_user_is_named() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: needs root");
        return;
    }
    assert_named(&[
        ("store.owner", |home| {
            chown(home.store(), Some(61_234), None).unwrap();
            vec![]
        }),
        ("store.companions", |home| {
            fs::write(companion(home, "-wal"), "").unwrap();
            chown(companion(home, "-wal"), Some(61_234), None).unwrap();
            set_mode(&companion(home, "-wal"), 0o600);
            vec![]
        }),
    ]);
}

/// An index without its rows is damage that only the full check finds.
#[test]
fn full_check_compares_indexes() {
    let home = healthy();
    let index_by = |columns: &str| {
        let sql = format!("CREATE INDEX lineage_by_maker ON lineage ({columns})");
        let update = format!("UPDATE sqlite_schema SET sql = '{sql}' WHERE name = 'lineage_by_maker'");
        execute(&home, &format!("PRAGMA writable_schema = ON; {update}"));
    };
    index_by("token_id, made_by");
    execute(&home, "INSERT INTO lineage VALUES (1, 2)");
    index_by("made_by, token_id");
    assert_eq!(found(&doctor(&home, &[], &[])), [""; 0]);
    assert_eq!(found(&doctor(&home, &["--full"], &[]).assert_code(6)), ["store.integrity"]);
}

/// The doctor reads a store in use, with changes that are only in the write-ahead log.
#[test]
fn store_in_use_is_examined_without_a_change() {
    let home = healthy();
    let service = ServiceProcess::spawn(command_at_sockets(&home.store()));
    home.create(&["ci", "--expires", "30d"]);
    let names = |home: &CliHome| files(home).into_keys().collect::<Vec<_>>();
    let before = names(&home);
    assert_eq!(found(&doctor(&home, &[], &[])), [""; 0]);
    assert_eq!(names(&home), before);
    home.create(&["ci-2", "--expires", "30d"]);
    service.stop();
}
