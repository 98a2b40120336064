mod deleting;

use std::sync::Arc;

use audit_core::{Action, AuditConfig, AuditContext, OnFailure, diff};
use sea_orm::{DbErr, Value};

use crate::{
    Audited, Error, Result,
    audited::{intent::Intent, object, recorded::Recorded},
    connection::{AnyConnection, context_of},
    hooks::{
        before_image::{self, Found, Row, Wanted},
        entity::{HookedEntity, State, Write},
        pending::{self, Image, Kept, Slot},
    },
    record::{
        self, Record,
        encoding::{Captured, EncodingError},
    },
    tripwire, write,
};

/// The recording of one write: made where the write is to be recorded at all.
pub(super) struct Recording {
    action: Action,
    entity: &'static dyn HookedEntity,
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

impl Recording {
    /// `None` where nothing is to be recorded: unaudited, on a mock connection, whose statements a test has
    /// counted, disabled, skipped, or the business of triggers.
    pub(super) fn of<E: Audited>(db: &AnyConnection<'_>, action: Action) -> Result<Option<Self>> {
        Self::of_entity(Recorded::<E>::get(), db, action)
    }

    fn of_entity(
        entity: &'static dyn HookedEntity,
        db: &AnyConnection<'_>,
        action: Action,
    ) -> Result<Option<Self>> {
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
        tripwire::expect(self.entity.table_name(), &self.action);
    }

    fn event(&self, object_id: Option<&str>) -> String {
        record::event(self.action.as_str(), Some(self.entity.table()), object_id)
    }

    /// Refuses a write that must not, or could not, be recorded, before it is made.
    pub(super) async fn check(&self, db: &AnyConnection<'_>) -> Result<()> {
        let kind = db.kind();
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

    fn record(&self, id: String) -> Record {
        Record {
            action: self.action.clone().into(),
            table_name: Some(self.entity.table().into()),
            object_id: Some(id),
            ..Record::default()
        }
    }

    /// What comes before an insert or an update.
    pub(super) async fn before_save(
        &self,
        update: Option<Write>,
        db: &AnyConnection<'_>,
    ) -> Result<()> {
        self.check(db).await?;
        match update {
            Some(update) => self.keep_before_update(update, db).await?,
            None => self.announce(),
        }
        Ok(())
    }

    /// The record of a row that was inserted or updated; `None` where nothing recorded changed.
    pub(super) fn saved(
        &self,
        after: &State,
        repr: &dyn Fn() -> String,
        insert: bool,
        db: &AnyConnection<'_>,
    ) -> Result<Option<Record>> {
        let record = if insert {
            Some(self.created(after)?)
        } else {
            self.updated(after, db)?
        };
        Ok(record.map(|record| Record {
            object_repr: Some(repr()),
            ..record
        }))
    }

    fn created(&self, after: &State) -> Result<Record> {
        Ok(Record {
            new_values: Some(self.image(&after.values)?),
            ..self.record(self.id_text(&after.key)?)
        })
    }

    fn updated(&self, after: &State, db: &AnyConnection<'_>) -> Result<Option<Record>> {
        let after_values = &after.values;
        let slot = self.slot(Intent::Update, self.id_text(&after.key)?, db);
        let before = match self.take_before_image(db, &slot, after_values)? {
            Before::Known(before) => before,
            Before::Unknown => {
                let new_values = Some(self.image(after_values)?);
                let record = self.record(slot.into_object_id());
                return Ok(Some(Record {
                    new_values,
                    ..record
                }));
            }
            Before::Unrecorded => return Ok(None),
        };
        let changed = diff::changed(&before, after_values);
        if changed.is_empty() {
            return Ok(None);
        }
        Ok(Some(Record {
            old_values: Some(self.json(&before, changed.iter().copied())?),
            new_values: Some(self.json(after_values, changed)?),
            ..self.record(slot.into_object_id())
        }))
    }

    fn slot(&self, intent: Intent, object_id: String, db: &AnyConnection<'_>) -> Slot {
        Slot::new(db.address(), self.entity.type_id(), intent, object_id)
    }

    /// Reads the row before an update, and keeps it until `after_save`.
    async fn keep_before_update(&self, update: Write, db: &AnyConnection<'_>) -> Result<()> {
        let Some(key) = update.key else {
            return Ok(());
        };
        let asked = self.id_text(&key)?;
        let Some(sets) = update.sets else {
            let slot = self.slot(Intent::Update, asked, db);
            pending::keep(slot, Kept::NothingToRecord);
            return Ok(());
        };
        let set = update.set;
        let (id, kept) = match self.read(db, key, &asked, Some(sets)).await? {
            Some(Found { row: Some(row), .. }) => {
                let (id, before) = self.before(row, asked)?;
                (id, Kept::Image(Image { before, set }))
            }
            Some(Found { row: None, .. }) => (asked, Kept::NoRow),
            None => (asked, Kept::NothingToRecord),
        };
        pending::keep(self.slot(Intent::Update, id, db), kept);
        self.announce();
        Ok(())
    }

    /// The key and the state of a row: its own key, as the database may spell it otherwise than the application does.
    fn before(&self, row: Row, asked: String) -> Result<(String, Vec<Captured>)> {
        match row {
            Row::Whole(state) => Ok((self.id_text(&state.key)?, state.values)),
            Row::Parts(before) => Ok((asked, before)),
        }
    }

    /// Takes what was kept for the update that left the row as `after`.
    ///
    /// Unknown where this hook was called by itself, as seaography does, where many large updates that waited had
    /// the image removed, and where a trigger changed the key. A record of the new values alone is more than none.
    fn take_before_image(
        &self,
        db: &AnyConnection<'_>,
        slot: &Slot,
        after: &[Captured],
    ) -> Result<Before> {
        let in_transaction = db.kind().is_transaction();
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

    fn reading(&self, id: Option<&str>, source: DbErr) -> Error {
        Error::reading(self.event(id), self.entity.table(), source)
    }

    /// Reads the row as it is before the write. A failure is settled as one of the record's would be: `None` where it
    /// is counted, and the write goes on.
    async fn read(
        &self,
        db: &AnyConnection<'_>,
        key: Vec<Value>,
        id: &str,
        sets: Option<&'static str>,
    ) -> Result<Option<Found>> {
        let intent = sets.map_or(Intent::Delete, |_| Intent::Update);
        let entity = self.entity;
        let wanted = Wanted {
            entity,
            key,
            intent,
            sets,
        };
        let failed = match before_image::read(db, &wanted).await {
            Ok(found) => return Ok(Some(found)),
            Err(source) => self.reading(Some(id), source),
        };
        let settled = write::settle(db, &self.config, Err(failed)).await;
        settled.map(|()| None)
    }

    pub(super) async fn write(
        &self,
        db: &AnyConnection<'_>,
        record: Result<Option<Record>>,
    ) -> Result<()> {
        match record {
            Ok(Some(record)) => write::write(db, &self.config, record, &context_of(db)).await,
            Ok(None) => Ok(()),
            Err(error) => write::settle(db, &self.config, Err(error)).await,
        }
    }
}
