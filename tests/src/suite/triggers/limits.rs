//! Ways to write that are the database's own, and the ends of what its triggers see, as the documentation tells them.

use audit_sea_orm::capture;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel,
    Set, Statement,
};
use serde_json::json;

use super::{ledger, outline, run};
use crate::{
    Backend, Outcome, Test,
    entity::{
        ledger::account,
        tart::{self, priced},
    },
};

/// The outline of the records, which then are forgotten.
async fn taken(t: &Test) -> Result<Vec<String>, DbErr> {
    let records = t.records().await?;
    audit_sea_orm::entity::audit_log::Entity::delete_many()
        .exec(&t.db)
        .await?;
    Ok(outline(&records))
}

async fn with_tarts(t: &Test) -> Result<(), DbErr> {
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await.map(drop)
}

/// What replaces rows: the end of each that was in the way, and the beginning of the new one.
pub async fn replaced_rows(t: &mut Test) -> Outcome {
    ledger(t).await?;
    if t.backend == Backend::Postgres {
        return Ok(());
    }
    let db = t.isolated.connect(1).await?;
    if t.backend == Backend::Sqlite {
        run(&db, &["PRAGMA recursive_triggers = ON"]).await?;
    }
    account::numbered(1).insert(&db).await?;
    account::numbered(2).insert(&db).await?;
    taken(t).await?;
    // In the way is one by its key, and one by its name.
    let replace = "REPLACE INTO ledger_account (id, name, balance, pin, draft) VALUES (1, 'account 2', 7, '', '')";
    run(&db, &[replace]).await?;
    let mut lines = taken(t).await?;
    lines[..2].sort();
    assert_eq!(
        lines,
        ["DELETE account 1", "DELETE account 2", "CREATE account 1"]
    );
    match t.backend {
        Backend::Sqlite => sqlite_replaces(t, &db, replace).await?,
        _ => mariadb_replaces(t, &db).await?,
    }
    db.close().await?;
    Ok(())
}

async fn sqlite_replaces(t: &Test, db: &DatabaseConnection, replace: &str) -> Outcome {
    account::numbered(3).insert(db).await?;
    taken(t).await?;
    let update = "UPDATE OR REPLACE ledger_account SET name = 'account 3' WHERE id = 1";
    run(db, &[update]).await?;
    assert_eq!(taken(t).await?, ["DELETE account 3", "UPDATE account 1"]);
    // The documented gap: without the pragma no trigger sees what is replaced.
    run(db, &["PRAGMA recursive_triggers = OFF", replace]).await?;
    assert_eq!(taken(t).await?, ["CREATE account 1"]);
    Ok(())
}

async fn mariadb_replaces(t: &Test, db: &DatabaseConnection) -> Outcome {
    let upsert = "INSERT INTO ledger_account (id, name, balance, pin, draft) VALUES (1, 'x', 8, '', '') \
        ON DUPLICATE KEY UPDATE balance = VALUES(balance)";
    let ignore = "INSERT IGNORE INTO ledger_account (id, name, balance, pin, draft) VALUES (1, 'x', 9, '', '')";
    run(db, &[upsert, ignore]).await?;
    let records = t.records().await?;
    assert_eq!(outline(&records), ["UPDATE account 1"]);
    assert_eq!(records[0].new_values, Some(json!({"balance": 8})));
    Ok(())
}

/// What brings rows by the thousand.
pub async fn bulk_loads(t: &mut Test) -> Outcome {
    with_tarts(t).await?;
    priced(1, 1).insert(&t.db).await?;
    taken(t).await?;
    match t.backend {
        Backend::Sqlite => {
            run(&t.db, &["INSERT INTO tart SELECT id + 1, price FROM tart"]).await?;
            assert_eq!(taken(t).await?, ["CREATE tart 2"]);
        }
        Backend::Postgres => {
            let copy = "COPY tart FROM PROGRAM 'echo 2,20; echo 3,30' WITH (FORMAT csv)";
            run(&t.db, &[copy]).await?;
            assert_eq!(taken(t).await?, ["CREATE tart 2", "CREATE tart 3"]);
            merge(t).await?;
        }
        Backend::MySql => load_data(t).await?,
    }
    Ok(())
}

async fn merge(t: &Test) -> Outcome {
    let version = Statement::from_string(
        t.db.get_database_backend(),
        "SELECT current_setting('server_version_num')::int",
    );
    let version = t.db.query_one_raw(version).await?.ok_or("a version")?;
    if version.try_get_by_index::<i32>(0)? < 150_000 {
        return Ok(());
    }
    let merge = "MERGE INTO tart USING (VALUES (1, 9), (2, 0), (4, 40)) AS new (id, price) ON tart.id = new.id \
        WHEN MATCHED AND new.price = 0 THEN DELETE \
        WHEN MATCHED THEN UPDATE SET price = new.price \
        WHEN NOT MATCHED THEN INSERT VALUES (new.id, new.price)";
    run(&t.db, &[merge]).await?;
    let mut lines = taken(t).await?;
    lines.sort();
    assert_eq!(lines, ["CREATE tart 4", "DELETE tart 2", "UPDATE tart 1"]);
    Ok(())
}

/// Where the server lets files be written: a file that goes with the database.
async fn load_data(t: &Test) -> Outcome {
    let folder = Statement::from_string(
        t.db.get_database_backend(),
        "SELECT VERSION() LIKE '%MariaDB%' AND @@secure_file_priv IS NULL",
    );
    let folder = t.db.query_one_raw(folder).await?.ok_or("an answer")?;
    if folder.try_get_by_index::<i32>(0)? == 0 {
        return Ok(());
    }
    let load = [
        "SELECT 1, 10 UNION ALL SELECT 2, 20 INTO OUTFILE 'tarts.BAK'",
        "LOAD DATA INFILE 'tarts.BAK' REPLACE INTO TABLE tart (id, price)",
    ];
    run(&t.db, &load).await?;
    let expected = ["DELETE tart 1", "CREATE tart 1", "CREATE tart 2"];
    assert_eq!(taken(t).await?, expected);
    Ok(())
}

/// A table in partitions is captured, as far as it is written by its own name.
pub async fn partitions(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let tables = [
        "CREATE TABLE tart (id int PRIMARY KEY, price int NOT NULL) PARTITION BY RANGE (id)",
        "CREATE TABLE tart_low PARTITION OF tart FOR VALUES FROM (0) TO (100)",
        "CREATE TABLE tart_high PARTITION OF tart FOR VALUES FROM (100) TO (200)",
    ];
    run(&t.db, &tables).await?;
    capture::install(&t.db, tart::Entity).await?;
    let tarts = [1, 101].map(|id| priced(id, 1));
    tart::Entity::insert_many(tarts).exec(&t.db).await?;
    let writes = [
        "UPDATE tart SET price = 2",
        // From one partition to the other.
        "UPDATE tart SET id = id + 1 WHERE id = 101",
        "UPDATE tart SET id = id + 100 WHERE id = 1",
        "DELETE FROM tart",
    ];
    run(&t.db, &writes).await?;
    let mut lines = taken(t).await?;
    lines[8..].sort();
    assert_eq!(
        lines,
        [
            "CREATE tart 1",
            "CREATE tart 101",
            "UPDATE tart 1",
            "UPDATE tart 101",
            "DELETE tart 101",
            "CREATE tart 102",
            "DELETE tart 1",
            "CREATE tart 101",
            "DELETE tart 101",
            "DELETE tart 102",
        ]
    );
    // The documented gap: a partition that is written by its own name.
    run(&t.db, &["INSERT INTO tart_low VALUES (5, 5)"]).await?;
    assert_eq!(taken(t).await?, [""; 0]);
    Ok(())
}

/// A table with children records its own rows, and theirs where they are written through it.
pub async fn inherited_tables(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    with_tarts(t).await?;
    let writes = [
        "CREATE TABLE large_tart () INHERITS (tart)",
        "INSERT INTO tart VALUES (1, 1)",
        "INSERT INTO large_tart VALUES (2, 2)",
        "UPDATE tart SET price = 3",
    ];
    run(&t.db, &writes).await?;
    let expected = ["CREATE tart 1", "UPDATE tart 1", "UPDATE tart 2"];
    assert_eq!(taken(t).await?, expected);
    Ok(())
}

/// Triggers of the application's own that change what is written.
pub async fn own_triggers(t: &mut Test) -> Outcome {
    with_tarts(t).await?;
    let own: &[&str] = match t.backend {
        Backend::Sqlite => &[
            "CREATE TRIGGER dear AFTER UPDATE ON tart WHEN NEW.price < 100 \
             BEGIN UPDATE tart SET price = price + 100 WHERE id = NEW.id; END",
        ],
        Backend::Postgres => &[
            "CREATE FUNCTION dear() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN NEW.price := NEW.price + 100; RETURN NEW; END'",
            "CREATE TRIGGER dear BEFORE UPDATE ON tart FOR EACH ROW EXECUTE FUNCTION dear()",
        ],
        Backend::MySql => &[
            "CREATE TRIGGER dear BEFORE UPDATE ON tart FOR EACH ROW SET NEW.price = NEW.price + 100",
        ],
    };
    run(&t.db, own).await?;
    if t.backend == Backend::Sqlite {
        // The trigger that was made last fires first.
        capture::install(&t.db, tart::Entity).await?;
    }
    priced(1, 1).insert(&t.db).await?;
    run(&t.db, &["UPDATE tart SET price = 2"]).await?;
    let prices: Vec<_> = t
        .records()
        .await?
        .into_iter()
        .map(|record| record.new_values)
        .collect();
    let mut expected = vec![json!({"id": 1, "price": 1})];
    if t.backend == Backend::Sqlite {
        expected.push(json!({"price": 2}));
    }
    expected.push(json!({"price": 102}));
    let expected: Vec<_> = expected.into_iter().map(Some).collect();
    assert_eq!(prices, expected);
    if t.backend == Backend::Postgres {
        row_trigger_comes_first(t).await?;
    }
    Ok(())
}

/// The documented order: what a row trigger does to the row again ends before the statement that it belongs to.
async fn row_trigger_comes_first(t: &Test) -> Outcome {
    taken(t).await?;
    let again = [
        "DROP TRIGGER dear ON tart",
        "CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN UPDATE tart SET price = 0 WHERE id = NEW.id; RETURN NULL; END'",
        "CREATE TRIGGER again AFTER UPDATE ON tart FOR EACH ROW WHEN (NEW.price > 0) EXECUTE FUNCTION again()",
        "UPDATE tart SET price = 5",
    ];
    run(&t.db, &again).await?;
    let records = t.records().await?;
    let changes: Vec<_> = records
        .into_iter()
        .map(|record| (record.old_values, record.new_values))
        .collect();
    let price = |price: i32| Some(json!({"price": price}));
    assert_eq!(changes, [(price(5), price(0)), (price(102), price(5))]);
    Ok(())
}

/// A session that fires no triggers, as that which applies a replica's changes, leaves no records.
pub async fn replicated_writes(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    with_tarts(t).await?;
    let db = t.isolated.connect(1).await?;
    let insert = "INSERT INTO tart VALUES (1, 1)";
    run(&db, &["SET session_replication_role = replica", insert]).await?;
    db.close().await?;
    assert_eq!(taken(t).await?, [""; 0]);
    Ok(())
}

/// Values of megabytes are recorded whole. Where the functions of MariaDB cannot hold them, the write is refused, whatever the
/// session that installed the triggers lets pass.
pub async fn values_of_megabytes(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    let db = t.isolated.connect(1).await?;
    let long_notes: &[&str] = match t.backend {
        Backend::Sqlite => &[],
        Backend::Postgres => &["ALTER TABLE ledger_account ALTER note TYPE text"],
        Backend::MySql => &["ALTER TABLE ledger_account MODIFY note LONGTEXT"],
    };
    run(&db, long_notes).await?;
    if t.is_mariadb().await? {
        // MySQL's triggers are as strict as the session.
        run(&db, &["SET sql_mode = ''"]).await?;
    }
    capture::install(&db, account::Entity).await?;
    let row = account::numbered(1).insert(&db).await?;
    taken(t).await?;
    let long = "\"é\\".repeat(1 << 20);
    let mut edit = row.into_active_model();
    edit.note = Set(Some(long.clone()));
    edit.update(&db).await?;
    let recorded = t.only_record().await?.new_values;
    assert!(
        recorded == Some(json!({"note": long})),
        "not the text that was written"
    );
    if t.backend == Backend::MySql {
        let beyond = "UPDATE ledger_account SET note = REPEAT('\"', @@max_allowed_packet / 2 + 1)";
        let refused = db.execute_unprepared(beyond).await.err();
        let why = refused.map(|error| error.to_string()).unwrap_or_default();
        assert!(why.contains("max_allowed_packet"), "{why}");
        let kept = account::Entity::find_by_id(1).one(&db).await?;
        assert!(kept.and_then(|row| row.note) == Some(long), "half written");
        t.only_record().await?;
    }
    db.close().await?;
    Ok(())
}
