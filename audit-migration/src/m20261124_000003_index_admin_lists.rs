use sea_orm_migration::prelude::*;

use crate::{
    MigrationOptions,
    tables::{self, Dialect},
};

/// Creates the indexes behind lists of the admin: the records of one table, the exports of one format, all system
/// events, and the open ones of one type.
///
/// Each is left out where it was made before, as MySQL commits every one by itself.
pub(crate) struct IndexAdminLists {
    pub(crate) options: MigrationOptions,
}

impl MigrationName for IndexAdminLists {
    fn name(&self) -> &'static str {
        "m20261124_000003_index_admin_lists"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait needs the signature as the trait has it"
)]
#[async_trait::async_trait]
impl MigrationTrait for IndexAdminLists {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let dialect = Dialect::of(manager).await?;
        for index in tables::admin_indexes(dialect) {
            if !manager.has_index(index.table, index.name).await? {
                manager.create_index(index.statement).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if self.options.is_rollback_only_asked()? {
            return Ok(());
        }
        let dialect = Dialect::of(manager).await?;
        for index in tables::admin_indexes(dialect) {
            if manager.has_index(index.table, index.name).await? {
                let mut drop = Index::drop();
                drop.table(index.table).name(index.name);
                manager.drop_index(drop).await?;
            }
        }
        Ok(())
    }
}
