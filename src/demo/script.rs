//! The events of the demonstration, in chronological order.

use std::collections::BTreeSet;
use std::{mem, slice};

use super::cast::Cast;
use super::sample::{Api, Fate, Sample, samples};
use crate::domain::catalogue::{Catalogue, set};
use crate::domain::expiry::ExpirySpec;
use crate::domain::method::{Access, MethodId};
use crate::domain::name::{Description, TokenName};
use crate::domain::secret::Secret;
use crate::domain::selection::Selection;
use crate::domain::time::{DAY, SECOND, Timestamp};
use crate::domain::token::{Token, TokenRef};
use crate::error::{Error, Result};
use crate::verbs::request::call;
use crate::verbs::tokens::{CreateToken, DeleteTokens, DisableTokens, IssuedToken, RegenerateToken, TokenTarget};

/// A token that was made, and what is needed to record its uses.
pub(super) struct Made {
    pub sample: Sample,
    pub token: Token,
    pub secret: Secret,
    /// The secret that a rotation replaced.
    pub old: Option<Secret>,
}

/// The kind of an event of a token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    Birth,
    Fate,
}

/// Runs all events in the order of their times.
pub(super) fn play(cast: &Cast) -> Result<Vec<Made>> {
    let catalogue = Catalogue::shipped("cloud-platform")?;
    let samples: Vec<Sample> = samples().collect();
    let mut made: Vec<Option<Made>> = samples.iter().map(|_| None).collect();
    for (at, moment, index) in moments(cast.now, &samples) {
        cast.at(at);
        match (moment, made[index].as_mut()) {
            (Moment::Fate, Some(born)) => befall(cast, born)?,
            _ => made[index] = Some(bear(cast, samples[index], &catalogue)?),
        }
    }
    Ok(made.into_iter().flatten().collect())
}

fn moments(now: Timestamp, samples: &[Sample]) -> Vec<(Timestamp, Moment, usize)> {
    let mut moments = Vec::with_capacity(2 * samples.len());
    for (index, sample) in samples.iter().enumerate() {
        // Each token has its own minute of the day, so the times look natural.
        let minute = now.plus((index as i64 * 37 % 240 - 300) * 60 * SECOND);
        moments.push((minute.plus(-sample.born * DAY), Moment::Birth, index));
        let days = match sample.fate {
            Fate::Kept => continue,
            Fate::Regenerated(days) | Fate::Disabled(days) | Fate::Deleted(days) => days,
        };
        moments.push((minute.plus(-days * DAY), Moment::Fate, index));
    }
    moments.sort();
    moments
}

fn bear(cast: &Cast, sample: Sample, catalogue: &Catalogue) -> Result<Made> {
    let verb = CreateToken {
        account: None,
        names: vec![TokenName::parse(sample.name)?],
        description: Description::parse(sample.description)?,
        expires: Some(ExpirySpec::parse(sample.expires)?),
        selection: selection(sample.api, catalogue),
        destination: None,
    };
    let issued = call(&cast.local, &cast.credential(sample.account)?, verb)?.value.pop();
    let IssuedToken { token, secret, .. } = issued.ok_or_else(|| Error::failure("no sample token was made"))?;
    Ok(Made { sample, token, secret, old: None })
}

fn befall(cast: &Cast, made: &mut Made) -> Result<()> {
    let who = cast.credential(made.sample.account)?;
    let token = TokenTarget { reference: TokenRef::Id(made.token.id), expected_revision: None };
    match made.sample.fate {
        Fate::Kept => {}
        Fate::Regenerated(_) => {
            let issued =
                call(&cast.local, &who, RegenerateToken { token, grace: None, expires: None, destination: None })?
                    .value;
            made.old = Some(mem::replace(&mut made.secret, issued.secret));
            made.token = issued.token;
        }
        Fate::Disabled(_) => drop(call(&cast.local, &who, DisableTokens { tokens: vec![token] })?),
        Fate::Deleted(_) => {
            drop(call(
                &cast.local,
                &who,
                DeleteTokens { tokens: vec![token], with_made: false, confirmation: made.sample.name.to_owned() },
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
        Selection::Sets(names) => names.iter().flat_map(|n| set::members(slice::from_ref(catalogue), n)).collect(),
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
