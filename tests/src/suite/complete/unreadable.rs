//! Rows that the database holds and the application's types do not.

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Unchanged,
    ConnectionTrait, Set, Statement, TransactionTrait,
    prelude::{Date, DateTime, DateTimeUtc},
};
use serde_json::{Value, json};

use crate::{
    Backend, Outcome, Test,
    entity::column_types::{date, date_time, date_time_utc, int, text},
};

/// What the deletes of such rows recorded.
async fn take_old(t: &Test) -> Result<Vec<Value>, Box<dyn std::error::Error + Send + Sync>> {
    use sea_orm::EntityTrait;
    let records = t.records().await?;
    audit_log::Entity::delete_many().exec(&t.db).await?;
    let whole = records.iter().all(|record| record.object_id.is_some());
    assert!(whole, "{records:?}");
    Ok(records
        .into_iter()
        .map(|record| record.old_values.unwrap_or_default())
        .collect())
}

async fn insert(t: &Test, table: &str, value: &str) -> Outcome {
    for id in 1..=4 {
        let sql = format!("INSERT INTO {table} VALUES ({id}, {value})");
        let statement = Statement::from_string(t.db.get_database_backend(), sql);
        t.db.execute_raw(statement).await?;
    }
    Ok(())
}

/// Deletes a row on the pool, in a transaction, and with its record.
macro_rules! delete {
    ($t:ident, $module:ident, $value:expr, $text:expr) => {{
        insert($t, concat!(stringify!($module), "_column"), $value).await?;
        let row = |id| $module::ActiveModel {
            id: Unchanged(id),
            ..Default::default()
        };
        row(1).delete(&$t.db).await?;
        let transaction = $t.db.begin().await?;
        row(2).delete(&transaction).await?;
        transaction.commit().await?;
        row(3).audited_delete(&$t.db).await?;
        let text: Option<&str> = $text;
        let old = [1, 2, 3].map(|id| json!({"id": id, "value": {"$unreadable": text}}));
        assert_eq!(take_old($t).await?, old, "{}", $value);
        $t.db
            .execute_unprepared(concat!("DELETE FROM ", stringify!($module), "_column"))
            .await?;
    }};
}

async fn with_wide_integers(t: &Test) -> Outcome {
    t.db.execute_unprepared("CREATE TABLE int_column (id integer PRIMARY KEY, value bigint)")
        .await?;
    Ok(())
}

/// A row that cannot be read is deleted as without auditing, and its record holds what could be had.
pub async fn rows_that_cannot_be_read_are_deleted_and_recorded(t: &mut Test) -> Outcome {
    with_wide_integers(t).await?;
    delete!(t, int, "3000000000", Some("3000000000"));
    t.create_table(date::Entity).await?;
    t.create_table(date_time::Entity).await?;
    t.create_table(date_time_utc::Entity).await?;
    t.create_table(text::Entity).await?;
    match t.backend {
        Backend::Sqlite => {
            delete!(t, int, "'many'", Some("many"));
            delete!(t, date, "'soon'", Some("soon"));
            delete!(t, text, "x'ff'", None);
        }
        Backend::Postgres => {
            delete!(t, date, "'infinity'", Some("infinity"));
            delete!(t, date, "'-infinity'", Some("-infinity"));
            delete!(t, date, "'5874897-12-31'", Some("5874897-12-31"));
            delete!(t, date_time, "'infinity'", Some("infinity"));
            let last = "294276-12-31 23:59:59";
            delete!(t, date_time, &format!("'{last}'"), Some(last));
            let zoned = format!("{last}+00");
            delete!(t, date_time_utc, &format!("'{zoned}'"), Some(&zoned));
        }
        Backend::MySql => {}
    }
    Ok(())
}

/// Sets a value that can be read in the place of one that cannot.
macro_rules! update {
    ($t:ident, $module:ident, $value:expr, $text:expr, $new:expr, $json:expr) => {{
        insert($t, concat!(stringify!($module), "_column"), $value).await?;
        for id in [1, 2] {
            let row = $module::ActiveModel {
                id: Unchanged(id),
                value: Set(Some($new)),
            };
            if id == 1 {
                row.update(&$t.db).await?;
            } else {
                row.audited_update(&$t.db).await?;
            }
            let record = $t.records().await?.pop().ok_or("there is none")?;
            assert_eq!(record.old_values, Some(json!({"value": {"$unreadable": $text}})));
            assert_eq!(record.new_values, Some(json!({"value": $json})));
            assert_eq!(record.object_id, Some(id.to_string()));
        }
    }};
}

/// An update of a value that cannot be read is made as without auditing, and recorded.
pub async fn updates_of_what_cannot_be_read_are_recorded(t: &mut Test) -> Outcome {
    t.create_table(date::Entity).await?;
    t.create_table(date_time::Entity).await?;
    t.create_table(date_time_utc::Entity).await?;
    let today = Date::from_ymd_opt(2026, 11, 28).ok_or("a day")?;
    let now: DateTime = today.and_hms_opt(1, 2, 3).ok_or("a time")?;
    let utc: DateTimeUtc = now.and_utc();
    match t.backend {
        Backend::Sqlite => {
            update!(t, date, "'soon'", "soon", today, "2026-11-28");
        }
        Backend::Postgres => {
            update!(t, date, "'infinity'", "infinity", today, "2026-11-28");
            let last = "294276-12-31 23:59:59";
            let new = "2026-11-28T01:02:03.000000";
            update!(t, date_time, &format!("'{last}'"), last, now, new);
            let new = format!("{new}Z");
            update!(t, date_time_utc, "'infinity'", "infinity", utc, new);
        }
        Backend::MySql => {}
    }
    Ok(())
}
