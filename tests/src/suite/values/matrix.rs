//! Drives a row through a list of values, and checks the record of each step.

use audit_sea_orm::{
    __private::install_capture_beside_hooks, MASK, encoding, history::Version, prelude::*,
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait,
    IntoActiveModel, Iterable, ModelTrait, PaginatorTrait, QueryFilter, QueryOrder, Value,
    prelude::Json,
};
use serde_json::json;

use crate::{Backend, Outcome, Test};

/// How a database keeps a value in the application's own table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// As it is.
    Exactly,
    /// Changed, by some versions of it at least, or refused by MySQL itself: what is there then is recorded.
    Otherwise,
    /// Not at all: the write itself fails.
    Refused,
    /// Not at all: SeaORM panics.
    Unsendable,
}

/// A value and its JSON.
pub(super) struct Case {
    value: Value,
    json: Json,
    exceptions: Vec<(Backend, Kept)>,
}

/// A value that every database keeps, with its JSON.
pub(super) fn case(value: impl Into<Value>, json: impl Into<Json>) -> Case {
    Case {
        value: value.into(),
        json: json.into(),
        exceptions: Vec::new(),
    }
}

impl Case {
    /// Says that databases may keep something else, and why.
    pub(super) fn otherwise(self, databases: &[Backend], why: &'static str) -> Self {
        self.except(databases, Kept::Otherwise, why)
    }

    /// Says that databases refuse it, and why.
    pub(super) fn refused(self, databases: &[Backend], why: &'static str) -> Self {
        self.except(databases, Kept::Refused, why)
    }

    /// Says that SeaORM panics when it is to be sent to databases, and why.
    pub(super) fn unsendable(self, databases: &[Backend], why: &'static str) -> Self {
        self.except(databases, Kept::Unsendable, why)
    }

    fn except(mut self, databases: &[Backend], kept: Kept, why: &'static str) -> Self {
        assert!(!why.is_empty(), "an exception has a reason");
        self.exceptions
            .extend(databases.iter().map(|database| (*database, kept)));
        self
    }

    fn kept(&self, backend: Backend) -> Kept {
        let exception = self
            .exceptions
            .iter()
            .find(|(database, _)| *database == backend);
        exception.map_or(Kept::Exactly, |(_, kept)| *kept)
    }
}

/// The same exception for each case.
pub(super) fn all<const N: usize>(cases: [Case; N], exception: impl Fn(Case) -> Case) -> Vec<Case> {
    cases.into_iter().map(exception).collect()
}

/// An entity's table under test, of which `Id` is the first column and the value the second.
pub(super) struct Column<'t, E: EntityTrait> {
    t: &'t Test,
    entity: E,
    id: E::Column,
    value: E::Column,
    nullable: bool,
}

impl<'t, E> Column<'t, E>
where
    E: Audited + EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + Sync,
    E::ActiveModel: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send + Sync,
{
    pub(super) async fn new(t: &'t Test, entity: E) -> Result<Self, DbErr> {
        t.create_table(entity).await?;
        let [id, value] = E::Column::iter().collect::<Vec<_>>()[..] else {
            return Err(DbErr::Custom("the table must have two columns".to_owned()));
        };
        Ok(Self {
            t,
            entity,
            id,
            value,
            nullable: true,
        })
    }

    /// Makes the column of MySQL's one that holds more than SeaORM's choice for the type.
    pub(super) async fn mysql_type(self, column_type: &str) -> Result<Self, DbErr> {
        if self.t.backend == Backend::MySql {
            let table = self.entity.table_name();
            let statement = format!("ALTER TABLE {table} MODIFY value {column_type} NULL");
            self.t.db.execute_unprepared(&statement).await?;
        }
        Ok(self)
    }

    /// Leaves NULL out, and says why.
    pub(super) fn never_null(mut self, why: &'static str) -> Self {
        assert!(!why.is_empty(), "an exception has a reason");
        self.nullable = false;
        self
    }

    /// Takes rows through the cases that the database keeps, NULL, and back.
    pub(super) async fn keeps(self, cases: impl IntoIterator<Item = Case>) -> Outcome {
        install_capture_beside_hooks::<_, E>(&self.t.db).await?;
        let is_mysql = self.t.is_mysql().await?;
        let mut kept = Vec::new();
        for case in cases {
            match case.kept(self.t.backend) {
                Kept::Otherwise if is_mysql && self.refuses(&case).await? => {}
                Kept::Exactly | Kept::Otherwise => kept.push(case),
                Kept::Refused => assert!(
                    self.refuses(&case).await?,
                    "{} keeps {:?} after all",
                    self.t.backend,
                    case.value
                ),
                Kept::Unsendable => {}
            }
        }
        let Some(first) = kept.first() else {
            return Ok(());
        };
        let null = case(first.value.as_null(), Json::Null);
        if !self.nullable {
            return self.drive(1, &kept.iter().collect::<Vec<_>>()).await;
        }
        self.drive(1, &kept.iter().chain([&null]).collect::<Vec<_>>())
            .await?;
        self.drive(2, &[&null, first]).await
    }

    /// Whether the write fails without auditing too.
    async fn refuses(&self, case: &Case) -> Result<bool, DbErr> {
        let write = self.active_model(-1, case.value.clone()).insert(&self.t.db);
        let plain = AuditContext::unaudited("not ours", write).await;
        AuditContext::unaudited(
            "not ours",
            E::delete_many().filter(self.id.eq(-1)).exec(&self.t.db),
        )
        .await?;
        Ok(plain.is_err())
    }

    fn active_model(&self, id: i32, value: Value) -> E::ActiveModel {
        let mut row = <E::ActiveModel as ActiveModelTrait>::default();
        row.set(self.id, id.into());
        row.set(self.value, value);
        row
    }

    /// Inserts a row with the first value, updates it to each of the others, and deletes it.
    async fn drive(&self, id: i32, way: &[&Case]) -> Outcome {
        let (first, others) = way.split_first().ok_or("no values")?;
        self.active_model(id, first.value.clone())
            .insert(&self.t.db)
            .await?;
        let (mut row, mut held) = self.held(id, first).await?;
        self.recorded("CREATE", None, Some(json!({"id": id, "value": held})))
            .await?;
        let mut kept = vec![row.get(self.value)];
        for case in others {
            let mut edited = row.clone().into_active_model();
            edited.set(self.value, case.value.clone());
            edited.update(&self.t.db).await?;
            let before = (row.get(self.value), held);
            (row, held) = self.held(id, case).await?;
            if before.0 != row.get(self.value) {
                kept.push(row.get(self.value));
                let new = json!({"value": held});
                self.recorded("UPDATE", Some(json!({"value": before.1})), Some(new))
                    .await?;
            }
        }
        row.clone().delete(&self.t.db).await?;
        self.recorded("DELETE", Some(json!({"id": id, "value": held})), None)
            .await?;
        let all = audit_log::Entity::for_key(self.entity.table_name(), &id.to_string());
        assert_eq!(
            all.count(&self.t.db).await?,
            2 * (kept.len() as u64 + 1),
            "one of the trigger and one of the hook for each write that changed something"
        );
        self.was(&row, &kept).await
    }

    /// The row's history has a version for each of these records, with the value that the row had.
    async fn was(&self, row: &E::Model, kept: &[Value]) -> Outcome {
        let versions = History::of(row).versions(&self.t.db).await?;
        let value = |version: &Version<E>| {
            let row = version.snapshot.as_ref()?;
            Some(row.get(self.value).cloned().map_err(ToString::to_string))
        };
        let found: Vec<_> = versions.iter().map(value).collect();
        // A text that cannot be told from a mask.
        let is_mask = |value: &Value| *value == Value::from(MASK);
        let told = |value: &Value| {
            if is_mask(value) {
                Err("is masked".to_owned())
            } else {
                Ok(value.clone())
            }
        };
        let kept = kept.iter().map(|value| Some(told(value)));
        let twice: Vec<_> = kept
            .chain([None])
            .flat_map(|value| [value.clone(), value])
            .collect();
        let table = self.entity.table_name();
        let shown = |values: &[_]| format!("{values:?}").chars().take(300).collect::<String>();
        assert!(
            found == twice,
            "{table}: {} instead of {}",
            shown(&found),
            shown(&twice)
        );
        Ok(())
    }

    /// The row as the database has it, and the JSON that its value must have.
    async fn held(&self, id: i32, case: &Case) -> Result<(E::Model, Json), DbErr> {
        let row = E::find().filter(self.id.eq(id)).one(&self.t.db).await?;
        let row = row.ok_or_else(|| DbErr::RecordNotFound("the row itself".to_owned()))?;
        let held = row.get(self.value);
        if held == case.value {
            return Ok((row, case.json.clone()));
        }
        let changed = case.kept(self.t.backend) == Kept::Otherwise;
        assert!(
            changed,
            "{} made {held:.200?} of {:.200?}",
            self.t.backend, case.value
        );
        let json = encoding::to_json(&held).map_err(|error| DbErr::Custom(error.to_string()))?;
        Ok((row, json))
    }

    /// The newest record says this, and its values can be read back.
    async fn recorded(&self, action: &str, old: Option<Json>, new: Option<Json>) -> Outcome {
        let newest = audit_log::Entity::find().order_by_desc(audit_log::Column::Id);
        let record = newest.one(&self.t.db).await?.ok_or("no record")?;
        let found = (
            record.action.as_str(),
            &record.old_values,
            &record.new_values,
        );
        assert!(
            found == (action, &old, &new),
            "{} expected {action}, {}, {}\nfound {found:.300?}",
            self.entity.table_name(),
            cut(old.as_ref()),
            cut(new.as_ref()),
        );
        for values in [old, new].into_iter().flatten() {
            self.reads_back(&values["value"]);
        }
        self.trigger_agrees(&record).await
    }

    /// The record of the trigger, which came first, says the same.
    async fn trigger_agrees(&self, hook: &audit_log::Model) -> Outcome {
        let before = audit_log::Entity::find().filter(audit_log::Column::Id.lt(hook.id));
        let trigger = before
            .order_by_desc(audit_log::Column::Id)
            .one(&self.t.db)
            .await?;
        let trigger = trigger.ok_or("no record of the trigger")?;
        let named = |record: &audit_log::Model| {
            let parts = (&record.table_name, &record.object_id, &record.object_repr);
            format!("{} {parts:?}", record.action)
        };
        assert_eq!(named(&trigger), named(hook));
        let images = [
            (&trigger.old_values, &hook.old_values),
            (&trigger.new_values, &hook.new_values),
        ];
        for (found, expected) in images {
            let keys = |json: &Option<Json>| {
                let keys = json.as_ref().and_then(Json::as_object);
                keys.map(|map| map.keys().cloned().collect::<Vec<_>>())
            };
            assert_eq!(keys(found), keys(expected));
            if let (Some(found), Some(expected)) = (found, expected) {
                self.same_value(&found["value"], &expected["value"]);
            }
        }
        Ok(())
    }

    /// The trigger's JSON is the hook's, or one of those that the documentation of `audit_sea_orm::capture` lists.
    fn same_value(&self, found: &Json, expected: &Json) {
        let table = self.entity.table_name();
        let read = |json| {
            encoding::column_value::<E>(self.value, json)
                .unwrap_or_else(|error| panic!("{table} of {}: {error}", self.t.backend))
        };
        assert!(
            read(found) == read(expected),
            "{table} of {}: {} instead of {}",
            self.t.backend,
            cut(Some(found)),
            cut(Some(expected))
        );
        let listed: &[&str] = match self.t.backend {
            Backend::Sqlite => &["float", "decimal", "json", "date_time", "time_date_time"],
            Backend::Postgres | Backend::MySql => &["float", "double", "json"],
        };
        assert!(
            found == expected || listed.iter().any(|kind| table.contains(kind)),
            "{table} of {}: {} instead of {}",
            self.t.backend,
            cut(Some(found)),
            cut(Some(expected))
        );
    }

    /// A recorded value is one of the column's, and that one again as JSON.
    fn reads_back(&self, json: &Json) {
        let table = self.entity.table_name();
        let value = encoding::column_value::<E>(self.value, json);
        let value = value.unwrap_or_else(|error| panic!("{table}: {error}"));
        let again = encoding::to_json(&value).expect("it was read from JSON");
        assert!(
            again == *json,
            "{table}: {} is {value:.300?}",
            cut(Some(json))
        );
        let mut row = <E::ActiveModel as ActiveModelTrait>::default();
        let accepted = row.try_set(self.value, value);
        assert!(accepted.is_ok(), "{table}: {accepted:?}");
    }
}

fn cut(json: Option<&Json>) -> String {
    json.map_or_else(
        || "nothing".to_owned(),
        |json| json.to_string().chars().take(300).collect(),
    )
}
