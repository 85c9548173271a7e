//! Numbered menus.

use super::super::suggested_commands::begin_with;
use super::super::{App, impact};
use crate::error::{Error, Kind, Result};
use crate::verbs::Backend;

/// The way on after an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// The menu again.
    Again,
    /// The place before the menu, because its object has changed or is gone.
    Back,
}

/// An entry of a menu about a `C`.
pub(super) struct Entry<C: 'static> {
    label: &'static str,
    run: fn(&mut App, &C) -> Result<Then>,
    is_change: bool,
}

impl<C> Entry<C> {
    pub const fn new(label: &'static str, run: fn(&mut App, &C) -> Result<Then>) -> Self {
        Entry { label, run, is_change: false }
    }

    /// Creates an entry that is left out if nothing may be changed.
    pub const fn change(label: &'static str, run: fn(&mut App, &C) -> Result<Then>) -> Self {
        Entry { label, run, is_change: true }
    }
}

/// Reads out `title` and the entries, asks for one, and runs it. `0` and an empty answer mean `back`.
///
/// # Errors
/// [`Kind::Cancelled`] if the person quits, and the loss of the terminal.
pub(super) fn choose<C>(app: &mut App, title: &str, back: &str, entries: &[Entry<C>], about: &C) -> Result<Then> {
    let usable = entries.iter().filter(|entry| !(entry.is_change && app.is_read_only()));
    let (labels, runs): (Vec<&str>, Vec<_>) = usable.map(|entry| (entry.label, entry.run)).unzip();
    match choose_number(app, title, &labels, Some(back))?.and_then(|at| runs.get(at)) {
        None => Ok(Then::Back),
        Some(run) => run(app, about).or_else(|e| report(app, e).map(|()| Then::Again)),
    }
}

/// Reads out numbered choices, with `back` for 0 if it is a choice, and asks for one. Returns its place, or `None` for 0
/// and an empty answer.
pub(super) fn choose_number(
    app: &mut App,
    title: &str,
    choices: &[impl AsRef<str>],
    back: Option<&str>,
) -> Result<Option<usize>> {
    app.out.line(&format!("{title}:"))?;
    for (at, choice) in choices.iter().enumerate() {
        app.out.line(&format!("{}. {}", at + 1, choice.as_ref()))?;
    }
    back.map_or(Ok(()), |back| app.out.line(&format!("0. {back}")))?;
    loop {
        let answer = ask(app, "Number")?;
        if answer.is_empty() || answer == "0" {
            return Ok(None);
        }
        if let Some(at) = parse_place(&answer, choices.len()) {
            return Ok(Some(at));
        }
        let expected = match back {
            Some(_) => format!("a number from 0 to {}, or q to quit", choices.len()),
            None => format!("a number from 1 to {}, 0 to go back, or q to quit", choices.len()),
        };
        app.out.line(&unknown_answer(&answer, &expected))?;
    }
}

/// Returns the place among `count` rows that `answer` numbers, from 1 on.
pub(super) fn parse_place(answer: &str, count: usize) -> Option<usize> {
    answer.parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < count)
}

/// Asks `question` until the answer is text. After as long a pause as locks the screens, the next action asks for the
/// password again, if one opened the session.
pub(super) fn ask(app: &mut App, question: &str) -> Result<String> {
    loop {
        let asked_at = app.adapters.clock.monotonic();
        let answer = app.prompt.read_visible(question);
        let pause = app.adapters.clock.monotonic().saturating_sub(asked_at);
        let limit = app.settings.lock_after.value;
        let has_password = app.settings.token.is_none() && app.settings.login.is_none();
        if has_password && !limit.is_zero() && pause >= limit && app.login.take().is_some() {
            app.backend.sign_out();
            app.out.line("There was no answer for a long time. Sign in again.")?;
        }
        match answer {
            // The question follows again, instead of the advice to a command.
            Err(e) if e.kind == Kind::Usage => report(app, Error { next: None, ..e })?,
            answer => return answer,
        }
    }
}

/// Says which change follows.
pub(super) fn announce(app: &mut App, change: &str) -> Result<()> {
    app.out.line(&format!("You are about to {change}"))
}

/// Says which change follows that has no impact to show. With a token, where no password is asked for, a yes confirms it.
pub(super) fn confirm(app: &mut App, change: &str) -> Result<()> {
    announce(app, change)?;
    match app.token()? {
        Some(_) => impact::ask(app, "make the change"),
        None => Ok(()),
    }
}

/// Explains an answer that means nothing here.
pub(super) fn unknown_answer(answer: &str, expected: &str) -> String {
    format!("The answer \"{answer}\" has no meaning here. Type {expected}.")
}

/// Says what failed, why, and what comes next, each on a line. Passes on what ends the menus.
pub(super) fn report(app: &mut App, error: Error) -> Result<()> {
    if app.prompt.is_quitting() {
        return Err(error);
    }
    if error.kind == Kind::Cancelled {
        return app.out.line("Cancelled. Nothing was changed.");
    }
    if error.kind == Kind::Unauthenticated {
        // The session may have ended: the next action signs in again.
        app.login.take();
    }
    let Error { what, why, next, .. } = begin_with(error, &app.program());
    app.out.line(&format!("Error: {what}"))?;
    why.map_or(Ok(()), |why| app.out.line(&format!("Reason: {why}")))?;
    next.map_or(Ok(()), |next| app.out.line(&format!("Advice: {next}")))
}
