//! The entity of `audit_data_export`: what data left the system, by whom.

use sea_orm::{entity::prelude::*, sea_query::ExprTrait};
use serde::{Deserialize, Serialize};

use super::reading::trail_entity;

/// One export.
#[derive(Clone, Debug, PartialEq, Eq, DeriveActiveModel, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Model {
    /// The export's number.
    pub id: i64,
    /// When: UTC, microseconds.
    pub occurred_at: DateTimeUtc,
    /// Who, as an id that does not change. No foreign key: deleting the user keeps the evidence.
    pub actor_id: Option<String>,
    /// Who, for people to read.
    pub actor_name: Option<String>,
    /// For whom the actor did it, as an id that does not change; `None` where it was for nobody else.
    pub on_behalf_of_id: Option<String>,
    /// For whom the actor did it, for people to read.
    pub on_behalf_of_name: Option<String>,
    /// The tenant: whose data it is, in an application that serves several customers.
    pub tenant_id: Option<String>,
    /// What was exported.
    pub export_type: String,
    /// The file's format.
    pub file_format: String,
    /// How many records.
    pub record_count: i64,
    /// The file's size in bytes.
    pub file_size: i64,
    /// The filters that chose the records.
    pub filters_applied: Option<Json>,
    /// The address the request came from.
    pub ip_address: Option<String>,
    /// Where the file lies.
    pub file_path: Option<String>,
    /// How often the file was fetched since.
    pub download_count: i64,
    /// Anything else.
    pub metadata: Option<Json>,
}

trail_entity! {
    "audit_data_export",
    id: i64 => Id,
    occurred_at: DateTimeUtc => OccurredAt,
    actor_id: Option<String> => ActorId: ColumnType::String(StringLen::N(255)),
    actor_name: Option<String> => ActorName: ColumnType::String(StringLen::N(255)),
    on_behalf_of_id: Option<String> => OnBehalfOfId: ColumnType::String(StringLen::N(255)),
    on_behalf_of_name: Option<String> => OnBehalfOfName: ColumnType::String(StringLen::N(255)),
    tenant_id: Option<String> => TenantId: ColumnType::String(StringLen::N(128)),
    export_type: String => ExportType: ColumnType::String(StringLen::N(255)),
    file_format: String => FileFormat: ColumnType::String(StringLen::N(20)),
    record_count: i64 => RecordCount,
    file_size: i64 => FileSize,
    filters_applied: Option<Json> => FiltersApplied,
    ip_address: Option<String> => IpAddress: ColumnType::String(StringLen::N(45)),
    file_path: Option<String> => FilePath: ColumnType::String(StringLen::N(500)),
    download_count: i64 => DownloadCount,
    metadata: Option<Json> => Metadata,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Counts a download of the export's file, in one atomic statement.
    ///
    /// `self` is not changed; read the export anew for the count.
    ///
    /// # Errors
    /// [`DbErr::RecordNotUpdated`] where the export is gone, else what the database reports.
    pub async fn record_download<C: ConnectionTrait>(&self, db: &C) -> Result<(), DbErr> {
        let counted = Entity::update_many()
            .col_expr(
                Column::DownloadCount,
                Expr::col(Column::DownloadCount).add(1),
            )
            .filter(Column::Id.eq(self.id))
            .exec(db)
            .await?;
        if counted.rows_affected == 0 {
            return Err(DbErr::RecordNotUpdated);
        }
        Ok(())
    }
}
