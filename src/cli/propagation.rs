//! The running service's confirmation of a change that removed access.

use schemars::JsonSchema;
use serde::Serialize;

use super::App;
use crate::error::Result;
use crate::propagation::{self, Propagation};

/// An answer with the service's confirmation.
#[derive(Serialize, JsonSchema)]
pub(super) struct WithPropagation<'a, T> {
    #[serde(flatten)]
    pub answer: &'a T,
    /// `null` if no service runs.
    pub service: Option<ServiceJson>,
}

/// `{"denies":true,"ms":0.8}`, or `{"denies":null,"why":"…"}` if the service has not confirmed the change.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Service")]
#[serde(untagged)]
pub(super) enum ServiceJson {
    Confirmed {
        /// The service has read the change.
        denies: bool,
        /// Time from the commit to the confirmation, in milliseconds.
        ms: f64,
    },
    Unconfirmed {
        /// `null`, because the service has not confirmed the change.
        denies: (),
        /// The fault, in a sentence.
        why: String,
    },
}

impl From<&Propagation> for ServiceJson {
    fn from(answer: &Propagation) -> Self {
        match answer {
            Propagation::Confirmed(time) => {
                ServiceJson::Confirmed { denies: true, ms: Propagation::milliseconds(*time) }
            }
            Propagation::Unconfirmed { why, .. } => {
                ServiceJson::Unconfirmed { denies: (), why: format!("the service {why}") }
            }
        }
    }
}

/// The service's answer about a change.
#[derive(Default)]
pub(super) struct PropagationCheck(Option<Propagation>);

impl PropagationCheck {
    /// Checks the change with this audit row number, unless the answer would not be printed.
    pub fn run(app: &App, seq: i64) -> Self {
        let is_silent = app.out.quiet && !app.out.json;
        PropagationCheck(if is_silent { None } else { app.backend.propagation_probe().check(seq) })
    }

    /// Returns the text after "NAME deleted": the service denies `subject`, or else `fallback_text`.
    pub fn suffix(&self, subject: &str, fallback_text: &str) -> String {
        match &self.0 {
            Some(Propagation::Confirmed(time)) => format!("; {}", propagation::describe_confirmed(subject, *time)),
            // A warning follows.
            Some(Propagation::Unconfirmed { .. }) => String::new(),
            None => fallback_text.to_owned(),
        }
    }

    /// Warns that the service has not confirmed the change.
    pub fn warn_unconfirmed(&self, app: &App) {
        if let Some(Propagation::Unconfirmed { service, why, next }) = &self.0 {
            app.out.note(&format!("! {}", propagation::describe_unconfirmed(service, why, next)));
        }
    }

    /// Prints `answer` with the service's confirmation, as JSON.
    pub fn print_json(&self, app: &mut App, answer: &impl Serialize) -> Result<()> {
        app.print_json(&self.attach_to(answer))
    }

    /// Combines `answer` with the service's confirmation.
    pub fn attach_to<'a, T>(&self, answer: &'a T) -> WithPropagation<'a, T> {
        WithPropagation { answer, service: self.0.as_ref().map(ServiceJson::from) }
    }
}
