//! The printed report.

use super::contest::Contender;
use super::histogram::median;
use super::load::Round;
use super::machine::{Memory, memory};
use super::server::Server;
use super::table::{self, grouped, percent, row};

/// A load generator that was busy for more than this share of its time was the bottleneck.
const LIMIT: f64 = 0.95;

/// Prints a row for each server.
pub fn figures(title: &str, entrants: &[Contender<'_>]) {
    let heads = [
        "",
        "requests/s",
        "a CPU s",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "server's core",
        "load's core",
        "errors",
        "answers",
    ];
    let mut rows = vec![row(heads)];
    for entrant in entrants {
        let quantile = |of: f64| format!("{:.3}", entrant.median(|t| t.latencies.quantile(of)));
        let statuses = entrant.statuses().into_iter().map(|(status, count)| format!("{status}: {}", grouped(count)));
        rows.push(vec![
            entrant.name.clone(),
            grouped(entrant.median(|t| t.rate).round() as u64),
            grouped(entrant.median(Round::per_cpu_second).round() as u64),
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
    for entrant in entrants.iter().filter(|e| e.median(|t| t.load_busy) > LIMIT) {
        println!("  The load was at its limit: {} may do more than is seen here.", entrant.name);
    }
}

/// Prints the ratio of two servers in the same round: the median over the rounds, and the spread.
pub fn ratios(pairs: &[(&Contender<'_>, &Contender<'_>, &str, &str)]) {
    let mut rows = vec![row(["", "requests/s", "goal", "lowest", "highest", "a CPU s", "p99, times", "goal"])];
    for (one, other, rate_goal, p99_goal) in pairs {
        let rounds = || one.rounds.iter().zip(&other.rounds);
        let rates: Vec<f64> = rounds().map(|(a, b)| a.rate / b.rate).collect();
        let p99 = median(rounds().map(|(a, b)| a.latencies.quantile(0.99) / b.latencies.quantile(0.99)));
        rows.push(vec![
            format!("{} / {}", one.name, other.name),
            percent(median(rates.iter().copied())),
            (*rate_goal).to_owned(),
            percent(rates.iter().copied().fold(f64::NAN, f64::min)),
            percent(rates.iter().copied().fold(f64::NAN, f64::max)),
            percent(median(rounds().map(|(a, b)| a.per_cpu_second() / b.per_cpu_second()))),
            format!("{p99:.2}"),
            (*p99_goal).to_owned(),
        ]);
    }
    table::print("Ratios, each of turns in one round", &rows);
}

/// Prints the memory of the servers; for jeton also that at its start.
pub fn memories(bare: &Server, others: Option<(&Server, &Server, Memory)>) {
    let mib = |figure: f64| format!("{figure:.1}");
    let mut rows = vec![row(["", "at the start", "now", "peak", "peak more than bare", "goal"])];
    let base = memory(bare.pid());
    rows.push(row(["bare, 200 without a body", "", &mib(base.now), &mib(base.peak)]));
    if let Some((like, jeton, at_start)) = others {
        let (like, jeton) = (memory(like.pid()), memory(jeton.pid()));
        rows.push(row(["bare, jeton's own 200", "", &mib(like.now), &mib(like.peak)]));
        let [start, now, peak] = [at_start.now, jeton.now, jeton.peak].map(mib);
        rows.push(row(["jeton serve", &start, &now, &peak, &mib(jeton.peak - base.peak), "≤ 64"]));
    }
    table::print("Memory, MiB", &rows);
}

/// Checks that the uses in the ledger are as many as the responses that allowed.
pub fn ledger(before: Result<u64, String>, after: Result<u64, String>, allowed: u64) {
    println!("  answers that allowed:  {}", grouped(allowed));
    match before.and_then(|before| after.map(|after| after.checked_sub(before))) {
        Ok(Some(uses)) if uses == allowed => println!("  uses it holds of them: {}, complete", grouped(uses)),
        Ok(Some(uses)) => println!("  uses it holds of them: {}, NOT THE SAME", grouped(uses)),
        Ok(None) => println!("  it holds fewer uses than before: NOT COMPLETE"),
        Err(why) => println!("  uses it holds of them: not available: {why}"),
    }
}
