use std::{collections::BTreeMap, marker::PhantomData, panic::AssertUnwindSafe};

use audit_sea_orm::{__private::install_capture_beside_hooks, encoding, prelude::*};
use futures_util::FutureExt as _;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr,
    EntityTrait, IntoActiveModel, Iterable, ModelTrait, PaginatorTrait, QueryFilter, QueryOrder,
    Statement, Value, prelude::Json,
};

use super::Column;
use crate::{Backend, Test};

pub(super) type Found<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A row as SeaORM reads it; `None` where it cannot.
type State<M> = BTreeMap<i64, Option<M>>;

/// A table with a column under test, its plain twin, and what the records say of it.
pub(super) struct Walk<E: EntityTrait> {
    backend: Backend,
    pub(super) db: DatabaseConnection,
    column: &'static [&'static str],
    pub(super) table: String,
    /// What the records rebuild: the JSON of each row's value.
    rebuilt: BTreeMap<String, Json>,
    /// What the records hold of each value that SeaORM reads.
    pub(super) recorded: Vec<(Value, Json)>,
    last_record: i64,
    pub(super) failures: Vec<String>,
    entity: PhantomData<E>,
}

impl<E> Walk<E>
where
    E: Audited + EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + Sync,
    E::ActiveModel: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send + Sync,
{
    /// Makes both tables, and the triggers of one.
    pub(super) async fn new(t: &Test, column: &Column) -> Found<Self> {
        // The connections of another column's table know statements that answer with its type, which PostgreSQL refuses then.
        let db = t.isolated.connect(1).await?;
        let table = E::default().table_name().to_owned();
        for name in [table.clone(), plain(&table)] {
            db.execute_unprepared(&format!("DROP TABLE IF EXISTS {name}"))
                .await?;
            let create = format!(
                "CREATE TABLE {name} (id INTEGER NOT NULL PRIMARY KEY, value {})",
                column.ddl
            );
            db.execute_unprepared(&create).await?;
        }
        let newest = audit_log::Entity::find().order_by_desc(audit_log::Column::Id);
        let newest = newest.one(&db).await?;
        let mut walk = Self {
            backend: t.backend,
            db,
            column: column.values,
            table,
            rebuilt: BTreeMap::new(),
            recorded: Vec::new(),
            last_record: newest.map_or(0, |record| record.id),
            failures: Vec::new(),
            entity: PhantomData,
        };
        if let Err(error) = install_capture_beside_hooks::<_, E>(&walk.db).await {
            walk.failures.push(format!("cannot be installed: {error}"));
        }
        Ok(walk)
    }

    /// Writes in every form, and tells what went wrong.
    pub(super) async fn finish(mut self) -> Found<Vec<String>> {
        let mut taken = vec!["NULL"];
        for (value, id) in self.column.iter().zip(1_i32..) {
            if self
                .write(&format!("INSERT INTO {{}} VALUES ({id}, {value})"))
                .await?
            {
                taken.push(value);
            }
        }
        for value in taken.iter().rev() {
            self.write(&format!("UPDATE {{}} SET value = {value} WHERE id = 1"))
                .await?;
        }
        let rows: Vec<String> = taken
            .iter()
            .zip(101_i32..)
            .map(|(value, id)| format!("({id}, {value})"))
            .collect();
        self.write(&format!("INSERT INTO {{}} VALUES {}", rows.join(", ")))
            .await?;
        for value in &taken {
            self.write(&format!("UPDATE {{}} SET value = {value} WHERE id > 100"))
                .await?;
            self.write(&self.upsert(value)).await?;
        }
        for rest in [
            "UPDATE {} SET id = id + 1000 WHERE id = 101",
            "UPDATE {} SET id = id + 1000 WHERE id > 100 AND id < 1000",
            "DELETE FROM {} WHERE id = 1",
            "DELETE FROM {}",
        ] {
            self.write(rest).await?;
        }
        self.by_hooks(&taken).await?;
        self.db.close().await?;
        Ok(self.failures)
    }

    fn upsert(&self, value: &str) -> String {
        let conflict = match self.backend {
            Backend::MySql => "ON DUPLICATE KEY UPDATE value = VALUES(value)",
            Backend::Sqlite | Backend::Postgres => {
                "ON CONFLICT (id) DO UPDATE SET value = excluded.value"
            }
        };
        format!("INSERT INTO {{}} VALUES (102, {value}) {conflict}")
    }

    /// Sends a statement to both tables; whether the plain one takes it.
    async fn write(&mut self, sql: &str) -> Found<bool> {
        let before = self.state().await?;
        let db = &self.db;
        let plain = db
            .execute_unprepared(&sql.replace("{}", &plain(&self.table)))
            .await;
        let captured = db.execute_unprepared(&sql.replace("{}", &self.table)).await;
        if let (Ok(_), Err(error)) = (&plain, &captured) {
            self.failures.push(format!("{sql}: refused: {error}"));
            // The twin goes on as the captured table does.
            self.copy_to_twin().await?;
        }
        let after = self.state().await?;
        self.compare(sql, &before, &after).await?;
        Ok(plain.is_ok())
    }

    async fn copy_to_twin(&self) -> Found<()> {
        let twin = plain(&self.table);
        for sql in [
            format!("DELETE FROM {twin}"),
            format!("INSERT INTO {twin} SELECT * FROM {}", self.table),
        ] {
            self.db.execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    /// Each row as SeaORM reads it, one by one: drivers fail, or panic, at values that a database holds.
    pub(super) async fn state(&self) -> Found<State<E::Model>> {
        let ids = Statement::from_string(
            self.db.get_database_backend(),
            format!("SELECT id FROM {} ORDER BY id", self.table),
        );
        let mut state = State::<E::Model>::new();
        for row in self.db.query_all_raw(ids).await? {
            let id: i32 = row.try_get_by_index(0)?;
            let read = E::find().filter(Self::id().eq(id)).one(&self.db);
            let read = AssertUnwindSafe(read).catch_unwind().await;
            state.insert(id.into(), read.ok().and_then(Result::ok).flatten());
        }
        Ok(state)
    }

    pub(super) fn id() -> E::Column {
        E::Column::iter()
            .next()
            .expect("the key is the first column")
    }

    pub(super) fn value() -> E::Column {
        E::Column::iter()
            .nth(1)
            .expect("the value is the second column")
    }

    /// Holds the new records against what changed.
    async fn compare(
        &mut self,
        sql: &str,
        before: &State<E::Model>,
        after: &State<E::Model>,
    ) -> Result<(), DbErr> {
        let new = match self.new_records().await {
            Ok(new) => new,
            Err(error) => {
                self.failures.push(format!("{sql}: unreadable: {error}"));
                return Ok(());
            }
        };
        self.count(sql, before, after, &new);
        for record in &new {
            self.rebuild(record);
        }
        for (id, model) in after {
            if let Some(model) = model {
                self.compare_row(sql, *id, model).await?;
            }
        }
        if self.rebuilt.len() != after.len() {
            let wanted = after.len();
            let found = self.rebuilt.len();
            self.failures
                .push(format!("{sql}: {wanted} rows, rebuilt {found}"));
        }
        Ok(())
    }

    /// The records since the last time.
    pub(super) async fn new_records(&mut self) -> Result<Vec<audit_log::Model>, DbErr> {
        let new = audit_log::Entity::find().filter(audit_log::Column::Id.gt(self.last_record));
        let new = new
            .order_by_asc(audit_log::Column::Id)
            .all(&self.db)
            .await?;
        self.last_record = new.last().map_or(self.last_record, |record| record.id);
        Ok(new)
    }

    /// One record for each row that came, went or changed, where SeaORM can tell.
    fn count(
        &mut self,
        sql: &str,
        before: &State<E::Model>,
        after: &State<E::Model>,
        new: &[audit_log::Model],
    ) {
        let unreadable = |state: &State<E::Model>| state.values().any(Option::is_none);
        if unreadable(before) || unreadable(after) {
            return;
        }
        let value = Self::value();
        let gone = before.keys().filter(|id| !after.contains_key(*id)).count();
        let changed = |(id, model): &(&i64, &Option<E::Model>)| {
            let value = |model: &Option<E::Model>| model.as_ref().map(|model| model.get(value));
            before.get(*id).is_none_or(|old| value(old) != value(model))
        };
        let wanted = gone + after.iter().filter(changed).count();
        if new.len() != wanted {
            let found: Vec<_> = new.iter().map(outline).collect();
            self.failures.push(format!(
                "{sql}: {wanted} changes, {} records: {found:?}",
                new.len()
            ));
        }
    }

    fn rebuild(&mut self, record: &audit_log::Model) {
        let object = record.object_id.clone().unwrap_or_default();
        if record.action == "DELETE" {
            self.rebuilt.remove(&object);
        } else if let Some(value) = record.new_values.as_ref().and_then(|new| new.get("value")) {
            self.rebuilt.insert(object, value.clone());
        }
    }

    /// The records of a row can be found by it, and its value is read back from them.
    async fn compare_row(&mut self, sql: &str, id: i64, model: &E::Model) -> Result<(), DbErr> {
        let value = model.get(Self::value());
        let rebuilt = self.rebuilt.get(&id.to_string());
        let read = rebuilt.map(|json| (encoding::column_value::<E>(Self::value(), json), json));
        let is_right = matches!(&read, Some((Ok(read), _)) if *read == value);
        if let Some(json) = rebuilt.filter(|_| is_right) {
            self.recorded.push((value, json.clone()));
        } else {
            self.failures.push(format!(
                "{sql}: {id} holds {}, rebuilt {read:.200?}",
                cut(&value)
            ));
            if let Ok(json) = encoding::to_json(&value) {
                self.rebuilt.insert(id.to_string(), json);
            }
        }
        let records = audit_log::Entity::for_object(model);
        if records.count(&self.db).await? == 0 {
            self.failures
                .push(format!("{sql}: no record of {id} is found by its model"));
        }
        Ok(())
    }
}

fn plain(table: &str) -> String {
    format!("plain_{table}")
}

fn outline(record: &audit_log::Model) -> String {
    let object = record.object_id.as_deref().unwrap_or_default();
    format!("{} {object} {:.100?}", record.action, record.new_values)
}

pub(super) fn cut(value: &Value) -> String {
    format!("{value:?}").chars().take(200).collect()
}
