//! The form for changing a role, with its meaning and its effect on the account's tokens.

use ratatui::style::Style;

use crate::domain::account::Account;
use crate::domain::method::Access;
use crate::domain::role::Role;
use crate::tui::component::UpdateContext;
use crate::tui::modal::confirm_change::PendingMutation;
use crate::tui::model::Model;
use crate::tui::text_fit::count_noun;
use crate::tui::widget::choices::{Choices, OneOf};
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::verbs::accounts::{AccountWithCounts, SetRole};
use crate::verbs::impact::Removal;
use crate::verbs::request::Response;

/// Returns the meaning of a role, without a full stop.
pub const fn describe_role(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owners can manage everything; their tokens can get all methods",
        Role::Admin => "Admins can manage members and viewers; their tokens can get all methods",
        Role::Member => "Members can't manage accounts; their tokens can get read and write methods",
        Role::Viewer => "Viewers can't manage accounts; their tokens can get read methods only",
    }
}

/// Describes the effect of a role change on `active` tokens, from their next request on.
fn describe_change(before: Role, after: Role, active: u32) -> String {
    let named = |accesses: Vec<Access>| accesses.iter().map(|a| a.as_str()).collect::<Vec<_>>().join(" and ");
    let only = |one: Role, other: Role| -> Vec<Access> {
        Access::ALL.into_iter().filter(|a| one.permits(*a) && !other.permits(*a)).collect()
    };
    let (lost, gained) = (only(before, after), only(after, before));
    if active == 0 {
        return "The account has no active tokens.".to_owned();
    }
    let tokens = format!("The account's {}", count_noun(active.into(), "active token"));
    if !lost.is_empty() {
        format!("{tokens} can no longer call {} methods from the next request on.", named(lost))
    } else if !gained.is_empty() {
        format!(
            "Regenerate a token to give the token the {} methods of its API selection. Regenerating is not necessary \
             if the secret was issued with a role that permits these methods.",
            named(gained)
        )
    } else {
        format!("{tokens} can call the same methods as before.")
    }
}

fields! { SetRoleDialog, form:
    Role => Choice(&mut form.roles),
    Button => Button,
}

/// The form for changing an account's role.
pub struct SetRoleDialog {
    account: Account,
    active: u32,
    /// The roles that may be given, least powerful first.
    roles: OneOf<Role>,
    is_own: bool,
}

impl SetRoleDialog {
    /// Opens the form for `counted` with a choice of `roles`; `own` if this is the user's own account.
    pub fn new(counted: &AccountWithCounts, roles: Vec<Role>, own: bool) -> Form<Self> {
        let account = counted.account.clone();
        let roles = OneOf::new(roles, &account.role);
        Form::new(SetRoleDialog { account, active: counted.tokens.active, roles, is_own: own })
    }

    fn role(&self) -> Role {
        self.roles.get().copied().unwrap_or(self.account.role)
    }
}

impl Dialog for SetRoleDialog {
    const LABEL_WIDTH: usize = 6;

    fn id(&self) -> &'static str {
        "set-role"
    }

    fn title(&self) -> String {
        format!("Role of {}", self.account.username)
    }

    fn press(&mut self, _field: Field, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        let (name, before, role) = (&self.account.username, self.account.role, self.role());
        if before == role {
            return Err(Problem::at(Field::Role, format!("{name} already has the role {role}")));
        }
        if role > before && self.account.temporary_password {
            let text = format!(
                "First {name} must sign in and replace the temporary password. Then you can give a higher role"
            );
            return Err(Problem::at(Field::Role, text));
        }
        let about = format!(
            "The role of {name} changes from {before} to {role}. {}",
            describe_change(before, role, self.active)
        );
        let verb = SetRole { username: name.clone(), role, expected: vec![self.account.clone()] };
        let change = PendingMutation::new(format!("Change the role of {name}"), about, verb);
        Ok(change.taking(Removal::Role(name.clone(), role)).confirm(ctx))
    }

    fn on_data(&mut self, response: &Response, _ctx: &UpdateContext<'_>) {
        let Response::ListAccounts(list) = response else { return };
        if let Some(counted) = list.accounts.iter().find(|counted| counted.account.id == self.account.id) {
            (self.account, self.active) = (counted.account.clone(), counted.tokens.active);
        }
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, _model: &Model) {
        let theme = layout.theme;
        let words: Vec<&str> = self.roles.values().iter().map(|role| role.as_str()).collect();
        layout.choice(Field::Role, "Role", &words, self.roles.selected());
        layout.note(describe_role(self.role()), theme.dim);
        layout.blank();
        let (before, role) = (self.account.role, self.role());
        if before == role {
            layout.text_line("Current role.", Style::new());
        } else {
            let ends = if self.is_own {
                "After the change you have to sign in again."
            } else {
                "After the change the account has to sign in again."
            };
            layout.text_line(&format!("{} {ends}", describe_change(before, role, self.active)), Style::new());
        }
        layout.pad(7);
        layout.button(Field::Button, "Change role");
        layout.problem(3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_change_is_described_for_tokens() {
        let changes = [(Role::Admin, Role::Viewer), (Role::Viewer, Role::Member), (Role::Owner, Role::Admin)];
        let texts = changes.map(|(before, after)| describe_change(before, after, 3));
        insta::assert_snapshot!(texts.join("\n"), @"
        The account's 3 active tokens can no longer call write and admin methods from the next request on.
        Regenerate a token to give the token the write methods of its API selection. Regenerating is not necessary if the secret was issued with a role that permits these methods.
        The account's 3 active tokens can call the same methods as before.
        ");
    }
}
