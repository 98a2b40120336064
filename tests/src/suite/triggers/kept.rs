//! What databases keep, or show, otherwise than it was written: whatever another program puts into a table, the trail can
//! be read, and says what SeaORM reads.

use audit_sea_orm::{__private::install_capture_beside_hooks, capture, encoding, prelude::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Iterable,
    ModelTrait, QueryFilter, Set,
    prelude::{Decimal, Json},
};
use serde_json::json;

use super::run;
use crate::{
    Backend, Outcome, Test,
    entity::odd::{filled, padded, touched, visit},
};

/// MariaDB and MySQL: numbers that they show with zeros before them, or as bytes, are recorded as the hooks record them,
/// for the same object.
pub async fn padded_numbers_and_bits(t: &mut Test) -> Outcome {
    if t.backend != Backend::MySql {
        return Ok(());
    }
    let table = "CREATE TABLE padded (id int(6) unsigned zerofill PRIMARY KEY, count bigint unsigned zerofill NOT NULL, \
        price decimal(12,3) unsigned zerofill NOT NULL, year year NOT NULL, mask bit(64) NOT NULL, flag bit(1) NOT NULL)";
    run(&t.db, &[table]).await?;
    install_capture_beside_hooks::<_, padded::Entity>(&t.db).await?;
    let row = padded::ActiveModel {
        id: Set(7),
        count: Set(5),
        price: Set(Decimal::new(1_500, 3)),
        year: Set(0),
        mask: Set(300),
        flag: Set(true),
    };
    let mut edit = row.insert(&t.db).await?.into_active_model();
    edit.count = Set(u64::MAX);
    edit.price = Set(Decimal::new(120_000, 3));
    edit.year = Set(1999);
    edit.mask = Set(u64::MAX);
    edit.flag = Set(false);
    let row = edit.update(&t.db).await?;
    row.clone().delete(&t.db).await?;
    let records = t.records().await?;
    assert_eq!(records.len(), 6);
    for pair in records.chunks(2) {
        let told = |record: &audit_log::Model| {
            let named = (record.action.clone(), record.object_id.clone());
            (named, record.old_values.clone(), record.new_values.clone())
        };
        assert_eq!(told(&pair[0]), told(&pair[1]));
    }
    let found = audit_log::Entity::for_object(&row).all(&t.db).await?;
    assert_eq!(found.len(), 6);
    Ok(())
}

/// An update that changes nothing leaves no record, though MariaDB shows its trigger a new time in a column that is set with each
/// change; one that sets that time alone leaves one.
pub async fn times_that_are_not_written(t: &mut Test) -> Outcome {
    let table = match t.backend {
        Backend::MySql => {
            "CREATE TABLE touched (id int PRIMARY KEY, changed_at datetime NULL ON UPDATE CURRENT_TIMESTAMP, price int NOT NULL)"
        }
        _ => {
            "CREATE TABLE touched (id integer PRIMARY KEY, changed_at timestamp NULL, price integer NOT NULL)"
        }
    };
    run(&t.db, &[table]).await?;
    capture::install(&t.db, touched::Entity).await?;
    let fill = "INSERT INTO touched VALUES (1, '2020-01-01 00:00:00', 5), (2, NULL, 5)";
    let same = "UPDATE touched SET price = 5";
    let one = "UPDATE touched SET price = CASE WHEN id = 1 THEN 6 ELSE 5 END";
    let time = "UPDATE touched SET changed_at = '2021-01-01 00:00:00' WHERE id = 2";
    let now = "UPDATE touched SET changed_at = CURRENT_TIMESTAMP WHERE id = 2";
    run(&t.db, &[fill, same, one, time, time, now, same]).await?;
    let story: Vec<_> = t
        .records()
        .await?
        .into_iter()
        .map(|record| (record.action, record.object_id.unwrap_or_default()))
        .collect();
    let told: Vec<_> = story
        .iter()
        .map(|(action, id)| format!("{action} {id}"))
        .collect();
    // The last of them sets one row back.
    let wanted = [
        "CREATE 1", "CREATE 2", "UPDATE 1", "UPDATE 2", "UPDATE 2", "UPDATE 1",
    ];
    assert_eq!(told, wanted);
    Ok(())
}

/// MariaDB and MySQL: an instant is recorded in UTC, whatever the zone of the session that writes, or that changes another
/// column. A `datetime` has no zone, and stays.
pub async fn timestamps_of_other_zones(t: &mut Test) -> Outcome {
    if t.backend != Backend::MySql {
        return Ok(());
    }
    let table = "CREATE TABLE visit_times (id int PRIMARY KEY, at timestamp(6) NULL, seen datetime NULL, \
        kept datetime(6) NULL, clock time(6) NULL)";
    run(&t.db, &[table]).await?;
    capture::install(&t.db, visit::Entity).await?;
    let elsewhere = t.isolated.connect(1).await?;
    let write = [
        "SET time_zone = '+05:45', sql_mode = ''",
        "INSERT INTO visit_times VALUES (1, FROM_UNIXTIME(1767225600.25), FROM_UNIXTIME(1767225601), \
         '2026-01-01 00:00:02', '00:00:03')",
        "INSERT INTO visit_times VALUES (2, '0000-00-00', '0000-00-00', '0000-00-00', NULL)",
        "INSERT INTO visit_times VALUES (3, NULL, NULL, NULL, NULL)",
    ];
    run(&elsewhere, &write).await?;
    let rows = visit::Entity::find().all(&t.db).await?;
    let records = t.records().await?;
    assert_eq!((rows.len(), records.len()), (3, 3));
    for (row, record) in rows.iter().zip(&records) {
        agrees(row, record.new_values.as_ref())?;
    }
    let moved = [
        "SET time_zone = '-12:00'",
        "UPDATE visit_times SET at = FROM_UNIXTIME(1767225700) WHERE id = 1",
        "SET time_zone = '+00:00'",
        "UPDATE visit_times SET seen = FROM_UNIXTIME(1767225700) WHERE id = 1",
        "SET time_zone = '+03:00'",
        "DELETE FROM visit_times",
    ];
    run(&elsewhere, &moved).await?;
    let later = t.records().await?.split_off(3);
    assert_eq!(
        later[0].changes(),
        audit_sea_orm::Changes::join(
            Some(&json!({"at": "2026-01-01T00:00:00.250000Z"})),
            Some(&json!({"at": "2026-01-01T00:01:40.000000Z"}))
        )
    );
    let last = later[2].old_values.clone().ok_or("the last values")?;
    assert_eq!(last["at"], "2026-01-01T00:01:40.000000Z");
    assert_eq!(last["seen"], "2026-01-01T00:01:40.000000");
    assert_eq!(last["kept"], "2026-01-01T00:00:02.000000Z");
    elsewhere.close().await?;
    Ok(())
}

/// Each value of a record is read back as the one that SeaORM reads from the table.
fn agrees<M: ModelTrait>(row: &M, values: Option<&Json>) -> Outcome
where
    M::Entity: EntityTrait<Model = M>,
{
    let values = values.ok_or("no values")?;
    for column in <M::Entity as EntityTrait>::Column::iter() {
        let json = &values[sea_orm::IdenStatic::as_str(&column)];
        let value = encoding::column_value::<M::Entity>(column, json)
            .map_err(|error| format!("{column:?}: {error}"))?;
        assert_eq!(value, row.get(column), "{column:?} of {json}");
    }
    Ok(())
}

/// Dates with times, in the spellings that the driver reads.
const MOMENTS: [&str; 17] = [
    "CURRENT_TIMESTAMP",
    "'2024-01-01 10:00:00'",
    "'2024-01-01T10:00'",
    "'2024-01-01 10:00'",
    "'2024-01-01T10:00Z'",
    "'2024-01-01T10:00:00Z'",
    "'2024-01-01 10:00:00.5Z'",
    "'2024-01-01T10:00:00.123456789Z'",
    "'2024-01-01T10:00:00z'",
    "'2024-01-01T23:30:00.25-01:00'",
    "'2024-01-01 00:10+05:45'",
    "'2024-01-01T10:00:00.1234567+00:00'",
    "1704103200",
    "-1",
    "2460311.25",
    "2440587.25",
    "NULL",
];

/// Times of day, in the spellings that the driver reads.
const CLOCKS: [&str; 9] = [
    "CURRENT_TIME",
    "'10:00'",
    "'10:00Z'",
    "'10:00:00Z'",
    "'10:00:00.5'",
    "'10:00:00.123456789'",
    "'10:00+05:45'",
    "'10:00:00.25-01:00'",
    "NULL",
];

/// SQLite: dates and times are recorded as SeaORM reads them, in each spelling that the driver knows.
pub async fn times_as_sqlite_has_them(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    // The columns' own types would make texts of numbers.
    run(
        &t.db,
        &["CREATE TABLE visit_times (id PRIMARY KEY, at, seen, kept, clock)"],
    )
    .await?;
    capture::install(&t.db, visit::Entity).await?;
    let mut ids = 0..;
    for moment in MOMENTS {
        let id = ids.next().ok_or("a number")?;
        let insert =
            format!("INSERT INTO visit_times VALUES ({id}, {moment}, {moment}, {moment}, NULL)");
        t.db.execute_unprepared(&insert).await?;
    }
    for clock in CLOCKS {
        let id = ids.next().ok_or("a number")?;
        let insert = format!("INSERT INTO visit_times VALUES ({id}, NULL, NULL, NULL, {clock})");
        t.db.execute_unprepared(&insert).await?;
    }
    for record in t.records().await? {
        let id = record.object_id.as_deref().unwrap_or_default();
        let row = visit::Entity::find_by_id(id.parse::<i32>()?)
            .one(&t.db)
            .await?;
        let row = row.ok_or("the row")?;
        agrees(&row, record.new_values.as_ref())?;
    }
    // What is no time stays as it is.
    let none =
        "INSERT INTO visit_times VALUES (-1, 'soon', '2024-01-01 noon', '2024-01-01T1:2', '24h')";
    t.db.execute_unprepared(none).await?;
    let values = t
        .records()
        .await?
        .pop()
        .and_then(|record| record.new_values);
    let expected = json!({"id": -1, "at": "soon", "seen": "2024-01-01 noon", "kept": "2024-01-01T1:2", "clock": "24h"});
    assert_eq!(values, Some(expected));
    Ok(())
}

/// What SQLite keeps in any column, and not every reader reads.
const ODD_VALUES: [&str; 18] = [
    "9e999",
    "-9e999",
    "5",
    "1.5",
    "'a'",
    "x'fffe'",
    "CAST(x'fffe' AS TEXT)",
    "CAST(x'5afc72696368' AS TEXT)",
    "CAST(x'3230b043' AS TEXT)",
    "CAST(x'e697a5e697' AS TEXT)",
    "CAST(x'f09f98' AS TEXT)",
    "'« 20 °C » é € 😀'",
    "'\u{fffd}'",
    "'{\"a\" : 1e400}'",
    "'[-1E+0400]'",
    "'\"\\ud800\"'",
    "'{'",
    "''",
];

/// SQLite: whatever stands in a column of whatever kind, a number beyond the doubles, bytes, texts that are no UTF-8, the
/// record can be read, and so can that of its update and its end.
pub async fn any_value_in_any_column(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    t.create_table(filled::Entity).await?;
    // The columns' own types would make numbers of texts.
    let columns: Vec<_> = filled::Column::iter()
        .skip(1)
        .map(|column| sea_orm::IdenStatic::as_str(&column))
        .collect();
    let table = format!(
        "CREATE TABLE filled (id text PRIMARY KEY, {})",
        columns.join(", ")
    );
    run(&t.db, &["DROP TABLE filled", &table]).await?;
    capture::install(&t.db, filled::Entity).await?;
    let digits = format!("'[{}]'", "1".repeat(400));
    for value in ODD_VALUES.into_iter().chain([digits.as_str()]) {
        let all = vec![value; columns.len()].join(", ");
        let insert = format!("INSERT INTO filled VALUES ({value}, {all})");
        let update = format!(
            "UPDATE filled SET {}",
            columns
                .iter()
                .map(|column| format!("{column} = NULL"))
                .collect::<Vec<_>>()
                .join(", ")
        );
        run(&t.db, &[&insert, &update, "DELETE FROM filled"]).await?;
        let records = t
            .records()
            .await
            .map_err(|error| format!("{value}: {error}"))?;
        assert_eq!(records.len(), 3, "of {value}");
        let raw = "SELECT SUM(json_valid(COALESCE(new_values, old_values))) FROM audit_log";
        let raw = sea_orm::Statement::from_string(t.db.get_database_backend(), raw);
        let valid = t.db.query_one_raw(raw).await?.ok_or("an answer")?;
        assert_eq!(valid.try_get_by_index::<i64>(0)?, 3, "of {value}");
        audit_log::Entity::delete_many().exec(&t.db).await?;
    }
    Ok(())
}

/// SQLite, MariaDB and MySQL: JSON that readers refuse is kept apart, so that the record can be read.
pub async fn json_that_no_reader_takes(t: &mut Test) -> Outcome {
    if t.backend == Backend::Postgres {
        return Ok(());
    }
    t.create_table(filled::Entity).await?;
    if t.backend == Backend::MySql {
        run(&t.db, &["ALTER TABLE filled MODIFY json LONGTEXT NULL"]).await?;
    }
    capture::install(&t.db, filled::Entity).await?;
    let documents = [
        "{\"a\" : 1e400}".to_owned(),
        "[1, -1.5E+0400]".to_owned(),
        "1e999".to_owned(),
        format!("[{}]", "1".repeat(400)),
        format!("[{}e50]", "1".repeat(290)),
        r#"["\ud800"]"#.to_owned(),
        r#"{"\uDfff":1}"#.to_owned(),
    ];
    for (id, document) in documents.iter().enumerate() {
        let insert = "INSERT INTO filled (id, json) VALUES (?, ?)";
        let insert = sea_orm::Statement::from_sql_and_values(
            t.db.get_database_backend(),
            insert,
            [id.to_string().into(), document.clone().into()],
        );
        t.db.execute_raw(insert).await?;
    }
    let records = t.records().await?;
    for (record, document) in records.iter().zip(&documents) {
        let values = record.new_values.as_ref().ok_or("values")?;
        assert_eq!(values["json"], json!({"$json": document}));
    }
    // Numbers that every reader takes, and texts that look like others, stand as they are.
    let plain = r#"{"a":1e30,"least":-9223372036854775808,"b":"1e400","c":-2.5e-400,"d":"x1e999","e":"e\u00e9"}"#;
    let insert = format!("INSERT INTO filled (id, json) VALUES ('plain', '{plain}')").replace(
        '\\',
        if t.backend == Backend::MySql {
            "\\\\"
        } else {
            "\\"
        },
    );
    t.db.execute_unprepared(&insert).await?;
    let record = audit_log::Entity::for_key("filled", "plain")
        .one(&t.db)
        .await?;
    let values = record
        .and_then(|record| record.new_values)
        .ok_or("values")?;
    // MySQL wraps all JSON.
    let wanted = match t.is_mysql().await? {
        true => json!({"$json": plain}),
        false => serde_json::from_str::<Json>(plain)?,
    };
    assert_eq!(values["json"], wanted);
    Ok(())
}

/// SQLite, MariaDB: JSON that is saved again with other blanks is no change.
pub async fn json_with_other_blanks_is_no_change(t: &mut Test) -> Outcome {
    let is_concerned = t.backend == Backend::Sqlite || t.is_mariadb().await?;
    if !is_concerned {
        return Ok(());
    }
    t.create_table(filled::Entity).await?;
    capture::install(&t.db, filled::Entity).await?;
    let blanks = r#"INSERT INTO filled (id, json) VALUES ('1', '{ "a": [1,  2], "b" :"c  d" }')"#;
    run(&t.db, &[blanks]).await?;
    let row = filled::Entity::find().one(&t.db).await?.ok_or("the row")?;
    let json = row.json.clone();
    let again = filled::ActiveModel {
        json: Set(json),
        ..row.clone().into_active_model()
    };
    again.update(&t.db).await?;
    t.only_record().await?;
    let other = filled::ActiveModel {
        json: Set(Some(json!({"a": [1, 2], "b": "c d"}))),
        ..row.into_active_model()
    };
    other.update(&t.db).await?;
    let none = "UPDATE filled SET json = NULL";
    run(&t.db, &[none]).await?;
    assert_eq!(t.records().await?.len(), 3);
    // What is no JSON changes all the same.
    if t.backend == Backend::MySql {
        run(&t.db, &["ALTER TABLE filled MODIFY json LONGTEXT NULL"]).await?;
    }
    run(
        &t.db,
        &[
            "UPDATE filled SET json = 'no json'",
            "UPDATE filled SET json = 'no  json'",
        ],
    )
    .await?;
    assert_eq!(t.records().await?.len(), 5);
    Ok(())
}

/// SQLite before 3.38 knows no arrows, and where one stands in a trigger it can read nothing of the file.
pub async fn triggers_have_no_arrows(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    t.create_table(filled::Entity).await?;
    capture::install(&t.db, filled::Entity).await?;
    let all = "SELECT sql FROM sqlite_master WHERE type IN ('trigger', 'view')";
    let all = sea_orm::Statement::from_string(t.db.get_database_backend(), all);
    let all = t.db.query_all_raw(all).await?;
    assert!(all.len() > 4);
    for row in all {
        let sql: String = row.try_get_by_index(0)?;
        assert!(!sql.contains("->"), "{sql}");
    }
    Ok(())
}

/// MariaDB and MySQL: triggers are the same whatever the mode of the session that installs them.
pub async fn modes_of_the_installer(t: &mut Test) -> Outcome {
    if t.backend != Backend::MySql {
        return Ok(());
    }
    t.create_table(visit::Entity).await?;
    let mut modes = vec![
        "",
        "ANSI",
        "NO_BACKSLASH_ESCAPES",
        "STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,ANSI_QUOTES",
    ];
    if t.is_mariadb().await? {
        modes.push("ORACLE");
    }
    for mode in modes {
        let installer = t.isolated.connect(1).await?;
        run(&installer, &[&format!("SET sql_mode = '{mode}'")]).await?;
        capture::install(&installer, visit::Entity)
            .await
            .map_err(|error| format!("{mode}: {error}"))?;
        installer.close().await?;
        let db = t.isolated.connect(1).await?;
        let insert = "INSERT INTO visit_times (id) VALUES (1)";
        let delete = "DELETE FROM visit_times";
        for (skip, actions) in [
            ("visit\\\\\\\\_%", ["SKIPPED", "SKIPPED"]),
            ("visi_x%", ["CREATE", "DELETE"]),
        ] {
            let context = format!("SET @audit_context = '{{\"skip_models\":[\"{skip}\"]}}'");
            run(&db, &[&context, insert, delete]).await?;
            let found: Vec<_> = t
                .records()
                .await?
                .into_iter()
                .map(|record| record.action)
                .collect();
            assert_eq!(found, actions, "{mode} {skip}");
            audit_log::Entity::delete_many()
                .filter(audit_log::Column::Id.gt(0))
                .exec(&t.db)
                .await?;
        }
        db.close().await?;
    }
    Ok(())
}
