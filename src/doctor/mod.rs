//! `jeton doctor`: looks for what is wrong with an installation, and changes nothing.
//!
//! Each area is a file with a table of its checks. A new check is a line in such a table: its id, its meaning for the
//! documentation, and the function that makes it.

mod configuration;
mod context;
mod endpoint_access;
mod finding;
mod proxy;
mod service;
mod store;
mod systemd;
mod terminal;
mod unit_file;

pub use context::{Context, TimeLimit};
pub use finding::{Finding, Status};

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::word_enum::word_enum;

word_enum! {
    /// A part of an installation.
    pub enum Area {
        Store = "store",
        Configuration = "configuration",
        Service = "service",
        Proxy = "proxy",
        Systemd = "systemd",
        Terminal = "terminal",
    }
}

impl Area {
    pub const fn title(self) -> &'static str {
        match self {
            Area::Store => "Store",
            Area::Configuration => "Configuration",
            Area::Service => "Service",
            Area::Proxy => "Proxy",
            Area::Systemd => "systemd",
            Area::Terminal => "Terminal",
        }
    }

    /// Returns the checks of this area, in the order in which they are made.
    pub const fn checks(self) -> &'static [CheckKind] {
        match self {
            Area::Store => store::CHECKS,
            Area::Configuration => configuration::CHECKS,
            Area::Service => service::CHECKS,
            Area::Proxy => proxy::CHECKS,
            Area::Systemd => systemd::CHECKS,
            Area::Terminal => terminal::CHECKS,
        }
    }
}

/// A check that the doctor makes.
pub struct CheckKind {
    /// The id, which never changes.
    pub id: &'static str,
    /// The meaning of a warning or fault, for the documentation.
    pub meaning: &'static str,
    run: fn(&Context<'_>) -> Vec<Finding>,
}

/// The result of a check. A check without a subject, such as that of a missing file's content, has no result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    pub area: Area,
    /// The id of the check. Several results may have the same id.
    pub id: &'static str,
    pub status: Status,
    /// The result in words.
    pub what: String,
    /// Reason; `null` if there is none to add.
    pub why: Option<String>,
    /// Next step; `null` if nothing is to be done.
    pub next: Option<String>,
}

/// Makes all checks of `area`. One that fails doesn't keep the others from being made.
pub fn examine(area: Area, context: &Context<'_>) -> impl Iterator<Item = Check> {
    area.checks().iter().flat_map(move |kind| {
        (kind.run)(context).into_iter().map(move |Finding { status, what, why, next }| Check {
            area,
            id: kind.id,
            status,
            what,
            why,
            next,
        })
    })
}
