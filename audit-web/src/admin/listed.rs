use audit_sea_orm::TrailEntity;
use chrono::{DateTime, Utc};
use sea_orm::{EntityTrait, ModelTrait};
use serde::Serialize;

use super::{
    cell::{Cell, Section},
    field::Field,
};

/// A table of the trail, as the admin shows it.
pub(super) trait Listed:
    TrailEntity + EntityTrait<Model: Serialize + Send + Sync + ModelTrait<Entity = Self>>
{
    /// Its name in URLs.
    const SLUG: &'static str;
    /// Its name in the database.
    const TABLE: &'static str;
    /// What its rows are called, and one of them.
    const NAMES: (&'static str, &'static str);
    /// What the search looks at.
    const SEARCHED: &'static [Self::Column];
    /// What the search looks at, in words.
    const SEARCHED_WORDS: &'static str;
    /// The filters.
    const FIELDS: &'static [Field<Self::Column>];
    /// The filters that an index knows, alone or together, those of the fewest rows first. The number follows in each.
    const INDEXES: &'static [&'static [&'static str]];
    /// The heads of the columns after that of the time.
    const HEADS: &'static [&'static str];

    /// A value of a filter under its present name.
    fn present(_field: &str, value: String) -> String {
        value
    }

    /// The values that rows hold for one of a filter: one, and those that it was before.
    fn recorded<'a>(_field: &str, value: &'a str) -> Vec<&'a str> {
        vec![value]
    }

    /// A row with what it names under its present name.
    fn with_present_names(row: Self::Model) -> Self::Model {
        row
    }

    /// The cells of a row after that of the time.
    fn cells(row: &Self::Model, base: &str) -> Vec<Cell>;

    /// The parts of a row's own page.
    fn sections(row: &Self::Model, base: &str) -> Vec<Section>;

    /// A row in a few words.
    fn name(row: &Self::Model) -> String;

    /// Whether a row can be marked resolved.
    fn is_open(_row: &Self::Model) -> bool {
        false
    }

    /// When it happened.
    fn time(row: &Self::Model) -> DateTime<Utc>;

    /// Its number.
    fn id(row: &Self::Model) -> i64 {
        Self::cursor(row).id()
    }
}
