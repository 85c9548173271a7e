//! The servers under load, in turns, directly and behind nginx.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;

use super::client::{Client, request};
use super::histogram::median;
use super::load::{Dice, Load, Turn};
use super::machine::{Cores, memory};
use super::nginx::{self, Guard};
use super::options::Options;
use super::server::Server;
use super::store::Large;
use super::table::{self, grouped, percent, row};

const ANY: &str = "/v1/verify/-";

/// One that takes part.
struct Entrant<'a> {
    name: String,
    load: Load,
    server: &'a Server,
    /// The statuses that are no errors.
    expected: &'a [u16],
    turns: Vec<Turn>,
}

/// All of it.
pub fn run(cores: Cores, options: &Options) {
    let mut large = Large::open(options);
    let folder = tempfile::tempdir().unwrap();
    let log = |name: &str| folder.path().join(name);
    let bare = Server::bare(cores, None, &log("bare.log")).expect("the bare server starts");
    let jeton = Server::jeton(cores, options, &large.store, &log("jeton.log"));
    let jeton = jeton.inspect_err(|why| println!("jeton serve: not available: {why}")).ok();
    let uses_before = jeton.as_ref().map(|jeton| {
        jeton.settle();
        large.uses()
    });
    let mut allowed = 0;
    let like = jeton.as_ref().map(|jeton| {
        let answer = keep_valid(jeton.at, &mut large.secrets);
        allowed += large.secrets.len() as u64;
        fs::write(log("answer"), &answer).unwrap();
        println!("jeton's 200 has {} bytes", answer.len());
        Server::bare(cores, Some(&log("answer")), &log("like.log")).expect("the bare server starts")
    });
    println!(
        "{} tokens; {} secrets in random order; {} connections; {} rounds of {} s in turns; medians of the rounds",
        grouped(options.tokens.into()),
        grouped(large.secrets.len() as u64),
        options.connections,
        options.rounds,
        options.turn.as_secs_f64(),
    );
    println!("Servers, and nginx where it is asked, on core {}; the load on core {}", cores.server, cores.load);
    let memory_before = jeton.as_ref().map(|jeton| memory(jeton.pid()));

    let load = |to: SocketAddr, path: &str| Load::new(to, path, &large.secrets, options.connections);
    let method = format!("/v1/verify/{}", options.method);
    let mut direct = vec![Entrant::new("bare, 200 without a body", &bare, load(bare.at, ANY), &[200])];
    if let (Some(jeton), Some(like)) = (&jeton, &like) {
        direct.push(Entrant::new("bare, jeton's own 200", like, load(like.at, ANY), &[200]));
        direct.push(Entrant::new("jeton serve", jeton, load(jeton.at, ANY), &[200]));
        direct.push(Entrant::new("jeton serve, with METHOD", jeton, load(jeton.at, &method), &[200, 403]));
    }
    compete(&mut direct, options);
    report("Token checks over HTTP", &direct);
    if let [bare, like, jeton, method] = &direct[..] {
        allowed += answers(jeton, 200) + answers(method, 200);
        ratios(&[
            (jeton, bare, "≥ 80 %", "≤ 2.00"),
            (jeton, like, "", ""),
            (method, bare, "", ""),
            (method, like, "", ""),
        ]);
    }
    memories(&bare, like.as_ref(), jeton.as_ref().zip(memory_before));
    drop(direct);

    let mut guards = vec![Guard { name: "bare", at: bare.at }];
    guards.extend(like.as_ref().map(|like| Guard { name: "like", at: like.at }));
    guards.extend(jeton.as_ref().map(|jeton| Guard { name: "jeton", at: jeton.at }));
    match nginx::start(cores, folder.path(), &guards) {
        Ok(Some(nginx)) => {
            let behind = |guard: &Guard<'_>, server| {
                let name = if guard.name == "like" { "bare, jeton's own 200" } else { guard.name };
                let load = load(nginx.at, &format!("/{}", guard.name));
                Entrant::new(&format!("auth_request to {name}"), server, load, &[204])
            };
            let servers = [Some(&bare), like.as_ref(), jeton.as_ref()].into_iter().flatten();
            let mut entrants: Vec<_> =
                guards.iter().zip(servers).map(|(guard, server)| behind(guard, server)).collect();
            compete(&mut entrants, options);
            report("Behind nginx (the server's share is that of the server behind it)", &entrants);
            if let [bare, like, jeton] = &entrants[..] {
                allowed += answers(jeton, 204);
                ratios(&[(jeton, bare, "≥ 95 %", ""), (jeton, like, "", "")]);
            }
        }
        Ok(None) => println!("\nBehind nginx\n  skipped: nginx not found"),
        Err(why) => println!("\nBehind nginx\n  not available: {why}"),
    }

    if let Some(jeton) = jeton {
        println!("\nThe ledger\n  stopped by SIGTERM: {}", jeton.stop());
        ledger(uses_before.unwrap_or(Ok(0)), large.uses(), allowed);
    }
}

/// Asks for each secret once, and keeps those that are accepted; a whole answer to one of these.
fn keep_valid(at: SocketAddr, secrets: &mut Vec<String>) -> Vec<u8> {
    let mut client = Client::connect(at).unwrap();
    let mut refused: BTreeMap<u16, u64> = BTreeMap::new();
    let mut kept = Vec::new();
    secrets.retain(|secret| {
        let (status, _) = client.ask(&request(ANY, secret)).unwrap();
        if status == 200 {
            kept = client.answer().to_vec();
        } else {
            *refused.entry(status).or_default() += 1;
        }
        status == 200
    });
    // A store that was made some days ago has tokens that have expired since.
    for (status, count) in refused {
        println!("{} secrets are left out: their answer is {status}", grouped(count));
    }
    assert!(!secrets.is_empty(), "none of the secrets is accepted");
    kept
}

/// Round after round, each in its turn.
fn compete(entrants: &mut [Entrant<'_>], options: &Options) {
    let mut dice = Dice::new();
    for _ in 0..options.rounds {
        for entrant in &mut *entrants {
            let turn = entrant.load.run(options.turn, entrant.server.pid(), &mut dice);
            entrant.turns.push(turn);
            entrant.server.settle();
        }
    }
}

impl<'a> Entrant<'a> {
    fn new(name: &str, server: &'a Server, load: Load, expected: &'a [u16]) -> Self {
        Entrant { name: name.to_owned(), load, server, expected, turns: Vec::new() }
    }

    fn median(&self, of: impl Fn(&Turn) -> f64) -> f64 {
        median(self.turns.iter().map(of))
    }

    fn statuses(&self) -> BTreeMap<u16, u64> {
        let mut all = BTreeMap::new();
        for (status, count) in self.turns.iter().flat_map(|t| &t.statuses) {
            *all.entry(*status).or_default() += count;
        }
        all
    }

    /// What wasn't expected.
    fn errors(&self) -> u64 {
        let broken: u64 = self.turns.iter().map(|t| t.broken).sum();
        let odd = self.statuses().into_iter().filter(|(status, _)| !self.expected.contains(status));
        broken + odd.map(|(_, count)| count).sum::<u64>()
    }
}

fn answers(entrant: &Entrant<'_>, status: u16) -> u64 {
    entrant.statuses().get(&status).copied().unwrap_or(0)
}

fn report(title: &str, entrants: &[Entrant<'_>]) {
    let heads = ["", "requests/s", "p50 ms", "p99 ms", "p99.9 ms", "server's core", "load's core", "errors", "answers"];
    let mut rows = vec![row(heads)];
    for entrant in entrants {
        let quantile = |of: f64| format!("{:.3}", entrant.median(|t| t.latencies.quantile(of)));
        let statuses = entrant.statuses().into_iter().map(|(status, count)| format!("{status}: {}", grouped(count)));
        rows.push(vec![
            entrant.name.clone(),
            grouped(entrant.median(|t| t.rate).round() as u64),
            quantile(0.5),
            quantile(0.99),
            quantile(0.999),
            percent(entrant.median(|t| t.server_busy)),
            percent(entrant.median(|t| t.load_busy)),
            grouped(entrant.errors()),
            statuses.collect::<Vec<_>>().join("  "),
        ]);
    }
    table::print(title, &rows);
    for entrant in entrants.iter().filter(|e| e.median(|t| t.load_busy - t.server_busy) > 0.0 && e.expected != [204]) {
        println!(
            "  The load had no more time to spare than {}: that server may do more than is seen here.",
            entrant.name
        );
    }
}

/// Of two in the same round; the median over the rounds, and how far they lie apart.
fn ratios(pairs: &[(&Entrant<'_>, &Entrant<'_>, &str, &str)]) {
    let mut rows = vec![row(["", "requests/s", "lowest", "highest", "goal", "p99, times", "goal"])];
    for (one, other, rate_goal, p99_goal) in pairs {
        let rounds = || one.turns.iter().zip(&other.turns);
        let rates: Vec<f64> = rounds().map(|(a, b)| a.rate / b.rate).collect();
        let p99 = median(rounds().map(|(a, b)| a.latencies.quantile(0.99) / b.latencies.quantile(0.99)));
        rows.push(vec![
            format!("{} / {}", one.name, other.name),
            percent(median(rates.iter().copied())),
            percent(rates.iter().copied().fold(f64::NAN, f64::min)),
            percent(rates.iter().copied().fold(f64::NAN, f64::max)),
            (*rate_goal).to_owned(),
            format!("{p99:.2}"),
            (*p99_goal).to_owned(),
        ]);
    }
    table::print("Ratios, each of turns in one round", &rows);
}

fn memories(bare: &Server, like: Option<&Server>, jeton: Option<(&Server, super::machine::Memory)>) {
    let mib = |figure: f64| format!("{figure:.1}");
    let mut rows = vec![row(["", "at the start", "now", "peak", "peak more than bare", "goal"])];
    let base = memory(bare.pid());
    let plain = |name: &str, server: &Server| {
        let memory = memory(server.pid());
        vec![name.to_owned(), String::new(), mib(memory.now), mib(memory.peak)]
    };
    rows.push(plain("bare, 200 without a body", bare));
    rows.extend(like.map(|like| plain("bare, jeton's own 200", like)));
    if let Some((jeton, before)) = jeton {
        let memory = memory(jeton.pid());
        let more = mib(memory.peak - base.peak);
        rows.push(vec![
            "jeton serve".to_owned(),
            mib(before.now),
            mib(memory.now),
            mib(memory.peak),
            more,
            "≤ 64".to_owned(),
        ]);
    }
    table::print("Memory, MiB", &rows);
}

fn ledger(before: Result<u64, String>, after: Result<u64, String>, allowed: u64) {
    println!("  answers that allowed:  {}", grouped(allowed));
    match before.and_then(|before| after.map(|after| after.checked_sub(before))) {
        Ok(Some(uses)) if uses == allowed => println!("  uses it holds of them: {}, complete", grouped(uses)),
        Ok(Some(uses)) => println!("  uses it holds of them: {}, NOT THE SAME", grouped(uses)),
        Ok(None) => println!("  it holds fewer uses than before: NOT COMPLETE"),
        Err(why) => println!("  uses it holds of them: not available: {why}"),
    }
}
