//! The form for a new secret: the overlap with the old secret, and the token's expiry.

use ratatui::style::Style;

use super::confirm_change::PendingMutation;
use super::end_overlap;
use crate::domain::denial_reason::DenialReason;
use crate::domain::expiry::{Expiry, ExpirySpec, Span as Length};
use crate::domain::recent_usage::RECENT_USE;
use crate::domain::time::{Timestamp, Zone, ago};
use crate::domain::token::Token;
use crate::error::{Error, Result};
use crate::tui::component::UpdateContext;
use crate::tui::model::Model;
use crate::tui::widget::choice_or_text::{ChoiceOrText, Chosen};
use crate::tui::widget::expiry_choice::ExpiryChoice;
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::verbs::tokens::{MAX_GRACE, RegenerateToken, TokenTarget};

fields! { RegenerateTokenDialog, form:
    Grace if form.offers_grace() => Choice(&mut form.grace),
    GraceText if form.offers_grace() && form.grace.is_text() => Text(form.grace.text_input()),
    Expires => Choice(form.expiry.choices()),
    ExpiryText if form.expiry.is_text() => Text(form.expiry.text_input()),
    Button => Button,
    /// The button that ends the overlap.
    Retire if form.rotating => Button,
}

/// The form for a new secret.
pub struct RegenerateTokenDialog {
    token: Token,
    /// `true` if two secrets are valid already. A third one ends both.
    rotating: bool,
    /// `true` if the token had expired when the form was opened. Then no overlap is possible.
    has_expired: bool,
    /// Validity of the old secret after the change; `None` = it ends at once.
    grace: ChoiceOrText<Option<Length>>,
    expiry: ExpiryChoice,
}

impl RegenerateTokenDialog {
    /// Opens the form for `token` with its status at `now`. An expired token can't keep its expiry.
    pub fn new(token: Token, now: Timestamp, default_expiry: Option<Length>) -> Form<Self> {
        let has_expired = token.expiry.is_past(now);
        let expiry = match has_expired {
            true => ExpiryChoice::new(default_expiry),
            false => ExpiryChoice::with_current(token.expiry, "keep"),
        };
        let rotating = token.overlap(now).is_some();
        let mut grace = ChoiceOrText::new(vec![
            ("at once", None),
            ("in 1 h", Some(Length::Hours(1))),
            ("in 24 h", Some(Length::Hours(24))),
            ("in 7 d", Some(Length::Days(7))),
        ]);
        // A client that uses the token now has a day to switch to the new secret.
        if !has_expired && token.last_seen_at.is_some_and(|at| at >= now.plus(-RECENT_USE)) {
            grace.select(Some(Length::Hours(24)), "24h");
        }
        let form = RegenerateTokenDialog { token, rotating, has_expired, grace, expiry };
        Form::with_focus(form, if has_expired { Field::Expires } else { Field::Button })
    }

    /// Returns `true` if the old secret can keep working for a while.
    fn offers_grace(&self) -> bool {
        !self.rotating && !self.has_expired
    }

    /// Returns the length of the overlap and its end, limited by the present expiry and by `expiry`.
    fn overlap(&self, expiry: Expiry, now: Timestamp, zone: &dyn Zone) -> Result<Option<(Length, Timestamp)>> {
        let grace = match self.grace.chosen() {
            _ if !self.offers_grace() => return Ok(None),
            Chosen::Choice(None) => return Ok(None),
            Chosen::Choice(Some(grace)) => grace,
            Chosen::Text(text) => Length::parse(text)?,
        };
        let until = grace.after(now, zone).filter(|until| *until <= now.plus(MAX_GRACE));
        let until = until
            .ok_or_else(|| Error::usage("the old secret can work for at most 30 more days: choose a shorter time"))?;
        if self.token.expiry.is_past(now) {
            return Err(Error::usage(
                "the token has expired, so its old secret can't keep working: choose \"at once\"",
            ));
        }
        // The old secret outlives neither its own expiry nor the new one.
        Ok(Some((grace, [self.token.expiry, expiry].into_iter().filter_map(Expiry::at).fold(until, Timestamp::min))))
    }

    /// Writes three lines about the old secret or secrets.
    fn draw_old_secret(&self, layout: &mut FormLayout<'_, Field>, model: &Model) {
        let theme = layout.theme;
        if let Some(previous) = self.token.overlap(model.now).filter(|_| self.rotating) {
            layout.fact("Previous", &end_overlap::describe_previous_secret(previous, model.now), Style::new());
            layout.note("! The token has two secrets now. Both end when you regenerate.", theme.warning);
            return layout.blank();
        }
        if self.has_expired {
            layout.note("The old secret has expired and can't work again.", theme.dim);
            return layout.blank();
        }
        self.grace.draw(layout, (Field::Grace, "Old stops"), (Field::GraceText, "  in"), "12h, 14d … up to 30d");
        let dates = model.dates.get();
        let expiry = self.expiry.resolve_at(model.now, dates.zone).map_or(Expiry::Never, |(_, expiry)| expiry);
        match self.overlap(expiry, model.now, dates.zone) {
            Ok(None) if self.token.expiry.is_past(model.now) => {
                layout.note("The old secret has expired and can't work again.", theme.dim);
            }
            Ok(None) => layout.note("! The old secret ends at once.", theme.warning),
            Ok(Some((_, until))) => {
                let until_text = dates.second(until);
                let note = match expiry.at() == Some(until) {
                    true => format!("Both secrets end when the token expires: {until_text}."),
                    false => format!("The old secret ends at {until_text}."),
                };
                layout.note(&note, theme.dim);
            }
            Err(_) => layout.blank(),
        }
    }
}

/// Returns the change that gives `token` a new secret. The old secret works for `grace`, until the time in the text if
/// that time is known.
fn pending_regenerate(
    token: &Token,
    grace: Option<(Length, Option<String>)>,
    expires: Option<ExpirySpec>,
    now: Timestamp,
) -> PendingMutation {
    let hint = &token.hint;
    let disabled = match token.denial_reason(now) {
        Some(DenialReason::Disabled) => Some(("The token stays disabled", "the token is enabled")),
        Some(DenialReason::AccountDisabled) => Some(("The token's account stays disabled", "the account is enabled")),
        _ => None,
    };
    let stays = disabled.map(|(what, until)| format!(" {what}: no secret works until {until}.")).unwrap_or_default();
    let grace = grace.filter(|_| token.overlap(now).is_none());
    let about = match (&grace, token.overlap(now)) {
        (_, Some(previous)) => format!("The secrets {} and {hint} become invalid at once.{stays}", previous.hint),
        (Some((grace, end)), None) => match (disabled, end) {
            (None, end) => {
                let end = match end {
                    Some(time) => format!("until {time}"),
                    None => format!("for {grace}, but not after the token's expiry"),
                };
                format!("The new secret works at once. The old secret ({hint}) keeps working {end}.")
            }
            (Some((what, until)), end) => {
                let end = match end {
                    Some(time) => format!("at {time}"),
                    None => format!("after {grace}, or earlier at the token's expiry"),
                };
                format!("{what}: neither secret works until {until}. The old secret ({hint}) ends {end}.")
            }
        },
        (None, None) if token.expiry.is_past(now) => {
            format!("The secret {hint} has expired and can't work again.{stays}")
        }
        (None, None) => format!("The secret {hint} becomes invalid at once.{stays}"),
    };
    let grace = grace.map(|(grace, _)| grace);
    let verb = RegenerateToken { token: TokenTarget::at_revision(token), grace, expires };
    PendingMutation::new(format!("Regenerate {}", token.full_name()), about, verb).of_tokens(
        vec![token.clone()],
        move |tokens, now| {
            // The token may have another expiry now.
            Some(pending_regenerate(tokens.first()?, grace.map(|grace| (grace, None)), expires, now))
        },
    )
}

impl Dialog for RegenerateTokenDialog {
    const LABEL_WIDTH: usize = 14;

    fn id(&self) -> &'static str {
        "regenerate-token"
    }

    fn title(&self) -> String {
        format!("Regenerate {}", self.token.full_name())
    }

    fn press(&mut self, field: Field, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        if field == Field::Retire {
            let over = || Problem::general("The overlap has already ended: the token has only one secret");
            return end_overlap::pending_retire(&self.token, ctx.now)
                .map(|change| change.confirm(ctx))
                .ok_or_else(over);
        }
        let at = if self.expiry.is_text() { Field::ExpiryText } else { Field::Expires };
        let (expires, expiry) = self.expiry.resolve(ctx).map_err(|e| Problem::at(at, e))?;
        let at = if self.grace.is_text() { Field::GraceText } else { Field::Grace };
        let overlap = self.overlap(expiry, ctx.now, ctx.dates.get().zone).map_err(|e| Problem::at(at, e))?;
        let grace = overlap.map(|(grace, until)| (grace, Some(ctx.dates.get().second(until))));
        Ok(pending_regenerate(&self.token, grace, expires, ctx.now).confirm(ctx))
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, model: &Model) {
        let theme = layout.theme;
        layout
            .text_line("The token gets a new secret. Name, description and API selection stay the same.", Style::new());
        let grace = match self.offers_grace() {
            true => "The old secret can keep working for a while, but not after the expiry.",
            false => "",
        };
        layout.text_line(grace, Style::new());
        layout.blank();
        // The token doesn't record which of its two secrets was seen last.
        let since = match self.rotating {
            true => format!("created {}", ago(self.token.secret_since, model.now)),
            false => end_overlap::describe_last_seen(self.token.last_seen_at, model.now),
        };
        let current = format!("{}, {since}", self.token.hint);
        layout.fact("Current", &current, Style::new());
        self.draw_old_secret(layout, model);
        self.expiry.draw(layout, Field::Expires, Field::ExpiryText, model);
        if self.token.expiry.is_past(model.now) {
            let day = model.dates.get().last_day(self.token.expiry);
            layout.note(&format!("! The token expired on {day}: choose a new expiry"), theme.warning);
        } else {
            layout.blank();
        }
        layout.button(Field::Button, "Regenerate");
        if self.rotating {
            layout.button(Field::Retire, "End overlap");
        }
        layout.problem(2);
    }
}
