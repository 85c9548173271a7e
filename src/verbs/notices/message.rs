//! Groups notices into messages: one for each account with a contact, and a summary for the owners.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{DueNotice, Notice, SendRecord};
use crate::domain::account::Account;
use crate::domain::contact::Contact;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::domain::time::{Timestamp, ago, relative};
use crate::domain::untrusted_text::{escape_untrusted, excerpt};
use crate::error::Result;
use crate::verbs::findings::{DeadSecretAttempts, Finding};
use crate::verbs::ledger::{LedgerToken, format_origin};
use crate::verbs::ports::Snapshot;

/// Maximum number of notices that a text lists. The rest is counted.
const MAX_LISTED: usize = 200;
/// Maximum number of networks listed for one token.
const MAX_NETWORKS: usize = 10;
/// Maximum number of owners that get the summary.
const MAX_OWNERS: usize = 50;
/// Maximum number of characters of a client's name.
const MAX_CLIENT: usize = 60;

/// A message with notices. It never contains a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoticeMessage {
    /// The recipients: the account's contact, or those of the owners. Empty if no owner has a contact.
    pub to: Vec<Contact>,
    /// The account that owns the tokens. `null` for the summary.
    pub account: Option<Username>,
    /// One line in ASCII.
    pub subject: String,
    /// The text for people.
    pub text: String,
    /// The notices. In the summary, those about accounts without a contact.
    pub notices: Vec<Notice>,
    /// In the summary, the numbers of all new notices.
    pub totals: Option<NoticeTotals>,
}

/// Numbers of new notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct NoticeTotals {
    /// Tokens that expire soon.
    pub expiring: u64,
    /// Tokens that are not used.
    pub stale: u64,
    /// Tokens whose dead secrets are still tried.
    pub still_tried: u64,
    /// Tokens that were used from a new network.
    pub new_network: u64,
    /// Messages to accounts with a contact.
    pub messages: u64,
}

impl NoticeTotals {
    fn add(&mut self, notice: &Notice) {
        *match notice {
            Notice::Finding { finding: Finding::Expiring { .. }, .. } => &mut self.expiring,
            Notice::Finding { finding: Finding::Stale { .. }, .. } => &mut self.stale,
            Notice::Finding { finding: Finding::DeadSecretTried { .. }, .. } => &mut self.still_tried,
            Notice::Finding { finding: Finding::UnknownNames { .. }, .. } => return,
            Notice::NewNetwork(_) => &mut self.new_network,
        } += 1;
    }

    fn describe(&self) -> String {
        let parts = [
            (self.expiring, "expiring"),
            (self.stale, "not used"),
            (self.still_tried, "still tried"),
            (self.new_network, "used from a new network"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// Returns the messages, each with the records of its notices. The summary is first, because it is for those who can
/// mend what stops the others. Without notices of its own, it is left out if nobody would get it, or if its only
/// recipient gets all the other messages.
pub(super) fn group(
    snapshot: &dyn Snapshot,
    due: Vec<DueNotice>,
    now: Timestamp,
) -> Result<Vec<(NoticeMessage, Vec<SendRecord>)>> {
    let mut of_account: BTreeMap<Option<Username>, Vec<DueNotice>> = BTreeMap::new();
    let mut totals = NoticeTotals::default();
    for one in due {
        totals.add(&one.notice);
        of_account.entry(one.notice.token().account.clone()).or_default().push(one);
    }
    let (mut messages, mut without_contact) = (Vec::new(), Vec::new());
    for (username, due) in of_account {
        let account = match &username {
            Some(username) => snapshot.account_by_name(username)?,
            None => None,
        };
        let Some(Account { username, contact: Some(contact), .. }) = account else {
            without_contact.extend(due);
            continue;
        };
        let (notices, records) = split(due);
        let subject = match notices.len() {
            1 => format!("jeton: a notice about a token of {username}"),
            count => format!("jeton: {count} notices about tokens of {username}"),
        };
        let text = format!("Notices about tokens of the account {username}:\n\n{}{ADVICE}", list(&notices, now));
        let (to, account) = (vec![contact], Some(username));
        messages.push((NoticeMessage { to, account, subject, text, notices, totals: None }, records));
    }
    totals.messages = messages.len() as u64;
    let to = owners(snapshot)?;
    // An owner who alone gets everything needs no summary.
    let is_repetition = without_contact.is_empty() && messages.iter().all(|(message, _)| message.to == to);
    if !(is_repetition || to.is_empty() && without_contact.is_empty()) {
        messages.insert(0, summary(to, without_contact, totals, now));
    }
    Ok(messages)
}

fn split(due: Vec<DueNotice>) -> (Vec<Notice>, Vec<SendRecord>) {
    due.into_iter().map(|one| (one.notice, one.record)).unzip()
}

/// Returns the contacts of the enabled owners, each once.
fn owners(snapshot: &dyn Snapshot) -> Result<Vec<Contact>> {
    let owners = snapshot.accounts()?.into_iter().filter(|account| account.enabled && account.role == Role::Owner);
    let mut contacts: Vec<Contact> = owners.filter_map(|owner| owner.contact).collect();
    contacts.sort();
    contacts.dedup();
    contacts.truncate(MAX_OWNERS);
    Ok(contacts)
}

fn summary(
    to: Vec<Contact>,
    due: Vec<DueNotice>,
    totals: NoticeTotals,
    now: Timestamp,
) -> (NoticeMessage, Vec<SendRecord>) {
    let (notices, records) = split(due);
    let mut text = format!("New notices about tokens: {}.\n", totals.describe());
    text.push_str(&match totals.messages {
        0 => String::new(),
        1 => "The notices of 1 account are sent to its contact.\n".to_owned(),
        count => format!("The notices of {count} accounts are sent to their contacts.\n"),
    });
    if !notices.is_empty() {
        text.push_str("\nTokens whose account has no contact:\n\n");
        text.push_str(&list(&notices, now));
        text.push_str("To give an account a contact, run: jeton account contact NAME EMAIL\n");
    } else {
        text.push('\n');
    }
    text.push_str(ADVICE);
    let subject = "jeton: summary of notices about tokens".to_owned();
    (NoticeMessage { to, account: None, subject, text, notices, totals: Some(totals) }, records)
}

const ADVICE: &str = "To show a token, run: jeton token show TOKEN\n";

/// Returns a line for each notice, and an empty line.
fn list(notices: &[Notice], now: Timestamp) -> String {
    let mut text = String::new();
    for notice in notices.iter().take(MAX_LISTED) {
        let token = notice.token().describe();
        text.push_str(&format!("- {} {}\n", escape_untrusted(&token), describe(notice, now)));
    }
    if notices.len() > MAX_LISTED {
        text.push_str(&format!("- and {} more, which are not listed here\n", notices.len() - MAX_LISTED));
    }
    text.push('\n');
    text
}

fn describe(notice: &Notice, now: Timestamp) -> String {
    match notice {
        Notice::Finding { finding: Finding::Expiring { expires_at, .. }, .. } => {
            format!("expires {} ({expires_at})", relative(*expires_at, now))
        }
        Notice::Finding { finding: Finding::Stale { last_seen_at: Some(at), .. }, .. } => {
            format!("was last used {} ({at})", ago(*at, now))
        }
        Notice::Finding { finding: Finding::Stale { created_at, .. }, .. } => {
            format!("was created {} ({created_at}) and never used", ago(*created_at, now))
        }
        Notice::Finding { finding: Finding::DeadSecretTried { token, attempts }, .. } => {
            describe_attempts(token, attempts, now)
        }
        Notice::Finding { finding: Finding::UnknownNames { count, .. }, .. } => {
            format!(
                "refers to {count} method{} or API set{0} that no catalogue has",
                if *count == 1 { "" } else { "s" }
            )
        }
        Notice::NewNetwork(used) => {
            let mut names: Vec<&str> = used.networks.iter().take(MAX_NETWORKS).map(String::as_str).collect();
            let more = format!("and {} more", used.networks.len().saturating_sub(MAX_NETWORKS));
            if used.networks.len() > MAX_NETWORKS {
                names.push(&more);
            }
            let networks = if used.networks.len() == 1 { "a new network" } else { "new networks" };
            format!("was used from {networks}: {}", names.join(", "))
        }
    }
}

fn describe_attempts(token: &LedgerToken, attempts: &DeadSecretAttempts, now: Timestamp) -> String {
    let (address, client) = format_origin(&attempts.address, &attempts.client);
    let address = if address == "-" { "an unknown address".to_owned() } else { address };
    let client =
        if attempts.client.is_empty() { String::new() } else { format!(" ({})", excerpt(&client, MAX_CLIENT)) };
    let bound = if attempts.is_lower_bound { "more than " } else { "" };
    let hint = attempts.secret.as_ref().map_or_else(String::new, |secret| format!(" with {}", secret.hint));
    format!(
        "is still tried{}, although the secret is denied ({}): {bound}{} attempt{} in the last 7 days, last {} from \
         {}{client}",
        escape_untrusted(&hint),
        escape_untrusted(token.reason_word(&attempts.reason)),
        attempts.attempts,
        if attempts.attempts == 1 && !attempts.is_lower_bound { "" } else { "s" },
        ago(attempts.at, now),
        escape_untrusted(&address),
    )
}
