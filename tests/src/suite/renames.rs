//! A table and its columns are renamed: their history goes on, and no record changes.

use audit_sea_orm::{Capture, TrailCursor, capture, encoding::column_value, prelude::*, renames};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, JsonValue, ModelTrait,
    PrimaryKeyTrait, QuerySelect, Select, Set, prelude::DateTimeUtc,
};
use serde_json::json;

use super::queries::explain;
use crate::{
    Backend, Outcome, Test,
    entity::renamed::{doughnut, gateau, gear, krapfen, patron, preference, torte, waiter},
};

/// What a table and its rows live through: created and changed under the old names, renamed by a migration, changed and
/// deleted under the new ones.
macro_rules! life {
    ($t:expr, $old:ident, $new:ident) => {{
        $t.create_table($old::Entity).await?;
        install($t, $old::Entity).await?;
        for (nr, name) in [(1, "Sacher"), (2, "Linzer")] {
            let row = $old::Model {
                nr,
                name: name.to_owned(),
                cost: 250,
            };
            let mut row = row.into_active_model().reset_all();
            row.nr = Set(nr);
            let mut row = row.insert(&$t.db).await?.into_active_model();
            row.cost = Set(275);
            row.update(&$t.db).await?;
        }
        uninstall($t, $old::Entity).await?;
        rename($t, stringify!($old), stringify!($new)).await?;
        install($t, $new::Entity).await?;
        let mut row: $new::ActiveModel = find::<$new::Entity>($t, 1).await?.into();
        row.price = Set(300);
        row.update(&$t.db).await?;
        find::<$new::Entity>($t, 2).await?.delete(&$t.db).await?;
    }};
}

async fn find<E>(t: &Test, id: i32) -> Result<E::Model, DbErr>
where
    E: EntityTrait<PrimaryKey: PrimaryKeyTrait<ValueType = i32>>,
{
    let row = E::find_by_id(id).one(&t.db).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(format!("no. {id}")))
}

/// Installs the triggers of an entity, where they are to record it.
async fn install<E: Audited + Send>(t: &Test, entity: E) -> Result<(), DbErr> {
    match E::capture() {
        Capture::Triggers => capture::install(&t.db, entity).await.map(drop),
        _ => Ok(()),
    }
}

async fn uninstall<E: Audited + Send>(t: &Test, entity: E) -> Result<(), DbErr> {
    match E::capture() {
        Capture::Triggers => capture::remove(&t.db, entity).await,
        _ => Ok(()),
    }
}

/// The migration.
async fn rename(t: &Test, old: &str, new: &str) -> Result<(), DbErr> {
    for sql in [
        format!("ALTER TABLE {old} RENAME TO {new}"),
        format!("ALTER TABLE {new} RENAME COLUMN nr TO id"),
        format!("ALTER TABLE {new} RENAME COLUMN cost TO price"),
    ] {
        t.db.execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// A gateau that was a torte, and one that is gone.
pub async fn gateaux(t: &Test) -> Result<(), DbErr> {
    life!(t, torte, gateau);
    Ok(())
}

/// The same of doughnuts, which triggers record.
pub async fn doughnuts(t: &Test) -> Result<(), DbErr> {
    life!(t, krapfen, doughnut);
    Ok(())
}

/// Hooks: the history of a row, of one that is gone, and of a column, before and after the migration.
pub async fn hooks_history_goes_on_under_the_new_names(t: &mut Test) -> Outcome {
    gateaux(t).await?;
    assert_one_history(t, "torte", &find::<gateau::Entity>(t, 1).await?).await?;
    let price = gateau::Column::Price;
    assert_values_decode::<gateau::Entity>(t, price).await
}

/// A key and a column that the entity names find what their texts find, in the records of its table alone, under all names.
pub async fn an_entity_names_its_key_and_its_columns(t: &mut Test) -> Outcome {
    gateaux(t).await?;
    // Another table with a column of that name.
    let other = AuditEvent::new(Action::View).on_object("pie", "1");
    other.change("price", 1, 2).record(&t.db).await?;
    let by_key = audit_log::Entity::for_key_of::<gateau::Entity>(1);
    let by_text = audit_log::Entity::for_key("gateau", "1");
    let history = all(t, by_key.clone()).await?;
    assert_eq!((history.len(), &history), (3, &all(t, by_text).await?));
    assert_eq!(
        all(t, by_key.changed(gateau::Column::Price)).await?,
        history
    );
    let prices = all(t, audit_log::Entity::changed("price")).await?;
    let (others, gateaux): (Vec<_>, Vec<_>) = prices
        .into_iter()
        .partition(|record| record.table_name.as_deref() == Some("pie"));
    assert_eq!((others.len(), gateaux.len()), (1, 6));
    let typed = audit_log::Entity::changed(gateau::Column::Price);
    assert_eq!(all(t, typed.oldest_first()).await?, gateaux);
    let keys = audit_log::Entity::changed(gateau::Column::Id).by_actor("nobody");
    assert_eq!(all(t, keys).await?, []);
    Ok(())
}

/// Triggers: the same.
pub async fn triggers_history_goes_on_under_the_new_names(t: &mut Test) -> Outcome {
    doughnuts(t).await?;
    assert_one_history(t, "krapfen", &find::<doughnut::Entity>(t, 1).await?).await?;
    let price = doughnut::Column::Price;
    assert_values_decode::<doughnut::Entity>(t, price).await
}

/// The records, by one statement.
async fn all(t: &Test, select: Select<audit_log::Entity>) -> Result<Vec<audit_log::Model>, DbErr> {
    let (records, sent) = t.sent(select.all(&t.db)).await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    records
}

async fn assert_one_history<M>(t: &Test, old: &str, row: &M) -> Outcome
where
    M: ModelTrait + Sync,
    M::Entity: Audited + EntityTrait<Model = M>,
{
    let new = <M::Entity as Audited>::audit_table();
    let of_row = || audit_log::Entity::for_object(row);
    let history = all(t, of_row()).await?;
    assert_changes(&history);
    for table in [old, &new] {
        let of_key = all(t, audit_log::Entity::for_key(table, "1")).await?;
        assert_eq!(of_key, history, "{table}");
        let gone = all(t, audit_log::Entity::for_key(table, "2")).await?;
        assert_eq!(gone.len(), 3, "{table}");
    }
    assert_changed(t, of_row()).await?;
    let first = of_row().newest_first().page(&t.db, 2).await?;
    let next = first.next.ok_or("a next page")?;
    let rest = of_row().newest_first().older_than(next);
    let rest = rest.page(&t.db, 2).await?;
    let pages: Vec<_> = first.rows.iter().chain(&rest.rows).collect();
    assert_eq!(pages, history.iter().rev().collect::<Vec<_>>());
    assert_recorded(&history, old, &new);
    Ok(())
}

/// The changes of a row that was created, changed, and changed after its table was renamed.
fn assert_changes(history: &[audit_log::Model]) {
    let actions: Vec<_> = history
        .iter()
        .map(|record| record.action.as_str())
        .collect();
    assert_eq!(actions, ["CREATE", "UPDATE", "UPDATE"]);
    let prices: Vec<_> = history
        .iter()
        .filter_map(|record| record.changes().get("price").cloned())
        .map(|price| (price.old, price.new))
        .collect();
    let price = |old: Option<i32>, new: i32| (old.map(JsonValue::from), Some(json!(new)));
    let expected = [(None, 250), (Some(250), 275), (Some(275), 300)];
    assert_eq!(prices, expected.map(|(old, new)| price(old, new)));
    let created = history[0].changes();
    let columns: Vec<_> = created.columns().collect();
    assert_eq!(columns, ["id", "name", "price"]);
}

/// Of a row, and with it of the other, which was created, changed and deleted.
async fn assert_changed(t: &Test, of_row: Select<audit_log::Entity>) -> Result<(), DbErr> {
    let expected = [
        ("price", 3, 6),
        ("name", 1, 3),
        ("id", 1, 3),
        ("cost", 2, 4),
        ("pri", 0, 0),
    ];
    for (column, records, of_both) in expected {
        let changed = all(t, of_row.clone().changed(column)).await?;
        assert_eq!(changed.len(), records, "{column}");
        let changed = all(t, audit_log::Entity::changed(column)).await?;
        assert_eq!(changed.len(), of_both, "{column}");
    }
    Ok(())
}

/// What was recorded stays.
fn assert_recorded(history: &[audit_log::Model], old: &str, new: &str) {
    let tables: Vec<_> = history
        .iter()
        .map(|record| record.table_name.as_deref())
        .collect();
    assert_eq!(tables, [Some(old), Some(old), Some(new)]);
    assert_eq!(history[1].old_values, Some(json!({"cost": 250})));
    assert!(history.iter().all(|record| record.table() == Some(new)));
}

/// What stands under a former name is read back as the column's type.
async fn assert_values_decode<E>(t: &Test, price: E::Column) -> Outcome
where
    E: Audited,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    for record in t.records().await? {
        let record = record.with_present_names();
        assert_eq!(
            record.table_name.as_deref(),
            Some(E::audit_table().as_str())
        );
        let values = [&record.old_values, &record.new_values]
            .into_iter()
            .flatten();
        for values in values {
            let held = column_value::<E>(price, &values["price"])?;
            assert!(
                matches!(held, sea_orm::Value::Int(Some(250..=300))),
                "{held:?}"
            );
        }
        assert_eq!(record.clone().with_present_names(), record, "twice is once");
    }
    Ok(())
}

fn event(table: &str, columns: &[&str]) -> AuditEvent {
    let event = AuditEvent::new(Action::Update).on_object(table, "9");
    columns
        .iter()
        .fold(event, |event, column| event.change(column, 1, 2))
}

/// While a column is moved, the table has both: in such a record each name is what it was.
pub async fn a_record_with_both_names_keeps_them(t: &mut Test) -> Outcome {
    event("torte", &["cost", "price"]).record(&t.db).await?;
    // Of two former names the last one is the column's.
    event("torte", &["amount", "cost"]).record(&t.db).await?;
    event("kuchen", &["amount"]).record(&t.db).await?;
    // It never was a table of that name.
    event("pastry", &["cost"]).record(&t.db).await?;
    let columns: Vec<Vec<String>> = t
        .records()
        .await?
        .iter()
        .map(|record| record.changes().columns().map(str::to_owned).collect())
        .collect();
    assert_eq!(
        columns,
        [
            vec!["cost", "price"],
            vec!["amount", "price"],
            vec!["price"],
            vec!["cost"]
        ]
    );
    let changed = audit_log::Entity::changed("price").all(&t.db).await?;
    assert_eq!(changed.len(), 3);
    Ok(())
}

async fn columns(t: &Test, table: &str) -> Result<Vec<String>, DbErr> {
    let records = all(t, audit_log::Entity::for_key(table, "9")).await?;
    let columns = records.iter().flat_map(|record| {
        let changes = record.changes();
        changes.columns().map(str::to_owned).collect::<Vec<_>>()
    });
    Ok(columns.collect())
}

/// A former name that was given to another table or column since is the other's.
pub async fn the_present_name_wins(t: &mut Test) -> Outcome {
    event("wheel", &["size"]).record(&t.db).await?;
    event("gear", &["size"]).record(&t.db).await?;
    event("gear", &["mass"]).record(&t.db).await?;
    assert_eq!(columns(t, "wheel").await?, ["size"]);
    assert_eq!(columns(t, "gear").await?, ["size", "weight"]);
    let gear = gear::Model {
        id: 9,
        weight: 1,
        size: 1,
    };
    assert_eq!(
        audit_log::Entity::for_object(&gear).all(&t.db).await?.len(),
        2
    );
    assert_eq!(
        audit_log::Entity::changed("weight").all(&t.db).await?.len(),
        1
    );
    assert_eq!(renames::table("wheel"), "wheel");
    Ok(())
}

async fn tables(t: &Test, select: Select<audit_log::Entity>) -> Result<Vec<String>, DbErr> {
    let records = all(t, select).await?.into_iter();
    Ok(records
        .filter_map(|record| record.table().map(str::to_owned))
        .collect())
}

/// Where a table became two, the history of each row begins in the one that was; whose its columns were, nobody knows.
pub async fn a_split_table_begins_both_histories(t: &mut Test) -> Outcome {
    event("guest", &["money"]).record(&t.db).await?;
    event("patron", &["credit"]).record(&t.db).await?;
    event("waiter", &["wage"]).record(&t.db).await?;
    let patron = patron::Model { id: 9, credit: 0 };
    let waiter = waiter::Model { id: 9, wage: 0 };
    assert_eq!(
        tables(t, audit_log::Entity::for_object(&patron)).await?,
        ["guest", "patron"]
    );
    assert_eq!(
        tables(t, audit_log::Entity::for_object(&waiter)).await?,
        ["guest", "waiter"]
    );
    assert_eq!(
        tables(t, audit_log::Entity::for_key("guest", "9")).await?,
        ["guest"]
    );
    assert_eq!(
        tables(t, audit_log::Entity::changed("wage")).await?,
        ["waiter"]
    );
    assert!(t.records().await?[0].changes().get("money").is_some());
    Ok(())
}

/// The records of an object whose table was renamed are found by the index of objects.
pub async fn a_renamed_table_has_its_index(t: &mut Test) -> Outcome {
    let table = |n: i64| match n % 3 {
        0 => "preference",
        1 => "former_preference",
        _ => "pie",
    };
    let record = |n: i64| audit_log::ActiveModel {
        occurred_at: Set(DateTimeUtc::UNIX_EPOCH),
        action: Set("UPDATE".to_owned()),
        table_name: Set(Some(table(n).to_owned())),
        object_id: Set(Some((n % 60).to_string())),
        new_values: Set(Some(json!({"value": n}))),
        ..Default::default()
    };
    for chunk in (0..6_000).collect::<Vec<_>>().chunks(500) {
        let records = chunk.iter().copied().map(record);
        audit_log::Entity::insert_many(records).exec(&t.db).await?;
    }
    crate::seed::analyze(&t.db).await?;
    let row = preference::Model { id: 7, value: 0 };
    let select = audit_log::Entity::for_object(&row).newest_first();
    let select = select.older_than(TrailCursor::from(3_000)).limit(20);
    let plan = explain(t, select).await?;
    // PostgreSQL goes by the number where it hopes to meet the page's rows soon.
    let by_number = t.backend == Backend::Postgres && plan.contains("audit_log_pkey");
    assert!(by_number || plan.contains("idx_audit_log_object"), "{plan}");
    Ok(())
}
