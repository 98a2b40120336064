//! The same values through hooks, which must record what the triggers recorded.

use std::panic::AssertUnwindSafe;

use audit_sea_orm::{capture, encoding, prelude::*};
use futures_util::FutureExt as _;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    ModelTrait, Value, prelude::Json,
};

use super::walk::{Found, Walk, cut};

/// Where the rows are that hooks write, beside those that they are copies of.
const COPIES: i32 = 1_000;

impl<E> Walk<E>
where
    E: Audited + EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + Sync,
    E::ActiveModel: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send + Sync,
{
    /// Writes each value that SeaORM reads, in each form, and deletes the rows of the others.
    pub(super) async fn by_hooks(&mut self, taken: &[&str]) -> Found<()> {
        let db = &self.db;
        capture::remove(db, E::default()).await?;
        for (value, id) in taken.iter().zip(1_i32..) {
            let insert = format!("INSERT INTO {} VALUES ({id}, {value})", self.table);
            // OK to ignore: a column that is never NULL refuses that.
            let _inserted = db.execute_unprepared(&insert).await;
        }
        self.new_records().await?;
        let rows = self.state().await?;
        let null = rows
            .values()
            .flatten()
            .next()
            .map(|row| row.get(Self::value()));
        for (id, row) in rows {
            let id = i32::try_from(id)?;
            match (row, &null) {
                (Some(row), Some(null)) => self.write_copy(id + COPIES, &row, null).await?,
                _ => self.delete_unread(id).await?,
            }
        }
        Ok(())
    }

    /// A row that SeaORM cannot read is deleted as without hooks, and its record says which it was.
    async fn delete_unread(&mut self, id: i32) -> Found<()> {
        let deleted = Self::keyed(id).delete(&self.db);
        let deleted = AssertUnwindSafe(deleted).catch_unwind().await;
        if !matches!(&deleted, Ok(Ok(_))) {
            self.failures
                .push(format!("{id}: cannot be deleted: {deleted:.300?}"));
        }
        let records = self.new_records().await?;
        let key = id.to_string();
        if !matches!(&records[..], [record] if record.action == "DELETE" && record.object_id.as_deref() == Some(&key))
        {
            self.failures
                .push(format!("{id}: deleted, {} records", records.len()));
        }
        Ok(())
    }

    async fn write_copy(&mut self, id: i32, row: &E::Model, null: &Value) -> Found<()> {
        let value = row.get(Self::value());
        if !self.is_writable(id, &value).await? {
            return Ok(());
        }
        let db = &self.db;
        let inserted = Self::with(id, &value).insert(db).await.map(drop);
        self.compare_hooked(&value, inserted, "inserted", new_values)
            .await?;
        if value != *null {
            Self::with(id, null).update(&self.db).await?;
            self.new_records().await?;
            let updated = Self::with(id, &value).update(&self.db).await;
            self.compare_hooked(&value, updated.map(drop), "updated", new_values)
                .await?;
        }
        let deleted = Self::keyed(id).delete(&self.db).await;
        self.compare_hooked(&value, deleted.map(drop), "deleted", old_values)
            .await
    }

    /// Whether SeaORM itself writes what it reads, and reads that again.
    async fn is_writable(&self, id: i32, value: &Value) -> Found<bool> {
        let db = &self.db;
        let insert = AuditContext::unaudited("twin", Self::with(id, value).insert(db));
        let inserted = AssertUnwindSafe(insert).catch_unwind().await;
        let delete = format!("DELETE FROM {} WHERE id = {id}", self.table);
        db.execute_unprepared(&delete).await?;
        Ok(matches!(inserted, Ok(Ok(row)) if row.get(Self::value()) == *value))
    }

    async fn compare_hooked(
        &mut self,
        value: &Value,
        written: Result<(), DbErr>,
        how: &str,
        side: fn(&audit_log::Model) -> Option<&Json>,
    ) -> Found<()> {
        let name = format!("{how} by hooks: {}", cut(value));
        if let Err(error) = written {
            self.failures.push(format!("{name}: {error}"));
        }
        let records = self.new_records().await?;
        let [record] = &records[..] else {
            self.failures
                .push(format!("{name}: {} records", records.len()));
            return Ok(());
        };
        let hooked = side(record).and_then(|values| values.get("value"));
        let read = hooked.map(|json| encoding::column_value::<E>(Self::value(), json));
        if !matches!(&read, Some(Ok(read)) if read == value) {
            self.failures.push(format!(
                "{name}: recorded {hooked:.100?}, read {read:.100?}"
            ));
        }
        let triggered = self.recorded.iter().find(|(known, _)| known == value);
        if let Some((_, triggered)) = triggered
            && !hooked.is_some_and(|hooked| is_same(hooked, triggered))
        {
            self.failures.push(format!(
                "{name}: {hooked:.100?}, triggers {triggered:.100?}"
            ));
        }
        Ok(())
    }

    fn keyed(id: i32) -> E::ActiveModel {
        let mut row = <E::ActiveModel as ActiveModelTrait>::default();
        row.set(Self::id(), id.into());
        row
    }

    fn with(id: i32, value: &Value) -> E::ActiveModel {
        let mut row = Self::keyed(id);
        row.set(Self::value(), value.clone());
        row
    }
}

/// Whether two records say the same in the same words, but for three: MySQL's triggers wrap all JSON as text; a number has the words of the program that wrote it (`0` and
/// `0.0`; on SQLite a decimal that is kept as a floating-point number is one), and hooks see PostgreSQL's end of a day as SeaORM
/// does, which is as its beginning.
fn is_same(hooked: &Json, triggered: &Json) -> bool {
    let number = |json: &Json| match json {
        Json::String(text) => text.parse::<f64>().ok(),
        json => json.as_f64(),
    };
    let wrapped = triggered.get("$json").and_then(Json::as_str);
    let unwrapped = wrapped.and_then(|text| serde_json::from_str::<Json>(text).ok());
    let is_number = hooked.is_number() || triggered.is_number();
    hooked == triggered
        || Some(hooked) == unwrapped.as_ref()
        || (is_number && number(hooked).is_some() && number(hooked) == number(triggered))
        || (hooked == "00:00:00.000000" && triggered == "24:00:00.000000")
}

fn new_values(record: &audit_log::Model) -> Option<&Json> {
    record.new_values.as_ref()
}

fn old_values(record: &audit_log::Model) -> Option<&Json> {
    record.old_values.as_ref()
}
