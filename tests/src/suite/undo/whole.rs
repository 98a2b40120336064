use std::time::Duration;

use audit_sea_orm::{
    prelude::*,
    undo::UndoAction::{Delete, Insert, Update},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect,
    Set,
};
use serde_json::json;

use super::{open, request, shop, told};
use crate::{
    Backend, Outcome, Test,
    cancelled::Point,
    entity::shop::{category, customer, line, order},
    wire,
};

/// Customer 1 with the orders 1 and 2, of two lines and one.
pub(in crate::suite) async fn stock(t: &Test) -> Result<(), DbErr> {
    let db = t.db.audited();
    customer::numbered(1).insert(&db).await?;
    order::numbered(1, Some(1)).insert(&db).await?;
    order::numbered(2, Some(1)).insert(&db).await?;
    line::at(1, 1, "cake").insert(&db).await?;
    line::at(1, 2, "pie").insert(&db).await?;
    line::at(2, 1, "tart").insert(&db).await?;
    Ok(())
}

/// Deletes order 1 with its lines, changes order 2 and its line, and makes customer 2 with order 3.
pub(in crate::suite) async fn rearrange(db: &AuditedConnection) -> Result<(), DbErr> {
    line::Entity::delete_many()
        .filter(line::Column::OrderId.eq(1))
        .exec(db)
        .await?;
    order::Entity::delete_by_id(1).exec(db).await?;
    customer::numbered(2).insert(db).await?;
    order::numbered(3, Some(2)).insert(db).await?;
    line::at(3, 1, "bun").insert(db).await?;
    let mut order = order::numbered(2, Some(2));
    order.note = Set(Some("twice".to_owned()));
    order.clone().update(db).await?;
    order.note = Set(Some("at last".to_owned()));
    order.update(db).await?;
    let mut line = line::at(2, 1, "roll");
    line.clone().update(db).await?;
    line.label = Set("tart".to_owned());
    line.update(db).await?;
    Ok(())
}

/// A request over three tables is undone in the order of their keys, and what it deleted comes back; the undo says what it undoes,
/// and is undone in turn, again and again.
pub async fn a_request_is_undone_and_done_again(t: &mut Test) -> Outcome {
    open(t).await?;
    stock(t).await?;
    let before = shop(t).await?;
    let db = t.db.audited();
    request("r1").scope(rearrange(&db)).await?;
    let after = shop(t).await?;

    let plan = UndoPlan::for_request("r1").plan(&db).await?;
    assert_eq!(told(&plan), [""; 0]);
    assert_eq!(shop(t).await?, after, "a plan changes nothing");
    assert_steps(&plan);

    let me = AuditContext::new()
        .actor(Actor::new("grace"))
        .metadata(json!({"ticket": 7}));
    let mut undone = me.scope(plan.run("a mistake", &db)).await?;
    assert_eq!(undone.rows, 7);
    assert_eq!(shop(t).await?, before);
    let records = t.records().await?;
    for record in &records[records.len() - 7..] {
        assert_eq!(record.reason.as_deref(), Some("a mistake"));
        assert_eq!(record.actor_id.as_deref(), Some("grace"));
        let link = json!({"ticket": 7, "undo": {"request": "r1"}});
        assert_eq!(record.metadata, Some(link));
    }
    for expected in [&after, &before, &after] {
        let id = undone.transaction_id.expect("its records have it");
        let plan = UndoPlan::for_transaction(&id).plan(&db).await?;
        assert_eq!(told(&plan), [""; 0]);
        undone = plan.run("as it was", &db).await?;
        assert_eq!(undone.rows, 7);
        assert_eq!(shop(t).await?, *expected);
    }
    Ok(())
}

/// A row before those that refer to it, and after them where it goes; a line that was turned back already is none.
fn assert_steps(plan: &UndoPlan) {
    let steps: Vec<_> = plan
        .steps()
        .iter()
        .map(|step| (step.action(), step.object().to_string()))
        .collect();
    let place = |action, object: &str| {
        let at = steps
            .iter()
            .position(|step| *step == (action, object.to_owned()));
        at.unwrap_or_else(|| panic!("{action} {object} in {steps:?}"))
    };
    assert_eq!(
        steps.len(),
        7,
        "the line was turned back already: {steps:?}"
    );
    for line in ["shop_line [1,1]", "shop_line [1,2]"] {
        assert!(place(Insert, "shop_order 1") < place(Insert, line));
    }
    assert!(place(Delete, "shop_line [3,1]") < place(Delete, "shop_order 3"));
    assert!(place(Delete, "shop_order 3") < place(Delete, "shop_customer 2"));
    assert!(place(Update, "shop_order 2") < place(Delete, "shop_customer 2"));
    let changed = &plan.steps()[place(Update, "shop_order 2")];
    assert_eq!(
        changed.changes().get("note").expect("it changed").new,
        Some(json!(null))
    );
    assert_eq!(changed.records().len(), 2);
    assert!(
        plan.to_string()
            .starts_with("undo of request r1: 7 writes\n1. "),
        "{plan}"
    );
}

/// Whatever somebody wrote in a time, of their own requests and none, and nothing before or after.
pub async fn one_actor_is_undone(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    let write = async |actor: &str, id: i32| {
        let context = AuditContext::new().actor(Actor::new(actor));
        context.scope(customer::numbered(id).insert(&db)).await
    };
    write("ada", 1).await?;
    write("grace", 2).await?;
    write("ada", 3).await?;
    let records = t.records().await?;
    let from = records[1].occurred_at;
    let until = records[2].occurred_at + Duration::from_secs(60);
    let plan = UndoPlan::for_actor("ada", from, until).plan(&db).await?;
    plan.run("leaves", &db).await?;
    let left: Vec<_> = shop(t)
        .await?
        .customers
        .iter()
        .map(|left| left.id)
        .collect();
    assert_eq!(left, [1, 2]);
    let nobody = UndoPlan::for_actor("eve", from, until).plan(&db).await?;
    let undone = nobody.run("nothing to do", &db).await?;
    assert_eq!((undone.rows, undone.transaction_id), (0, None));
    Ok(())
}

/// Parents before children, whatever the order of the records; unique places are let go of before they are taken.
pub async fn a_tree_comes_back_in_order(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    for (id, parent) in [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(1))] {
        category::numbered(id, parent).insert(&db).await?;
    }
    let before = shop(t).await?;
    let work = async {
        let edit = async |id: i32, parent, place| {
            let mut edit = category::numbered(id, parent);
            edit.place = Set(place);
            edit.update(&db).await
        };
        // 2 takes the place that 3 has left; 4 goes and comes back elsewhere; 7 and 8 come last, the child as the first row.
        edit(3, Some(1), 30).await?;
        edit(2, Some(3), 3).await?;
        category::numbered(4, None).delete(&db).await?;
        category::numbered(4, Some(2)).insert(&db).await?;
        category::numbered(5, Some(4)).insert(&db).await?;
        category::numbered(6, Some(5)).insert(&db).await?;
        category::numbered(8, None).insert(&db).await?;
        category::numbered(7, None).insert(&db).await?;
        edit(8, Some(7), 8).await.map(drop)
    };
    request("r").scope(work).await?;
    let after = shop(t).await?;
    let plan = UndoPlan::for_request("r").plan(&db).await?;
    assert_eq!(told(&plan), [""; 0]);
    let undone = plan.run("back", &db).await?;
    assert_eq!(shop(t).await?, before);
    let id = undone.transaction_id.expect("its records have it");
    UndoPlan::for_transaction(&id)
        .plan(&db)
        .await?
        .run("again", &db)
        .await?;
    assert_eq!(shop(t).await?, after);
    Ok(())
}

/// Two unique values that changed places cannot change back by one write each: the database refuses, and nothing is half done.
pub async fn what_the_database_refuses_leaves_nothing(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    category::numbered(1, None).insert(&db).await?;
    category::numbered(2, None).insert(&db).await?;
    let work = async {
        for (id, place) in [(1, 9), (2, 1), (1, 2)] {
            let mut edit = category::numbered(id, None);
            edit.place = Set(place);
            edit.update(&db).await?;
        }
        Ok::<_, DbErr>(())
    };
    request("r").scope(work).await?;
    let (after, records) = (shop(t).await?, t.records().await?);
    let plan = UndoPlan::for_request("r").plan(&db).await?;
    assert_eq!(told(&plan), [""; 0]);
    let refused = plan.run("back", &db).await.expect_err("a place is taken");
    assert!(refused.sql_err().is_some(), "{refused}");
    assert_eq!((shop(t).await?, t.records().await?), (after, records));
    Ok(())
}

/// Triggers record a changed key as a deletion and a creation.
pub async fn a_changed_key_is_changed_back(t: &mut Test) -> Outcome {
    open(t).await?;
    stock(t).await?;
    let before = shop(t).await?;
    let db = t.db.audited();
    let moved = line::Entity::update_many()
        .col_expr(line::Column::Place, 9.into())
        .filter(line::Column::Label.eq("pie"));
    request("r").scope(moved.exec(&db)).await?;
    assert_ne!(shop(t).await?, before);
    let plan = UndoPlan::for_request("r").plan(&db).await?;
    plan.run("back", &db).await?;
    assert_eq!(shop(t).await?, before);
    Ok(())
}

/// However many objects of a table: its records, its rows, the records since, and what refers to what.
pub async fn an_undo_costs_few_statements(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    customer::numbered(1).insert(&db).await?;
    let work = async {
        for id in 1..=20 {
            order::numbered(id, Some(1)).insert(&db).await?;
        }
        Ok::<_, DbErr>(())
    };
    request("r").scope(work).await?;
    let (plan, sent) = t.sent(UndoPlan::for_request("r").plan(&db)).await;
    let selects = sent.iter().filter(|sql| sql.starts_with("SELECT")).count();
    // The selection, the rows, what came since, and the lines that may refer to them.
    assert_eq!(selects, 4, "{sent:#?}");
    let (undone, sent) = t.sent(plan?.run("r", &db)).await;
    assert_eq!(undone?.rows, 20);
    let deletes = sent
        .iter()
        .filter(|sql| sql.starts_with("DELETE FROM") && sql.contains("shop_order"))
        .count();
    assert_eq!(deletes, 20, "{sent:#?}");
    let selects = sent
        .iter()
        .filter(|sql| {
            sql.starts_with("SELECT") && (sql.contains("audit_log") || sql.contains("shop_"))
        })
        .count();
    assert_eq!(selects, 5, "{sent:#?}");
    Ok(())
}

/// Dropped at any point the undo is there as a whole with its records, or not at all, and the pool is clean.
pub async fn an_undo_dropped_anywhere_is_whole_or_nothing(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    // An answer that is there before it is waited for would be no point to be dropped at.
    let slow = wire::slow(t).await?.audited();
    customer::numbered(1).insert(&db).await?;
    let points =
        (0..24).flat_map(|waits| [false, true].map(|is_answered| Point { waits, is_answered }));
    let mut cut = 0;
    for (number, point) in points.enumerate() {
        let id = format!("r{number}");
        let work = async {
            order::numbered(1, Some(1)).insert(&db).await?;
            line::at(1, 1, "cake").insert(&db).await
        };
        request(&id).scope(work).await?;
        let before = t.records().await?.len();
        let plan = UndoPlan::for_request(&id).plan(&slow).await?;
        let done = point.cut(plan.run("back", &slow)).await;
        // Whoever wrote it may still be at it.
        let rows = settled(t).await?;
        let records = t.records().await?.len() - before;
        let expected = match done.transpose()? {
            Some(_) => (0, 2),
            None => {
                cut += 1;
                // A commit that is dropped goes on.
                if rows == 0 { (0, 2) } else { (2, 0) }
            }
        };
        assert_eq!((rows, records), expected, "{point:?}");
        if rows > 0 {
            plan.run("back", &db).await?;
        }
    }
    assert!(cut > 3, "{cut} were cut");
    Ok(())
}

/// How many rows there are, once nobody writes.
async fn settled(t: &Test) -> Result<usize, DbErr> {
    // Who locks the rows waits for a transaction that ends in a task of its own.
    let transaction = t.db.begin_write().await?;
    // In the order of the undo, or one would wait for the other.
    line::Entity::find()
        .lock_exclusive()
        .all(&transaction)
        .await?;
    order::Entity::find()
        .lock_exclusive()
        .all(&transaction)
        .await?;
    transaction.commit().await?;
    let shop = shop(t).await?;
    Ok(shop.orders.len() + shop.lines.len())
}

/// What the documentation says of MariaDB and MySQL: a statement that reads the trail writes no captured table, and an undo does.
pub async fn no_statement_writes_what_its_trail_reads(t: &mut Test) -> Outcome {
    if t.backend != Backend::MySql {
        return Ok(());
    }
    open(t).await?;
    stock(t).await?;
    let by_hand = "UPDATE shop_order JOIN audit_log ON audit_log.object_id = shop_order.id SET shop_order.note = 'x'";
    let error =
        t.db.execute_unprepared(by_hand)
            .await
            .expect_err("it is refused")
            .to_string();
    assert!(error.contains("1442"), "{error}");
    Ok(())
}
