//! What a database knows of a trigger beside its text.

use std::collections::BTreeMap;

use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

/// Part by part, such as the event, the timing and the condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Shape(BTreeMap<String, String>);

/// A part that is not as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) part: String,
    pub(super) found: String,
    pub(super) made: String,
}

impl Shape {
    pub(super) fn new<const N: usize>(parts: [(&str, &str); N]) -> Self {
        let parts = parts.map(|(part, value)| (part.to_owned(), value.to_owned()));
        Self(parts.into())
    }

    /// As a catalog tells it, in a JSON object of texts.
    pub(super) fn read(json: &str) -> Result<Self, DbErr> {
        serde_json::from_str(json).map_err(|error| DbErr::Custom(error.to_string()))
    }

    /// Whether a part is the same in both.
    pub(super) fn shares(&self, part: &str, other: &Self) -> bool {
        self.0.get(part) == other.0.get(part)
    }

    /// Puts another value in the place of a part's.
    pub(super) fn respell(&mut self, part: &str, respelled: impl Fn(&str) -> String) {
        if let Some(value) = self.0.get_mut(part) {
            *value = respelled(value);
        }
    }

    /// Where it is not what was made. A part that only one of them names is of another version, and tells nothing.
    pub(super) fn differences(&self, made: &Self) -> Vec<Difference> {
        let parts = self.0.iter().filter_map(|(part, found)| {
            let made = made.0.get(part)?;
            (found != made).then(|| Difference {
                part: part.clone(),
                found: found.clone(),
                made: made.clone(),
            })
        });
        parts.collect()
    }
}
