//! Objects that are named as records name them.

use audit_sea_orm::{
    AnyObject, AnySnapshot, capture, encoding,
    history::{Snapshot, Unknown},
    prelude::*,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, EntityTrait, IdenStatic, IntoActiveModel, Iterable,
    ModelTrait, Set,
};
use serde_json::Value as Json;

use crate::{
    Outcome, Test,
    entity::{
        cake,
        shop::{customer, line, order},
    },
};

/// What a snapshot tells, by column.
type Columns = Vec<(String, Result<Json, Unknown>)>;

pub(super) fn columns(snapshot: &AnySnapshot) -> Columns {
    let columns = snapshot.columns().map(|(name, value)| {
        let value = value.cloned().map_err(Unknown::clone);
        (name.to_owned(), value)
    });
    columns.collect()
}

pub(super) fn typed_columns<E: Audited + EntityTrait>(snapshot: &Snapshot<E>) -> Columns {
    let columns = E::Column::iter().map(|column| {
        let json = |value| encoding::to_json(value).expect("it has an encoding");
        let value = snapshot.get(column).map(json).map_err(Unknown::clone);
        (column.as_str().to_owned(), value)
    });
    columns.collect()
}

/// Each version of an object is what its typed history says, whatever left no record.
pub async fn an_object_of_any_table_has_its_history(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = cake::named("Sachertorte").audited_insert(&t.db).await?;
    let mut edit = cake.clone().into_active_model();
    edit.name = Set("Linzer Torte".to_owned());
    edit.audited_update(&t.db).await?;
    t.db.execute_unprepared("UPDATE cake SET name = 'unseen'")
        .await?;
    let now = cake::Entity::find_by_id(cake.id).one(&t.db).await?;
    now.ok_or("it is there")?.audited_delete(&t.db).await?;

    let typed = History::of(&cake).versions(&t.db).await?;
    assert_eq!(typed.len(), 3);
    let object = AnyObject::find("cake", &cake.id.to_string())?;
    assert_eq!(
        (object.table(), object.id()),
        ("cake", &*cake.id.to_string())
    );
    let mut walk = object.walk(&t.db).await?;
    for typed in &typed {
        let version = walk.try_next().await?.ok_or("as many")?;
        assert_eq!(version.record, typed.record);
        assert_eq!(version.unrecorded, typed.unrecorded);
        let expected = typed.snapshot.as_ref().map(typed_columns);
        assert_eq!(version.snapshot.as_ref().map(columns), expected);
        let after = object.after(typed.record.id, &t.db).await?;
        assert_eq!(after.as_ref().map(columns), expected);
        let then = object.at(typed.record.occurred_at, &t.db).await?;
        assert_eq!(then.as_ref().map(columns), expected);
    }
    assert!(walk.try_next().await?.is_none());
    assert!(typed[2].unrecorded.get("name").is_some(), "the raw update");
    assert!(object.after(typed[0].record.id - 1, &t.db).await?.is_none());
    Ok(())
}

/// The parts of an object are found by what its entities declare.
pub async fn an_object_of_any_table_has_its_parts(t: &mut Test) -> Outcome {
    t.create_table(customer::Entity).await?;
    t.create_table(order::Entity).await?;
    t.create_table(line::Entity).await?;
    capture::install(&t.db, order::Entity).await?;
    capture::install(&t.db, line::Entity).await?;
    customer::numbered(1).insert(&t.db).await?;
    let order = order::numbered(11, Some(1)).insert(&t.db).await?;
    let gone = line::at(11, 1, "cake").insert(&t.db).await?;
    line::at(11, 2, "pie").insert(&t.db).await?;
    gone.delete(&t.db).await?;

    let customer = AnyObject::find("shop_customer", "1")?;
    assert!(customer.parts().any(|part| part == "shop_order"));
    assert!(
        !customer.parts().any(|part| part == "shop_line"),
        "a part of a part"
    );
    let whole = customer.timeline(["shop_order", "shop_line"])?;
    let typed = Timeline::find::<customer::Entity>(1)
        .with::<order::Entity>()?
        .with::<line::Entity>()?;
    let records = whole.all(&t.db).await?;
    assert_eq!(records, typed.all(&t.db).await?);
    assert_eq!(records.len(), 5);
    let alone = AnyObject::find("shop_order", &order.id.to_string())?;
    assert_eq!(alone.timeline([])?.all(&t.db).await?.len(), 1);
    Ok(())
}

/// What no entity of the program has is refused by name.
pub async fn an_object_of_no_entity_is_refused(_: &mut Test) -> Outcome {
    let error =
        |table: &str, id: &str| AnyObject::find(table, id).expect_err("unknown").to_string();
    assert_eq!(
        error("no_such_table", "1"),
        "Custom Error: audit: no audited entity of this program has the table `no_such_table`: derive `Audited`, and link its crate"
    );
    assert_eq!(
        error("shop_line", "11"),
        "Custom Error: audit: `11` is no key of `shop_line` (order_id, place): write it as `object_id` has it"
    );
    let digest = format!("sha256:{}", "0".repeat(64));
    let why = "stands for a key that is too long for its column: give the key itself";
    assert_eq!(
        error("shop_customer", &digest),
        format!("Custom Error: audit: `{digest}` {why}")
    );
    let spaced = AnyObject::find("shop_line", "[11, 1]")?;
    assert_eq!(spaced.id(), "[11,1]", "as records have it");
    let customer = AnyObject::find("shop_customer", "1")?;
    for part in ["shop_category", "no_such_table"] {
        let refused = customer.timeline([part]).expect_err(part).to_string();
        assert!(refused.contains(&format!("`{part}`")), "{refused}");
    }
    Ok(())
}
