//! Every type of column that a database has, with its odd values, as another program writes them: through triggers, by every
//! form of write.
//!
//! Each column is written twice, in a table with triggers and in a plain twin. What the twin takes, the captured table must
//! take; each change of a row must have one record; and the records alone must rebuild the rows as SeaORM reads them, which
//! is what hooks record.

mod hooked;
mod mysql;
mod postgres;
mod sqlite;
mod walk;

use audit_sea_orm::prelude::*;
use sea_orm::{ActiveModelBehavior, ActiveModelTrait, EntityTrait, IntoActiveModel};

use self::walk::Walk;
use crate::{Backend, Outcome, Test, site::Site};

/// A column of the database, and what other programs put into it.
pub(super) struct Column {
    /// Its type, as the database names it.
    ddl: &'static str,
    /// Values, in the database's SQL.
    values: &'static [&'static str],
}

/// Takes the table of each entity through columns of each type named, with these values.
macro_rules! columns {
    ($t:ident, $failures:ident; $($entity:ident: [$($ddl:literal),+ $(,)?] => $values:expr;)*) => {
        $($failures
            .of::<$entity::Entity>($t, &[$(Column { ddl: $ddl, values: $values }),+])
            .await?;)*
    };
}
use columns;

/// What went wrong with the columns, so that one run shows all of it.
#[derive(Default)]
struct Failures(Vec<String>);

impl Failures {
    /// Takes a table of that entity through each of the columns.
    async fn of<E>(&mut self, t: &Test, columns: &[Column]) -> Outcome
    where
        E: Audited + EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel> + Sync,
        E::ActiveModel: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send + Sync,
    {
        for column in columns {
            let found = Walk::<E>::new(t, column).await?.finish().await?;
            let context = format!("{} as {}", column.ddl, E::default().table_name());
            self.0
                .extend(found.iter().map(|failure| format!("{context}: {failure}")));
        }
        Ok(())
    }

    fn assert_none(&self) {
        assert!(
            self.0.is_empty(),
            "{} failures:\n{}",
            self.0.len(),
            self.0.join("\n")
        );
    }
}

/// Each type of column: the write succeeds as it does without triggers, and its records rebuild the row.
pub async fn every_type_of_column_is_recorded(t: &mut Test) -> Outcome {
    let mut failures = Failures::default();
    match t.backend {
        Backend::Sqlite => sqlite::walk(t, &mut failures).await?,
        Backend::Postgres => postgres::walk(t, &mut failures).await?,
        Backend::MySql => mysql::walk(t, &mut failures).await?,
    }
    failures.assert_none();
    let site = Site::new(&t.db);
    for path in ["/records", "/records/export.jsonl"] {
        assert_eq!(site.get(path).await.status, http::StatusCode::OK, "{path}");
    }
    Ok(())
}
