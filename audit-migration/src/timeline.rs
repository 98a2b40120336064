//! Indexes for [timelines](audit_sea_orm::timeline), in migrations.

use audit_sea_orm::{__private::part_indexes, Audited};
use sea_orm_migration::{
    prelude::{DbErr, SchemaManager, async_trait},
    sea_orm::{ConnectionTrait, IntoActiveModel},
};

/// Creates and removes the indexes by which a [timeline](audit_sea_orm::timeline) finds the parts of an object that are gone.
///
/// # Example
/// ```
/// # mod order {
/// #     use sea_orm_migration::sea_orm::{self, entity::prelude::*};
/// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
/// #     #[sea_orm(table_name = "orders")]
/// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32 }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// # }
/// mod line {
///     use sea_orm_migration::sea_orm::{self, entity::prelude::*};
///
///     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
///     #[sea_orm(table_name = "line")]
///     pub struct Model {
///         #[sea_orm(primary_key)]
///         pub id: i32,
///         pub order_id: i32,
///     }
///
///     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
///     pub enum Relation {
///         #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
///         Order,
///     }
/// }
///
/// use audit_migration::timeline::TimelineExt;
/// use sea_orm_migration::prelude::*;
///
/// #[derive(DeriveMigrationName)]
/// struct IndexLines;
///
/// #[async_trait::async_trait]
/// impl MigrationTrait for IndexLines {
///     async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
///         manager.index_parts(line::Entity).await
///     }
///
///     async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
///         manager.remove_part_indexes(line::Entity).await
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DbErr> {
/// # let db = sea_orm_migration::sea_orm::Database::connect("sqlite::memory:").await?;
/// # audit_migration::Migrator::up(&db, None).await?;
/// # let manager = SchemaManager::new(&db);
/// # IndexLines.up(&manager).await?;
/// # IndexLines.down(&manager).await?;
/// # Ok(())
/// # }
/// ```
#[async_trait::async_trait]
pub trait TimelineExt: sealed::Sealed {
    /// Creates an index of the audit log for each `belongs_to` of an entity, by what its table and its column are called now and were
    /// called before. One that is there stays.
    ///
    /// After a [rename](audit_sea_orm::renames) of the table or the column call it again. The old index goes on to serve the records
    /// from before.
    ///
    /// # Backends
    /// PostgreSQL and SQLite index those records of the table alone that create or delete a row, or change its foreign key. On
    /// PostgreSQL nobody can write to the audit log while the index is made, so audited writes wait.
    ///
    /// MariaDB and MySQL index a virtual column that `audit_log` gets for it, which is empty for other tables. On MariaDB (10.11)
    /// others write meanwhile.
    ///
    /// # Errors
    /// What the database reports, and where a column has a quotation mark or a backslash in its name.
    async fn index_parts<P>(&self, part: P) -> Result<(), DbErr>
    where
        P: Audited<Model: IntoActiveModel<P::ActiveModel>, ActiveModel: Send>;

    /// Removes those indexes. One that is not there is left out.
    ///
    /// # Errors
    /// Those of [`index_parts`](Self::index_parts).
    async fn remove_part_indexes<P>(&self, part: P) -> Result<(), DbErr>
    where
        P: Audited<Model: IntoActiveModel<P::ActiveModel>, ActiveModel: Send>;
}

#[async_trait::async_trait]
impl TimelineExt for SchemaManager<'_> {
    async fn index_parts<P>(&self, _part: P) -> Result<(), DbErr>
    where
        P: Audited<Model: IntoActiveModel<P::ActiveModel>, ActiveModel: Send>,
    {
        for index in part_indexes::<P>(self.get_database_backend())? {
            if let Some(add_column) = &index.add_column
                && !self.has_column("audit_log", &index.name).await?
            {
                send(self, add_column).await?;
            }
            if !self.has_index("audit_log", &index.name).await? {
                send(self, &index.create).await?;
            }
        }
        Ok(())
    }

    async fn remove_part_indexes<P>(&self, _part: P) -> Result<(), DbErr>
    where
        P: Audited<Model: IntoActiveModel<P::ActiveModel>, ActiveModel: Send>,
    {
        for index in part_indexes::<P>(self.get_database_backend())? {
            let is_there = match index.add_column {
                Some(_) => self.has_column("audit_log", &index.name).await?,
                None => self.has_index("audit_log", &index.name).await?,
            };
            if is_there {
                send(self, &index.remove).await?;
            }
        }
        Ok(())
    }
}

async fn send(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let db = manager.get_connection();
    db.execute_unprepared(sql).await.map(drop)
}

mod sealed {
    /// Only this crate implements the extension.
    pub trait Sealed: Sync {}
    impl Sealed for sea_orm_migration::SchemaManager<'_> {}
}
