//! "Did you mean": the known names closest to a misspelled one.

use strsim::jaro_winkler;

use crate::error::Error;

const MAX_NAMES: usize = 3;
/// Minimum similarity of a suggested name; 1 means the same name.
const MIN_SIMILARITY: f64 = 0.84;
/// Maximum difference in similarity to the nearest name. Names further away are not suggested.
const MAX_DISTANCE: f64 = 0.06;

/// Returns the names nearest to `word`, the nearest first. Case is ignored. The last part of a dotted name is also
/// compared alone.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let mut rated: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| (similarity(&word, &name.to_lowercase()), name))
        .filter(|(rate, _)| *rate >= MIN_SIMILARITY)
        .collect();
    rated.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    rated.dedup_by_key(|(_, name)| *name);
    // A name far less similar than the nearest was hardly meant.
    let least = rated.first().map_or(1.0, |(rate, _)| rate - MAX_DISTANCE);
    rated.into_iter().take_while(|(rate, _)| *rate >= least).take(MAX_NAMES).map(|(_, name)| name).collect()
}

fn similarity(word: &str, name: &str) -> f64 {
    let last = name.rsplit('.').next().unwrap_or(name);
    let whole = jaro_winkler(word, name).max(jaro_winkler(word, last));
    // A part of a name, such as `deploy` of `ci-deploy`, is near the name, even if the rest is long.
    let is_part = word.len() >= 3 && name.contains(word);
    if is_part { whole.max(0.9) } else { whole }
}

/// Asks for one of the suggested `names`: `Did you mean: token list, token revoke?`. `None` without names.
pub fn suggestion<N: AsRef<str>>(names: &[N]) -> Option<String> {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    (!names.is_empty()).then(|| format!("Did you mean: {}?", names.join(", ")))
}

/// Adds the nearest of `known` to an error about `word`. If the error already has a next step, that step is kept.
pub fn did_you_mean<'a>(error: Error, word: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
    match suggestion(&nearest(word, known)) {
        Some(question) if error.next.is_none() => error.next(question),
        Some(_) | None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_names_come_first() {
        let known = ["environment.deployment.Deploy", "environment.control.StopEnv", "jeton.tokens.read"];
        assert_eq!(nearest("deploy", known), ["environment.deployment.Deploy"]);
        assert_eq!(nearest("environment.control.StopEnvs", known)[0], "environment.control.StopEnv");
        assert_eq!(nearest("ide plugins", ["IDE Plugins", "Marketplace"]), ["IDE Plugins"]);
        assert_eq!(nearest("deploy", ["ci-deploy", "nightly"]), ["ci-deploy"]);
        assert!(nearest("x", known).is_empty());
        assert!(nearest("", known).is_empty());
    }

    #[test]
    fn did_you_mean_keeps_a_next_step() {
        let error = did_you_mean(Error::not_found("no").next("Run it"), "ab", ["ab"]);
        assert_eq!(error.next.as_deref(), Some("Run it"));
    }
}
