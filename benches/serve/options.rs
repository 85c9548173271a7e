//! Command line of the benchmark.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub const HELP: &str = "\
Usage: cargo bench --bench serve -- [OPTIONS]

  --tokens N       tokens in the store [1000000]
  --data DIR       where stores are made, and kept for the next run [target/serve-bench]
  --rounds N       rounds in which the servers take turns [5]
  --seconds S      how long each turn is measured [4]
  --connections N  keep-alive connections of the load [32]
  --method M       the method of the second load [environment.control.ListEnvs]
  --denials N      401s of each kind that are timed [2000]
  --server CMD     another server instead of jeton serve; {addr}, {store} and {manage} in it are filled in
  --bare ADDR      be the bare server on ADDR, and measure nothing; with --like FILE it answers as FILE says";

pub enum Task {
    Measure(Options),
    Baseline(BaselineOptions),
    Help,
}

/// Options of the bare server.
pub struct BaselineOptions {
    pub at: SocketAddr,
    /// A file with a whole HTTP response whose header lines and body are sent. `None` sends 200 without a body.
    pub like: Option<PathBuf>,
}

pub struct Options {
    pub tokens: u32,
    pub data: PathBuf,
    pub rounds: usize,
    pub turn: Duration,
    pub connections: usize,
    pub method: String,
    pub denials: usize,
    pub server: Option<String>,
}

impl Options {
    pub fn read(mut args: impl Iterator<Item = String>) -> Result<Task, String> {
        let mut options = Options {
            tokens: 1_000_000,
            data: Path::new(env!("CARGO_MANIFEST_DIR")).join("target/serve-bench"),
            rounds: 5,
            turn: Duration::from_secs(4),
            connections: 32,
            method: "environment.control.ListEnvs".to_owned(),
            denials: 2_000,
            server: None,
        };
        let (mut bare, mut like) = (None, None);
        while let Some(name) = args.next() {
            match name.as_str() {
                // Cargo passes this to every benchmark.
                "--bench" => continue,
                "--help" | "-h" => return Ok(Task::Help),
                _ => {}
            }
            let value = args.next().ok_or_else(|| format!("{name} needs a value, or is no option"))?;
            match name.as_str() {
                "--tokens" => options.tokens = number(&name, &value)?,
                "--data" => options.data = std::path::absolute(&value).map_err(|e| e.to_string())?,
                "--rounds" => options.rounds = number(&name, &value)?,
                "--seconds" => {
                    let seconds: f64 = number(&name, &value)?;
                    options.turn = Duration::try_from_secs_f64(seconds).map_err(|e| e.to_string())?;
                }
                "--connections" => options.connections = number(&name, &value)?,
                "--method" => options.method = value,
                "--denials" => options.denials = number(&name, &value)?,
                "--server" => options.server = Some(value),
                "--bare" => bare = Some(number(&name, &value)?),
                "--like" => like = Some(PathBuf::from(value)),
                _ => return Err(format!("there is no option {name}")),
            }
        }
        if options.tokens == 0 || options.rounds == 0 || options.connections == 0 || options.turn.is_zero() {
            return Err("--tokens, --rounds, --seconds and --connections start at 1".to_owned());
        }
        Ok(match bare {
            Some(at) => Task::Baseline(BaselineOptions { at, like }),
            None => Task::Measure(options),
        })
    }
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name} doesn't take {value}"))
}
