//! Measures the daily commands on a store of 100,000 tokens (or `JETON_BENCH_TOKENS`): the time to the first output and to
//! the end, and the peak memory (a check of the password takes 64 MiB). `cargo bench --bench commands` prints the figures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use jeton::platform::clock::Stopwatch;

/// Exit status of `jeton check` with findings.
const FOUND: i32 = 6;
/// Exit status of `jeton notify` if nobody has a contact.
const NO_RECIPIENT: i32 = 1;
/// Filters of the list: dense and sparse ones, found by an index, by a scan or along the order.
const FILTERS: [&str; 10] = [
    "status:active",
    "status:expired",
    "status:disabled",
    "is:stale",
    "is:expiring",
    "seen:never",
    "method:deploy",
    "ci",
    "status:active ci",
    "no-token-has-this",
];

fn main() {
    let tokens = std::env::var("JETON_BENCH_TOKENS").unwrap_or_else(|_| "100000".to_owned());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("commands-bench");
    // Left by a run that was interrupted.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    println!("{tokens} tokens; seconds to the first output and to the end, MiB of memory, MB of output");
    run(&folder, &["demo", "--no-open", "--tokens", &tokens], 0);
    run(&folder, &["token", "list", "--all", "--json"], 0);
    for filter in FILTERS {
        run(&folder, &["token", "list", "--all", "--json", "--filter", filter], 0);
    }
    run(&folder, &["check", "--json"], FOUND);
    run(&folder, &["ledger", "denied", "--json"], 0);
    run(&folder, &["complete", "fish", "--", "token", "show", "s"], 0);
    run(&folder, &["audit", "verify"], 0);
    run(&folder, &["doctor", "--json"], 0);
    run(&folder, &["notify", "--dry-run"], NO_RECIPIENT);
    run(&folder, &["backup", "copy.db"], 0);
    let trash = run(&folder, &["token", "list", "--trash", "--all", "--quiet"], 0);
    run(&folder, &["token", "purge", "--trashed", "--confirm", &trash.lines.to_string()], 0);
    fs::remove_dir_all(&folder).unwrap();
}

#[derive(Default)]
struct Figures {
    first: Option<Duration>,
    bytes: usize,
    lines: usize,
    peak_kib: u64,
}

/// Runs a command as the owner of the store, prints its figures and returns them.
fn run(folder: &Path, args: &[&str], status: i32) -> Figures {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jeton"));
    command.env_clear().env("HOME", folder).current_dir(folder).args(["--store", "store.db"]).args(args);
    // Changes need the password, and so no command uses the token.
    let needs_password = matches!(args, ["token", "list" | "purge", ..] | ["ledger", ..]);
    if needs_password {
        command.args(["--user", "demo", "--password-stdin"]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let stopwatch = Stopwatch::start();
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    if needs_password {
        writeln!(stdin, "{}", jeton::demo::PASSWORD).unwrap();
    }
    drop(stdin);
    let (mut figures, mut chunk) = (Figures::default(), vec![0; 1 << 20]);
    let mut stdout = child.stdout.take().unwrap();
    loop {
        figures.peak_kib = figures.peak_kib.max(peak_kib(child.id()));
        let count = stdout.read(&mut chunk).unwrap();
        if count == 0 {
            break;
        }
        figures.first.get_or_insert_with(|| stopwatch.elapsed());
        figures.bytes += count;
        figures.lines += chunk[..count].iter().filter(|byte| **byte == b'\n').count();
    }
    let output = child.wait_with_output().unwrap();
    let all = stopwatch.elapsed();
    assert_eq!(output.status.code(), Some(status), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let first = figures.first.map_or_else(|| "    -".to_owned(), |first| format!("{:5.2}", first.as_secs_f64()));
    let (mib, megabytes) = (figures.peak_kib / 1024, figures.bytes as f64 / 1e6);
    println!("{first} {:6.2} s {mib:4} MiB {megabytes:6.1} MB  {}", all.as_secs_f64(), args.join(" "));
    figures
}

/// Returns the peak memory of a process so far. 0 where the system doesn't tell.
fn peak_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
