//! Records that no longer fit are listed, with why; those that fit are not.

use audit_sea_orm::{
    doctor::{self, Misfit, MisfitKind},
    entity::audit_log,
    prelude::*,
};
use sea_orm::{ConnectionTrait, EntityTrait, Set};

use crate::{Outcome, Test, by_hand::Record, entity::cake};

/// Writes a creation by hand.
async fn record(t: &Test, table: &str, object_id: &str, json: &str) -> Outcome {
    let record = Record {
        action: "CREATE",
        table,
        object_id,
        side: "new_values",
        json,
    };
    Ok(record.write(&t.db).await?)
}

/// Where each misfit is, how many records it is of, and which.
fn places(misfits: &[Misfit]) -> Vec<(&str, Option<&str>, u64, i64, i64)> {
    let places = misfits.iter().map(|misfit| {
        let column = misfit.column.as_deref();
        let table = misfit.table.as_str();
        (table, column, misfit.records, misfit.first, misfit.last)
    });
    places.collect()
}

/// Each kind of misfit by its place, and its text.
pub async fn every_kind_of_misfit_is_named(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    t.db.execute_unprepared("CREATE TABLE plain (id integer, kept integer)")
        .await?;
    let cake = cake::named("Sacher").audited_insert(&t.db).await?;
    let edit = cake::ActiveModel {
        id: Set(cake.id),
        price: Set(300),
        ..Default::default()
    };
    edit.audited_update(&t.db).await?;
    let clean = doctor::examine(&t.db).await?;
    assert!(clean.is_clean(), "{clean}");

    record(t, "cake", "7", r#"{"id":7,"price":"4.50"}"#).await?;
    record(t, "cake", "7", r#"{"id":7,"price":5,"weight":1}"#).await?;
    record(t, "cake", "seven", r#"{"id":"seven"}"#).await?;
    record(t, "cake", "8", r#"{"price":"5.50","secret_recipe":"***"}"#).await?;
    record(t, "cake", "9", r#"{"price":{"$unreadable":"lots"}}"#).await?;
    record(t, "vanished", "1", r#"{"a":1}"#).await?;
    record(t, "plain", "1", r#"{"id":"any","kept":2}"#).await?;
    record(t, "plain", "1", r#"{"kept":2,"lost":3}"#).await?;
    // By names that the entity says it had, and a record that is of no object.
    record(t, "torte", "1", r#"{"nr":1,"name":"Linzer","cost":3}"#).await?;
    AuditEvent::custom("PUBLISH").record(&t.db).await?;

    let diagnosis = doctor::examine(&t.db).await?;
    assert_eq!(diagnosis.records, 11);
    assert_eq!(
        places(&diagnosis.misfits),
        [
            ("cake", None, 1, 5, 5),
            ("cake", Some("id"), 1, 5, 5),
            ("cake", Some("price"), 2, 3, 6),
            ("cake", Some("price"), 1, 7, 7),
            ("cake", Some("weight"), 1, 4, 4),
            ("plain", Some("lost"), 1, 10, 10),
            ("vanished", None, 1, 8, 8),
        ]
    );
    let shown = diagnosis.to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "11 records looked at, 7 kinds of misfits");
    assert_eq!(
        lines[1],
        "cake: 1 record (5): `seven` is no key of the entity"
    );
    assert!(
        lines[3].starts_with("cake.price: 2 records (3 to 6): "),
        "{shown}"
    );
    assert_eq!(
        lines[4],
        "cake.price: 1 record (7): the application could not read `lots` then"
    );
    assert!(matches!(
        diagnosis.misfits[5].kind,
        MisfitKind::UnknownColumn
    ));
    assert_eq!(doctor::examine_after(10.into(), &t.db).await?.misfits, []);
    Ok(())
}

/// However many records there are, each is looked at, and few statements read them.
pub async fn every_record_is_looked_at(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let records = (0..2_500).map(|number| audit_log::ActiveModel {
        occurred_at: Set(sea_orm::prelude::DateTimeUtc::UNIX_EPOCH),
        action: Set("UPDATE".to_owned()),
        table_name: Set(Some("cake".to_owned())),
        object_id: Set(Some(number.to_string())),
        new_values: Set(Some(if number == 2_499 {
            serde_json::json!({ "price": "none" })
        } else {
            serde_json::json!({ "price": number })
        })),
        ..Default::default()
    });
    let records: Vec<_> = records.collect();
    for records in records.chunks(500) {
        audit_log::Entity::insert_many(records.to_vec())
            .exec(&t.db)
            .await?;
    }
    let (diagnosis, sent) = t.sent(doctor::examine(&t.db)).await;
    let diagnosis = diagnosis?;
    assert_eq!(diagnosis.records, 2_500);
    assert_eq!(
        places(&diagnosis.misfits),
        [("cake", Some("price"), 1, 2_500, 2_500)]
    );
    assert_eq!(sent.len(), 3, "{sent:#?}");
    Ok(())
}
