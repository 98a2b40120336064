use std::sync::Arc;

use audit_core::{Action, AuditConfig, AuditContext, diff};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DbBackend, DbErr, EntityTrait, Value,
};

use crate::{
    Audited, Error, Result,
    before_image::{self, Intent},
    connection::context_of,
    connection_kind::ConnectionKind,
    encoding::{Captured, EncodingError},
    object,
    pending::{self, Image, Kept, Slot},
    recorded::Recorded,
    tripwire,
    writer::{self, Record},
};

/// The recording of one write: made where the write is to be recorded at all.
pub(super) struct Recording<E: EntityTrait> {
    action: Action,
    entity: &'static Recorded<E>,
    config: Arc<AuditConfig>,
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
    pub(super) fn of<C: ConnectionTrait>(action: Action) -> Result<Option<Self>> {
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

    /// Tells the tripwire that a write follows, and that it is captured.
    pub(super) fn announce(&self) {
        tripwire::expect::<E>(&self.action);
    }

    fn event(&self, object_id: Option<&str>) -> String {
        writer::event(self.action.as_str(), Some(self.entity.table()), object_id)
    }

    pub(super) fn check_transaction<C: ConnectionTrait>(&self) -> Result<()> {
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

    /// The key of a row, as text.
    fn id_of(&self, model: &E::Model) -> Result<String> {
        self.id_text(&object::model_key::<E>(model, self.entity.keys()))
    }

    fn record_of(&self, model: &E::Model, id: String) -> Record {
        Record {
            action: self.action.clone().into(),
            table_name: Some(self.entity.table().into()),
            object_id: Some(id),
            object_repr: Some(E::object_repr(model)),
            ..Record::default()
        }
    }

    /// The record of a row that was inserted.
    pub(super) fn created(&self, model: &E::Model) -> Result<Option<Record>> {
        let after = self.entity.capture(model);
        Ok(Some(Record {
            new_values: Some(self.image(&after)?),
            ..self.record_of(model, self.id_of(model)?)
        }))
    }

    /// The record of a row that was updated; `None` where nothing recorded changed.
    pub(super) fn updated<C: ConnectionTrait>(
        &self,
        model: &E::Model,
        db: &C,
    ) -> Result<Option<Record>> {
        let after = self.entity.capture(model);
        let id = self.id_of(model)?;
        let slot = Slot::new::<E, C>(db, Intent::Update, id);
        let Some(before) = self.take_before_image::<C>(&slot, &after)? else {
            return Ok(None);
        };
        let changed = diff::changed(&before, &after);
        if changed.is_empty() {
            return Ok(None);
        }
        Ok(Some(Record {
            old_values: Some(self.json(&before, changed.iter().copied())?),
            new_values: Some(self.json(&after, changed)?),
            ..self.record_of(model, slot.into_object_id())
        }))
    }

    /// The record of a row that is going to be deleted.
    fn deleted(&self, model: &E::Model) -> Result<Record> {
        let before = self.entity.capture(model);
        Ok(Record {
            old_values: Some(self.image(&before)?),
            ..self.record_of(model, self.id_of(model)?)
        })
    }

    /// Reads the row before an update, and keeps it until `after_save`.
    pub(super) async fn keep_before_update<A, C>(&self, active_model: &A, db: &C) -> Result<()>
    where
        A: ActiveModelTrait<Entity = E> + Sync,
        C: ConnectionTrait,
    {
        let Some(key) = key_of(active_model) else {
            return Ok(());
        };
        let asked = self.id_text(&key)?;
        let slot = |id| Slot::new::<E, C>(db, Intent::Update, id);
        if !self.sets_anything(active_model) {
            pending::keep(slot(asked), Kept::NothingToRecord);
            return Ok(());
        }
        let set = self.set_values(active_model);
        let (id, kept) = match self.read(db, key, &asked, Intent::Update).await? {
            Read::Row(row) => {
                // The row's own key: the database may spell it otherwise than the application does.
                let id = self.id_of(&row)?;
                let before = self.entity.capture(&row);
                (id, Kept::Image(Image { before, set }))
            }
            Read::NoRow => (asked, Kept::NoRow),
            Read::Failed => (asked, Kept::NothingToRecord),
        };
        pending::keep(slot(id), kept);
        self.announce();
        Ok(())
    }

    /// Whether SeaORM will send an `UPDATE` at all: it sends none where nothing but the key is set.
    fn sets_anything<A: ActiveModelTrait<Entity = E>>(&self, active_model: &A) -> bool {
        let mut others = self.entity.others().iter();
        others.any(|column| matches!(active_model.get(*column), ActiveValue::Set(_)))
    }

    /// Takes what was kept for the update that left the row as `after`; `None` where it is not recorded.
    fn take_before_image<C: ConnectionTrait>(
        &self,
        slot: &Slot,
        after: &[Captured],
    ) -> Result<Option<Vec<Captured>>> {
        let in_transaction = ConnectionKind::of::<C>().is_transaction();
        let unknown = match pending::take(slot, after, in_transaction) {
            Some(Kept::Image(image)) => return Ok(Some(image.before)),
            Some(Kept::NoRow) => return Err(self.came_between()),
            Some(_) => return Ok(None),
            None => "`after_save` came without its `before_save`",
        };
        writer::note_loss(&self.event(None), unknown);
        Ok(None)
    }

    /// Reads the row before a delete, and keeps its record until `after_delete`.
    pub(super) async fn keep_before_delete<A, C>(&self, active_model: &A, db: &C) -> Result<()>
    where
        A: ActiveModelTrait<Entity = E> + Sync,
        C: ConnectionTrait,
    {
        let Some(key) = key_of(active_model) else {
            return Ok(());
        };
        let asked = self.id_text(&key)?;
        let kept = match self.read(db, key, &asked, Intent::Delete).await? {
            Read::Row(row) => match self.deleted(&row) {
                Ok(record) => Kept::Record(Box::new(record)),
                Err(error) => {
                    writer::settle::<C>(&self.config, Err(error))?;
                    Kept::NothingToRecord
                }
            },
            // Kept too, so that what an earlier, failed delete left here is not taken for this one's.
            Read::NoRow | Read::Failed => Kept::NothingToRecord,
        };
        pending::keep(Slot::new::<E, C>(db, Intent::Delete, asked), kept);
        self.announce();
        Ok(())
    }

    /// Takes the record of a delete that succeeded; `None` where there was no row.
    pub(super) fn take_deleted<A, C>(&self, active_model: &A, db: &C) -> Result<Option<Record>>
    where
        A: ActiveModelTrait<Entity = E>,
        C: ConnectionTrait,
    {
        let Some(key) = key_of(active_model) else {
            return Ok(None);
        };
        let slot = Slot::new::<E, C>(db, Intent::Delete, self.id_text(&key)?);
        match pending::take(&slot, &[], false) {
            Some(Kept::Record(record)) => Ok(Some(*record)),
            _ => Ok(None),
        }
    }

    /// Another transaction inserted the row after the hook had looked for it: no lock holds what is not there.
    fn came_between(&self) -> Error {
        let cause = "the row was inserted between the hook's read and the write: try again";
        Error::Read {
            event: self.event(None),
            source: DbErr::Custom(cause.to_owned()),
        }
    }

    /// What an update will set of the recorded columns, by position.
    fn set_values<A: ActiveModelTrait<Entity = E>>(
        &self,
        active_model: &A,
    ) -> Vec<(usize, Captured)> {
        let columns = self.entity.columns().iter().enumerate();
        columns
            .filter_map(|(position, column)| match active_model.get(*column) {
                ActiveValue::Set(value) => Some((position, Captured(value))),
                ActiveValue::Unchanged(_) | ActiveValue::NotSet => None,
            })
            .collect()
    }

    /// Reads the row as it is before the write. A failure is settled as one of the record's would be.
    async fn read<C: ConnectionTrait>(
        &self,
        db: &C,
        key: Vec<Value>,
        id: &str,
        intent: Intent,
    ) -> Result<Read<E::Model>> {
        match before_image::read::<E, C>(db, key, intent).await {
            Ok(Some(row)) => Ok(Read::Row(row)),
            Ok(None) => Ok(Read::NoRow),
            Err(source) => {
                let event = self.event(Some(id));
                let failed = Error::Read { event, source };
                // PostgreSQL refuses whatever follows in that transaction, the write first of all.
                let is_over = db.get_database_backend() == DbBackend::Postgres
                    && !ConnectionKind::of::<C>().is_autocommit();
                if is_over {
                    return Err(failed);
                }
                writer::settle::<C>(&self.config, Err(failed)).map(|()| Read::Failed)
            }
        }
    }

    pub(super) async fn write<C: ConnectionTrait>(
        &self,
        db: &C,
        record: Result<Option<Record>>,
    ) -> Result<()> {
        match record {
            Ok(Some(record)) => writer::write(db, &self.config, record, &context_of(db)).await,
            Ok(None) => Ok(()),
            Err(error) => writer::settle::<C>(&self.config, Err(error)),
        }
    }
}

/// The key, where it is whole: SeaORM refuses the write otherwise.
fn key_of<A: ActiveModelTrait>(active_model: &A) -> Option<Vec<Value>> {
    Some(active_model.get_primary_key_value()?.into_iter().collect())
}
