//! What only PostgreSQL has, for the most part: other databases pass those tests at once.

use audit_sea_orm::{
    __private::install_capture_beside_hooks,
    capture::{self, CaptureOptions, OnSkip},
    encoding,
    prelude::*,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, ModelTrait, Set, Statement,
    TransactionTrait,
    prelude::Json,
    sea_query::{Alias, Expr, Query},
};
use serde_json::json;

use super::{outline, run};
use crate::{
    Backend, Outcome, Test,
    entity::{
        seams::{country, document, generated, money, named, picky, post, span, tiny},
        selected_types::{circle, pair},
        tart,
    },
};

/// Rows that the queries of several foreign keys change: as many records as changes, in the order of the changes.
pub async fn rows_changed_several_times(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let tables = [
        "CREATE TABLE seam_person (id int PRIMARY KEY)",
        "CREATE TABLE seam_post (id int PRIMARY KEY, \
         created_by int REFERENCES seam_person ON DELETE SET NULL ON UPDATE CASCADE, \
         updated_by int REFERENCES seam_person ON DELETE SET NULL ON UPDATE CASCADE)",
    ];
    run(&t.db, &tables).await?;
    capture::install(&t.db, post::Entity).await?;
    let rows = [
        "INSERT INTO seam_person VALUES (1), (2)",
        "INSERT INTO seam_post VALUES (7, 1, 1), (8, 1, 2), (9, 2, 1)",
        "DELETE FROM audit_log",
        "UPDATE seam_person SET id = id + 10",
        "DELETE FROM seam_person",
    ];
    run(&t.db, &rows).await?;
    for id in [7, 8, 9] {
        let key = id.to_string();
        let history = audit_log::Entity::for_key("seam_post", &key)
            .oldest_first()
            .all(&t.db)
            .await?;
        assert_eq!(history.len(), 4, "{history:#?}");
        let first = if id == 9 { (2, 1) } else { (1, id - 6) };
        let mut row = json!({"created_by": first.0, "updated_by": first.1});
        for record in history {
            let (old, new) = (record.old_values, record.new_values);
            let (old, new) = (old.ok_or("before")?, new.ok_or("after")?);
            for (column, value) in old.as_object().ok_or("an object")? {
                assert_eq!(row[column], *value, "{id}: {old} -> {new}");
                row[column] = new[column].clone();
            }
        }
        assert_eq!(row, json!({"created_by": null, "updated_by": null}));
    }
    Ok(())
}

/// Keys that are not unique, as of a view of the table that an entity has: a record for each row.
pub async fn rows_of_one_key(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let table = "CREATE TABLE seam_post (id int NOT NULL, created_by int, updated_by int)";
    run(&t.db, &[table]).await?;
    capture::install(&t.db, post::Entity).await?;
    let rows = [
        "INSERT INTO seam_post VALUES (1, 1, 1), (1, 2, 2), (1, 3, 3), (2, 4, 4)",
        "DELETE FROM audit_log",
        "UPDATE seam_post SET created_by = created_by + 10",
    ];
    run(&t.db, &rows).await?;
    let story = t.story().await?;
    let old: Vec<_> = story.iter().map(|(_, old, _)| old.clone()).collect();
    let expected = [1, 2, 3, 4].map(|old| Some(json!({"created_by": old})));
    assert_eq!(old, expected);
    let new: Vec<_> = story.into_iter().map(|(_, _, new)| new).collect();
    assert_eq!(
        new,
        [11, 12, 13, 14].map(|new| Some(json!({"created_by": new})))
    );
    Ok(())
}

/// What stands before the captured table in `tables_with_rules`: how it is made, and taken away.
const FRONTS: [(&[&str], &str); 4] = [
    (
        &[
            "CREATE VIEW front_1 AS SELECT id, price, 1 AS stock FROM tart",
            "CREATE RULE adds AS ON INSERT TO front_1 DO INSTEAD INSERT INTO tart VALUES (NEW.id, NEW.price)",
            "CREATE RULE sets AS ON UPDATE TO front_1 DO INSTEAD \
             UPDATE tart SET price = NEW.price WHERE id = OLD.id",
            "CREATE RULE ends AS ON DELETE TO front_1 DO INSTEAD DELETE FROM tart WHERE id = OLD.id",
        ],
        "DROP VIEW front_1",
    ),
    (
        &[
            "CREATE VIEW front_2 AS SELECT id, price, 1 AS stock FROM tart",
            "CREATE FUNCTION turn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN CASE TG_OP \
             WHEN 'INSERT' THEN INSERT INTO tart VALUES (NEW.id, NEW.price); RETURN NEW; \
             WHEN 'UPDATE' THEN UPDATE tart SET price = NEW.price WHERE id = OLD.id; RETURN NEW; \
             ELSE DELETE FROM tart WHERE id = OLD.id; RETURN OLD; END CASE; END $$",
            "CREATE TRIGGER turn INSTEAD OF INSERT OR UPDATE OR DELETE ON front_2 \
             FOR EACH ROW EXECUTE FUNCTION turn()",
        ],
        "DROP VIEW front_2; DROP FUNCTION turn()",
    ),
    (
        &[
            "CREATE TABLE front_3 (id int, price int, stock int)",
            "INSERT INTO front_3 SELECT n, n, 1 FROM generate_series(1, 9) n",
            "CREATE RULE adds AS ON INSERT TO front_3 DO INSTEAD INSERT INTO tart VALUES (NEW.id, NEW.price)",
            "CREATE RULE sets AS ON UPDATE TO front_3 DO INSTEAD \
             UPDATE tart SET price = NEW.price WHERE id = OLD.id",
            "CREATE RULE ends AS ON DELETE TO front_3 DO INSTEAD DELETE FROM tart WHERE id = OLD.id",
        ],
        "DROP TABLE front_3",
    ),
    (
        &[
            "CREATE TABLE front_4 (id int, price int, stock int)",
            "CREATE RULE adds AS ON INSERT TO front_4 DO ALSO INSERT INTO tart VALUES (NEW.id, NEW.price)",
            "CREATE RULE sets AS ON UPDATE TO front_4 DO ALSO \
             UPDATE tart SET price = NEW.price WHERE id = OLD.id",
            "CREATE RULE ends AS ON DELETE TO front_4 DO ALSO DELETE FROM tart WHERE id = OLD.id",
        ],
        "DROP TABLE front_4",
    ),
];

/// An insert, an update and a delete that sea-query builds, and the counts that they answer with.
async fn through_front<C: ConnectionTrait>(
    db: &C,
    front: usize,
    id: i32,
) -> Result<[u64; 3], DbErr> {
    let front = || Alias::new(format!("front_{front}"));
    let insert = Query::insert()
        .into_table(front())
        .columns(["id", "price", "stock"])
        .values_panic([id.into(), 100.into(), 1.into()])
        .take();
    let inserted = db.execute(&insert).await?;
    let update = Query::update()
        .table(front())
        .value("price", 200)
        .and_where(Expr::col("id").eq(id))
        .take();
    let updated = db.execute(&update).await?;
    let delete = Query::delete()
        .from_table(front())
        .and_where(Expr::col("id").eq(id))
        .take();
    let deleted = db.execute(&delete).await?;
    Ok([inserted, updated, deleted].map(|done| done.rows_affected()))
}

/// Rules, and triggers of views, that send a write on to a captured table: an audited connection answers as a plain one,
/// and the records have the actor.
pub async fn tables_with_rules(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    let audited =
        t.db.audited_as(AuditContext::new().actor(Actor::new("ada")));
    for ((front, gone), number) in FRONTS.into_iter().zip(1..) {
        run(&t.db, front).await?;
        let plain = through_front(&t.db, number, 1).await?;
        run(&t.db, &["DELETE FROM audit_log"]).await?;
        let on_pool = through_front(&audited, number, 2).await;
        let transaction = audited.begin().await?;
        let inside = through_front(&transaction, number, 3).await;
        transaction.commit().await?;
        run(&t.db, &[gone]).await?;
        assert_eq!((on_pool?, inside?), (plain, plain), "{front:?}");
        let records = t.records().await?.into_iter();
        let records: Vec<_> = records.map(|it| (it.action, it.actor_id)).collect();
        let written = ["CREATE", "UPDATE", "DELETE"].repeat(2).into_iter();
        let written: Vec<_> = written
            .map(|action| (action.to_owned(), Some("ada".to_owned())))
            .collect();
        assert_eq!(records, written, "{front:?}");
    }
    Ok(())
}

/// A rule that is made while the program knows the table without: on the pool the write goes through at once, and from
/// then on in transactions.
pub async fn a_rule_that_is_made_later(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    let front = "CREATE TABLE front_5 (id int, price int, stock int)";
    let rule = "CREATE RULE adds AS ON INSERT TO front_5 DO INSTEAD \
                INSERT INTO tart VALUES (NEW.id, NEW.price)";
    run(&t.db, &[front]).await?;
    let audited =
        t.db.audited_as(AuditContext::new().actor(Actor::new("ada")));
    through_front(&audited, 5, 1).await?;
    run(&t.db, &[rule]).await?;
    through_front(&audited, 5, 2).await?;
    let transaction = audited.begin().await?;
    through_front(&transaction, 5, 3).await?;
    transaction.commit().await?;
    let records = t.records().await?.into_iter();
    let records: Vec<_> = records.map(|it| (it.object_id, it.actor_id)).collect();
    let expected = ["2", "3"].map(|id| (Some(id.to_owned()), Some("ada".to_owned())));
    assert_eq!(records, expected);
    Ok(())
}

/// Keys that go from row to row: each old object ends, and each new one begins. A row that a partition refuses is gone.
pub async fn keys_that_change_hands(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let tables = [
        "CREATE TABLE seam_post (id int NOT NULL, created_by int, updated_by int) PARTITION BY LIST (updated_by)",
        "CREATE TABLE seam_post_1 PARTITION OF seam_post FOR VALUES IN (1)",
        "CREATE TABLE seam_post_2 PARTITION OF seam_post FOR VALUES IN (2)",
    ];
    run(&t.db, &tables).await?;
    capture::install(&t.db, post::Entity).await?;
    let rows = [
        "INSERT INTO seam_post VALUES (1, 1, 1), (2, 2, 1), (3, 3, 1)",
        "DELETE FROM audit_log",
        "UPDATE seam_post SET id = id + 1",
    ];
    run(&t.db, &rows).await?;
    let expected = [
        "DELETE seam_post 1",
        "DELETE seam_post 2",
        "DELETE seam_post 3",
        "CREATE seam_post 2",
        "CREATE seam_post 3",
        "CREATE seam_post 4",
    ];
    assert_eq!(outline(&t.records().await?), expected);

    let refuse = [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id = 3 THEN RETURN NULL; END IF; \
         RETURN NEW; END'",
        "CREATE TRIGGER refuse BEFORE INSERT ON seam_post_2 FOR EACH ROW EXECUTE FUNCTION refuse()",
        "DELETE FROM audit_log",
        "UPDATE seam_post SET updated_by = 2",
    ];
    run(&t.db, &refuse).await?;
    let expected = [
        "UPDATE seam_post 2",
        "UPDATE seam_post 4",
        "DELETE seam_post 3",
    ];
    assert_eq!(outline(&t.records().await?), expected);
    Ok(())
}

/// Columns that are computed when they are read, the default of PostgreSQL 18, are recorded as they are read.
pub async fn virtual_columns(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres || server_version(t).await? < 180_000 {
        return Ok(());
    }
    let table = "CREATE TABLE seam_generated (id int PRIMARY KEY, a int NOT NULL, hidden int DEFAULT 1, \
         name text GENERATED ALWAYS AS ('no ' || (a + hidden)) VIRTUAL, doubled int GENERATED ALWAYS AS (a * 2) VIRTUAL)";
    run(&t.db, &[table]).await?;
    capture::install(&t.db, generated::Entity).await?;
    let writes = [
        "INSERT INTO seam_generated VALUES (1, 5)",
        "INSERT INTO seam_generated VALUES (2, 6), (3, 7)",
        "UPDATE seam_generated SET a = a + 1 WHERE id = 1",
        "UPDATE seam_generated SET a = a + 1 WHERE id > 1",
        "UPDATE seam_generated SET id = id + 10",
        "DELETE FROM seam_generated WHERE id = 11",
        "DELETE FROM seam_generated",
    ];
    run(&t.db, &writes).await?;
    let records = t.records().await?;
    assert_eq!(records.len(), 3 + 3 + 6 + 3);
    let created = json!({"id": 1, "a": 5, "name": "no 6", "doubled": 10});
    assert_eq!(records[0].new_values, Some(created));
    assert_eq!(records[2].object_repr.as_deref(), Some("no 8"));
    let updated = json!({"a": 8, "name": "no 9", "doubled": 16});
    assert_eq!(records[5].new_values, Some(updated));
    let gone = json!({"id": 13, "a": 8, "name": "no 9", "doubled": 16});
    assert_eq!(records[14].old_values, Some(gone));
    Ok(())
}

async fn server_version(t: &Test) -> Result<i32, sea_orm::DbErr> {
    let sql = "SELECT current_setting('server_version_num')::int";
    let row =
        t.db.query_one_raw(Statement::from_string(sea_orm::DbBackend::Postgres, sql));
    let row = row.await?.ok_or(sea_orm::DbErr::RecordNotInserted)?;
    row.try_get_by_index(0)
}

/// `CHAR(n)` keeps its blanks, so that an object is found by its model.
pub async fn padded_texts(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let table = "CREATE TABLE seam_country (code char(3) PRIMARY KEY, zone char(5))";
    run(&t.db, &[table]).await?;
    capture::install(&t.db, country::Entity).await?;
    let row = country::ActiveModel {
        code: Set("UK".to_owned()),
        zone: Set(Some("ab".to_owned())),
    };
    let row = row.insert(&t.db).await?;
    assert_eq!(row.code, "UK ");
    let rows = [
        "INSERT INTO seam_country VALUES ('a', 'b'), ('c', NULL)",
        "UPDATE seam_country SET zone = 'x'",
        "UPDATE seam_country SET code = 'b' WHERE code = 'a'",
    ];
    run(&t.db, &rows).await?;
    let history = audit_log::Entity::for_object(&row).all(&t.db).await?;
    assert_eq!(history.len(), 2);
    let records = t.records().await?;
    let first = json!({"code": "UK ", "zone": "ab   "});
    assert_eq!(records[0].new_values, Some(first));
    assert_eq!(
        records[2].new_values,
        Some(json!({"code": "c  ", "zone": null}))
    );
    assert_eq!(
        outline(&records)[6..],
        ["DELETE seam_country a  ", "CREATE seam_country b  "]
    );
    assert_eq!(records[0].object_repr.as_deref(), Some("UK "));
    Ok(())
}

/// Ranges and intervals have the same text whatever the session has set, and dates go as far as the type does.
pub async fn styled_texts_and_far_dates(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let table = "CREATE TABLE seam_span (id int PRIMARY KEY, during daterange, for_long interval, day date)";
    run(&t.db, &[table]).await?;
    capture::install(&t.db, span::Entity).await?;
    let transaction = t.db.begin().await?;
    for sql in [
        "SET LOCAL datestyle = 'German, DMY'",
        "SET LOCAL intervalstyle = iso_8601",
        "INSERT INTO seam_span VALUES (1, '[02.01.2020,01.01.2021)', '1 mon -1 day', '5874897-12-31'), \
         (2, NULL, NULL, '4713-01-01 BC'), (3, NULL, NULL, 'infinity'), (4, NULL, NULL, '2026-11-28')",
    ] {
        transaction.execute_unprepared(sql).await?;
    }
    transaction.commit().await?;
    let records = t.records().await?;
    let values: Vec<Json> = records
        .into_iter()
        .filter_map(|record| record.new_values)
        .collect();
    assert_eq!(
        values[0],
        json!({"id": 1, "during": "[2020-01-02,2021-01-01)", "for_long": "1 mon -1 days", "day": "+5874897-12-31"})
    );
    let days: Vec<_> = values[1..].iter().map(|row| row["day"].clone()).collect();
    assert_eq!(days, ["-4712-01-01", "infinity", "2026-11-28"]);
    Ok(())
}

/// The numbers in the text of a shape or a row have all their digits, however few the session asks for.
pub async fn digits_of_numbers_in_texts(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    run(
        &t.db,
        &[
            "CREATE TYPE pair AS (a double precision, b text)",
            "CREATE TABLE circle_selected (id int PRIMARY KEY, value circle)",
            "CREATE TABLE pair_selected (id int PRIMARY KEY, value pair)",
        ],
    )
    .await?;
    install_capture_beside_hooks::<_, circle::Entity>(&t.db).await?;
    install_capture_beside_hooks::<_, pair::Entity>(&t.db).await?;
    let transaction = t.db.begin().await?;
    for sql in [
        "SET LOCAL extra_float_digits = 0",
        "INSERT INTO circle_selected VALUES (1, '<(0.30000000000000004,1),2>')",
        "INSERT INTO pair_selected VALUES (1, ROW(0.30000000000000004, 'a'))",
    ] {
        transaction.execute_unprepared(sql).await?;
    }
    transaction.commit().await?;
    let records = t.records().await?.into_iter();
    let values: Vec<_> = records
        .filter_map(|record| Some(record.new_values?["value"].clone()))
        .collect();
    assert_eq!(
        values,
        ["<(0.30000000000000004,1),2>", "(0.30000000000000004,a)"]
    );
    Ok(())
}

/// What an entity reads by a cast is recorded as it reads it; what no trigger can spell is refused at install.
pub async fn columns_read_by_a_cast(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let table =
        "CREATE TABLE seam_money (id int PRIMARY KEY, amount money, bits bit(8), n numeric(10, 2))";
    run(&t.db, &[table]).await?;
    capture::install(&t.db, money::Entity).await?;
    run(
        &t.db,
        &["INSERT INTO seam_money VALUES (1, '12.50', B'00000101', 5), (2, '1', B'11111111', 6)"],
    )
    .await?;
    run(
        &t.db,
        &["UPDATE seam_money SET bits = B'00000110' WHERE id = 1"],
    )
    .await?;
    let rows = money::Entity::find().all(&t.db).await?;
    let records = t.records().await?;
    let values = records[1].new_values.as_ref().ok_or("the row")?;
    for (column, name) in [
        (money::Column::Amount, "amount"),
        (money::Column::Bits, "bits"),
        (money::Column::N, "n"),
    ] {
        let read = encoding::column_value::<money::Entity>(column, &values[name])?;
        assert_eq!(read, rows[0].get(column), "{name}");
    }
    assert_eq!(records[2].new_values, Some(json!({"bits": 6})));

    run(
        &t.db,
        &["ALTER TABLE seam_money ALTER n TYPE point USING NULL"],
    )
    .await?;
    let refused = capture::install(&t.db, money::Entity).await;
    let refused = refused.expect_err("a point is no number").to_string();
    assert!(refused.contains("seam_money"), "{refused}");
    Ok(())
}

/// JSON that PostgreSQL holds and others cannot read is wrapped, so that the record can be read.
pub async fn json_that_others_cannot_read(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let table = "CREATE TABLE seam_document (id int PRIMARY KEY, body json)";
    run(&t.db, &[table]).await?;
    capture::install(&t.db, document::Entity).await?;
    let bodies = [
        "1e400",
        "-1E+999",
        r#""\ud800""#,
        r#"{"a" : ["\uDC00 x"]}"#,
        r#""\\u0000""#,
        r#""a\u0000b""#,
    ];
    for (id, body) in (1..).zip(bodies) {
        run(
            &t.db,
            &[&format!(
                "INSERT INTO seam_document VALUES ({id}, '{body}')"
            )],
        )
        .await?;
    }
    run(
        &t.db,
        &[&format!(
            "INSERT INTO seam_document VALUES (7, '1{}')",
            "0".repeat(400)
        )],
    )
    .await?;
    let records = t.records().await?;
    let found: Vec<_> = records
        .iter()
        .filter_map(|record| Some(record.new_values.as_ref()?["body"].clone()))
        .collect();
    for (found, body) in found.iter().zip(&bodies[..4]) {
        assert_eq!(*found, json!({"$json": body}));
    }
    assert_eq!(found[4..6], [json!("\\u0000"), json!("a\u{0}b")]);
    assert!(found[6]["$json"].is_string(), "{}", found[6]);
    Ok(())
}

/// No context, whatever it holds, fails a write, and what it holds is recorded as it was written.
pub async fn odd_contexts(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    run(&t.db, &["CREATE TABLE seam_tiny (id int PRIMARY KEY)"]).await?;
    capture::install(&t.db, tiny::Entity).await?;
    let mut id = 0;
    let mut record_of = async |context: &str| {
        id += 1;
        let transaction = t.db.begin().await?;
        let sql = "SELECT set_config('audit.context', $1, true)";
        let set =
            Statement::from_sql_and_values(t.db.get_database_backend(), sql, [context.into()]);
        transaction.execute_raw(set).await?;
        let insert = format!("INSERT INTO seam_tiny VALUES ({id})");
        transaction.execute_unprepared(&insert).await?;
        transaction.commit().await?;
        let last = t.records().await?.pop();
        last.ok_or(sea_orm::DbErr::RecordNotInserted)
    };
    for unreadable in [
        "mine",
        "7",
        "[{\"actor_id\": \"x\"}]",
        "{\"skip_models\": 5}",
        "{\"skip_actions\": {}, \"actor_id\": \"x\"}",
        "{\"actor_id\": \"\\ud800\"}",
        "\"text\"",
        "{",
    ] {
        let record = record_of(unreadable).await?;
        assert_eq!(
            record.metadata,
            Some(json!({"context": "unreadable"})),
            "{unreadable}"
        );
        assert_eq!((record.action.as_str(), record.actor_id), ("CREATE", None));
    }
    let six = record_of(r#"{"reason": "six: \\u0000, one: \u0000\u0000, \\\u0000"}"#).await?;
    let expected = "six: \\u0000, one: \u{fffd}\u{fffd}, \\\u{fffd}";
    assert_eq!(six.reason.as_deref(), Some(expected));
    let big = record_of(r#"{"actor_id": "ada", "metadata": {"n": 1e999999}}"#).await?;
    assert_eq!(big.actor_id.as_deref(), Some("ada"));
    assert_eq!(big.metadata, Some(json!({"$json": "{\"n\": 1e999999}"})));
    let long = json!({"actor_id": "é".repeat(500), "ip_address": "1".repeat(99)});
    let long = record_of(&long.to_string()).await?;
    assert_eq!(long.actor_id, Some("é".repeat(255)));
    assert_eq!(long.ip_address, Some("1".repeat(45)));
    Ok(())
}

/// The login stands in each record, whatever the context says, and so does the role that the session took on.
pub async fn logins_and_roles(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    run(&t.db, &["CREATE TABLE seam_tiny (id int PRIMARY KEY)"]).await?;
    capture::install(&t.db, tiny::Entity).await?;
    let transaction = t.db.begin().await?;
    for sql in [
        "SET LOCAL audit.context = '{\"actor_id\": \"boss\", \"metadata\": {\"a\": 1}}'",
        "INSERT INTO seam_tiny VALUES (1)",
        "GRANT INSERT ON seam_tiny TO pg_monitor",
        "SET LOCAL ROLE pg_monitor",
        "INSERT INTO seam_tiny VALUES (2), (3)",
    ] {
        transaction.execute_unprepared(sql).await?;
    }
    transaction.commit().await?;
    let records = t.records().await?;
    for record in &records {
        assert_eq!(record.database_user.as_deref(), Some("postgres"));
        assert_eq!(record.metadata, Some(json!({"a": 1})));
    }
    let roles: Vec<_> = records.iter().map(|r| r.database_role.as_deref()).collect();
    assert_eq!(roles, [None, Some("pg_monitor"), Some("pg_monitor")]);
    Ok(())
}

/// Many rows that the context says to skip: a record for each, of the same shape; none where it was installed so.
pub async fn many_skipped_rows(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let table = "CREATE TABLE seam_post (id int NOT NULL, created_by int, updated_by int)";
    run(&t.db, &[table]).await?;
    let writes = [
        "SET LOCAL audit.context = '{\"unaudited\": true}'",
        "INSERT INTO seam_post VALUES (1, 1, 1), (2, 1, 1)",
        "UPDATE seam_post SET created_by = 3",
        "UPDATE seam_post SET created_by = 3",
        "UPDATE seam_post SET id = id + 1 WHERE id = 2",
        "DELETE FROM seam_post",
        "TRUNCATE seam_post",
    ];
    for (on_skip, count) in [(OnSkip::Record, 9), (OnSkip::Leave, 0)] {
        audit_log::Entity::delete_many().exec(&t.db).await?;
        let options = CaptureOptions::new().on_skip(on_skip);
        capture::install_with(&t.db, post::Entity, options).await?;
        let transaction = t.db.begin().await?;
        for sql in writes {
            transaction.execute_unprepared(sql).await?;
        }
        transaction.commit().await?;
        let records = t.records().await?;
        assert_eq!(records.len(), count, "{on_skip:?}");
        let bare = |record: &audit_log::Model| {
            record.action == "SKIPPED"
                && record.object_repr.is_none()
                && record.old_values.is_none()
                && record.new_values.is_none()
                && record.database_user.is_some()
        };
        assert!(records.iter().all(bare), "{records:#?}");
        let of = |record: audit_log::Model| {
            let metadata = record.metadata.unwrap_or_default();
            assert_eq!(metadata["by"], "unaudited");
            let skipped = metadata["skipped"].as_str().unwrap_or_default().to_owned();
            format!("{skipped} {}", record.object_id.unwrap_or_default())
        };
        let lines: Vec<_> = records.into_iter().map(of).collect();
        let expected = [
            "CREATE 1",
            "CREATE 2",
            "UPDATE 1",
            "UPDATE 2",
            "DELETE 2",
            "CREATE 3",
            "DELETE 1",
            "DELETE 3",
            "TRUNCATE ",
        ];
        assert_eq!(lines, expected[..count]);
    }
    Ok(())
}

/// A table whose name is known at run time only is captured by that name.
pub async fn tables_named_at_run_time(t: &mut Test) -> Outcome {
    run(&t.db, &["CREATE TABLE seam_named_b (id int PRIMARY KEY)"]).await?;
    let entity = named::Entity {
        name: "seam_named_b",
    };
    capture::install(&t.db, entity).await?;
    run(&t.db, &["INSERT INTO seam_named_b VALUES (1)"]).await?;
    assert_eq!(outline(&t.records().await?), ["CREATE seam_named_b 1"]);
    capture::remove(&t.db, entity).await?;
    run(&t.db, &["INSERT INTO seam_named_b VALUES (2)"]).await?;
    assert_eq!(t.records().await?.len(), 1);
    Ok(())
}

/// A statement with as many parameters as PostgreSQL takes has no place for one more.
pub async fn the_most_parameters(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    run(&t.db, &["CREATE TABLE seam_tiny (id int PRIMARY KEY)"]).await?;
    capture::install(&t.db, tiny::Entity).await?;
    let rows = (1..=65_535).map(|id| tiny::ActiveModel { id: Set(id) });
    let db = t.db.clone().audited();
    AuditContext::new()
        .actor(Actor::new(42))
        .scope(tiny::Entity::insert_many(rows).exec_without_returning(&db))
        .await?;
    let records = t.records().await?;
    assert_eq!(records.len(), 65_535);
    assert_eq!(records[65_534].actor_id.as_deref(), Some("42"));
    Ok(())
}

/// A value of another type than a column's is an error, though the type of its field may panic where it is asked.
pub async fn values_of_types_that_panic(_t: &mut Test) -> Outcome {
    let read = |json| encoding::column_value::<picky::Entity>(picky::Column::Picky, &json);
    assert_eq!(read(json!(7))?, sea_orm::Value::from(7));
    assert!(read(json!("***")).is_err());
    assert!(read(json!({"not": "a number"})).is_err());
    assert!(read(json!(null)).is_err());
    Ok(())
}
