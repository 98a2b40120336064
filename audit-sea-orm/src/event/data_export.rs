use std::fmt;

use audit_core::{Action, Actor, AuditContext};
use sea_orm::{DbErr, Set, TryIntoModel};

use super::{boxed, id_and_name, json, line, recording, write_with_record};
#[cfg(doc)]
use crate::Error;
use crate::{
    AuditedWrite, Result, clock,
    connection::{AnyConnection, context_of},
    entity::{
        self,
        data_export::{ActiveModel, Column, Model},
    },
    record::Record,
    write,
};

/// The table of exports, which a skip list may name.
const TABLE: &str = "audit_data_export";

/// Data that left the system.
///
/// Writes a row of `audit_data_export` and an `EXPORT` record that names it, both or neither. Texts are cleaned
/// and cut to their columns by the rule of [`text`](crate::text).
///
/// # Example
/// ```
/// # use sea_orm::{ConnectionTrait, Database, DbBackend, EntityTrait, Schema};
/// use audit_sea_orm::prelude::*;
/// use serde_json::json;
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// # let schema = Schema::new(DbBackend::Sqlite);
/// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
/// # db.execute(&schema.create_table_from_entity(data_export::Entity)).await?;
/// let export = DataExport::new("Users")
///     .format("CSV")
///     .records(100)
///     .bytes(1024)
///     .filters(json!({"country": "AT"}))
///     .record_with_returning(&db)
///     .await?
///     .expect("exports are not skipped");
///
/// export.record_download(&db).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "an export is written by `record`"]
pub struct DataExport {
    export_type: String,
    file_format: String,
    record_count: u64,
    file_size: u64,
    filters: Option<serde_json::Value>,
    file_path: Option<String>,
    context: AuditContext,
}

impl DataExport {
    /// An export of that kind of data; cut to 255 characters.
    pub fn new(export_type: impl Into<String>) -> Self {
        Self {
            export_type: export_type.into(),
            file_format: "CSV".to_owned(),
            record_count: 0,
            file_size: 0,
            filters: None,
            file_path: None,
            context: AuditContext::new(),
        }
    }

    /// Sets the file's format; cut to 20 characters. Default: `CSV`.
    pub fn format(mut self, format: impl Into<String>) -> Self {
        self.file_format = format.into();
        self
    }

    /// Sets how many records it holds; more than `i64::MAX` counts as that many.
    pub fn records(mut self, records: u64) -> Self {
        self.record_count = records;
        self
    }

    /// Sets the file's size in bytes; more than `i64::MAX` counts as that many.
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.file_size = bytes;
        self
    }

    /// Sets the filters that chose the records.
    pub fn filters(mut self, filters: impl Into<serde_json::Value>) -> Self {
        self.filters = Some(filters.into());
        self
    }

    /// Sets where the file lies; cut to 500 characters.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.file_path = Some(path.into());
        self
    }

    /// Sets who; the current context's actor where it is not set.
    pub fn actor(mut self, actor: impl Into<Actor>) -> Self {
        self.context = self.context.actor(actor);
        self
    }

    /// Sets for whom the actor acts; the current context's where it is not set.
    pub fn on_behalf_of(mut self, actor: impl Into<Actor>) -> Self {
        self.context = self.context.on_behalf_of(actor);
        self
    }

    /// Sets the tenant; the current context's where it is not set. Cut to 128 characters.
    pub fn tenant_id(mut self, tenant_id: impl fmt::Display) -> Self {
        self.context = self.context.tenant_id(tenant_id);
        self
    }

    /// Sets anything else worth recording; the current context's where it is not set.
    pub fn metadata(mut self, metadata: impl Into<serde_json::Value>) -> Self {
        self.context = self.context.metadata(metadata);
        self
    }

    /// Writes the export and its record, both or neither, unless a skip list names its action or table.
    ///
    /// # Errors
    /// [`Error::Write`] where the database refuses it; under [`OnFailure::Log`](crate::OnFailure::Log) that is
    /// counted instead.
    pub async fn record<C: AuditedWrite>(self, db: &C) -> Result<(), DbErr> {
        self.record_with_returning(db).await.map(drop)
    }

    /// As [`record`](Self::record), and returns the export; `None` where it is skipped, or a loss that is counted.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub async fn record_with_returning<C: AuditedWrite>(
        self,
        db: &C,
    ) -> Result<Option<Model>, DbErr> {
        boxed(self.settled(db)).await
    }

    async fn settled<C: AuditedWrite>(self, db: &C) -> Result<Option<Model>> {
        let any = AnyConnection::of(db);
        let Some(config) = recording(&any, Action::Export.as_str(), Some(TABLE))? else {
            return Ok(None);
        };
        match self.write(db).await {
            Ok(export) => Ok(Some(export)),
            Err(error) => write::settle(&any, &config, Err(error))
                .await
                .map(|()| None),
        }
    }

    async fn write<C: AuditedWrite>(self, db: &C) -> Result<Model> {
        let context = self
            .context
            .clone()
            .or(AuditContext::clone(&context_of(&AnyConnection::of(db))));
        let export = self.into_active_model(&context);
        let record = Record {
            action: Action::Export.into(),
            object_repr: Some(format!(
                "{} ({})",
                export.export_type.as_ref(),
                export.file_format.as_ref()
            )),
            ..Record::default()
        };
        let number = write_with_record(db, Some(&export), record, &context).await?;
        let id = Set(number.expect("a row has a number"));
        let export = ActiveModel { id, ..export }.try_into_model();
        Ok(export.expect("every column is set"))
    }

    fn into_active_model(self, context: &AuditContext) -> ActiveModel {
        let count = |count| i64::try_from(count).unwrap_or(i64::MAX);
        let (actor_id, actor_name) =
            id_and_name([Column::ActorId, Column::ActorName], context.actor.as_ref());
        let (on_behalf_of_id, on_behalf_of_name) = id_and_name(
            [Column::OnBehalfOfId, Column::OnBehalfOfName],
            context.on_behalf_of.as_ref(),
        );
        ActiveModel {
            occurred_at: Set(clock::now()),
            actor_id: Set(actor_id),
            actor_name: Set(actor_name),
            on_behalf_of_id: Set(on_behalf_of_id),
            on_behalf_of_name: Set(on_behalf_of_name),
            tenant_id: Set(line(Column::TenantId, context.tenant_id.as_deref())),
            export_type: Set(entity::line(Column::ExportType, &self.export_type)),
            file_format: Set(entity::line(Column::FileFormat, &self.file_format)),
            record_count: Set(count(self.record_count)),
            file_size: Set(count(self.file_size)),
            filters_applied: Set(json(self.filters.as_ref())),
            ip_address: Set(context.ip.map(|ip| ip.to_string())),
            file_path: Set(line(Column::FilePath, self.file_path.as_deref())),
            download_count: Set(0),
            metadata: Set(json(context.metadata.as_ref())),
            ..Default::default()
        }
    }
}
