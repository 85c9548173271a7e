//! The first run: location of the data, the first owner, the initial policy.

use ratatui::style::Style;

use crate::domain::catalogue::Catalogue;
use crate::domain::name::{MAX_USERNAME_LEN, Prefix, Username};
use crate::domain::password::Password;
use crate::tui::component::{Exit, Intent, Reply, UpdateContext};
use crate::tui::modal::account::NewPasswordInputs;
use crate::tui::model::Model;
use crate::tui::widget::choices::{Choices, OneOf};
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::SignIn;
use crate::verbs::credential::Credential;
use crate::verbs::init::Init;
use crate::verbs::request::Response;

fields! { FirstRun, form:
    Username => Text(&mut form.username),
    Password => Text(&mut form.password.first),
    RepeatedPassword => Text(&mut form.password.repeated),
    /// The choice of members managing their own tokens.
    SelfService => Choice(&mut form.self_service),
    /// The choice of installing the sample catalogue.
    Catalogue => Choice(&mut form.catalogue),
    Button => Button,
}

/// The form that creates the first owner.
pub struct FirstRun {
    username: TextInput,
    password: NewPasswordInputs,
    self_service: OneOf<bool>,
    catalogue: OneOf<bool>,
}

impl FirstRun {
    /// Opens the form, with `username` filled in if given.
    pub fn new(username: Option<&Username>) -> Form<Self> {
        Form::new(FirstRun {
            username: TextInput::new(MAX_USERNAME_LEN * 4).with(username.map_or("", Username::as_str)),
            password: NewPasswordInputs::default(),
            self_service: OneOf::new(vec![true, false], &true),
            catalogue: OneOf::new(vec![true, false], &true),
        })
    }

    fn sign_in(&mut self) -> PressResult<Field> {
        let username = Username::parse(self.username.text()).map_err(|e| Problem::at(Field::Username, e))?;
        self.password.repeated.clear();
        let password = Password::from_raw(self.password.first.take_text());
        Ok(Intent::send(Credential::from_password(username, password), SignIn))
    }
}

impl Dialog for FirstRun {
    const LABEL_WIDTH: usize = 14;
    const CANCEL_LABEL: Option<&'static str> = Some("Quit");

    fn id(&self) -> &'static str {
        "first-run"
    }

    fn title(&self) -> String {
        "Welcome to jeton".to_owned()
    }

    fn press(&mut self, _field: Field, _ctx: &UpdateContext<'_>) -> PressResult<Field> {
        let username = Username::parse(self.username.text()).map_err(|e| Problem::at(Field::Username, e))?;
        let password = self.password.validate(Field::Password, Field::RepeatedPassword)?;
        let sample = || Catalogue::shipped("cloud-platform").map_err(|e| Problem::at(Field::Catalogue, e));
        let catalogue = if self.catalogue.get() == Some(&true) { Some(sample()?) } else { None };
        let init = Init {
            username,
            password: password.to_new_password(),
            prefix: Prefix::default(),
            self_service: self.self_service.get() == Some(&true),
            catalogue,
        };
        Ok(Intent::send(Credential::Store, init))
    }

    fn on_reply(&mut self, reply: &mut Reply, _ctx: &UpdateContext<'_>) -> Option<PressResult<Field>> {
        matches!(reply, Reply::Response(Response::Init(_))).then(|| self.sign_in())
    }

    fn is_touched(&self) -> bool {
        self.password.is_touched()
    }

    fn cancel(&mut self) -> Intent {
        Intent::Leave(Exit::Quit(Ok(())))
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, model: &Model) {
        let theme = layout.theme;
        layout.text_line("There is no store yet. jeton will create a store that only you can read:", Style::new());
        layout.text_line(&format!("  {}", model.store_path), theme.strong);
        layout.blank();
        layout.text_line("The first account is an owner: it manages everything and everyone.", Style::new());
        layout.text_input(Field::Username, "Username", &self.username);
        self.password.draw(layout, Field::Password, Field::RepeatedPassword, "Password");
        layout.blank();
        let members = ["on: members manage their own tokens", "off"];
        layout.choice(Field::SelfService, "Self-service", &members, self.self_service.selected());
        let catalogues = ["cloud-platform, a sample API", "none yet"];
        layout.choice(Field::Catalogue, "Catalogue", &catalogues, self.catalogue.selected());
        layout.blank();
        layout.button(Field::Button, "Set up");
        layout.blank();
        layout.problem(3);
    }
}
