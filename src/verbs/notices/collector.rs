//! Collects the notices that are due, page by page.

use super::decision::{Decision, decide};
use super::networks::NewNetworks;
use super::{DueNotice, EXPIRY_THRESHOLDS, Notice, NotifyOptions, SendRecord, decision, record};
use crate::domain::time::{DAY, Timestamp, Zone};
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::findings::{DEAD_SECRET_WINDOW, Finding, FindingCriterion, FindingCursor, FindingPage, FindingQuery};
use crate::verbs::ports::{Snapshot, Store};

/// Number of tokens read at once.
const PAGE_SIZE: usize = 1_000;

pub(super) struct Collector<'a, S> {
    store: &'a S,
    now: Timestamp,
    dry_run: bool,
    criteria: std::vec::IntoIter<FindingCriterion>,
    criterion: Option<FindingCriterion>,
    after: Option<FindingCursor>,
    /// `None` once all uses were read.
    networks: Option<NewNetworks>,
    /// The first day with uses that were not read, because nobody gets a notice of the networks before.
    pub unread_from: Option<i64>,
}

impl<'a, S: Store> Collector<'a, S> {
    pub fn new(store: &'a S, now: Timestamp, zone: &dyn Zone, options: NotifyOptions) -> Result<Self> {
        let longest = EXPIRY_THRESHOLDS.into_iter().max().unwrap_or_default();
        let mut criteria = vec![
            FindingCriterion::ExpiringBy(now.plus(longest * DAY)),
            FindingCriterion::StaleSince(options.stale.before(now, zone).unwrap_or(Timestamp(i64::MIN))),
            FindingCriterion::DeadSecretTriedSince(now.plus(-DEAD_SECRET_WINDOW)),
        ]
        .into_iter();
        let networks = store.read(|snapshot| NewNetworks::new(snapshot, now))?;
        // Without the record of an earlier run, a dry run finds no new network.
        let networks = Some(networks).filter(|networks| !(options.dry_run && networks.only_learns()));
        let (criterion, dry_run) = (criteria.next(), options.dry_run);
        Ok(Collector { store, now, dry_run, criterion, criteria, after: None, networks, unread_from: None })
    }

    /// Returns about `limit` notices. `None` after the last.
    pub fn next_round(&mut self, limit: usize) -> Result<Option<Vec<DueNotice>>> {
        let mut due = Vec::new();
        while due.len() < limit
            && let Some(criterion) = self.criterion
        {
            self.add_findings(criterion, &mut due)?;
        }
        while due.len() < limit
            && let Some(networks) = &mut self.networks
        {
            self.unread_from = networks.full_at();
            if self.unread_from.is_some() {
                self.networks = None;
                break;
            }
            let is_last = networks.read_page(self.store, self.dry_run)?;
            due.extend(self.store.read(|snapshot| networks.take_due(snapshot))?);
            if is_last {
                self.networks = None;
            }
        }
        Ok((!due.is_empty()).then_some(due))
    }

    /// Frees the memory of networks that are recorded now.
    pub fn forget_recorded(&mut self, records: &[SendRecord]) {
        let Some(networks) = &mut self.networks else { return };
        for record in records {
            if let SendRecord::Networks(recorded) = record {
                networks.forget(recorded);
            }
        }
    }

    fn add_findings(&mut self, criterion: FindingCriterion, due: &mut Vec<DueNotice>) -> Result<()> {
        let query = FindingQuery { criterion, now: self.now, after: self.after, limit: PAGE_SIZE };
        let (decided, next) = self.store.read(|snapshot| decide_page(snapshot, &query))?;
        let mut updates = Vec::new();
        for (finding, decision) in decided {
            match decision {
                Decision::Known => {}
                Decision::Update(sent) => updates.push(SendRecord::Sent(sent)),
                Decision::Due(sent) => {
                    let threshold_days = Some(sent.threshold).filter(|days| *days > 0);
                    due.push(DueNotice {
                        notice: Notice::Finding { finding, threshold_days },
                        record: SendRecord::Sent(sent),
                    });
                }
            }
        }
        if !updates.is_empty() && !self.dry_run {
            record(self.store, &updates)?;
        }
        self.after = next;
        if next.is_none() {
            self.criterion = self.criteria.next();
        }
        Ok(())
    }
}

type DecidedPage = (Vec<(Finding, Decision)>, Option<FindingCursor>);

fn decide_page(snapshot: &dyn Snapshot, query: &FindingQuery) -> Result<DecidedPage> {
    let FindingPage { findings, next } = snapshot.finding_page(query)?;
    let tokens: Vec<TokenId> = findings.iter().map(|finding| finding.token().id).collect();
    // All findings of a page are of one kind.
    let sent = match findings.first().and_then(decision::kind) {
        Some(kind) => snapshot.sent_notices(kind, &tokens)?,
        None => Default::default(),
    };
    let decided = |finding: Finding| {
        let decision = decide(&finding, sent.get(&finding.token().id), query.now);
        (finding, decision)
    };
    Ok((findings.into_iter().map(decided).collect(), next))
}
