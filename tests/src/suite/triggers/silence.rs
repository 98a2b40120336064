//! Who runs SQL as the application: what it says of itself is not believed blindly, and what it hides is seen.

use audit_sea_orm::{capture, prelude::*};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, Statement,
    TransactionTrait, prelude::DateTimeUtc,
};
use serde_json::json;

use super::{run, whole::as_user};
use crate::{
    Backend, Outcome, Test,
    entity::tart::{self, priced},
};

async fn with_tarts(t: &Test) -> Result<DatabaseConnection, DbErr> {
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    t.isolated.connect(1).await
}

/// A temporary table by the name of the trail takes no record. MariaDB and MySQL, where it would, let none be made by who has only
/// the rights that the page on threats gives.
pub async fn a_temporary_table_by_the_name_of_the_trail(t: &mut Test) -> Outcome {
    let session = with_tarts(t).await?;
    let temporary = match t.backend {
        Backend::Sqlite => "CREATE TEMPORARY TABLE audit_log AS SELECT * FROM main.audit_log",
        Backend::Postgres => "CREATE TEMPORARY TABLE audit_log (LIKE audit_log)",
        Backend::MySql => {
            session.close().await?;
            return as_a_mere_writer(t).await;
        }
    };
    session.execute_unprepared(temporary).await?;
    priced(1, 1).insert(&session).await?;
    session.close().await?;
    assert_eq!(t.only_record().await?.action, "CREATE");
    Ok(())
}

async fn as_a_mere_writer(t: &Test) -> Outcome {
    let user = format!("audit_mere_{}", std::process::id());
    let account = format!("{user}@localhost");
    let grants = [
        format!("CREATE USER {account}"),
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON tart TO {account}"),
    ];
    run(&t.db, &grants.each_ref().map(String::as_str)).await?;
    let session = as_user(t, &user).await?;
    let temporary = "CREATE TEMPORARY TABLE audit_log (id BIGINT)";
    let made = session.execute_unprepared(temporary).await;
    let written = priced(1, 1).insert(&session).await;
    session.close().await?;
    run(&t.db, &[&format!("DROP USER {account}")]).await?;
    assert!(made.is_err());
    written?;
    assert_eq!(t.only_record().await?.action, "CREATE");
    Ok(())
}

/// What sets the context to an expression of SQL.
fn set(backend: Backend, expression: &str) -> String {
    match backend {
        Backend::MySql => format!("SET @audit_context = {expression}"),
        _ => format!("INSERT INTO audit_context (payload) SELECT {expression}"),
    }
}

/// Texts that are no context, in the SQL of every database.
const FOREIGN: [&str; 9] = [
    "'mine'",
    "5",
    "1.5",
    "'[1]'",
    "'\"text\"'",
    "'null'",
    "'{\"actor_id\":'",
    "' '",
    "'{\"unaudited\":true'",
];

/// SQLite, MariaDB, MySQL: a context that is none never fails a write, and the record says that it could not be read.
pub async fn a_context_that_cannot_be_read_fails_no_write(t: &mut Test) -> Outcome {
    let own: &[&str] = match t.backend {
        Backend::Postgres => return Ok(()),
        Backend::Sqlite => &[
            "printf('%.1000000c', 'x')",
            "x'fffe'",
            "CAST(x'fffe' AS TEXT)",
        ],
        Backend::MySql => &[
            "REPEAT('x', 1000000)",
            "X'FFFE'",
            "1e0",
            "_latin1 X'E9'",
            "CONVERT('mine' USING utf16)",
            "DATE('2024-01-01')",
            r#"'{"actor_id":"\\ud800"}'"#,
        ],
    };
    let db = with_tarts(t).await?;
    for foreign in FOREIGN.iter().chain(own) {
        run(&db, &[&set(t.backend, foreign)]).await?;
        priced(1, 1)
            .insert(&db)
            .await
            .map_err(|error| format!("{foreign}: {error}"))?;
        run(
            &db,
            &[
                "UPDATE tart SET price = 2, id = 2",
                "UPDATE tart SET price = 3",
                "DELETE FROM tart",
            ],
        )
        .await?;
        let records = t.records().await?;
        assert_eq!(records.len(), 5, "{foreign}");
        for record in records {
            let says = (record.metadata, record.actor_id);
            if *foreign == "' '" && t.backend == Backend::MySql {
                // Nothing but blanks is nothing to MariaDB and MySQL.
                assert_eq!(says.1, None);
                continue;
            }
            assert_eq!(
                says,
                (Some(json!({"context": "unreadable"})), None),
                "{foreign}"
            );
        }
        audit_log::Entity::delete_many().exec(&t.db).await?;
    }
    db.close().await?;
    Ok(())
}

/// SQLite, MariaDB, MySQL: what a context holds is cut where its column ends, whatever type and character set it has.
pub async fn a_context_of_any_size_is_cut(t: &mut Test) -> Outcome {
    let repeat = match t.backend {
        Backend::Postgres => return Ok(()),
        Backend::Sqlite => "replace(printf('%.5000c', 'x'), 'x', 'é')",
        Backend::MySql => "REPEAT('é', 5000)",
    };
    let db = with_tarts(t).await?;
    let columns = [
        ("actor_id", 255),
        ("actor_name", 255),
        ("on_behalf_of_id", 255),
        ("on_behalf_of_name", 255),
        ("tenant_id", 128),
        ("ip_address", 45),
        ("user_agent", 512),
        ("session_id", 128),
        ("request_id", 128),
        ("reason", 1000),
        ("module", 255),
    ];
    let pairs: Vec<_> = columns
        .iter()
        .map(|(column, _)| format!("\"{column}\":\"#\""))
        .collect();
    let context = format!("REPLACE('{{{}}}', '#', {repeat})", pairs.join(","));
    run(&db, &[&set(t.backend, &context)]).await?;
    priced(1, 1).insert(&db).await?;
    let record = serde_json::to_value(t.only_record().await?)?;
    for (column, most) in columns {
        let found = record[column].as_str().map(|text| text.chars().count());
        assert_eq!(found, Some(most), "{column}");
    }
    // What are no texts, and keys that are not there.
    let odd = r#"'{"actor_id":5,"reason":{"a":1},"module":[1],"skip_models":5,"skip_actions":{"a":["CREATE"]},"metadata":"text"}'"#;
    run(&db, &[&set(t.backend, odd), "UPDATE tart SET price = 2"]).await?;
    let record = t.records().await?.pop().ok_or("a record")?;
    assert_eq!(
        (record.action.as_str(), record.actor_id.as_deref()),
        ("UPDATE", Some("5"))
    );
    assert_eq!(record.metadata, Some(json!("text")));
    for metadata in ["1.50", "true", "null", "{\"a\":[1]}", "[]"] {
        let context = format!("'{{\"metadata\":{metadata}}}'");
        run(
            &db,
            &[
                &set(t.backend, &context),
                "UPDATE tart SET price = price + 1",
            ],
        )
        .await?;
        let record = t.records().await?.pop().ok_or("a record")?;
        let expected = serde_json::from_str::<sea_orm::prelude::Json>(metadata)?;
        assert_eq!(record.metadata.unwrap_or_default(), expected);
    }
    db.close().await?;
    Ok(())
}

/// Metadata that nests deeper than MariaDB's functions reach fails no write, and hides nothing beside it.
pub async fn deep_metadata_hides_nothing(t: &mut Test) -> Outcome {
    let db = with_tarts(t).await?;
    let deep = (0..60).fold(json!(1), |inner, _| json!([inner]));
    let context = AuditContext::new()
        .actor(Actor::new("ada"))
        .metadata(deep.clone());
    priced(1, 1).insert(&db.audited_as(context)).await?;
    let record = t.only_record().await?;
    assert_eq!(record.actor_id.as_deref(), Some("ada"));
    let found = record.metadata.ok_or("metadata")?;
    assert_eq!(found, json!({"$json": deep.to_string()}));
    db.close().await?;
    Ok(())
}

/// MariaDB and MySQL: a session that says it is another time dates no record.
pub async fn a_session_cannot_choose_the_time(t: &mut Test) -> Outcome {
    if t.backend != Backend::MySql {
        return Ok(());
    }
    let db = with_tarts(t).await?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the clock of the machine, to hold the database's against"
    )]
    let begun = DateTimeUtc::from(std::time::SystemTime::now());
    for zone in ["+00:00", "SYSTEM", "-11:00", "+05:45"] {
        let write = [
            &format!("SET time_zone = '{zone}', timestamp = 86400"),
            "INSERT INTO tart VALUES (1, 1)",
            "UPDATE tart SET price = 2",
            "DELETE FROM tart",
        ];
        run(&db, &write).await?;
    }
    let records = t.records().await?;
    assert_eq!(records.len(), 12);
    for record in records {
        let apart: DateTimeUtc = record.occurred_at;
        let apart = (apart - begun).num_minutes();
        assert!((-5..=30).contains(&apart), "{apart} minutes");
    }
    db.close().await?;
    Ok(())
}

/// MariaDB and MySQL: who waited for a row comes after who held it, by the times of their records too.
pub async fn who_waited_comes_later(t: &mut Test) -> Outcome {
    if t.backend != Backend::MySql {
        return Ok(());
    }
    let waiting = with_tarts(t).await?;
    priced(1, 0).insert(&t.db).await?;
    let first = t.db.begin().await?;
    first
        .execute_unprepared("UPDATE tart SET price = 1")
        .await?;
    let wait = "UPDATE tart SET price = 100 /* who_waited_comes_later */";
    let waiter = tokio::spawn({
        let waiting = waiting.clone();
        async move { waiting.execute_unprepared(wait).await }
    });
    let is_waiting = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' \
        AND trx_query LIKE '%who_waited_comes_later%' AND trx_query LIKE 'UPDATE%'";
    loop {
        let asked = Statement::from_string(t.db.get_database_backend(), is_waiting);
        let count = t.db.query_one_raw(asked).await?.ok_or("a count")?;
        if count.try_get_by_index::<i64>(0)? > 0 {
            break;
        }
        // InnoDB looks anew only where nobody has asked for a tenth of a second: who asks more often gets the first answer
        // for ever.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    first
        .execute_unprepared("UPDATE tart SET price = 2")
        .await?;
    first.commit().await?;
    waiter.await??;
    let mut records = t.records().await?;
    let by_time = |record: &audit_log::Model| (record.occurred_at, record.id);
    assert!(records.is_sorted_by_key(by_time), "{records:?}");
    let last = records.pop().and_then(|record| record.new_values);
    assert_eq!(last, Some(json!({"price": 100})));
    waiting.close().await?;
    Ok(())
}

/// MariaDB and MySQL: what reads the trail cannot write a captured table in the same statement, as their documentation
/// says; what it reads can wait in a temporary table.
pub async fn a_write_that_reads_the_trail(t: &mut Test) -> Outcome {
    let db = with_tarts(t).await?;
    run(
        &db,
        &[
            "INSERT INTO tart VALUES (1, 1)",
            "UPDATE tart SET price = 2",
        ],
    )
    .await?;
    if t.backend == Backend::MySql {
        let undo = "UPDATE tart SET price = (SELECT MIN(JSON_EXTRACT(old_values, '$.price')) FROM audit_log)";
        let refused = db
            .execute_unprepared(undo)
            .await
            .err()
            .map(|error| error.to_string());
        assert!(
            refused.is_some_and(|why| why.contains("1442")),
            "it is done after all"
        );
        let way_out = [
            "CREATE TEMPORARY TABLE earlier AS SELECT MIN(JSON_EXTRACT(old_values, '$.price')) AS price FROM audit_log",
            "UPDATE tart SET price = (SELECT price FROM earlier)",
        ];
        run(&db, &way_out).await?;
        assert_eq!(t.records().await?.len(), 3);
    }
    db.close().await?;
    Ok(())
}

/// MariaDB and MySQL: each record has the login of the session, whatever its context says.
pub async fn the_login_stands_in_every_record(t: &mut Test) -> Outcome {
    if t.backend == Backend::Postgres {
        return Ok(());
    }
    let db = with_tarts(t).await?;
    let contexts = [
        "NULLIF(1, 1)",
        "'mine'",
        "'{\"actor_id\":\"boss\",\"database_user\":\"boss\"}'",
        "'{\"unaudited\":true}'",
    ];
    for context in contexts {
        if t.backend == Backend::MySql || !context.starts_with("NULLIF") {
            run(&db, &[&set(t.backend, context)]).await?;
        }
        run(
            &db,
            &[
                "INSERT INTO tart VALUES (1, 1)",
                "UPDATE tart SET price = 2",
                "DELETE FROM tart",
            ],
        )
        .await?;
    }
    let records = t.records().await?;
    assert_eq!(records.len(), 12);
    for record in records {
        let by_root = record.database_user.map(|user| user.starts_with("root@"));
        assert_eq!(by_root, (t.backend == Backend::MySql).then_some(true));
        assert_eq!(record.database_role, None);
    }
    db.close().await?;
    Ok(())
}
