//! Measures `jeton scan` beside `rg`, over a tree of 100,000 files and 2 GB (or `JETON_BENCH_FILES` files) with 1,000
//! planted secrets. Checks that exactly these are found. `cargo bench --bench scan` prints the figures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[path = "scan/tree.rs"]
mod tree;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use jeton::platform::clock::Stopwatch;
use serde_json::Value;
use tree::{Planted, Tree};

/// Number of runs of each program. They take turns.
const RUNS: usize = 5;
const SECRETS: usize = 1_000;
/// Exit status of `jeton scan` after a find.
const FOUND: i32 = 6;

fn main() {
    let files = std::env::var("JETON_BENCH_FILES").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000usize);
    let files = files.max(2 * SECRETS);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scan-bench");
    // Left by a run that was interrupted.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let (store, secrets) = (folder.join("store.db"), folder.join("secrets"));
    let mut demo = jeton(&folder);
    demo.args(["demo", "--no-open", "--tokens", "4000"]).arg("--store").arg(&store).arg("--secrets").arg(&secrets);
    assert!(demo.output().unwrap().status.success());
    let secrets: Vec<String> = fs::read_to_string(&secrets).unwrap().lines().map(str::to_owned).collect();
    let tree = Tree::create(&folder.join("tree"), files, secrets.get(..SECRETS).expect("enough secrets"));
    println!("{files} files, {} MB, {SECRETS} secrets", tree.bytes / 1_000_000);

    let scan = || {
        let mut command = jeton(&folder);
        command.args(["scan", "--json", "--store"]).arg(&store).arg(&tree.path);
        command
    };
    // Both search hidden files and all of a binary file, and leave out what ignore files name.
    let rg = || {
        let mut command = Command::new("rg");
        command.args(["--no-config", "--hidden", "--text", "--fixed-strings", "--line-number", "--column", "jtn_"]);
        command.arg(&tree.path);
        command
    };
    check(&scan().output().unwrap(), &tree);
    let has_rg = rg().output().is_ok();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(time(scan(), FOUND));
        if has_rg {
            theirs.push(time(rg(), 0));
        }
    }
    report("jeton scan", &mut ours);
    if has_rg {
        report("rg", &mut theirs);
        println!("ratio of the medians: {:.2}", ours[RUNS / 2].as_secs_f64() / theirs[RUNS / 2].as_secs_f64());
    } else {
        println!("rg: skipped: not found");
    }
    fs::remove_dir_all(&folder).unwrap();
}

fn jeton(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jeton"));
    command.env_clear().env("HOME", home);
    command
}

fn time(mut command: Command, status: i32) -> Duration {
    let stopwatch = Stopwatch::start();
    let output = command.output().unwrap();
    let took = stopwatch.elapsed();
    assert_eq!(output.status.code(), Some(status), "{}", String::from_utf8_lossy(&output.stderr));
    took
}

/// Asserts that the scan has found each planted secret, and nothing else.
fn check(output: &Output, tree: &Tree) {
    assert_eq!(output.status.code(), Some(FOUND), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let places = answer["found"].as_array().unwrap().iter().flat_map(|found| found["places"].as_array().unwrap());
    let place = |place: &Value| Planted {
        path: PathBuf::from(place["path"].as_str().unwrap()),
        line: place["line"].as_u64().unwrap(),
        column: place["column"].as_u64().unwrap(),
    };
    let found: Vec<Planted> = places.map(place).collect();
    assert_eq!(found.len(), tree.planted.len());
    let found: BTreeSet<Planted> = found.into_iter().collect();
    assert!(found == tree.planted, "{:?}", found.symmetric_difference(&tree.planted).collect::<Vec<_>>());
    assert_eq!((answer["files"].as_u64(), answer["bytes"].as_u64()), (Some(tree.files as u64), Some(tree.bytes)));
    println!("found all {} places, and no others", found.len());
}

fn report(name: &str, runs: &mut [Duration]) {
    runs.sort();
    let seconds = |run: Duration| run.as_secs_f64();
    let (best, median, worst) = (runs[0], runs[RUNS / 2], runs[RUNS - 1]);
    println!("{name:10}  best {:.2} s, median {:.2} s, worst {:.2} s", seconds(best), seconds(median), seconds(worst));
}
