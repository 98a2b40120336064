//! Names, keys and texts that are hard to spell.

use audit_sea_orm::{capture, prelude::*, text};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, ModelTrait, Set};
use serde_json::json;

use super::{ledger, outline};
use crate::{
    Backend, Outcome, Test,
    entity::ledger::{account, hostile, seat},
};

/// Names with every quote, comment and placeholder, of as many characters as a database allows.
pub async fn hostile_names(t: &mut Test) -> Outcome {
    t.create_table(hostile::Entity).await?;
    capture::install(&t.db, hostile::Entity).await?;
    capture::install(&t.db, hostile::Entity).await?;
    let row = hostile::Model {
        id: 1,
        long: "l".to_owned(),
        quoted: "q".to_owned(),
        payload: "p".to_owned(),
        masked: "CANARY".to_owned(),
    };
    let row = row.into_active_model().reset_all().insert(&t.db).await?;
    let mut edit = row.clone().into_active_model();
    edit.quoted = Set("it's".to_owned());
    edit.masked = Set("CANARY2".to_owned());
    let row = edit.update(&t.db).await?;
    row.clone().delete(&t.db).await?;

    let records = audit_log::Entity::for_object(&row)
        .oldest_first()
        .all(&t.db)
        .await?;
    assert_eq!(records.len(), 3);
    let quoted = "a \"b\" 'c' `d` \\ \\u0041 $audit1$ */ /* é";
    assert_eq!(
        records[1].new_values,
        Some(json!({quoted: "it's", "order by; --": "***"}))
    );
    let changed = audit_log::Entity::changed(quoted).all(&t.db).await?;
    assert_eq!(changed.len(), 3);
    let all = records[2].old_values.as_ref().ok_or("the whole row")?;
    assert_eq!(all.as_object().map(serde_json::Map::len), Some(5));
    capture::remove(&t.db, hostile::Entity).await?;
    hostile::Entity::insert(row.into_active_model().reset_all())
        .exec(&t.db)
        .await?;
    assert_eq!(t.records().await?.len(), 3);
    Ok(())
}

/// Keys of a text and a number, spelled byte by byte as the hooks spell them.
pub async fn composite_keys(t: &mut Test) -> Outcome {
    t.create_table(seat::Entity).await?;
    capture::install(&t.db, seat::Entity).await?;
    let mut halls = vec![
        "a",
        "A",
        "a\",\"b",
        "a\\b/c",
        "\t\r\n\u{8}\u{c}",
        "\u{1}\u{b}\u{1a}\u{1f}\u{7f}",
        "é😀",
        "\\u001F",
        " ",
    ];
    if t.backend == Backend::MySql {
        // Its collation takes them for equal to others of the list.
        halls.retain(|hall| !["A", " "].contains(hall));
    }
    for hall in &halls {
        let seat = seat::Model {
            hall: (*hall).to_owned(),
            number: 7,
            label: "free".to_owned(),
        };
        let seat = seat.into_active_model().reset_all().insert(&t.db).await?;
        let mut edit = seat.clone().into_active_model();
        edit.label = Set("taken".to_owned());
        edit.update(&t.db).await?;
        let of_one = audit_log::Entity::for_object(&seat).all(&t.db).await?;
        assert_eq!(of_one.len(), 2, "{hall:?}");
    }
    // Letters of another case are another key, whatever a collation says.
    t.db.execute_unprepared("DELETE FROM ledger_seat WHERE hall <> 'a'")
        .await?;
    let before = t.records().await?.len();
    t.db.execute_unprepared("UPDATE ledger_seat SET hall = 'B'")
        .await?;
    t.db.execute_unprepared("UPDATE ledger_seat SET hall = 'b'")
        .await?;
    assert_eq!(t.records().await?.len(), before + 4);
    let long = "k".repeat(250);
    let seat = seat::Model {
        hall: long,
        number: i32::MIN,
        label: String::new(),
    };
    let seat = seat.into_active_model().reset_all().insert(&t.db).await?;
    let of_one = audit_log::Entity::for_object(&seat).all(&t.db).await?;
    assert_eq!(of_one.len(), 1);
    Ok(())
}

/// Texts that the columns' collation takes for equal are different values, and different keys.
pub async fn equal_by_collation(t: &mut Test) -> Outcome {
    let table = match t.backend {
        Backend::Sqlite => {
            "CREATE TABLE ledger_seat (hall text COLLATE NOCASE, number int, label text COLLATE NOCASE, \
             PRIMARY KEY (hall, number))"
        }
        Backend::Postgres => {
            "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false); \
             CREATE TABLE ledger_seat (hall text COLLATE nocase, number int, label text COLLATE nocase, \
             PRIMARY KEY (hall, number))"
        }
        Backend::MySql => {
            "CREATE TABLE ledger_seat (hall varchar(9), number int, label text, PRIMARY KEY (hall, number)) \
             COLLATE utf8mb4_general_ci"
        }
    };
    t.db.execute_unprepared(table).await?;
    capture::install(&t.db, seat::Entity).await?;
    for sql in [
        "INSERT INTO ledger_seat VALUES ('a', 1, 'x'), ('b', 2, 'y')",
        "UPDATE ledger_seat SET label = UPPER(label) WHERE number = 1",
        "UPDATE ledger_seat SET label = UPPER(label)",
        "UPDATE ledger_seat SET hall = 'A' WHERE number = 1",
        "UPDATE ledger_seat SET hall = UPPER(hall)",
    ] {
        t.db.execute_unprepared(sql).await?;
    }
    let seat =
        |action: &str, hall: &str, number: i32| format!("{action} seat [\"{hall}\",{number}]");
    assert_eq!(
        outline(&t.records().await?),
        [
            seat("CREATE", "a", 1),
            seat("CREATE", "b", 2),
            seat("UPDATE", "a", 1),
            seat("UPDATE", "b", 2),
            seat("DELETE", "a", 1),
            seat("CREATE", "A", 1),
            seat("DELETE", "b", 2),
            seat("CREATE", "B", 2),
        ]
    );
    Ok(())
}

/// The text for people is cut and cleaned, as everywhere.
pub async fn hostile_texts_for_people(t: &mut Test) -> Outcome {
    ledger(t).await?;
    let names = [
        "plain".to_owned(),
        "a\tb\r\nc\u{1}\u{1b}[31m".to_owned(),
        "\u{202e}evil\u{2066}\u{200f}\u{61c} \u{85}\u{7f}".to_owned(),
        "żółć 😀 \u{fffd}".to_owned(),
        "x".repeat(250),
        format!("{}😀\u{202e}{}", "y".repeat(198), "z".repeat(30)),
    ];
    for (id, name) in (1..).zip(names) {
        let account = account::ActiveModel {
            name: Set(name.clone()),
            ..account::numbered(id)
        };
        account.insert(&t.db).await?;
        let record = t.records().await?.pop().ok_or("its record")?;
        let clean = text::line(&name, 200).into_owned();
        assert_eq!(record.object_repr, Some(clean), "{name:?}");
        assert_eq!(
            record.new_values.map(|values| values["name"].clone()),
            Some(json!(name))
        );
    }
    // Texts that a collation takes for those that name nothing, and that name something.
    for (id, name) in [(21, " "), (22, "Null")] {
        let account = account::ActiveModel {
            name: Set(name.to_owned()),
            ..account::numbered(id)
        };
        let account = account.insert(&t.db).await?;
        let record = t.records().await?.pop().ok_or("its record")?;
        assert_eq!(record.object_repr.as_deref(), Some(name));
        account.delete(&t.db).await?;
    }
    // Texts that name nothing: the table and the key stand for them.
    for (id, name) in [(11, ""), (12, "null")] {
        let account = account::ActiveModel {
            name: Set(name.to_owned()),
            ..account::numbered(id)
        };
        account.insert(&t.db).await?;
        let record = t.records().await?.pop().ok_or("its record")?;
        assert_eq!(record.object_repr, Some(format!("ledger_account {id}")));
    }
    Ok(())
}
