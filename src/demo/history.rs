//! The events of the demonstration, in chronological order.

use std::collections::BTreeSet;
use std::{mem, slice};

use super::sample_tokens::{Api, Sample, SampleEvent, samples};
use super::setup::DemoAccounts;
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::{Catalogue, permission_index};
use crate::domain::expiry::ExpirySpec;
use crate::domain::method::{Access, MethodId};
use crate::domain::name::{Description, TokenName};
use crate::domain::secret::Secret;
use crate::domain::time::{DAY, SECOND, Timestamp};
use crate::domain::token::{Token, TokenRef};
use crate::error::{Error, Result};
use crate::verbs::request::call;
use crate::verbs::tokens::{CreateToken, DisableTokens, IssuedToken, RegenerateToken, RevokeTokens, TokenTarget};

/// A created token, and the data to record its uses.
pub(super) struct DemoToken {
    pub sample: Sample,
    pub token: Token,
    pub secret: Secret,
    /// The secret that a rotation replaced.
    pub old_secret: Option<Secret>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Create,
    Event,
}

/// Runs all events in the order of their times.
pub(super) fn play(accounts: &DemoAccounts) -> Result<Vec<DemoToken>> {
    let catalogue = Catalogue::shipped("cloud-platform")?;
    let samples: Vec<Sample> = samples().collect();
    let mut tokens: Vec<Option<DemoToken>> = samples.iter().map(|_| None).collect();
    for (at, moment, index) in timeline(accounts.now, &samples) {
        accounts.set_time(at);
        match (moment, tokens[index].as_mut()) {
            (Step::Event, Some(demo_token)) => apply_event(accounts, demo_token)?,
            _ => tokens[index] = Some(create(accounts, samples[index], &catalogue)?),
        }
    }
    Ok(tokens.into_iter().flatten().collect())
}

fn timeline(now: Timestamp, samples: &[Sample]) -> Vec<(Timestamp, Step, usize)> {
    let mut moments = Vec::with_capacity(2 * samples.len());
    for (index, sample) in samples.iter().enumerate() {
        // Each token has its own minute of the day, so the times look natural.
        let minute = now.plus((index as i64 * 37 % 240 - 300) * 60 * SECOND);
        moments.push((minute.plus(-sample.created_days_ago * DAY), Step::Create, index));
        let days = match sample.event {
            SampleEvent::None => continue,
            SampleEvent::Regenerated(days) | SampleEvent::Disabled(days) | SampleEvent::Deleted(days) => days,
        };
        moments.push((minute.plus(-days * DAY), Step::Event, index));
    }
    moments.sort();
    moments
}

fn create(accounts: &DemoAccounts, sample: Sample, catalogue: &Catalogue) -> Result<DemoToken> {
    let verb = CreateToken {
        account: None,
        names: vec![TokenName::parse(sample.name)?],
        description: Description::parse(sample.description)?,
        expires: Some(ExpirySpec::parse(sample.expires)?),
        selection: selection(sample.api, catalogue),
        expected_unused: !sample.traffic.is_expected,
    };
    let issued = call(&accounts.backend, &accounts.credential(sample.account)?, verb)?.value.pop();
    let IssuedToken { token, secret, .. } = issued.ok_or_else(|| Error::failure("no sample token was created"))?;
    Ok(DemoToken { sample, token, secret, old_secret: None })
}

fn apply_event(accounts: &DemoAccounts, demo_token: &mut DemoToken) -> Result<()> {
    let credential = accounts.credential(demo_token.sample.account)?;
    let token = TokenTarget { reference: TokenRef::Id(demo_token.token.id), expected_revision: None };
    match demo_token.sample.event {
        SampleEvent::None => {}
        SampleEvent::Regenerated(_) => {
            let issued =
                call(&accounts.backend, &credential, RegenerateToken { token, grace: None, expires: None })?.value;
            demo_token.old_secret = Some(mem::replace(&mut demo_token.secret, issued.secret));
            demo_token.token = issued.token;
        }
        SampleEvent::Disabled(_) => drop(call(&accounts.backend, &credential, DisableTokens { tokens: vec![token] })?),
        SampleEvent::Deleted(_) => {
            drop(call(
                &accounts.backend,
                &credential,
                RevokeTokens {
                    tokens: vec![token],
                    with_made: false,
                    expected_made: None,
                    confirmation: demo_token.sample.name.to_owned(),
                },
            )?);
        }
    }
    Ok(())
}

fn selection(api: Api, catalogue: &Catalogue) -> Selection {
    let picked = |groups: &[&str], most: Access| {
        let methods = catalogue.groups.iter().filter(|g| groups.contains(&g.id.as_str())).flat_map(|g| &g.methods);
        Selection::Custom(methods.filter(|m| m.access <= most).map(|m| m.id.clone()).collect())
    };
    match api {
        Api::Sets(names) => Selection::Sets(names.iter().map(|n| (*n).to_owned()).collect()),
        Api::Reads(groups) => picked(groups, Access::Read),
        Api::Groups(groups) => picked(groups, Access::Admin),
        Api::Inherit => Selection::Inherit,
        Api::Nothing => Selection::nothing(),
    }
}

/// Returns the first few methods that `token` may call, for its traffic.
pub(super) fn callable(token: &Token, catalogue: &Catalogue) -> Vec<MethodId> {
    let in_sets: BTreeSet<MethodId> = match &token.selection {
        Selection::Sets(names) => {
            names.iter().flat_map(|n| permission_index::members(slice::from_ref(catalogue), n)).collect()
        }
        Selection::Custom(_) | Selection::Inherit => BTreeSet::new(),
    };
    let selected = |id: &MethodId| match &token.selection {
        Selection::Inherit => true,
        Selection::Custom(methods) => methods.contains(id),
        Selection::Sets(_) => in_sets.contains(id),
    };
    let methods = catalogue.methods().filter(|m| selected(&m.id) && token.role().permits(m.access));
    methods.take(9).map(|m| m.id.clone()).collect()
}
