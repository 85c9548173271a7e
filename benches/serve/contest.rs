//! The servers under load, in turns, directly and behind nginx.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use super::changes::{WRITES_PER_SECOND, while_writing};
use super::client::{Client, HttpMethod, request};
use super::histogram::median;
use super::load::{Load, Round, SeededRng};
use super::machine::{Cores, memory};
use super::nginx::{self, GuardedSite};
use super::options::Options;
use super::report;
use super::server::Server;
use super::store::LargeStore;
use super::table::grouped;

const ANY: &str = "/v1/verify/-";
const OK: &[u16] = &[200];
const EITHER: &[u16] = &[200, 403];

/// A server in the comparison.
pub struct Contender<'a> {
    pub name: String,
    load: Load,
    server: &'a Server,
    /// The proxy in front of the server.
    proxy: Option<&'a Server>,
    /// Statuses that count as success.
    pub expected: &'a [u16],
    pub rounds: Vec<Round>,
}

/// The servers in the comparison, and the secrets to present.
struct Comparison<'a> {
    options: &'a Options,
    secrets: Vec<String>,
    bare: Server,
    /// jeton, and the bare server that sends the same responses.
    others: Option<Others>,
}

struct Others {
    like: Server,
    jeton: Server,
}

/// Runs the whole comparison.
pub fn run(cores: Cores, options: &Options) {
    let mut large = LargeStore::open(options);
    let folder = tempfile::tempdir().unwrap();
    let log = |name: &str| folder.path().join(name);
    let bare = Server::baseline(cores, None, &log("bare.log")).expect("the bare server starts");
    let jeton = Server::jeton(cores, options, &large.store, &log("jeton.log"));
    let jeton = jeton.inspect_err(|why| println!("jeton serve: not available: {why}")).ok();
    let at_start = jeton.as_ref().map(|jeton| memory(jeton.pid()));
    let mut secrets = std::mem::take(&mut large.secrets);
    let (mut uses_before, mut allowed) = (Ok(0), 0);
    let others = jeton.map(|jeton| {
        // The service cleans up when it starts. Wait for the end of that.
        jeton.wait_until_idle();
        uses_before = large.uses();
        let answer = retain_valid(jeton.at, &mut secrets);
        allowed += secrets.len() as u64;
        fs::write(log("answer"), &answer).unwrap();
        println!("jeton's 200 has {} bytes", answer.len());
        let like = Server::baseline(cores, Some(&log("answer")), &log("like.log")).expect("the bare server starts");
        Others { like, jeton }
    });
    println!(
        "{} tokens; {} secrets in random order; {} connections; {} rounds of {} s in turns; medians of the rounds",
        grouped(options.tokens.into()),
        grouped(secrets.len() as u64),
        options.connections,
        options.rounds,
        options.turn.as_secs_f64(),
    );
    println!("Servers, and nginx where it is asked, on core {}; the load on core {}", cores.server, cores.load);
    let install = Comparison { options, secrets, bare, others };
    allowed += install.measure_directly();
    report::memories(
        &install.bare,
        install.others.as_ref().zip(at_start).map(|(others, at_start)| (&others.like, &others.jeton, at_start)),
    );
    allowed += install.measure_behind_nginx(cores, folder.path());
    allowed += install.measure_during_changes();
    if let Some(others) = install.others {
        println!("\nThe ledger\n  stopped by SIGTERM: {}", others.jeton.stop());
        report::ledger(uses_before, large.uses(), allowed);
    }
}

impl Comparison<'_> {
    fn new_load(&self, to: &Server, asked: (HttpMethod, &str)) -> Load {
        Load::new(to.at, asked, &self.secrets, self.options.connections)
    }

    /// Returns the number of jeton's responses that allowed.
    fn measure_directly(&self) -> u64 {
        let entrant = |name: &str, server, asked: (HttpMethod, &str)| Contender {
            name: name.to_owned(),
            load: self.new_load(server, asked),
            server,
            proxy: None,
            expected: OK,
            rounds: Vec::new(),
        };
        let method = format!("/v1/verify/{}", self.options.method);
        let mut entrants = vec![entrant("bare, 200 without a body", &self.bare, (HttpMethod::Get, ANY))];
        if let Some(Others { like, jeton }) = &self.others {
            entrants.push(entrant("bare, jeton's own head", like, (HttpMethod::Head, ANY)));
            entrants.push(entrant("jeton, HEAD", jeton, (HttpMethod::Head, ANY)));
            entrants.push(Contender {
                expected: EITHER,
                ..entrant("jeton, HEAD METHOD", jeton, (HttpMethod::Head, &method))
            });
            entrants.push(entrant("bare, jeton's own 200", like, (HttpMethod::Get, ANY)));
            entrants.push(entrant("jeton, GET", jeton, (HttpMethod::Get, ANY)));
        }
        run_rounds(&mut entrants, self.options);
        report::figures("Token checks over HTTP: HEAD as the guides have proxies ask, GET with the JSON", &entrants);
        let [bare, like_head, head, method, like, get] = &entrants[..] else { return 0 };
        report::ratios(&[
            (head, bare, "≥ 80 %", "≤ 2.00"),
            (method, bare, "≥ 80 %", "≤ 2.00"),
            (head, like_head, "≥ 80 %", "≤ 2.00"),
            (method, like_head, "≥ 80 %", "≤ 2.00"),
            (get, like, "≥ 80 %", "≤ 2.00"),
            (get, bare, "", ""),
        ]);
        [head, method, get].map(|entrant| entrant.answers(200)).iter().sum()
    }

    /// Measures the same servers behind a proxy.
    fn measure_behind_nginx(&self, cores: Cores, folder: &Path) -> u64 {
        let title = "Behind nginx (its own processor time counts with the server's)";
        let mut asked = vec![("bare", &self.bare)];
        if let Some(Others { like, jeton }) = &self.others {
            asked.extend([("like", like), ("jeton", jeton)]);
        }
        let guards: Vec<GuardedSite<'_>> =
            asked.iter().map(|(name, server)| GuardedSite { name, at: server.at }).collect();
        let nginx = match nginx::start(cores, folder, &guards) {
            Ok(Some(nginx)) => nginx,
            Ok(None) => {
                println!("\n{title}\n  skipped: nginx not found");
                return 0;
            }
            Err(why) => {
                println!("\n{title}\n  not available: {why}");
                return 0;
            }
        };
        let entrant = |&(name, server): &(&str, _)| {
            let load = self.new_load(&nginx, (HttpMethod::Get, &format!("/{name}")));
            let shown = if name == "like" { "bare, jeton's own 200" } else { name };
            let name = format!("auth_request to {shown}");
            Contender { name, load, server, proxy: Some(&nginx), expected: &[204], rounds: Vec::new() }
        };
        let mut entrants: Vec<_> = asked.iter().map(entrant).collect();
        run_rounds(&mut entrants, self.options);
        report::figures(title, &entrants);
        let [bare, like, jeton] = &entrants[..] else { return 0 };
        report::ratios(&[(jeton, bare, "≥ 95 %", ""), (jeton, like, "", "")]);
        jeton.answers(204)
    }

    /// Measures token checks with and without changes by admins at the same time.
    fn measure_during_changes(&self) -> u64 {
        let Some(Others { jeton, .. }) = &self.others else { return 0 };
        let entrant = |name: &str| Contender {
            name: name.to_owned(),
            load: self.new_load(jeton, (HttpMethod::Head, ANY)),
            server: jeton,
            proxy: None,
            expected: OK,
            rounds: Vec::new(),
        };
        let [mut alone, mut during] = ["jeton, HEAD", "jeton, HEAD during changes"].map(entrant);
        let (mut dice, mut done, mut failed) = (SeededRng::new(), 0, 0);
        for _ in 0..self.options.rounds {
            let mut turn = |entrant: &mut Contender<'_>| {
                let turn = entrant.load.run(self.options.turn, &[jeton.pid()], &mut dice);
                entrant.rounds.push(turn);
            };
            turn(&mut alone);
            jeton.wait_until_idle();
            let ((), writes) = while_writing(&jeton.manage, || turn(&mut during));
            (done, failed) = (done + writes.done, failed + writes.failed);
            jeton.wait_until_idle();
        }
        let entrants = [alone, during];
        report::figures("Token checks during changes with passwords, over the management socket", &entrants);
        println!("  {done} changes, {failed} failed; {WRITES_PER_SECOND} a second were asked for");
        let [alone, during] = &entrants;
        report::ratios(&[(during, alone, "", "≤ 1.50")]);
        entrants.iter().map(|entrant| entrant.answers(200)).sum()
    }
}

/// Presents each secret once, retains the accepted ones, and returns a whole response to one of these.
fn retain_valid(at: SocketAddr, secrets: &mut Vec<String>) -> Vec<u8> {
    let mut client = Client::connect(at).unwrap();
    let mut refused: BTreeMap<u16, u64> = BTreeMap::new();
    let mut kept = Vec::new();
    secrets.retain(|secret| {
        let (status, _) = client.ask(&request(HttpMethod::Get, ANY, secret)).unwrap();
        if status == 200 {
            kept = client.answer().to_vec();
        } else {
            *refused.entry(status).or_default() += 1;
        }
        status == 200
    });
    // A store made some days ago has tokens that have expired since.
    for (status, count) in refused {
        println!("{} secrets are left out: their answer is {status}", grouped(count));
    }
    assert!(!secrets.is_empty(), "none of the secrets is accepted");
    kept
}

/// Runs all rounds. Each server has its turn in every round.
fn run_rounds(entrants: &mut [Contender<'_>], options: &Options) {
    let mut dice = SeededRng::new();
    for _ in 0..options.rounds {
        for entrant in &mut *entrants {
            let servers: Vec<u32> = entrant.proxy.iter().chain([&entrant.server]).map(|s| s.pid()).collect();
            let turn = entrant.load.run(options.turn, &servers, &mut dice);
            entrant.rounds.push(turn);
            entrant.server.wait_until_idle();
        }
    }
}

impl Contender<'_> {
    /// Returns the median of a figure over the rounds.
    pub fn median(&self, of: impl Fn(&Round) -> f64) -> f64 {
        median(self.rounds.iter().map(of))
    }

    /// Returns the number of responses by status.
    pub fn statuses(&self) -> BTreeMap<u16, u64> {
        let mut all = BTreeMap::new();
        for (status, count) in self.rounds.iter().flat_map(|t| &t.statuses) {
            *all.entry(*status).or_default() += count;
        }
        all
    }

    /// Returns the number of unexpected responses and broken connections.
    pub fn errors(&self) -> u64 {
        let broken: u64 = self.rounds.iter().map(|t| t.broken).sum();
        let odd = self.statuses().into_iter().filter(|(status, _)| !self.expected.contains(status));
        broken + odd.map(|(_, count)| count).sum::<u64>()
    }

    /// Returns the number of responses with `status`.
    pub fn answers(&self, status: u16) -> u64 {
        self.statuses().get(&status).copied().unwrap_or(0)
    }
}
