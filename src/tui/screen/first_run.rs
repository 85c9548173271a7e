//! The first run: location of the data, the first owner, the initial policy.

use ratatui::style::Style;

use super::{Facts, Outcome};
use crate::domain::catalogue::Catalogue;
use crate::domain::name::{MAX_USERNAME_LEN, Prefix, Username};
use crate::domain::password::Password;
use crate::tui::modal::account::Twice;
use crate::tui::model::Model;
use crate::tui::widget::choices::{Choices, OneOf};
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Dialog, Form, Kind, Pressed, Problem};
use crate::tui::widget::sheet::Sheet;
use crate::verbs::actor::Credential;
use crate::verbs::init::Init;

/// The focused part of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The owner's name.
    Username,
    /// The password.
    Password,
    /// The password repeated.
    Again,
    /// The choice of members managing their own tokens.
    SelfService,
    /// The choice of installing the sample catalogue.
    Catalogue,
    /// The button.
    Button,
}

/// The form that creates the first owner.
pub struct FirstRun {
    username: Field,
    password: Twice,
    self_service: OneOf<bool>,
    catalogue: OneOf<bool>,
}

impl FirstRun {
    /// Opens the form, with `username` filled in if given.
    pub fn open(username: Option<&Username>) -> Form<Self> {
        Form::new(FirstRun {
            username: Field::new(MAX_USERNAME_LEN * 4).with(username.map_or("", Username::as_str)),
            password: Twice::default(),
            self_service: OneOf::new(vec![true, false], &true),
            catalogue: OneOf::new(vec![true, false], &true),
        })
    }

    /// Returns the credential with which the new owner signs in.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if the name is not a valid username.
    pub fn credential(&mut self) -> crate::error::Result<Credential> {
        let username = Username::parse(self.username.text())?;
        self.password.again.clear();
        Ok(Credential::from_password(username, Password::from_raw(self.password.first.take())))
    }
}

impl Dialog for FirstRun {
    type Slot = Slot;
    const LABELS: usize = 14;

    fn title(&self) -> String {
        "Welcome to jeton".to_owned()
    }

    fn slots(&self) -> Vec<(Slot, Kind)> {
        vec![
            (Slot::Username, Kind::Field),
            (Slot::Password, Kind::Field),
            (Slot::Again, Kind::Field),
            (Slot::SelfService, Kind::Choice),
            (Slot::Catalogue, Kind::Choice),
            (Slot::Button, Kind::Button),
        ]
    }

    fn field(&mut self, slot: Slot) -> Option<&mut Field> {
        match slot {
            Slot::Username => Some(&mut self.username),
            Slot::Password => Some(&mut self.password.first),
            Slot::Again => Some(&mut self.password.again),
            Slot::SelfService | Slot::Catalogue | Slot::Button => None,
        }
    }

    fn choices(&mut self, slot: Slot) -> Option<&mut dyn Choices> {
        match slot {
            Slot::SelfService => Some(&mut self.self_service),
            Slot::Catalogue => Some(&mut self.catalogue),
            Slot::Username | Slot::Password | Slot::Again | Slot::Button => None,
        }
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> Pressed<Slot> {
        let username = Username::parse(self.username.text()).map_err(|e| Problem::at(Slot::Username, e))?;
        let password = self.password.check(Slot::Password, Slot::Again)?;
        let sample = || Catalogue::shipped("cloud-platform").map_err(|e| Problem::at(Slot::Catalogue, e));
        let catalogue = if self.catalogue.get() == Some(&true) { Some(sample()?) } else { None };
        let init = Init {
            username,
            password: password.again(),
            prefix: Prefix::default(),
            self_service: self.self_service.get() == Some(&true),
            catalogue,
        };
        Ok(Outcome::Send(Credential::Store, init.into()))
    }

    fn is_touched(&self) -> bool {
        self.password.is_touched()
    }

    fn cancel(&mut self) -> Outcome {
        Outcome::Exit(Ok(()))
    }

    fn fill(&self, sheet: &mut Sheet<'_, Slot>, model: &Model) {
        let theme = sheet.theme;
        sheet.text("No store yet. jeton will make one, readable only by you, at", Style::new());
        sheet.text(&format!("  {}", model.place), theme.strong);
        sheet.blank();
        sheet.text("The first account is an owner: it manages everyone and everything.", Style::new());
        sheet.field(Slot::Username, "Username", &self.username);
        self.password.rows(sheet, Slot::Password, Slot::Again, "Password");
        sheet.blank();
        let members = ["members manage their own tokens", "only admins do"];
        sheet.choice(Slot::SelfService, "Self-service", &members, self.self_service.taken());
        let catalogues = ["cloud-platform, a sample API", "none yet"];
        sheet.choice(Slot::Catalogue, "Catalogue", &catalogues, self.catalogue.taken());
        sheet.blank();
        sheet.button(Slot::Button, "Set up");
        sheet.blank();
        sheet.problem(3);
    }
}
