//! `jeton doctor`: checks the installation, for people and for monitoring. Changes nothing.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::args::{DoctorArgs, GlobalArgs};
use super::output::{Output, counted, wrap_line};
use super::progress::ProgressBar;
use super::{client_info, overrides, suggested_commands};
use crate::config::{self, Settings};
use crate::doctor::{self, Area, Check, Context, Status, TimeLimit};
use crate::domain::audit::Face;
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Result};
use crate::platform;

/// Width of the text.
const WIDTH: usize = 80;
/// Maximum time of one check of the store, unless all of it is checked.
const CHECK_LIMIT: Duration = Duration::from_secs(20);

/// The answer of `doctor`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Examined {
    checks: Vec<Check>,
}

pub(super) fn run(global: &GlobalArgs, args: &DoctorArgs) -> Result<()> {
    let adapters = platform::adapters();
    let files = config::examine_files();
    let settings = Settings::load(overrides(global));
    let store = match &settings {
        Ok(settings) => Some(settings.store.clone()),
        Err(_) => config::store_despite_faults(&overrides(global), &files),
    };
    let mut context = Context::new(files, settings, store, &adapters, client_info(Face::Cli));
    context.is_full = args.full;
    context.proxies.clone_from(&args.proxy);
    context.time_limit = TimeLimit::new((!args.full).then_some(CHECK_LIMIT)).into();
    let mut out = Output::new(global.json, global.quiet);
    let program = suggested_commands::program(global);
    let mut checks: Vec<Check> = Vec::new();
    for (index, area) in Area::ALL.into_iter().enumerate() {
        let mut title = Some(format!("{}{}\n", if index == 0 { "" } else { "\n" }, area.title()));
        let mut results = doctor::examine(area, &context);
        loop {
            // Only the checks of the store may take long.
            let show = || ProgressBar::show_of_read(&out, &adapters.progress, "checked");
            let bar = (area == Area::Store).then(show).transpose()?;
            let result = results.next();
            drop(bar);
            adapters.progress.check()?;
            let Some(mut check) = result else { break };
            if let Some(program) = &program {
                check.next = check.next.map(|next| suggested_commands::begin_each_with(&next, program));
            }
            if !out.json && !out.quiet {
                // An area without results has no title.
                title.take().map_or(Ok(()), |title| out.document(&title))?;
                out.document(&describe(&check, platform::own_process::has_utf8_locale()))?;
            } else if !out.json && check.status != Status::Ok {
                out.line(check.id)?;
            }
            checks.push(check);
        }
    }
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let (faults, warnings, good) = (count(Status::Fault), count(Status::Warning), count(Status::Ok));
    if out.json {
        out.answer(&Examined { checks }, adapters.clock.now())?;
    }
    if faults + warnings == 0 {
        if !out.json {
            out.note(&format!("No problems found ({}).", counted(good, "good result")));
        }
        return Ok(());
    }
    if out.quiet {
        return Err(Error::silent_findings());
    }
    let found = [(faults, "fault"), (warnings, "warning")].into_iter().filter(|(count, _)| *count > 0);
    let found: Vec<String> = found.map(|(count, what)| counted(count, what)).collect();
    Err(Error::findings(format!("the installation has {}", found.join(" and ")))
        .next("Solve the first problem, then run jeton doctor again"))
}

/// Returns the lines of a result: a mark and a word, the result and, if it isn't good, its id, reason and next step.
fn describe(check: &Check, is_utf8: bool) -> String {
    let mark = match (check.status, is_utf8) {
        (Status::Ok, true) => "✓",
        (Status::Fault, true) => "✗",
        (Status::Ok, false) => "+",
        (Status::Fault, false) => "x",
        (Status::Warning, _) => "!",
    };
    let head = format!("  {mark} {:<8} ", check.status.as_str());
    let indent = " ".repeat(head.width());
    let mut text = head;
    if check.status == Status::Ok {
        wrap(&mut text, &check.what, &indent);
        return text;
    }
    wrap(&mut text, &format!("{} [{}]", check.what, check.id), &indent);
    for (name, line) in [("Why", &check.why), ("Next", &check.next)] {
        if let Some(line) = line {
            text.push_str(&indent);
            wrap(&mut text, &format!("{name}: {line}"), &indent);
        }
    }
    text
}

fn wrap(text: &mut String, line: &str, indent: &str) {
    wrap_line(text, &escape_untrusted(line), indent, WIDTH);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: Status) -> Check {
        Check {
            area: Area::Store,
            id: "store.permissions",
            status,
            what: "others have access to the store".to_owned(),
            why: Some("other users have access to the file (mode 0644), which is more than anybody needs".to_owned()),
            next: Some(
                "Run: chmod 600 /home/anna/.local/share/jeton/a-name-of-a-store-that-is-very-long.db".to_owned(),
            ),
        }
    }

    #[test]
    fn results_fit_80_columns_and_any_locale() {
        let fault = check(Status::Fault);
        let text = describe(&fault, true);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "  ✗ fault    others have access to the store [store.permissions]");
        for line in &lines[1..] {
            assert!(
                line.starts_with(&" ".repeat(13)) && (line.width() <= WIDTH || !line.trim().contains(' ')),
                "{line}"
            );
        }
        let words: Vec<&str> = lines[1..].iter().flat_map(|line| line.split_whitespace()).collect();
        let expected = format!("Why: {} Next: {}", fault.why.unwrap(), fault.next.unwrap());
        assert_eq!(words, expected.split(' ').collect::<Vec<_>>());
        assert!(lines.len() > 4, "long lines are broken: {text}");
        assert_eq!(describe(&check(Status::Ok), true), "  ✓ ok       others have access to the store\n");
        for status in Status::ALL {
            let text = describe(&check(status), false);
            assert!(text.is_ascii(), "{text}");
            assert!(text.contains(status.as_str()));
        }
    }
}
