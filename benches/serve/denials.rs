//! Measures the time of 401s. A caller must not learn from the time what a secret was.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jeton::domain::audit::{AuditActor, AuditEntry, Face};
use jeton::domain::expiry::Expiry;
use jeton::domain::name::Prefix;
use jeton::domain::secret::Secret;
use jeton::domain::time::HOUR;
use jeton::domain::token::Token;
use jeton::platform::clock::SystemClock;
use jeton::platform::entropy::SystemEntropy;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::audited::Audited;
use jeton::verbs::ports::{Clock, Entropy, Store};

use super::client::{Client, Head, HttpMethod, request};
use super::histogram::{Histogram, median};
use super::load::SeededRng;
use super::machine::Cores;
use super::options::Options;
use super::server::Server;
use super::store::{self, private_folder};
use super::table::{self, row};

const PASSWORD: &str = "correct horse battery";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A denied secret, and the measured times.
struct DeniedCase {
    name: &'static str,
    request: Vec<u8>,
    durations: Vec<Duration>,
    answer: String,
}

/// Creates a small store with every kind of denied secret, and presents them in mixed order over one connection.
pub fn run(cores: Cores, options: &Options) {
    let folder = tempfile::tempdir().unwrap();
    let small = SmallStore::make(folder.path());
    let mut denied = small.denied();
    let title = format!("401s, {} of each, mixed, over one connection", options.denials);
    let server = match Server::jeton(cores, options, &small.store, &folder.path().join("log")) {
        Ok(server) => server,
        Err(why) => return println!("\n{title}\n  not available: jeton serve: {why}"),
    };
    let mut client = Client::connect(server.at).unwrap();
    let (mut dice, mut odd) = (SeededRng::new(), 0);
    let mut order: Vec<usize> = (0..denied.len()).collect();
    // The first requests warm the caches and aren't counted.
    let warm_up = options.denials / 10;
    for round in 0..options.denials + warm_up {
        for last in (1..order.len()).rev() {
            order.swap(last, dice.below(last + 1));
        }
        for n in &order {
            let one = &mut denied[*n];
            let (status, took) = client.ask(&one.request).expect("an answer");
            odd += usize::from(status != 401);
            if round >= warm_up {
                one.durations.push(took);
            }
            one.answer = without_date(client.answer());
        }
    }
    report(&title, &denied, odd);
    println!("  stopped by SIGTERM: {}", server.stop());
}

fn report(title: &str, denied: &[DeniedCase], odd: usize) {
    let mut rows = vec![row(["", "median µs", "p99 µs"])];
    let mut medians = Vec::new();
    for one in denied {
        let micros = || one.durations.iter().map(|t| t.as_secs_f64() * 1e6);
        let mut all = Histogram::default();
        one.durations.iter().for_each(|t| all.add(*t));
        medians.push(median(micros()));
        let median = format!("{:.2}", median(micros()));
        rows.push(vec![one.name.to_owned(), median, format!("{:.1}", all.quantile(0.99) * 1e3)]);
    }
    table::print(title, &rows);
    let least = medians.iter().copied().fold(f64::INFINITY, f64::min);
    let most = medians.iter().copied().fold(0.0, f64::max);
    println!("  between the medians: {:.2} µs, {:.1} % of the least", most - least, (most - least) / least * 100.0);
    let alike = denied.windows(2).all(|pair| pair[0].answer == pair[1].answer);
    println!("  identical but for Date: {}", if alike { "yes" } else { "NO" });
    println!("  answers that weren't 401: {odd}");
}

fn without_date(answer: &[u8]) -> String {
    assert!(Head::read(answer).is_ok());
    let text = String::from_utf8_lossy(answer);
    text.split_inclusive("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("date:")).collect()
}

/// A store with a token of each kind.
struct SmallStore {
    store: PathBuf,
    home: PathBuf,
    password: PathBuf,
}

impl SmallStore {
    fn make(folder: &Path) -> Self {
        let home = folder.join("home");
        private_folder(&home);
        let small = SmallStore { store: home.join("jeton.db"), password: home.join("password"), home };
        small.run(&["init", "--username", "ops", "--password-stdin"], &format!("{PASSWORD}\n"));
        store::private_file(&small.password, &format!("{PASSWORD}\n"));
        small
    }

    fn run(&self, args: &[&str], input: &str) -> String {
        let store = ["--store", self.store.to_str().unwrap()];
        store::jeton(&self.home, &[args, &store].concat(), input).expect("the small store can be made")
    }

    fn as_ops(&self, args: &[&str]) -> String {
        self.run(&[args, &["--password-file", self.password.to_str().unwrap()]].concat(), "")
    }

    fn create(&self, name: &str) -> String {
        self.as_ops(&["token", "create", name, "--quiet", "--expires", "30d"]).trim_end().to_owned()
    }

    fn denied(&self) -> Vec<DeniedCase> {
        let unknown = Secret::generate(&Prefix::default(), |buffer| SystemEntropy.fill(buffer)).unwrap();
        let [live, expired, disabled, deleted] =
            ["live", "expired", "disabled", "deleted"].map(|name| self.create(name));
        self.expire(&expired);
        self.as_ops(&["token", "disable", "disabled"]);
        self.as_ops(&["token", "delete", "deleted", "--confirm", "deleted"]);
        let all = [
            ("unknown", unknown.expose(str::to_owned)),
            ("expired", expired),
            ("disabled", disabled),
            ("deleted", deleted),
            ("wrong secret", wrong(&live)),
        ];
        let denied = |(name, secret): (_, String)| DeniedCase {
            name,
            request: request(HttpMethod::Get, "/v1/verify/-", &secret),
            durations: Vec::new(),
            answer: String::new(),
        };
        all.into_iter().map(denied).collect()
    }

    /// Expires the token directly in the store, because the program refuses an expiry in the past.
    fn expire(&self, secret: &str) {
        let secret = Secret::parse(secret).expect("a secret");
        let clock = SystemClock::new();
        let by = AuditActor { account: String::new(), name: String::new(), proof: "store".to_owned(), face: Face::Cli };
        let store = SqliteStore::open(&self.store, OpenMode::Existing).unwrap();
        let done = store.write(&by, &|| clock.now(), |tx, now| {
            let id = tx.secret(secret.public_id())?.expect("it was just made").token;
            let token = tx.token(id)?.expect("it was just made");
            tx.update_token(&Token { expiry: Expiry::At(now.plus(-HOUR)), ..token })?;
            Ok(Audited::one((), AuditEntry::new("bench.expire", id, "expired")))
        });
        done.unwrap();
    }
}

/// Returns another secret with the same public id and a valid checksum.
fn wrong(secret: &str) -> String {
    let check_at = secret.len() - 6;
    let random_at = check_at - 32;
    let mut text = format!("{}{}", &secret[..random_at], "k".repeat(32));
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [0; 6];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[rest as usize % ALPHABET.len()];
        rest /= 62;
    }
    text.extend(digits.map(char::from));
    assert!(Secret::parse(&text).is_ok(), "the checksum is made in another way now");
    text
}
