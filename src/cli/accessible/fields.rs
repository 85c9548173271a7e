//! Questions, one after another.

use std::path::PathBuf;

use super::super::App;
use super::menu;
use crate::error::{Error, Result};

/// The answer that means the digit instead of going back.
const LITERAL_ZERO: &str = "\\0";

/// Asks for a value until `parse` accepts it. An empty answer means `default`. `0` goes back.
///
/// # Errors
/// [`crate::error::Kind::Cancelled`] if the person goes back or quits.
pub(super) fn ask<T>(
    app: &mut App,
    label: &str,
    default: Option<&str>,
    parse: impl Fn(&str) -> Result<T>,
) -> Result<T> {
    let question = match default {
        None => label.to_owned(),
        Some("") => format!("{label}. Enter for none"),
        Some(default) => format!("{label}. Enter for {default}"),
    };
    ask_or(app, &question, |app, answer| match (answer, default) {
        ("", None) => {
            app.out.line("An answer is needed. To go back, type 0.")?;
            Ok(None)
        }
        ("", Some(default)) => parse(default).map(Some),
        (LITERAL_ZERO, _) => parse("0").map(Some),
        (text, _) => parse(text).map(Some),
    })
}

/// Asks for a value like [`ask`]. An empty answer means `None`, which is called `empty`.
pub(super) fn ask_optional<T>(
    app: &mut App,
    label: &str,
    empty: &str,
    parse: impl Fn(&App, &str) -> Result<T>,
) -> Result<Option<T>> {
    ask_or(app, &format!("{label}. Enter for {empty}"), |app, answer| match answer {
        "" => Ok(Some(None)),
        LITERAL_ZERO => parse(app, "0").map(|value| Some(Some(value))),
        text => parse(app, text).map(|value| Some(Some(value))),
    })
}

/// Asks `question` until `accept` returns a value.
fn ask_or<T>(app: &mut App, question: &str, accept: impl Fn(&mut App, &str) -> Result<Option<T>>) -> Result<T> {
    loop {
        let answer = menu::ask(app, question)?;
        if answer == "0" {
            return Err(Error::cancelled());
        }
        match accept(app, &answer) {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => {}
            Err(e) => menu::report(app, e)?,
        }
    }
}

/// Reads out numbered choices and asks for one. Returns its place.
pub(super) fn choose(app: &mut App, question: &str, choices: &[impl AsRef<str>]) -> Result<usize> {
    menu::choose_number(app, question, choices, None)?.ok_or_else(Error::cancelled)
}

/// Asks where a new secret goes. `None`: it is printed once.
pub(super) fn ask_secret_file(app: &mut App) -> Result<Option<PathBuf>> {
    let choices = ["Print the secret here, once", "Save the secret to a new file that only you can read"];
    match choose(app, "The new secret", &choices)? {
        0 => Ok(None),
        _ => ask(app, "Path of the new file", None, |text| Ok(PathBuf::from(text))).map(Some),
    }
}

/// Says in a line where a new secret goes.
pub(super) fn describe_secret_file(file: Option<&PathBuf>) -> String {
    match file {
        None => "Secret: printed here once".to_owned(),
        Some(path) => format!("Secret: saved to {}", path.display()),
    }
}
