mod deleting;

use std::sync::Arc;

use audit_core::{Action, AuditConfig, AuditContext, OnFailure, diff};
use sea_orm::{ActiveModelTrait, ActiveValue, ConnectionTrait, DbErr, EntityTrait, Value};

use crate::{
    Audited, Error, Result,
    audited::{intent::Intent, object, recorded::Recorded},
    connection::{ConnectionKind, context_of},
    hooks::{
        before_image::{self, Found, Row, Wanted},
        pending::{self, Image, Kept, Slot},
    },
    record::{
        self, Record,
        encoding::{Captured, EncodingError},
    },
    tripwire, write,
};

/// The recording of one write: made where the write is to be recorded at all.
pub(super) struct Recording<E: EntityTrait> {
    action: Action,
    entity: &'static Recorded<E>,
    config: Arc<AuditConfig>,
}

/// The state of a row before the update that has ended.
enum Before {
    Known(Vec<Captured>),
    /// Nobody read it, or what was read is not there any more.
    Unknown,
    /// It is not asked for: the update leaves no record.
    Unrecorded,
}

impl<E: Audited> Recording<E> {
    /// `None` where nothing is to be recorded: unaudited, on a mock connection, whose statements a test has
    /// counted, disabled, skipped, or the business of triggers.
    pub(super) fn of<C: ConnectionTrait>(db: &C, action: Action) -> Result<Option<Self>> {
        let entity = Recorded::<E>::get();
        if AuditContext::is_unaudited() || !entity.by_hooks() || db.is_mock_connection() {
            return Ok(None);
        }
        let config = AuditConfig::current()?;
        let is_skipped = config.skips_action(action.as_str()) || config.skips_model(entity.table());
        if !config.get_enabled() || is_skipped {
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
        record::event(self.action.as_str(), Some(self.entity.table()), object_id)
    }

    /// Refuses a write that must not, or could not, be recorded, before it is made.
    pub(super) async fn check<C: ConnectionTrait>(&self, db: &C) -> Result<()> {
        let kind = ConnectionKind::of_value(db);
        let event = || self.event(None);
        if self.config.get_require_transaction() && kind.is_autocommit() {
            return Err(Error::TransactionRequired { event: event() });
        }
        // In a transaction the record's own refusal takes the change along.
        let may_be_refused = kind.is_autocommit() && !kind.allows_raw();
        if may_be_refused && self.config.get_on_failure() == OnFailure::Fail {
            let refused = |source| Error::writing(event(), source);
            write::try_nothing(db).await.map_err(refused)?;
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
            object_repr: Some(E::object_repr(model)),
            ..self.record(id)
        }
    }

    fn record(&self, id: String) -> Record {
        Record {
            action: self.action.clone().into(),
            table_name: Some(self.entity.table().into()),
            object_id: Some(id),
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
        let before = match self.take_before_image(db, &slot, &after)? {
            Before::Known(before) => before,
            Before::Unknown => {
                let new_values = Some(self.image(&after)?);
                let record = self.record_of(model, slot.into_object_id());
                return Ok(Some(Record {
                    new_values,
                    ..record
                }));
            }
            Before::Unrecorded => return Ok(None),
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
        let Some(sets) = self.first_set(active_model) else {
            // SeaORM sends no update where nothing but the key is set.
            pending::keep(slot(asked), Kept::NothingToRecord);
            return Ok(());
        };
        let set = self.set_values(active_model);
        let (id, kept) = match self.read(db, key, &asked, Some(sets)).await? {
            Some(Found { row: Some(row), .. }) => {
                let (id, before) = self.before(row, asked)?;
                (id, Kept::Image(Image { before, set }))
            }
            Some(Found { row: None, .. }) => (asked, Kept::NoRow),
            None => (asked, Kept::NothingToRecord),
        };
        pending::keep(slot(id), kept);
        self.announce();
        Ok(())
    }

    /// The key and the state of a row: its own key, as the database may spell it otherwise than the application does.
    fn before(&self, row: Row<E>, asked: String) -> Result<(String, Vec<Captured>)> {
        match row {
            Row::Model(model) => Ok((self.id_of(&model)?, self.entity.capture(&model))),
            Row::Parts(before) => Ok((asked, before)),
        }
    }

    /// A column that the update sets.
    fn first_set<A: ActiveModelTrait<Entity = E>>(&self, active_model: &A) -> Option<E::Column> {
        let mut others = self.entity.others().iter().copied();
        others.find(|column| matches!(active_model.get(*column), ActiveValue::Set(_)))
    }

    /// Takes what was kept for the update that left the row as `after`.
    ///
    /// Unknown where this hook was called by itself, as seaography does, where many large updates that waited had
    /// the image removed, and where a trigger changed the key. A record of the new values alone is more than none.
    fn take_before_image<C: ConnectionTrait>(
        &self,
        db: &C,
        slot: &Slot,
        after: &[Captured],
    ) -> Result<Before> {
        let in_transaction = ConnectionKind::of_value(db).is_transaction();
        match pending::take(slot, after, in_transaction) {
            Some(Kept::Image(image)) => Ok(Before::Known(image.before)),
            Some(Kept::NoRow) => Err(self.came_between()),
            Some(Kept::NothingToRecord | Kept::Deletion(_)) => Ok(Before::Unrecorded),
            None => Ok(Before::Unknown),
        }
    }

    /// Another transaction inserted the row after the hook had looked for it: no lock holds what is not there.
    fn came_between(&self) -> Error {
        let cause = "the row was inserted between the hook's read and the write: try again";
        self.reading(None, DbErr::Custom(cause.to_owned()))
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

    fn reading(&self, id: Option<&str>, source: DbErr) -> Error {
        Error::reading(self.event(id), self.entity.table(), source)
    }

    /// Reads the row as it is before the write. A failure is settled as one of the record's would be: `None` where it
    /// is counted, and the write goes on.
    async fn read<C: ConnectionTrait>(
        &self,
        db: &C,
        key: Vec<Value>,
        id: &str,
        set: Option<E::Column>,
    ) -> Result<Option<Found<E>>> {
        let intent = set.map_or(Intent::Delete, |_| Intent::Update);
        let wanted = Wanted { key, intent, set };
        let failed = match before_image::read::<E, C>(db, &wanted).await {
            Ok(found) => return Ok(Some(found)),
            Err(source) => self.reading(Some(id), source),
        };
        let settled = write::settle(db, &self.config, Err(failed)).await;
        settled.map(|()| None)
    }

    pub(super) async fn write<C: ConnectionTrait>(
        &self,
        db: &C,
        record: Result<Option<Record>>,
    ) -> Result<()> {
        match record {
            Ok(Some(record)) => write::write(db, &self.config, record, &context_of(db)).await,
            Ok(None) => Ok(()),
            Err(error) => write::settle(db, &self.config, Err(error)).await,
        }
    }
}

/// The key, where it is whole: SeaORM refuses the write otherwise.
fn key_of<A: ActiveModelTrait>(active_model: &A) -> Option<Vec<Value>> {
    Some(active_model.get_primary_key_value()?.into_iter().collect())
}
