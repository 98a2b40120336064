//! What stands in the cells of lists and the sections of details.

use audit_sea_orm::entity::UNREADABLE_TIME;
use chrono::{DateTime, Utc};

use super::change::{ChangeView, ChangesView};

/// The content of a cell.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Empty,
    Text(String),
    /// Something narrower than text: a key, an address, a number.
    Code(String),
    /// Text of several lines.
    Block(String),
    Time(Moment),
    Badge {
        text: String,
        tone: &'static str,
    },
    Link {
        href: String,
        text: String,
        /// What stands below it, smaller.
        note: String,
    },
    Changes(ChangesView),
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            Self::Empty
        } else {
            Self::Text(text)
        }
    }

    pub(super) fn maybe(text: Option<&String>) -> Self {
        text.map_or(Self::Empty, |text| Self::text(text.as_str()))
    }

    pub(super) fn code(text: Option<&String>) -> Self {
        text.map_or(Self::Empty, |text| Self::Code(text.clone()))
    }

    pub(super) fn block(text: Option<&String>) -> Self {
        text.map_or(Self::Empty, |text| Self::Block(text.clone()))
    }

    pub(super) fn json(json: Option<&serde_json::Value>) -> Self {
        json.map_or(Self::Empty, |json| Self::Block(format!("{json:#}")))
    }

    /// Somebody, with a link to what they did.
    pub(super) fn actor(page: &str, id: Option<&String>, name: Option<&String>) -> Self {
        Self::somebody(page, "actor", id, name)
    }

    /// Somebody, with a link to the rows that a filter finds by the id.
    pub(super) fn somebody(
        page: &str,
        filter: &str,
        id: Option<&String>,
        name: Option<&String>,
    ) -> Self {
        match (id, name) {
            (None, None) => Self::Empty,
            (None, Some(name)) => Self::text(name.as_str()),
            (Some(id), name) => Self::Link {
                href: super::params::link(page, &[(filter, id)]),
                text: name.unwrap_or(id).clone(),
                note: name
                    .filter(|name| *name != id)
                    .map_or_else(String::new, |_| id.clone()),
            },
        }
    }

    /// Somebody, where no filter finds the rows of theirs.
    pub(super) fn named(id: Option<&String>, name: Option<&String>) -> Self {
        match (id, name) {
            (Some(id), Some(name)) if id != name => Self::Text(format!("{name} ({id})")),
            (id, name) => Self::maybe(name.or(id)),
        }
    }

    /// A tenant, with a link to their rows.
    pub(super) fn tenant(page: &str, id: Option<&String>) -> Self {
        Self::somebody(page, "tenant", id, None)
    }
}

/// A time, for people and for machines.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) machine: String,
    pub(super) day: String,
    pub(super) clock: String,
}

impl From<DateTime<Utc>> for Moment {
    fn from(time: DateTime<Utc>) -> Self {
        if time == UNREADABLE_TIME {
            return Self {
                machine: String::new(),
                day: "unreadable".to_owned(),
                clock: String::new(),
            };
        }
        Self {
            machine: time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
            day: time.format("%Y-%m-%d").to_string(),
            clock: time.format("%H:%M:%S").to_string(),
        }
    }
}

/// A part of a row's own page.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) items: Vec<(&'static str, Cell)>,
    pub(super) changes: Option<Vec<ChangeView>>,
    /// Links to what belongs to it.
    pub(super) links: Vec<(String, String)>,
}

impl Section {
    pub(super) fn new(title: &'static str, items: Vec<(&'static str, Cell)>) -> Self {
        Self {
            title,
            items,
            changes: None,
            links: Vec::new(),
        }
    }
}
