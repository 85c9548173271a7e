//! Compares `jeton serve` with a bare server of the same HTTP stack, in one run.
//!
//! Measures requests per second, latencies and memory, directly and behind nginx. Also checks that the ledger is
//! complete afterwards, and measures the time of each kind of 401.
//!
//! `cargo bench --bench serve -- --help` lists the options. Servers are pinned to one core, the load generator to
//! another. Nothing is asserted: goals are printed next to the figures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a measuring script: it stops where it can't go on, and measures with the machine's own clock"
)]

#[cfg(target_os = "linux")]
mod serve {
    pub mod bare;
    pub mod changes;
    pub mod client;
    pub mod contest;
    pub mod denials;
    pub mod histogram;
    pub mod load;
    pub mod machine;
    pub mod nginx;
    pub mod options;
    pub mod report;
    pub mod server;
    pub mod store;
    pub mod table;
}

#[cfg(target_os = "linux")]
fn main() {
    use serve::options::{Options, Task};

    match Options::read(std::env::args().skip(1)) {
        Ok(Task::Baseline(bare)) => serve::bare::run(&bare),
        Ok(Task::Measure(options)) => {
            let cores = serve::machine::Cores::choose();
            serve::contest::run(cores, &options);
            serve::denials::run(cores, &options);
        }
        Ok(Task::Help) => println!("{}", serve::options::HELP),
        Err(wrong) => {
            eprintln!("{wrong}\n\n{}", serve::options::HELP);
            std::process::exit(2);
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: this measures with Linux's epoll, /proc and CPU affinity");
}
