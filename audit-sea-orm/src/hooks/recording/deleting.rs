//! Deletes: SeaORM tells a hook not whether one hit, and triggers, rules and policies may keep the row without an error.

use sea_orm::{DbBackend, Value};

use super::Recording;
use crate::{
    Result,
    audited::intent::Intent,
    connection::{AnyConnection, AwaitedHit, context_of},
    hooks::{
        before_image::{self, Row},
        pending::{self, Deletion, Kept},
    },
    record::{Condition, Record},
    write,
};

/// What is known of whether a delete hit.
enum Proof {
    /// It did, or nobody can tell: to lose a record would be worse than one too many.
    Sure,
    /// It did where that holds.
    Where(Condition),
    /// It did where that holds, or the row is gone. SQLite counts no rows of views, whatever their triggers do.
    WhereOrGone(Condition),
    /// The database counted no row: it did where the row is gone nevertheless, behind a view or a rule.
    Gone,
}

impl Recording {
    /// Reads the row before a delete, and keeps its record until `after_delete`.
    pub(in crate::hooks) async fn before_delete(
        &self,
        key: Option<Vec<Value>>,
        db: &AnyConnection<'_>,
    ) -> Result<()> {
        self.check(db).await?;
        let Some(key) = key else {
            return Ok(());
        };
        let asked = self.id_text(&key)?;
        // Kept though nothing is found, so that what an earlier, failed delete left is not taken for this one's.
        let mut deletion = Deletion {
            hit: Some(AwaitedHit::of(db, self.entity.table_name(), key.clone())),
            ..Deletion::default()
        };
        if let Some(found) = self.read(db, key, &asked, None).await? {
            deletion.counted = found.counted;
            let record = found.row.map(|row| self.deleted(row, asked.clone()));
            match record.transpose() {
                Ok(record) => deletion.record = record.map(Box::new),
                Err(error) => write::settle(db, &self.config, Err(error)).await?,
            }
        }
        let slot = self.slot(Intent::Delete, asked, db);
        pending::keep(slot, Kept::Deletion(deletion));
        self.announce();
        Ok(())
    }

    /// The record of a row that is going to be deleted, by the key that was asked for where its own is not known.
    fn deleted(&self, row: Row, asked: String) -> Result<Record> {
        let (before, record) = match row {
            Row::Whole(state) => {
                let record = Record {
                    object_repr: state.repr,
                    ..self.record(self.id_text(&state.key)?)
                };
                (state.values, record)
            }
            Row::Parts(before) => (before, self.record(asked)),
        };
        Ok(Record {
            old_values: Some(self.image(&before)?),
            ..record
        })
    }

    /// Writes the record of a delete that succeeded, where it hit a row.
    pub(in crate::hooks) async fn write_deleted(
        &self,
        key: Option<Vec<Value>>,
        db: &AnyConnection<'_>,
    ) -> Result<()> {
        let Some(key) = key else {
            return Ok(());
        };
        let (record, proof) = match self.take_deleted(&key, db).await {
            Ok(Some(taken)) => taken,
            Ok(None) => return Ok(()),
            Err(error) => return write::settle(db, &self.config, Err(error)).await,
        };
        let context = context_of(db);
        let write = async |record, condition| {
            write::write_if(db, &self.config, record, &context, condition).await
        };
        let is_written = match proof {
            Proof::Sure => write(record, None).await?,
            Proof::Where(condition) => write(record, Some(condition)).await?,
            Proof::WhereOrGone(condition) => {
                write(record.clone(), Some(condition)).await?
                    || (self.is_gone(db, key).await? && write(record, None).await?)
            }
            Proof::Gone => self.is_gone(db, key).await? && write(record, None).await?,
        };
        if !is_written {
            tracing::debug!(table = self.entity.table(), "the delete hit no row");
        }
        Ok(())
    }

    /// Takes the record of a delete; `None` where there was no row.
    async fn take_deleted(
        &self,
        key: &[Value],
        db: &AnyConnection<'_>,
    ) -> Result<Option<(Record, Proof)>> {
        let id = self.id_text(key)?;
        let slot = self.slot(Intent::Delete, id.clone(), db);
        let Some(Kept::Deletion(kept)) = pending::take(&slot, &[], false) else {
            return Ok(Some((self.record(id), Proof::Sure)));
        };
        if kept.record.is_none() {
            if let Some(before) = &kept.counted {
                let since = before_image::deleted_since(self.entity, db, before).await;
                if since.map_err(|source| self.reading(None, source))? == Some(true) {
                    return Err(self.came_between());
                }
            }
            return Ok(None);
        }
        let proof = proof(db, &kept);
        Ok(kept.record.map(|record| *record).zip(proof))
    }

    /// Whether no row has that key; what fails is settled as the record's failure would be.
    async fn is_gone(&self, db: &AnyConnection<'_>, key: Vec<Value>) -> Result<bool> {
        let failed = match before_image::is_there(self.entity, db, key).await {
            Ok(is_there) => return Ok(!is_there),
            Err(source) => self.reading(None, source),
        };
        let settled = write::settle(db, &self.config, Err(failed)).await;
        settled.map(|()| false)
    }
}

/// How it is known whether a delete hit; `None` where it did not.
fn proof(db: &AnyConnection<'_>, kept: &Deletion) -> Option<Proof> {
    let backend = db.get_database_backend();
    let hit = kept.hit.as_ref().and_then(AwaitedHit::rows);
    match (hit, &kept.counted) {
        // Nothing of MySQL's or MariaDB's does what a delete does in its place.
        (Some(0), _) if backend == DbBackend::MySql => None,
        (Some(0), _) => Some(Proof::Gone),
        (None, Some(counted)) => Some(Proof::Where(counted.has_grown())),
        // What the last statement of that connection changed, without what its triggers did.
        (None, None) if backend == DbBackend::Sqlite && is_transaction(db) => {
            let has_changed = Condition::new("changes() > 0", Vec::new());
            Some(Proof::WhereOrGone(has_changed))
        }
        (Some(_), _) | (None, None) => Some(Proof::Sure),
    }
}

fn is_transaction(db: &AnyConnection<'_>) -> bool {
    db.kind().is_transaction()
}
