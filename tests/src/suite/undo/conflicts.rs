use audit_sea_orm::{AuditDbErrExt, Error, prelude::*};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, Set, TransactionTrait};

use super::{open, request, shop, told};
use crate::{
    Backend, Outcome, Test,
    entity::{
        ledger::account,
        shop::{customer, line, order},
    },
};

async fn plan(t: &Test, id: &str) -> Result<UndoPlan, DbErr> {
    UndoPlan::for_request(id).plan(&t.db.audited()).await
}

/// What the plan names, and that it is refused with just that, and writes nothing.
async fn refused(t: &Test, plan: &UndoPlan) -> Result<Vec<String>, DbErr> {
    let (before, records) = (shop(t).await?, t.records().await?);
    let error = plan
        .run("back", &t.db.audited())
        .await
        .expect_err("there are conflicts");
    let Some(Error::Undo { conflicts, .. }) = error.audit_err() else {
        return Err(error);
    };
    assert_eq!((shop(t).await?, t.records().await?), (before, records));
    let conflicts: Vec<_> = conflicts.iter().map(ToString::to_string).collect();
    for conflict in &conflicts {
        assert!(error.to_string().contains(conflict), "{error}");
    }
    Ok(conflicts)
}

/// Somebody changed the object after the request, or between two writes of it, with a record or without one; noise does not count.
pub async fn a_change_since_is_named(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    let edit = async |request_id: Option<&str>, email: &str, updated_at: i64| {
        let mut edit = customer::numbered(1);
        (edit.email, edit.updated_at) = (Set(email.to_owned()), Set(updated_at));
        let context = request_id.map_or_else(AuditContext::new, request);
        context.scope(edit.update(&db)).await
    };
    customer::numbered(1).insert(&db).await?;
    edit(Some("r1"), "a@example.org", 1).await?;
    edit(None, "a@example.org", 2).await?;
    let noisy = plan(t, "r1").await?;
    assert_eq!(
        told(&noisy),
        ["shop_customer 1 was changed since in updated_at, record 3"]
    );
    assert_eq!(refused(t, &noisy).await?, told(&noisy));
    let quiet = UndoPlan::for_request("r1")
        .noise("updated_at")
        .plan(&db)
        .await?;
    assert_eq!(told(&quiet), [""; 0]);
    quiet.run("back", &db).await?;
    let customer = customer::Entity::find_by_id(1)
        .one(&db)
        .await?
        .expect("it is there");
    assert_eq!(
        (customer.email.as_str(), customer.updated_at),
        ("1@example.org", 2)
    );

    // Between two writes of the request, and after them.
    edit(Some("r2"), "b@example.org", 2).await?;
    edit(None, "c@example.org", 2).await?;
    edit(Some("r2"), "d@example.org", 2).await?;
    let between = plan(t, "r2").await?;
    assert_eq!(
        told(&between),
        ["shop_customer 1 was changed since in email, record 6"]
    );
    assert_eq!(refused(t, &between).await?, told(&between));

    // Hooks do not see raw SQL.
    edit(Some("r3"), "e@example.org", 2).await?;
    db.execute_unprepared("UPDATE shop_customer SET email = 'raw@example.org'")
        .await?;
    let unseen = plan(t, "r3").await?;
    assert_eq!(
        told(&unseen),
        ["shop_customer 1 was changed since in email, without a record"]
    );
    db.execute_unprepared("DELETE FROM shop_customer").await?;
    let gone = plan(t, "r3").await?;
    assert_eq!(
        told(&gone),
        ["shop_customer 1 was changed since, without a record"]
    );
    assert_eq!(refused(t, &gone).await?, told(&gone));
    Ok(())
}

/// A row that took the key of a deleted one, or its unique value.
pub async fn a_key_that_is_taken_is_named(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    customer::numbered(1).insert(&db).await?;
    order::numbered(1, None).insert(&db).await?;
    let gone = async {
        customer::numbered(1).delete(&db).await?;
        order::numbered(1, None).delete(&db).await
    };
    request("r").scope(gone).await?;
    let mut other = customer::numbered(2);
    other.email = Set("1@example.org".to_owned());
    other.insert(&db).await?;
    order::numbered(1, None).insert(&db).await?;
    let taken = plan(t, "r").await?;
    let (records, mut told) = (t.records().await?, told(&taken));
    told.sort();
    let since = format!("shop_order 1 was changed since, record {}", records[5].id);
    assert_eq!(
        told,
        [
            "shop_customer 2 has the email of shop_customer 1",
            since.as_str()
        ]
    );
    assert_eq!(refused(t, &taken).await?.len(), 2);

    // Without a record of it.
    customer::numbered(2).delete(&db).await?;
    customer::numbered(5).insert(&db).await?;
    request("r2")
        .scope(customer::numbered(5).delete(&db))
        .await?;
    db.execute_unprepared("INSERT INTO shop_customer (id, email, updated_at) VALUES (5, 'x', 0)")
        .await?;
    let taken = plan(t, "r2").await?;
    assert_eq!(
        super::told(&taken),
        ["shop_customer 5 has the id of shop_customer 5"]
    );
    Ok(())
}

/// A row that refers to one that would go, and one whose own reference is gone.
pub async fn a_row_around_it_is_named(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    request("new")
        .scope(order::numbered(1, None).insert(&db))
        .await?;
    line::at(1, 1, "cake").insert(&db).await?;
    let referred = plan(t, "new").await?;
    assert_eq!(
        told(&referred),
        ["shop_line [1,1] refers to shop_order 1, which would go"]
    );
    assert_eq!(refused(t, &referred).await?, told(&referred));

    request("gone")
        .scope(line::at(1, 1, "cake").delete(&db))
        .await?;
    let mut moved = order::numbered(1, None);
    customer::numbered(1).insert(&db).await?;
    moved.customer_id = Set(Some(1));
    moved.clone().update(&db).await?;
    moved.customer_id = Set(None);
    request("moved").scope(moved.update(&db)).await?;
    customer::numbered(1).delete(&db).await?;
    let parent = plan(t, "moved").await?;
    assert_eq!(
        told(&parent),
        ["shop_order 1 refers by customer_id to a row of shop_customer that is gone"]
    );
    assert_eq!(refused(t, &parent).await?, told(&parent));
    order::numbered(1, None).delete(&db).await?;
    let parent = plan(t, "gone").await?;
    assert_eq!(
        told(&parent),
        ["shop_line [1,1] refers by order_id to a row of shop_order that is gone"]
    );
    assert_eq!(refused(t, &parent).await?, told(&parent));
    Ok(())
}

/// Masked and skipped columns, which a plan does not show either.
pub async fn what_cannot_be_known_is_named(t: &mut Test) -> Outcome {
    open(t).await?;
    t.create_table(account::Entity).await?;
    audit_sea_orm::capture::install(&t.db, account::Entity).await?;
    let db = t.db.audited();
    account::numbered(1).insert(&db).await?;
    let mut edit = account::numbered(1);
    edit.balance = Set(7);
    request("balance").scope(edit.clone().update(&db)).await?;
    edit.pin = Set("CANARY-other".to_owned());
    request("pin").scope(edit.update(&db)).await?;
    let masked = plan(t, "pin").await?;
    assert_eq!(
        told(&masked),
        ["ledger_account 1 is not known whole: `pin` is masked"]
    );
    assert_eq!(refused(t, &masked).await?, told(&masked));
    request("gone")
        .scope(account::Entity::delete_by_id(1).exec(&db))
        .await?;
    let gone = plan(t, "gone").await?;
    assert_eq!(
        told(&gone),
        ["ledger_account 1 is not known whole: `pin` is masked, `draft` is skipped"]
    );
    let text = gone.to_string();
    assert!(!text.contains("CANARY"), "{text}");
    Ok(())
}

/// Silenced changes, tables that the program does not know, and tables that were emptied.
pub async fn what_no_record_tells_is_named(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    order::numbered(1, None).insert(&db).await?;
    let mut edit = order::numbered(1, None);
    edit.note = Set(Some("unseen".to_owned()));
    let config = AuditConfig::new().skip_actions(["UPDATE"])?;
    request("silent")
        .scope(config.scope(edit.update(&db)))
        .await?;
    let silenced = plan(t, "silent").await?;
    assert_eq!(
        told(&silenced),
        ["a change of shop_order 1 was not recorded, as its context said"]
    );
    assert_eq!(refused(t, &silenced).await?, told(&silenced));

    db.execute_unprepared("CREATE TABLE stranger (id integer)")
        .await?;
    let mut stranger = audit_log::Model::clone(&t.records().await?[0]).into();
    foreign(&mut stranger);
    audit_sea_orm::__private::insert(&t.db, &stranger).await?;
    let unknown = plan(t, "strange").await?;
    assert_eq!(told(&unknown).len(), 1);
    assert!(
        told(&unknown)[0].contains("has the table stranger: derive `Audited`"),
        "{:?}",
        told(&unknown)
    );

    if t.backend == Backend::Postgres {
        request("emptied")
            .scope(db.execute_unprepared("TRUNCATE shop_line"))
            .await?;
        let emptied = plan(t, "emptied").await?;
        let id = t
            .records()
            .await?
            .last()
            .map(|record| record.id)
            .unwrap_or_default();
        assert_eq!(
            told(&emptied),
            [format!("shop_line was emptied as a whole, record {id}")]
        );
    }
    Ok(())
}

/// The record of a table of another program.
fn foreign(record: &mut audit_log::ActiveModel) {
    record.id = sea_orm::NotSet;
    record.request_id = Set(Some("strange".to_owned()));
    record.table_name = Set(Some("stranger".to_owned()));
}

/// What changed between the plan and its run is found, and nothing is written.
pub async fn a_plan_that_is_out_of_date_is_refused(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    request("r")
        .scope(customer::numbered(1).insert(&db))
        .await?;
    let shown = plan(t, "r").await?;
    request("r")
        .scope(customer::numbered(2).insert(&db))
        .await?;
    assert_eq!(
        refused(t, &shown).await?,
        ["the plan is not up to date: make it anew"]
    );
    let shown = plan(t, "r").await?;
    let mut edit = customer::numbered(2);
    edit.updated_at = Set(5);
    edit.update(&db).await?;
    assert_eq!(
        refused(t, &shown).await?,
        ["shop_customer 2 was changed since in updated_at, record 3"]
    );

    if t.backend == Backend::Sqlite {
        return Ok(());
    }
    // A writer that was first is waited for, and found.
    request("s")
        .scope(customer::numbered(3).insert(&db))
        .await?;
    let shown = plan(t, "s").await?;
    let writer = db.begin().await?;
    let mut edit = customer::numbered(3);
    edit.updated_at = Set(6);
    edit.update(&writer).await?;
    let run = tokio::spawn({
        let (shown, db) = (shown.clone(), db.clone());
        async move { shown.run("back", &db).await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(!run.is_finished(), "the row is locked");
    writer.commit().await?;
    let error = run.await?.expect_err("somebody was first");
    assert!(
        matches!(error.audit_err(), Some(Error::Undo { .. })),
        "{error}"
    );
    assert_eq!(shop(t).await?.customers.len(), 3);
    Ok(())
}
