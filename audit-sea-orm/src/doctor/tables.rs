//! What is known of the tables that records name.

use std::{collections::HashMap, sync::Arc};

use audit_core::MASK;
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::Value as Json;

use super::MisfitKind;
use crate::{
    any_entity::{self, AnyEntity},
    capture,
    history::values::unreadable,
};

/// A table that records name.
pub(super) enum Known {
    /// That of entities of the program: what fits one of them, fits.
    Entities(&'static [Arc<dyn AnyEntity>]),
    /// One that the database has, by its columns.
    Table(Vec<String>),
}

/// The tables that were asked for so far.
#[derive(Default)]
pub(super) struct Tables(HashMap<String, Option<Known>>);

impl Tables {
    /// `None` where neither the program nor the database knows it.
    pub(super) async fn get<C: ConnectionTrait>(
        &mut self,
        table: &str,
        db: &C,
    ) -> Result<Option<&Known>, DbErr> {
        if !self.0.contains_key(table) {
            let known = match any_entity::all_of(table) {
                [] => capture::columns_of(table, db).await?.map(Known::Table),
                entities => Some(Known::Entities(entities)),
            };
            self.0.insert(table.to_owned(), known);
        }
        Ok(self.0.get(table).and_then(Option::as_ref))
    }
}

impl Known {
    /// Whether a text may be that of a key.
    pub(super) fn has_key(&self, id: &str) -> bool {
        match self {
            Self::Entities(entities) => entities.iter().any(|entity| entity.key(id).is_some()),
            Self::Table(_) => true,
        }
    }

    /// Why values of a column do not fit; the first that does not.
    pub(super) fn misfit(&self, column: &str, values: [Option<&Json>; 2]) -> Option<MisfitKind> {
        let has_column = match self {
            Self::Entities(entities) => entities.iter().any(|entity| entity.has_column(column)),
            Self::Table(columns) => columns.iter().any(|known| known == column),
        };
        if !has_column {
            return Some(MisfitKind::UnknownColumn);
        }
        values
            .into_iter()
            .flatten()
            .find_map(|value| self.misfit_of(column, value))
    }

    fn misfit_of(&self, column: &str, value: &Json) -> Option<MisfitKind> {
        if value == MASK {
            return None;
        }
        if let Some(text) = unreadable(value) {
            let shown = text.to_owned();
            return Some(MisfitKind::Unreadable { shown });
        }
        let Self::Entities(entities) = self else {
            return None;
        };
        let mut whys = Vec::new();
        for entity in entities.iter().filter(|entity| entity.has_column(column)) {
            whys.push(entity.misfit(column, value)?);
        }
        let why = whys.into_iter().next()?;
        Some(MisfitKind::Value { why })
    }
}
