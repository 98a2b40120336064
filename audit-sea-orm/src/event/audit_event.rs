use std::{borrow::Cow, fmt};

use audit_core::{Action, ActionError, Actor, AuditConfig, AuditContext, FieldPolicy, MASK, diff};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, ModelTrait, Value};

use super::{boxed, recording};
use crate::{
    Audited, Error, Result,
    audited::{object, recorded::Recorded},
    connection::{AnyConnection, context_of},
    entity::{self, audit_log},
    record::{
        self, Record,
        encoding::{Captured, EncodingError},
    },
    write,
};

/// A record of something that no hook sees: a view, an import, an action of the application's own.
///
/// Takes who, from where and why from the current [`AuditContext`]; what is set here goes before it. Texts are
/// cleaned and cut to their columns by the rule of [`text`](crate::text).
///
/// # Example
/// ```
/// # mod cake {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
/// #     #[sea_orm(table_name = "cake")]
/// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub name: String }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// # }
/// # use sea_orm::{ConnectionTrait, Database, DbBackend, EntityTrait, Schema};
/// use audit_sea_orm::prelude::*;
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// # let schema = Schema::new(DbBackend::Sqlite);
/// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
/// # let cake = cake::Model { id: 7, name: "Sachertorte".to_owned() };
/// AuditEvent::view(&cake).record(&db).await?;
/// AuditEvent::custom("PUBLISH")
///     .on(&cake)
///     .change("status", "draft", "live")
///     .reason("season opens")
///     .record(&db)
///     .await?;
///
/// let published = audit_log::Entity::find_by_id(2).one(&db).await?.expect("just written");
/// assert_eq!(published.object_repr.as_deref(), Some("Sachertorte"));
/// assert_eq!(published.changes().columns().collect::<Vec<_>>(), ["status"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "an event is written by `record`"]
pub struct AuditEvent {
    action: Result<Action, ActionError>,
    table: Option<String>,
    object_id: Option<Result<String, EncodingError>>,
    object_repr: Option<String>,
    policy: fn(&str) -> FieldPolicy,
    changes: Vec<(String, Captured, Captured)>,
    context: AuditContext,
}

impl AuditEvent {
    /// An event of that action.
    pub fn new(action: Action) -> Self {
        Self::of(Ok(action))
    }

    /// An event of an action of the application's own, by the name that [`Action::custom`] takes: upper-case letters,
    /// digits and `_`, as in `PUBLISH`. [`record`](Self::record) refuses any other.
    pub fn custom(action: impl Into<Cow<'static, str>>) -> Self {
        Self::of(Action::custom(action))
    }

    fn of(action: Result<Action, ActionError>) -> Self {
        Self {
            action,
            table: None,
            object_id: None,
            object_repr: None,
            policy: |_| FieldPolicy::Record,
            changes: Vec::new(),
            context: AuditContext::new(),
        }
    }

    /// A `VIEW` of an object.
    pub fn view<M>(model: &M) -> Self
    where
        M: ModelTrait,
        M::Entity: Audited + EntityTrait<Model = M>,
    {
        Self::new(Action::View).on(model)
    }

    /// Says which object it is about. Its entity's field policy holds for [`change`](Self::change).
    pub fn on<M>(mut self, model: &M) -> Self
    where
        M: ModelTrait,
        M::Entity: Audited + EntityTrait<Model = M>,
    {
        let recorded = Recorded::<M::Entity>::get();
        let key = object::model_key::<M::Entity>(model, recorded.keys());
        self.table = Some(recorded.table().to_owned());
        self.object_id = Some(object::id_text(&key));
        self.object_repr = Some(M::Entity::object_repr(model));
        self.policy = |column| Recorded::<M::Entity>::get().policy(column);
        self
    }

    /// Says that it is about the table of an entity as a whole. The entity's field policy holds for [`change`](Self::change).
    pub fn on_table<E: Audited>(mut self) -> Self {
        let table = Recorded::<E>::get().table();
        self.table = Some(entity::line(audit_log::Column::TableName, table));
        self.policy = |column| Recorded::<E>::get().policy(column);
        self
    }

    /// Says which object it is about, where there is no model of it. The table is cut to 255 characters.
    pub fn on_object(mut self, table: &str, object_id: impl Into<String>) -> Self {
        self.table = Some(entity::line(audit_log::Column::TableName, table));
        self.object_id = Some(Ok(object_id.into()));
        self
    }

    /// Sets the text for people to read; cut to 200 characters.
    pub fn repr(mut self, repr: impl Into<String>) -> Self {
        self.object_repr = Some(repr.into());
        self
    }

    /// Adds a changed value. A column that its entity masks shows as `***`; one that it skips is left out.
    pub fn change(mut self, column: &str, old: impl Into<Value>, new: impl Into<Value>) -> Self {
        let change = (
            column.to_owned(),
            Captured(old.into()),
            Captured(new.into()),
        );
        self.changes.push(change);
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

    /// Sets why; cut to 1,000 characters.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.context = self.context.reason(reason);
        self
    }

    /// Sets the part of the application; cut to 255 characters.
    pub fn module(mut self, module: impl Into<String>) -> Self {
        self.context = self.context.module(module);
        self
    }

    /// Sets anything else worth recording.
    pub fn metadata(mut self, metadata: impl Into<serde_json::Value>) -> Self {
        self.context = self.context.metadata(metadata);
        self
    }

    /// Writes the record, unless a skip list names its action or table.
    ///
    /// # Errors
    /// [`Error::Write`] where the database refuses it, [`Error::Encoding`] where a value has no encoding, and
    /// [`Error::Action`] where the name of the action does not fit. Under [`OnFailure::Log`](crate::OnFailure::Log) each is
    /// counted instead.
    pub async fn record<C: ConnectionTrait>(self, db: &C) -> Result<(), DbErr> {
        boxed(self.write(db)).await
    }

    async fn write<C: ConnectionTrait>(self, db: &C) -> Result<()> {
        let db = &AnyConnection::of(db);
        let action = match self.action.clone() {
            Ok(action) => action,
            Err(refused) => {
                let config = AuditConfig::current()?;
                return write::settle(db, &config, Err(refused.into())).await;
            }
        };
        let Some(config) = recording(db, action.as_str(), self.table.as_deref())? else {
            return Ok(());
        };
        let context = self
            .context
            .clone()
            .or(AuditContext::clone(&context_of(db)));
        match self.into_record(action) {
            Ok(record) => write::write(db, &config, record, &context).await,
            Err(error) => write::settle(db, &config, Err(error)).await,
        }
    }

    fn into_record(self, action: Action) -> Result<Record> {
        let event = record::event(action.as_str(), self.table.as_deref(), None);
        let failed = |source| Error::Encoding {
            event: event.clone(),
            source,
        };
        let old_values = self.values(|(_, old, _)| old).map_err(&failed)?;
        let new_values = self.values(|(_, _, new)| new).map_err(&failed)?;
        Ok(Record {
            action: action.into(),
            table_name: self.table.map(Into::into),
            object_id: self.object_id.transpose().map_err(&failed)?,
            object_repr: self.object_repr,
            old_values,
            new_values,
        })
    }

    fn values(
        &self,
        side: impl Fn(&(String, Captured, Captured)) -> &Captured,
    ) -> Result<Option<String>, EncodingError> {
        let mask = Captured(MASK.into());
        let entries: Vec<(&str, Captured)> = self
            .changes
            .iter()
            .filter_map(|change| match (self.policy)(&change.0) {
                FieldPolicy::Skip => None,
                FieldPolicy::Mask => Some((change.0.as_str(), mask.clone())),
                _ => Some((change.0.as_str(), side(change).clone())),
            })
            .collect();
        if entries.is_empty() {
            return Ok(None);
        }
        let json = diff::spaced(entries);
        json.map(Some)
            .map_err(|error| EncodingError::Unsupported(error.to_string()))
    }
}
