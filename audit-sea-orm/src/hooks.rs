//! The four hooks that record what an entity's active models do.
//!
//! [`derive@Audited`](crate::Audited) calls them. An entity with hooks of its own says
//! `#[audited(manual_hooks)]`, or implements [`Audited`] by hand, and calls them itself: [`before_save`] and
//! [`before_delete`] last in its own hooks, so that they see what is really written, and [`after_save`] and
//! [`after_delete`] first.
//!
//! ```
//! mod cake {
//!     use audit_sea_orm::hooks;
//!     use sea_orm::{ConnectionTrait, Set, entity::prelude::*};
//!
//!     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
//!     #[sea_orm(table_name = "cake")]
//!     #[audited(manual_hooks)]
//!     pub struct Model {
//!         #[sea_orm(primary_key)]
//!         pub id: i32,
//!         pub name: String,
//!     }
//!
//!     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
//!     pub enum Relation {}
//!
//!     #[async_trait::async_trait]
//!     impl ActiveModelBehavior for ActiveModel {
//!         async fn before_save<C: ConnectionTrait>(mut self, db: &C, insert: bool) -> Result<Self, DbErr> {
//!             if let Some(name) = self.name.take() {
//!                 self.name = Set(name.trim().to_owned());
//!             }
//!             hooks::before_save(self, db, insert).await
//!         }
//!
//!         async fn after_save<C: ConnectionTrait>(cake: Model, db: &C, insert: bool) -> Result<Model, DbErr> {
//!             hooks::after_save::<Self, C>(cake, db, insert).await
//!         }
//!
//!         async fn before_delete<C: ConnectionTrait>(self, db: &C) -> Result<Self, DbErr> {
//!             hooks::before_delete(self, db).await
//!         }
//!
//!         async fn after_delete<C: ConnectionTrait>(self, db: &C) -> Result<Self, DbErr> {
//!             hooks::after_delete(self, db).await
//!         }
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! # What it costs
//! Beside what SeaORM sends: one statement for an insert (the record), two for an update or a delete (the
//! row before, locked in a transaction, and the record). None for an update that sets nothing.
//!
//! # What they do not see
//! SeaORM calls hooks for `insert`, `update`, `save` and `delete` of an active model or model, and nothing
//! else: not for `insert_many`, `update_many`, `delete_many`, `Entity::insert`, upserts, raw SQL or cascades.
//! `update_without_returning` calls `before_save` only, so that it is not recorded either.
//!
//! # Backends
//! In a transaction the row stays locked from the read to the end: `FOR NO KEY UPDATE` (an update) or `FOR
//! UPDATE` (a delete) on PostgreSQL, `FOR UPDATE` on MySQL and MariaDB, the database's write lock on SQLite.
//! On a bare pool nothing can be locked: another writer may come between the read and the write, and a crash
//! between the write and the record. On MySQL and MariaDB, which do not return the row they wrote, SeaORM reads
//! it back in a statement of its own, so that there another writer may come after the write too.
//! [`audited_update`](crate::AuditedActiveModelExt) has none of these gaps.

use audit_core::{Action, AuditConfig, AuditContext, diff};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DbErr, EntityTrait, IdenStatic, Iterable,
    PrimaryKeyToColumn, Value,
};

use crate::{
    Audited, Error, Result,
    before_image::{self, Intent},
    connection_kind::ConnectionKind,
    encoding::{Captured, EncodingError},
    object,
    pending::{self, Image, Kept, Slot},
    recorded::Recorded,
    writer::{self, Record},
};

/// The recording of one write: made where the write is to be recorded at all.
struct Recording<E: EntityTrait> {
    action: Action,
    entity: &'static Recorded<E>,
    config: std::sync::Arc<AuditConfig>,
}

/// What came of reading the row before the write.
enum Read<M> {
    Row(M),
    NoRow,
    /// It failed, and the configuration says to go on; the loss is counted.
    Failed,
}

impl<E: Audited> Recording<E> {
    /// `None` where nothing is to be recorded: unaudited, a migration's write, disabled, skipped, or the
    /// business of triggers.
    fn of<C: ConnectionTrait>(action: Action) -> Result<Option<Self>> {
        let entity = Recorded::<E>::get();
        let is_migration = ConnectionKind::of::<C>() == ConnectionKind::Migration;
        if is_migration || AuditContext::is_unaudited() || !entity.by_hooks() {
            return Ok(None);
        }
        let config = AuditConfig::current()?;
        let is_skipped = config.skips_action(action.as_str()) || config.skips_model(entity.table());
        if !config.is_enabled() || is_skipped {
            return Ok(None);
        }
        Ok(Some(Self {
            action,
            entity,
            config,
        }))
    }

    fn event(&self, object_id: Option<&str>) -> String {
        writer::event(self.action.as_str(), Some(self.entity.table()), object_id)
    }

    /// Counts and traces a change whose values before are not known.
    fn note_loss(&self, cause: &str) {
        writer::note_loss(&self.event(None), cause);
    }

    fn check_transaction<C: ConnectionTrait>(&self) -> Result<()> {
        if self.config.requires_transaction() && ConnectionKind::of::<C>().is_autocommit() {
            let event = self.event(None);
            return Err(Error::TransactionRequired { event });
        }
        Ok(())
    }

    fn id_text(&self, key: &[Value]) -> Result<String> {
        object::id_text(key).map_err(|source| self.encoding_error(source))
    }

    fn encoding_error(&self, source: EncodingError) -> Error {
        let event = self.event(None);
        Error::Encoding { event, source }
    }

    /// The JSON object of the chosen columns of a state.
    fn json(
        &self,
        values: &[Captured],
        positions: impl IntoIterator<Item = usize>,
    ) -> Result<String> {
        diff::object(self.entity.fields(), values, positions)
            .map_err(|error| self.encoding_error(EncodingError::Unsupported(error.to_string())))
    }

    fn image(&self, values: &[Captured]) -> Result<String> {
        self.json(values, 0..values.len())
    }

    fn record_of(&self, model: &E::Model) -> Result<Record> {
        Ok(Record {
            action: self.action.as_str().to_owned(),
            table_name: Some(self.entity.table().to_owned()),
            object_id: Some(self.id_text(&object::model_key::<E>(model, self.entity.keys()))?),
            object_repr: Some(E::object_repr(model)),
            ..Record::default()
        })
    }

    /// Reads the row as it is before the write. A failure is settled as one of the record's would be.
    async fn read<C: ConnectionTrait>(
        &self,
        db: &C,
        key: Vec<Value>,
        intent: Intent,
    ) -> Result<Read<E::Model>> {
        let event = self.event(object::id_text(&key).ok().as_deref());
        match before_image::read::<E, C>(db, key, intent).await {
            Ok(Some(row)) => Ok(Read::Row(row)),
            Ok(None) => Ok(Read::NoRow),
            Err(source) => {
                let failed = Err(Error::Read { event, source });
                writer::settle::<C>(&self.config, failed).map(|()| Read::Failed)
            }
        }
    }

    async fn write<C: ConnectionTrait>(
        &self,
        db: &C,
        record: Result<Option<Record>>,
    ) -> Result<()> {
        match record {
            Ok(Some(record)) => {
                writer::write(db, &self.config, record, &AuditContext::current()).await
            }
            Ok(None) => Ok(()),
            Err(error) => writer::settle::<C>(&self.config, Err(error)),
        }
    }
}

/// Call this last in `ActiveModelBehavior::before_save`.
///
/// # Errors
/// Where the row's state cannot be read or a required transaction is missing; see [`Error`].
pub async fn before_save<A, C>(active_model: A, db: &C, insert: bool) -> Result<A, DbErr>
where
    A: ActiveModelTrait + Send,
    A::Entity: Audited,
    C: ConnectionTrait,
{
    let action = if insert {
        Action::Create
    } else {
        Action::Update
    };
    let Some(recording) = Recording::<A::Entity>::of::<C>(action)? else {
        return Ok(active_model);
    };
    recording.check_transaction::<C>()?;
    if !insert {
        keep_before_image(&recording, &active_model, db).await?;
    }
    Ok(active_model)
}

async fn keep_before_image<A, C>(
    recording: &Recording<A::Entity>,
    active_model: &A,
    db: &C,
) -> Result<()>
where
    A: ActiveModelTrait + Send,
    A::Entity: Audited,
    C: ConnectionTrait,
{
    // Without its whole key SeaORM refuses the update.
    let Some(key) = active_model.get_primary_key_value() else {
        return Ok(());
    };
    let key: Vec<Value> = key.into_iter().collect();
    let slot = |id| Slot::new::<A::Entity, C>(db, Intent::Update, id);
    if !sets_anything(active_model) {
        pending::keep(slot(recording.id_text(&key)?), Kept::NothingToRecord);
        return Ok(());
    }
    let asked = recording.id_text(&key)?;
    let (id, kept) = match recording.read(db, key, Intent::Update).await? {
        Read::Row(row) => {
            // The row's own key: the database may spell it otherwise than the application does.
            let id = recording.id_text(&object::model_key::<A::Entity>(
                &row,
                recording.entity.keys(),
            ))?;
            let before = recording.entity.capture(&row);
            let set = set_values(recording.entity, active_model);
            (id, Kept::Image(Image { before, set }))
        }
        Read::NoRow => (asked, Kept::NoRow),
        Read::Failed => (asked, Kept::NothingToRecord),
    };
    pending::keep(slot(id), kept);
    Ok(())
}

/// What an update will set of the recorded columns, by position.
fn set_values<A>(entity: &Recorded<A::Entity>, active_model: &A) -> Vec<(usize, Captured)>
where
    A: ActiveModelTrait,
{
    let columns = entity.columns().iter().enumerate();
    columns
        .filter_map(|(position, column)| match active_model.get(*column) {
            ActiveValue::Set(value) => Some((position, Captured(value))),
            ActiveValue::Unchanged(_) | ActiveValue::NotSet => None,
        })
        .collect()
}

/// Whether SeaORM will send an `UPDATE` at all: it sends none where nothing but the key is set.
fn sets_anything<A: ActiveModelTrait>(active_model: &A) -> bool {
    type Key<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::PrimaryKey;
    type Column<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;
    let is_key = |column: &Column<A>| {
        <Key<A> as Iterable>::iter().any(|key| key.into_column().as_str() == column.as_str())
    };
    <Column<A> as Iterable>::iter()
        .any(|column| !is_key(&column) && matches!(active_model.get(column), ActiveValue::Set(_)))
}

/// Call this first in `ActiveModelBehavior::after_save`.
///
/// # Errors
/// Where the record cannot be written; see [`Error`].
pub async fn after_save<A, C>(
    model: <A::Entity as EntityTrait>::Model,
    db: &C,
    insert: bool,
) -> Result<<A::Entity as EntityTrait>::Model, DbErr>
where
    A: ActiveModelTrait,
    A::Entity: Audited,
    <A::Entity as EntityTrait>::Model: Sync,
    C: ConnectionTrait,
{
    let action = if insert {
        Action::Create
    } else {
        Action::Update
    };
    let Some(recording) = Recording::<A::Entity>::of::<C>(action)? else {
        return Ok(model);
    };
    let record = if insert {
        created(&recording, &model)
    } else {
        updated(&recording, &model, db)
    };
    recording.write(db, record).await?;
    Ok(model)
}

fn created<E: Audited>(recording: &Recording<E>, model: &E::Model) -> Result<Option<Record>> {
    let after = recording.entity.capture(model);
    Ok(Some(Record {
        new_values: Some(recording.image(&after)?),
        ..recording.record_of(model)?
    }))
}

fn updated<E: Audited, C: ConnectionTrait>(
    recording: &Recording<E>,
    model: &E::Model,
    db: &C,
) -> Result<Option<Record>> {
    let id = recording.id_text(&object::model_key::<E>(model, recording.entity.keys()))?;
    let after = recording.entity.capture(model);
    let slot = Slot::new::<E, C>(db, Intent::Update, id);
    let in_transaction = ConnectionKind::of::<C>().is_transaction();
    let before = match pending::take(&slot, &after, in_transaction) {
        Some(Kept::Image(image)) => image.before,
        Some(Kept::NothingToRecord | Kept::Record(_)) => return Ok(None),
        Some(Kept::NoRow) => {
            recording.note_loss("the row was inserted between the hook's read and the update");
            return Ok(None);
        }
        None => {
            recording.note_loss("`after_save` came without its `before_save`");
            return Ok(None);
        }
    };
    let changed = diff::changed(&before, &after);
    if changed.is_empty() {
        return Ok(None);
    }
    Ok(Some(Record {
        old_values: Some(recording.json(&before, changed.iter().copied())?),
        new_values: Some(recording.json(&after, changed)?),
        ..recording.record_of(model)?
    }))
}

/// Call this last in `ActiveModelBehavior::before_delete`.
///
/// # Errors
/// Where the row's state cannot be read or a required transaction is missing; see [`Error`].
pub async fn before_delete<A, C>(active_model: A, db: &C) -> Result<A, DbErr>
where
    A: ActiveModelTrait + Send + Sync,
    A::Entity: Audited,
    <A::Entity as EntityTrait>::Model: Sync,
    C: ConnectionTrait,
{
    let Some(recording) = Recording::<A::Entity>::of::<C>(Action::Delete)? else {
        return Ok(active_model);
    };
    recording.check_transaction::<C>()?;
    if let Some(key) = active_model.get_primary_key_value() {
        let key: Vec<Value> = key.into_iter().collect();
        let slot = Slot::new::<A::Entity, C>(db, Intent::Delete, recording.id_text(&key)?);
        let kept = match recording.read(db, key, Intent::Delete).await? {
            Read::Row(row) => match deleted(&recording, &row) {
                Ok(record) => Kept::Record(Box::new(record)),
                Err(error) => {
                    writer::settle::<C>(&recording.config, Err(error))?;
                    Kept::NothingToRecord
                }
            },
            // Kept too, so that what an earlier, failed delete left here is not taken for this one's.
            Read::NoRow | Read::Failed => Kept::NothingToRecord,
        };
        pending::keep(slot, kept);
    }
    Ok(active_model)
}

/// Call this first in `ActiveModelBehavior::after_delete`.
///
/// # Errors
/// Where the record cannot be written; see [`Error`].
pub async fn after_delete<A, C>(active_model: A, db: &C) -> Result<A, DbErr>
where
    A: ActiveModelTrait + Send,
    A::Entity: Audited,
    C: ConnectionTrait,
{
    let Some(recording) = Recording::<A::Entity>::of::<C>(Action::Delete)? else {
        return Ok(active_model);
    };
    if let Some(key) = active_model.get_primary_key_value() {
        let key: Vec<Value> = key.into_iter().collect();
        let slot = Slot::new::<A::Entity, C>(db, Intent::Delete, recording.id_text(&key)?);
        if let Some(Kept::Record(record)) = pending::take(&slot, &[], false) {
            recording.write(db, Ok(Some(*record))).await?;
        }
    }
    Ok(active_model)
}

fn deleted<E: Audited>(recording: &Recording<E>, model: &E::Model) -> Result<Record> {
    let before = recording.entity.capture(model);
    Ok(Record {
        old_values: Some(recording.image(&before)?),
        ..recording.record_of(model)?
    })
}
