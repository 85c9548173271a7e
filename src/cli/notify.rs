//! `jeton notify`: sends each finding once, to the account's contact or to the owners. Needs no password, only the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::App;
use super::args::NotifyArgs;
use super::interruption::Interruption;
use super::output::{ListWriter, counted};
use super::progress::ProgressBar;
use crate::domain::contact::Contact;
use crate::domain::expiry::Span;
use crate::domain::mail::Mail;
use crate::domain::time::Timestamp;
use crate::domain::untrusted_text::excerpt;
use crate::domain::wire_format::Answer;
use crate::error::{Error, Result, without_error_number};
use crate::platform::child_process::{self, Ended};
use crate::platform::{folder_lock, own_process};
use crate::verbs::notices::{Delivery, NoticeMessage, NotifyOptions, NotifyOutcome, notify};

/// Time for the delivery of one message.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Exit codes of programs that can't deliver anything now, from `EX_SOFTWARE` to `EX_TEMPFAIL` and `EX_CONFIG` in
/// sysexits.h. By all others the program refuses the one message.
const UNAVAILABLE: [i32; 7] = [70, 71, 72, 73, 74, 75, 78];
/// Maximum number of characters of a program's messages.
const MAX_MESSAGES: usize = 300;

/// The input of the program of `notify --run`.
#[derive(Serialize, JsonSchema)]
pub(super) struct RunInput<'a> {
    schema: u32,
    /// The message.
    message: &'a NoticeMessage,
}

/// A message in the answer of `notify`.
#[derive(Serialize, JsonSchema)]
pub(super) struct SentMessage<'a> {
    #[serde(flatten)]
    message: &'a NoticeMessage,
    /// `true` if the message was delivered. Otherwise the next run tries again.
    delivered: bool,
}

enum Transport {
    Sendmail { program: PathBuf, from: Contact },
    Run(PathBuf),
}

pub(super) fn run(app: &mut App, args: &NotifyArgs) -> Result<()> {
    let stale = Span::parse(&args.stale)?;
    let transport = Transport::new(args)?;
    let backend = app.backend.store()?;
    // A dry run has no transport, but shows what the run would send.
    let allows_no_recipient = args.run.is_some();
    let options = NotifyOptions { stale, allows_no_recipient, dry_run: args.dry_run };
    let now = app.now();
    let clock = Arc::clone(&app.adapters.clock);
    let program = app.program();
    // A signal ends the run between two messages: a message that was delivered must be recorded.
    let interruption = Interruption::listen()?;
    let _lock = if args.dry_run { None } else { Some(folder_lock::acquire(backend.store().path(), "jeton notify")?) };
    let mut bar = Some(ProgressBar::show_phase(&app.out, &app.adapters.progress, "looking for findings")?);
    let mut deliver = |message: &NoticeMessage| {
        // From here on, the messages are the progress.
        bar.take();
        match &transport {
            Some(transport) => transport.deliver(message, clock.now(), &program),
            None => Delivery::Delivered,
        }
    };
    let rest = match args.dry_run {
        true => "some messages were not shown, and no message was sent",
        false => "the remaining messages were not sent",
    };
    let outcome = if app.out.json {
        let mut list = ListWriter::begin("messages", now, &mut app.out)?;
        let outcome = notify(backend.store(), &*clock, options, &mut deliver, &mut |message, delivery| {
            list.item(&SentMessage { message, delivered: *delivery == Delivery::Delivered && !args.dry_run })?;
            failure(message, delivery).iter().for_each(|failure| list.note(failure));
            interruption.check(Ok(()), rest)
        })?;
        list.end()?;
        outcome
    } else {
        notify(backend.store(), &*clock, options, &mut deliver, &mut |message, delivery| {
            match failure(message, delivery) {
                Some(failure) => app.out.note(&failure),
                None if app.out.quiet => {}
                None => print(app, message, args.dry_run)?,
            }
            interruption.check(Ok(()), rest)
        })?
    };
    drop(bar);
    finish(app, outcome, args.dry_run)
}

fn print(app: &mut App, message: &NoticeMessage, dry_run: bool) -> Result<()> {
    let recipients = recipients(message);
    if !dry_run {
        return app.out.line(&format!("sent to {recipients}: {}", message.subject));
    }
    app.out.line(&format!("to {recipients}: {}", message.subject))?;
    message.text.lines().try_for_each(|line| app.out.line(format!("  {line}").trim_end()))
}

/// Describes a message that was not delivered.
fn failure(message: &NoticeMessage, delivery: &Delivery) -> Option<String> {
    let (Delivery::Refused(reason) | Delivery::Unavailable(reason)) = delivery else { return None };
    Some(match message.to.as_slice() {
        [] => format!("! not delivered: {reason}"),
        _ => format!("! not delivered to {}: {reason}", recipients(message)),
    })
}

fn recipients(message: &NoticeMessage) -> String {
    match message.to.as_slice() {
        // Only the program of --run gets such a message.
        [] => "the program, without a recipient".to_owned(),
        to => to.iter().map(Contact::as_str).collect::<Vec<_>>().join(", "),
    }
}

fn finish(app: &App, outcome: NotifyOutcome, dry_run: bool) -> Result<()> {
    let NotifyOutcome { sent, failed, without_recipient, stopped } = outcome;
    if failed > 0 {
        let rest = if stopped { ", and tried no further messages" } else { "" };
        let tried = counted(failed + sent, "message");
        let error = Error::failure(format!("jeton could not deliver {failed} of {tried}{rest}"));
        return Err(error.next(match app.out.quiet {
            true => "To see the causes and to send these messages again, run the command without --quiet",
            false => "Correct the cause. Then run the command again to send these messages",
        }));
    }
    if without_recipient > 0 {
        let (what, why) = match without_recipient {
            1 => ("1 notice has no recipient".to_owned(), "the account of the token has no contact"),
            count => (format!("{count} notices have no recipient"), "the accounts of the tokens have no contact"),
        };
        return Err(Error::failure(what)
            .why(format!("{why}, and no enabled owner has a contact"))
            .next("Give an enabled owner a contact: jeton account contact OWNER EMAIL"));
    }
    if sent == 0 {
        app.out.note("No new notices.");
    } else if dry_run {
        app.out.note("Dry run: nothing was sent or recorded");
    }
    Ok(())
}

impl Transport {
    /// `None` for a dry run.
    fn new(args: &NotifyArgs) -> Result<Option<Self>> {
        let from = args.from.as_deref().map(Contact::parse).transpose()?;
        Ok(match &args.run {
            _ if args.dry_run => None,
            Some(program) => Some(Transport::Run(program.clone())),
            None => {
                let program = child_process::find_sendmail().ok_or_else(|| {
                    Error::failure("jeton can't send mail")
                        .why("the program sendmail is not in PATH, /usr/sbin or /usr/lib")
                        .next("Install a package with the program sendmail, such as msmtp-mta. Or use --run PROGRAM")
                })?;
                Some(Transport::Sendmail { program, from: from.map_or_else(default_sender, Ok)? })
            }
        })
    }

    /// Delivers `message`. Commands for the person begin with `jeton`, the program and its store.
    fn deliver(&self, message: &NoticeMessage, now: Timestamp, jeton: &str) -> Delivery {
        match self {
            Transport::Sendmail { program, from } => {
                let NoticeMessage { to, subject, text: body, .. } = message;
                // A contact from an older store. A mail program could read it as a command.
                if let Some(contact) = to.iter().find(|contact| !contact.is_plain()) {
                    return Delivery::Refused(format!(
                        "the contact {contact} is not a simple e-mail address. Change the contact with: {jeton} account \
                         contact NAME EMAIL"
                    ));
                }
                let mail = Mail { from, to, subject, body, at: now };
                run_program(program, &["-t"], mail.to_text().as_bytes())
            }
            Transport::Run(program) => {
                let value = RunInput { schema: 1, message };
                match serde_json::to_vec(&Answer { value, now }) {
                    Ok(input) => run_program(program, &[], &input),
                    Err(_) => Delivery::Refused("the message can't be written as JSON".to_owned()),
                }
            }
        }
    }
}

/// Returns the sender `jeton@` and the host's name, or `jeton@localhost` if the name is no domain.
fn default_sender() -> Result<Contact> {
    Contact::parse(&format!("jeton@{}", own_process::host())).or_else(|_| Contact::parse("jeton@localhost"))
}

fn run_program(program: &Path, args: &[&str], input: &[u8]) -> Delivery {
    let name = program.display();
    match child_process::run(program, args, input, TIME_LIMIT) {
        Ok(Ended::Exited(status, _)) if status.success() => Delivery::Delivered,
        Ok(Ended::Exited(status, messages)) => {
            let messages = messages.trim();
            let messages =
                if messages.is_empty() { String::new() } else { format!(": {}", excerpt(messages, MAX_MESSAGES)) };
            let reason = format!("{name} failed ({status}){messages}");
            match status.code() {
                Some(code) if !UNAVAILABLE.contains(&code) => Delivery::Refused(reason),
                Some(_) | None => Delivery::Unavailable(reason),
            }
        }
        Ok(Ended::TimedOut) => {
            Delivery::Unavailable(format!("{name} ran longer than {} s, so jeton ended it", TIME_LIMIT.as_secs()))
        }
        Err(error) => {
            let why = error.to_string();
            Delivery::Unavailable(format!("{name} can't be run: {}", without_error_number(&why)))
        }
    }
}
