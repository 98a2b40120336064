//! What hooks record of single writes, and what they cost.

use audit_sea_orm::{MASK, prelude::*};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Unchanged, DbErr, EntityTrait, IntoActiveModel, ModelTrait, Set,
    TransactionTrait, prelude::Json,
};
use serde_json::json;

use crate::{
    Backend, Outcome, Test,
    entity::{cake, order_line, pie, scone},
    losses::losses_of,
};

async fn with_cake(t: &Test) -> Result<cake::Model, DbErr> {
    t.create_table(cake::Entity).await?;
    AuditContext::unaudited("fixture", cake::named("Sacher").insert(&t.db)).await
}

fn priced(cake: &cake::Model, price: i32) -> cake::ActiveModel {
    let mut cake = cake.clone().into_active_model();
    cake.price = Set(price);
    cake
}

fn story(
    action: &str,
    old: Option<Json>,
    new: Option<Json>,
) -> Vec<(String, Option<Json>, Option<Json>)> {
    vec![(action.to_owned(), old, new)]
}

fn whole(cake: &cake::Model) -> Json {
    json!({"id": cake.id, "name": cake.name, "price": cake.price, "note": cake.note, "secret_recipe": MASK})
}

/// A create holds the value of every column that may be recorded.
pub async fn create_records_every_column(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = cake::named("Sacher").insert(&t.db).await?;
    let record = t.only_record().await?;
    assert_eq!(
        (record.action.as_str(), record.old_values.as_ref()),
        ("CREATE", None)
    );
    assert_eq!(record.new_values, Some(whole(&cake)));
    assert_eq!(record.table_name.as_deref(), Some("cake"));
    assert_eq!(record.object_id, Some(cake.id.to_string()));
    assert_eq!(record.object_repr.as_deref(), Some("Sacher"));
    Ok(())
}

/// An update holds the old and new values of just the columns that differ.
pub async fn update_records_only_changed_columns(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    let mut edit = priced(&cake, 275);
    edit.note = Set(Some("dry".to_owned()));
    edit.update(&t.db).await?;
    let old = json!({"price": 250, "note": null});
    let new = json!({"price": 275, "note": "dry"});
    assert_eq!(t.story().await?, story("UPDATE", Some(old), Some(new)));
    let changes = t.only_record().await?.changes();
    assert_eq!(changes.columns().collect::<Vec<_>>(), ["note", "price"]);
    Ok(())
}

/// A delete holds the values the row had last.
pub async fn delete_records_the_last_values(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    let priced = AuditContext::unaudited("fixture", priced(&cake, 300).update(&t.db)).await?;
    // By a model that is out of date: the row's own values count.
    cake.delete(&t.db).await?;
    assert_eq!(
        t.story().await?,
        story("DELETE", Some(whole(&priced)), None)
    );
    assert_eq!(
        t.only_record().await?.object_repr.as_deref(),
        Some("Sacher")
    );
    Ok(())
}

/// Setting a column to the value it has is no change.
pub async fn update_that_changes_nothing_leaves_no_record(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    priced(&cake, cake.price).update(&t.db).await?;
    assert_eq!(t.story().await?, []);
    Ok(())
}

/// Where nothing is set SeaORM sends no update: then there is nothing to read before.
pub async fn update_that_sets_nothing_leaves_no_record_and_sends_no_more(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    let unset = || cake.clone().into_active_model();
    let (updated, plain) = t
        .sent(AuditContext::unaudited("count", unset().update(&t.db)))
        .await;
    updated?;
    let ((updated, audited), lost) = losses_of(t.sent(unset().update(&t.db))).await;
    updated?;
    assert_eq!(audited, plain);
    assert_eq!(t.story().await?, []);
    assert!(lost.is_empty(), "{lost:?}");
    Ok(())
}

/// A delete that hits no row did not happen.
pub async fn delete_of_a_row_that_is_gone_leaves_no_record(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    AuditContext::unaudited("fixture", cake.clone().delete(&t.db)).await?;
    let deleted = cake.delete(&t.db).await?;
    assert_eq!(deleted.rows_affected, 0);
    assert_eq!(t.story().await?, []);
    Ok(())
}

/// What a failed delete read is not recorded by a later one that hits no row.
pub async fn failed_delete_does_not_haunt_the_next(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    t.create_table(order_line::Entity).await?;
    let line = order_line::ActiveModel {
        cake_id: Set(cake.id),
        ..Default::default()
    };
    let line = line.insert(&t.db).await?;
    cake.clone()
        .delete(&t.db)
        .await
        .expect_err("a line refers to it");
    line.delete(&t.db).await?;
    cake::Entity::delete_by_id(cake.id).exec(&t.db).await?;
    assert_eq!(cake.delete(&t.db).await?.rows_affected, 0);
    assert_eq!(t.story().await?, []);
    Ok(())
}

/// An update that fails leaves no record, and the next one has its own values before.
pub async fn failed_update_leaves_no_record(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    AuditContext::unaudited("fixture", cake::named("Linzer").insert(&t.db)).await?;
    let mut taken = priced(&cake, 1);
    taken.name = Set("Linzer".to_owned());
    taken.update(&t.db).await.expect_err("the name is taken");
    assert_eq!(t.story().await?, []);

    AuditContext::unaudited("unseen", priced(&cake, 999).update(&t.db)).await?;
    priced(&cake, 275).update(&t.db).await?;
    let expected = story(
        "UPDATE",
        Some(json!({"price": 999})),
        Some(json!({"price": 275})),
    );
    assert_eq!(t.story().await?, expected);
    Ok(())
}

/// `save` is recorded as the insert or update that it is.
pub async fn save_records_what_it_did(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let mut cake = cake::named("Sacher").save(&t.db).await?;
    cake.price = Set(275);
    cake.save(&t.db).await?;
    let actions: Vec<_> = t
        .records()
        .await?
        .into_iter()
        .map(|record| record.action)
        .collect();
    assert_eq!(actions, ["CREATE", "UPDATE"]);
    Ok(())
}

/// A masked column shows that it changed, never what it held; a skipped one does not appear.
pub async fn masked_values_never_appear(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = cake::named("Sacher").insert(&t.db).await?;
    let mut edit = cake.into_active_model();
    edit.secret_recipe = Set("CANARY-new".to_owned());
    edit.draft = Set("CANARY-other".to_owned());
    let cake = edit.update(&t.db).await?;
    AuditEvent::new(Action::View)
        .on(&cake)
        .change("secret_recipe", "CANARY-old", "CANARY-new")
        .change("draft", "CANARY-a", "CANARY-b")
        .record(&t.db)
        .await?;
    cake.delete(&t.db).await?;

    let records = t.records().await?;
    let masked = Some(json!({"secret_recipe": MASK}));
    assert_eq!(
        (&records[1].old_values, &records[1].new_values),
        (&masked, &masked)
    );
    assert_eq!(
        (&records[2].old_values, &records[2].new_values),
        (&masked, &masked)
    );
    let text = serde_json::to_string(&records)?;
    assert!(
        !text.contains("CANARY") && !text.contains("draft"),
        "{text}"
    );
    Ok(())
}

/// A change to skipped columns alone leaves no record.
pub async fn change_of_skipped_columns_alone_leaves_no_record(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    let mut edit = cake.into_active_model();
    edit.draft = Set("changed".to_owned());
    edit.update(&t.db).await?;
    assert_eq!(t.story().await?, []);
    Ok(())
}

/// Beside what SeaORM sends: one statement for a create, two for an update or a delete, and no other; one more where SQLite's
/// write lock is taken before a row is read.
pub async fn statement_counts(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let plain = write_all_ways(t, true).await?;
    let audited = write_all_ways(t, false).await?;
    for (operation, more) in [("insert", 1), ("update", 2), ("delete", 2)] {
        for place in ["pool", "transaction"] {
            let count = |sent: &[(String, usize)]| {
                let found = sent
                    .iter()
                    .find(|(name, _)| *name == format!("{operation} {place}"));
                found.map(|(_, statements)| *statements).unwrap_or_default()
            };
            assert!(count(&plain) > 0);
            let reads_in_a_transaction = more == 2 && place == "transaction";
            let lock = usize::from(t.backend == Backend::Sqlite && reads_in_a_transaction);
            assert_eq!(
                count(&audited),
                count(&plain) + more + lock,
                "{operation} on a {place}"
            );
        }
    }
    // A transaction of the library's own began with the write lock.
    let cake = cake::named("own").insert(&t.db).await?;
    let (updated, sent) = t.sent(priced(&cake, 2).audited_update(&t.db)).await;
    updated?;
    let locks = sent.iter().filter(|sql| sql.contains("WHERE 0"));
    assert_eq!(locks.count(), 0, "{sent:#?}");
    Ok(())
}

async fn write_all_ways(t: &Test, plain: bool) -> Result<Vec<(String, usize)>, DbErr> {
    let config = AuditConfig::new().enabled(!plain);
    config
        .scope(async {
            let on_pool = write_once(t, &t.db, "pool").await?;
            let transaction = t.db.begin().await?;
            let in_transaction = write_once(t, &transaction, "transaction").await?;
            transaction.commit().await?;
            Ok([on_pool, in_transaction].concat())
        })
        .await
}

async fn write_once<C: sea_orm::ConnectionTrait>(
    t: &Test,
    db: &C,
    place: &str,
) -> Result<Vec<(String, usize)>, DbErr> {
    let (cake, inserted) = t.sent(cake::named(place).insert(db)).await;
    let cake = cake?;
    let (updated, changed) = t.sent(priced(&cake, 1).update(db)).await;
    updated?;
    let (gone, deleted) = t.sent(cake.delete(db)).await;
    gone?;
    let counted = [
        ("insert", inserted),
        ("update", changed),
        ("delete", deleted),
    ];
    Ok(counted
        .map(|(name, sent)| (format!("{name} {place}"), sent.len()))
        .to_vec())
}

/// A transaction that is rolled back leaves neither change nor record.
pub async fn rollback_leaves_no_record(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    let transaction = t.db.begin().await?;
    priced(&cake, 275).update(&transaction).await?;
    cake::named("Linzer").insert(&transaction).await?;
    transaction.rollback().await?;
    assert_eq!(t.story().await?, []);
    Ok(())
}

/// A savepoint that is rolled back takes its records along, and no others.
pub async fn savepoint_rollback_leaves_no_record(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    let transaction = t.db.begin().await?;
    priced(&cake, 275).update(&transaction).await?;
    let savepoint = transaction.begin().await?;
    priced(&cake, 999).update(&savepoint).await?;
    savepoint.rollback().await?;
    priced(&cake, 300).update(&transaction).await?;
    transaction.commit().await?;

    let prices = [(250, 275), (275, 300)];
    let expected: Vec<_> = prices
        .iter()
        .flat_map(|(old, new)| {
            story(
                "UPDATE",
                Some(json!({"price": old})),
                Some(json!({"price": new})),
            )
        })
        .collect();
    assert_eq!(t.story().await?, expected);
    Ok(())
}

/// A transaction that is dropped leaves neither change nor record, nor a connection inside it.
pub async fn dropped_transaction_leaves_no_record(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    for _ in 0..20 {
        let transaction = t.db.begin_write().await?;
        priced(&cake, 275).update(&transaction).await?;
        drop(transaction);
    }
    assert_eq!(t.story().await?, []);
    priced(&cake, 300).audited_update(&t.db).await?;
    assert_eq!(t.records().await?.len(), 1);
    Ok(())
}

/// `audited_*` leaves both or neither: here the change fails, and where the record fails, the change goes too.
pub async fn audited_writes_are_atomic(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = cake::named("Sacher").audited_insert(&t.db).await?;
    let cake = priced(&cake, 275).audited_update(&t.db).await?;
    let mut cake = cake.into_active_model();
    cake.price = Set(300);
    let cake = cake.audited_save(&t.db).await?;
    cake.audited_delete(&t.db).await?;
    let actions: Vec<_> = t
        .records()
        .await?
        .into_iter()
        .map(|record| record.action)
        .collect();
    assert_eq!(actions, ["CREATE", "UPDATE", "UPDATE", "DELETE"]);

    // In a transaction they are two of its writes, and a failure has the effect of a plain one: on PostgreSQL nothing
    // more is possible.
    let transaction = t.db.begin_write().await?;
    cake::named("Linzer").audited_insert(&transaction).await?;
    cake::named("Linzer")
        .audited_insert(&transaction)
        .await
        .expect_err("the name is taken");
    let after = cake::named("Esterházy").audited_insert(&transaction).await;
    assert_eq!(after.is_err(), t.backend == Backend::Postgres);
    transaction.commit().await?;
    let stand = if after.is_ok() { 2 } else { 0 };
    assert_eq!(cake::Entity::find().all(&t.db).await?.len(), stand);
    assert_eq!(t.records().await?.len(), 4 + stand);
    Ok(())
}

/// With `require_transaction` a write on a bare pool is an error that says what to do, and does nothing.
pub async fn bare_pool_is_refused_where_a_transaction_is_required(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    let pool = t.db.clone();
    let config = AuditConfig::new().require_transaction(true);
    config
        .scope(async {
            let refused = [
                priced(&cake, 1)
                    .update(&pool)
                    .await
                    .expect_err("an update needs a transaction"),
                cake::named("x")
                    .insert(&pool)
                    .await
                    .expect_err("an insert needs a transaction"),
                cake.clone()
                    .delete(&pool)
                    .await
                    .expect_err("a delete needs a transaction"),
            ];
            for error in refused {
                assert!(error.to_string().contains("audited_update"), "{error}");
            }
            priced(&cake, 275).audited_update(&pool).await
        })
        .await?;
    assert_eq!(cake::Entity::find().all(&t.db).await?.len(), 1);
    assert_eq!(t.records().await?.len(), 1);
    Ok(())
}

/// The current context stands in the record.
pub async fn context_stands_in_the_record(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    let context = AuditContext::new()
        .actor(Actor::new(42).with_name("Ada"))
        .on_behalf_of(Actor::new(7).with_name("Grace"))
        .tenant_id("acme")
        .ip([192, 0, 2, 7])
        .user_agent("curl/8")
        .session_id("s-1")
        .request_id("r-1")
        .reason("ticket 1815")
        .module("shop")
        .metadata(json!({"ticket": 1815}));
    context.scope(priced(&cake, 275).update(&t.db)).await?;
    let record = t.only_record().await?;
    let texts = [
        (record.actor_id, "42"),
        (record.actor_name, "Ada"),
        (record.on_behalf_of_id, "7"),
        (record.on_behalf_of_name, "Grace"),
        (record.tenant_id, "acme"),
        (record.ip_address, "192.0.2.7"),
        (record.user_agent, "curl/8"),
        (record.session_id, "s-1"),
        (record.request_id, "r-1"),
        (record.reason, "ticket 1815"),
        (record.module, "shop"),
    ];
    for (text, expected) in texts {
        assert_eq!(text.as_deref(), Some(expected));
    }
    assert_eq!(record.metadata, Some(json!({"ticket": 1815})));
    Ok(())
}

/// What runs unaudited leaves no record, and does not cost a statement.
pub async fn unaudited_scope_leaves_no_record(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    AuditContext::unaudited("test", async {
        priced(&cake, 275).update(&t.db).await?;
        AuditEvent::view(&cake).record(&t.db).await?;
        SystemEvent::info("unseen").record(&t.db).await?;
        LoginAttempt::failed("unseen").record(&t.db).await?;
        cake.clone().delete(&t.db).await
    })
    .await?;
    assert_eq!(t.story().await?, []);
    assert!(system_event::Entity::find().one(&t.db).await?.is_none());
    assert!(login_attempt::Entity::find().one(&t.db).await?.is_none());
    Ok(())
}

/// Hooks leave an entity to its triggers.
pub async fn entity_of_triggers_is_silent(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    t.create_table(order_line::Entity).await?;
    let line = order_line::ActiveModel {
        cake_id: Set(cake.id),
        ..Default::default()
    };
    line.insert(&t.db).await?.delete(&t.db).await?;
    assert_eq!(t.story().await?, []);
    // The key alone, without reading the row first, names a row as well.
    t.create_table(pie::Entity).await?;
    pie::ActiveModel {
        id: Set(1),
        price: Set(1),
        stock: Set(0),
    }
    .insert(&t.db)
    .await?;
    pie::ActiveModel {
        id: Unchanged(1),
        price: Set(2),
        ..Default::default()
    }
    .update(&t.db)
    .await?;
    let records = t.records().await?;
    assert_eq!(records[1].new_values, Some(json!({"price": 2})));
    if t.backend == Backend::Sqlite {
        assert_eq!(records[1].object_repr.as_deref(), Some("pie 1"));
    }
    Ok(())
}

/// What an application's own hooks do stays; the records have what was really written, of each of the four.
pub async fn hooks_of_the_applications_own_are_kept(t: &mut Test) -> Outcome {
    t.create_table(scone::Entity).await?;
    let scone = scone::ActiveModel {
        id: Set(1),
        name: Set(" plain ".to_owned()),
        ..Default::default()
    };
    let scone = scone.insert(&t.db).await?;
    assert_eq!(scone.name, "plain, warm", "its own hook was the last");
    let mut edit = scone.clone().into_active_model();
    edit.name = Set("cheese  ".to_owned());
    edit.update(&t.db).await?;
    let mut refused = scone.clone().into_active_model();
    refused.name = Set("refused".to_owned());
    refused.update(&t.db).await.expect_err("by its own hook");
    scone.delete(&t.db).await?;

    let served = |name: &str, served: i32| json!({"id": 1, "name": name, "served": served});
    let expected = [
        ("CREATE", None, Some(served("plain", 1))),
        (
            "UPDATE",
            Some(json!({"name": "plain", "served": 1})),
            Some(json!({"name": "cheese", "served": 2})),
        ),
        ("DELETE", Some(served("cheese", 2)), None),
    ];
    let expected = expected.map(|(action, old, new)| (action.to_owned(), old, new));
    assert_eq!(t.story().await?, expected);
    Ok(())
}
