//! `catalogue export`.

use super::super::App;
use super::{catalogue_not_found, catalogues};
use crate::domain::catalogue::{MANAGEMENT, toml_writer};
use crate::error::{Error, Result};

pub(super) fn export(app: &mut App, name: Option<&str>) -> Result<()> {
    let catalogues = catalogues(app)?;
    let names = || catalogues.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
    let mut others = catalogues.iter().filter(|c| c.name != MANAGEMENT);
    let catalogue = match (name, others.next(), others.next()) {
        (Some(name), _, _) => {
            catalogues.iter().find(|c| c.name == name).ok_or_else(|| catalogue_not_found(name, &catalogues))?
        }
        (None, Some(only), None) => only,
        (None, None, _) => {
            return Err(Error::not_found("the store has no catalogue except jeton's own")
                .next("Apply a catalogue with: jeton catalogue apply FILE"));
        }
        (None, Some(_), Some(_)) => {
            return Err(Error::usage("the name of the catalogue is missing")
                .why(format!("the store has several catalogues: {}", names()))
                .next("Give the name: jeton catalogue export NAME"));
        }
    };
    app.out.document(&toml_writer::toml(catalogue))
}
