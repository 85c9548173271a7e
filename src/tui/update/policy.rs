//! The policy screen: requests, dialogs, and the effects of a change.

use super::requests;
use crate::domain::policy::Policy;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::notice::{Notice, NoticeId};
use crate::verbs::Verb;
use crate::verbs::accounts::WhoAmI;
use crate::verbs::cli_line::CliLine;
use crate::verbs::policy::SetPolicy;

/// Handles a changed policy.
pub(super) fn on_policy_changed(model: &mut Model, policy: Policy, cli: &CliLine) -> Vec<Effect> {
    model.notify(Notice::new(NoticeId::Done(SetPolicy::NAME), "Policy changed").cli(cli));
    model.modals.clear();
    if let Some(workspace) = model.workspace_mut() {
        workspace.policy.set_policy(policy);
    }
    requests::read(model, None, WhoAmI)
}
