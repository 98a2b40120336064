use audit_sea_orm::{AuditDbErrExt, prelude::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, Set, SqlErr,
    sea_query::OnConflict,
};

use super::{Shop, open, request, shop, told};
use crate::{
    Outcome, Test,
    entity::shop::{category, customer, line, order},
    random::{Random, scaled},
};

/// How many requests a long run makes.
const REQUESTS: usize = 120;

/// Random requests over tables that refer to each other, of both kinds of capture, alone and with others that write in between:
/// each is undone to the exact earlier state, or refused for reasons that it names, and then nothing is written. What nobody
/// wrote beside is never refused. The undo of an undo gives the present.
pub async fn random_requests_are_undone_or_refused(t: &mut Test) -> Outcome {
    open(t).await?;
    let seed = u64::from(std::process::id());
    let mut random = Random::new(seed);
    let db = t.db.audited();
    let (mut undone, mut refused) = (0, 0);
    for number in 0..scaled(REQUESTS) {
        let about = format!("seed {seed}, request {number}");
        let mut before = Vec::new();
        let (mine, theirs) = (format!("mine {number}"), format!("theirs {number}"));
        let is_alone = random.below(2) == 0;
        for _ in 0..=random.below(5) {
            before.push(Before::now(t).await?);
            request(&mine)
                .scope(write(&db, &mut random, &about))
                .await?;
            if !is_alone && random.below(3) == 0 {
                request(&theirs)
                    .scope(write(&db, &mut random, &about))
                    .await?;
            }
        }
        let after = shop(t).await?;
        let plan = UndoPlan::for_request(&mine).plan(&db).await?;
        assert_eq!(shop(t).await?, after, "{about}: a plan writes nothing");
        let run = plan.run("undo", &db).await;
        let others = audit_log::Entity::by_request(&theirs).count(&t.db).await?;
        let run = match run {
            Ok(run) => run,
            Err(error) => {
                let is_named = error.audit_err().is_some() || error.sql_err().is_some();
                assert!(is_named, "{about}: {error}");
                assert!(others > 0 || is_swap(&error), "{about}: {error}\n{plan}");
                assert_eq!(shop(t).await?, after, "{about}: half of it was written");
                refused += 1;
                continue;
            }
        };
        assert_eq!(told(&plan), [""; 0], "{about}");
        assert_eq!(run.rows, plan.steps().len(), "{about}");
        let back = shop(t).await?;
        assert_eq!(
            back,
            expected(t, &before, &after, &mine).await?,
            "{about}\n{plan}"
        );
        undone += 1;
        if let Some(transaction) = run.transaction_id {
            redo(t, &transaction, &back, &after, &about).await?;
        }
    }
    assert!(undone > refused, "{undone} were undone, {refused} refused");
    Ok(())
}

/// The undo of the undo gives what was there before it.
async fn redo(t: &Test, transaction: &str, back: &Shop, after: &Shop, about: &str) -> Outcome {
    let db = t.db.audited();
    let plan = UndoPlan::for_transaction(transaction).plan(&db).await?;
    assert_eq!(told(&plan), [""; 0], "{about}\n{plan}");
    match plan.run("redo", &db).await {
        Ok(_) => assert_eq!(shop(t).await?, *after, "{about}\n{plan}"),
        Err(error) => {
            assert!(is_swap(&error), "{about}: {error}\n{plan}");
            assert_eq!(shop(t).await?, *back, "{about}");
        }
    }
    Ok(())
}

/// Two rows that changed unique values in turn: no order of single writes gives them back.
fn is_swap(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// The shop before a write of a request.
struct Before {
    /// The number of the last record.
    last: i64,
    shop: Shop,
}

impl Before {
    async fn now(t: &Test) -> Result<Self, DbErr> {
        let last = audit_log::Entity::find()
            .newest_first()
            .page(&t.db, 1)
            .await?;
        Ok(Self {
            last: last.rows.first().map_or(0, |record| record.id),
            shop: shop(t).await?,
        })
    }
}

/// The rows of the request's objects as they were before its first write to each, the others as they are.
async fn expected(t: &Test, before: &[Before], after: &Shop, mine: &str) -> Result<Shop, DbErr> {
    let records = audit_log::Entity::by_request(mine)
        .oldest_first()
        .all(&t.db)
        .await?;
    // The shop before the first record of an object; `None` of one that is not the request's.
    let of = |table: &str, id: String| {
        let first = records.iter().find(|record| {
            (record.table_name.as_deref(), record.object_id.as_deref())
                == (Some(table), Some(id.as_str()))
        })?;
        let shop = before.iter().rev().find(|shop| shop.last < first.id);
        Some(&shop.expect("one was taken before each write").shop)
    };
    macro_rules! rows {
        ($rows:ident, $table:literal, $id:expr, $key:expr) => {{
            let kept = after
                .$rows
                .iter()
                .filter(|row| of($table, $id(row)).is_none());
            let all = before.iter().flat_map(|before| &before.shop.$rows);
            let back = all.filter(|row| {
                let was = of($table, $id(row));
                was.is_some_and(|was| was.$rows.contains(row))
            });
            let mut rows: Vec<_> = kept.chain(back).cloned().collect();
            rows.sort_by_key($key);
            rows.dedup();
            rows
        }};
    }
    Ok(Shop {
        customers: rows!(
            customers,
            "shop_customer",
            |row: &customer::Model| row.id.to_string(),
            |row: &customer::Model| row.id
        ),
        orders: rows!(
            orders,
            "shop_order",
            |row: &order::Model| row.id.to_string(),
            |row: &order::Model| row.id
        ),
        lines: rows!(
            lines,
            "shop_line",
            |row: &line::Model| format!("[{},{}]", row.order_id, row.place),
            |row: &line::Model| (row.order_id, row.place)
        ),
        categories: rows!(
            categories,
            "shop_category",
            |row: &category::Model| row.id.to_string(),
            |row: &category::Model| row.id
        ),
    })
}

/// One write; one that the database refuses is none.
async fn write(db: &AuditedConnection, random: &mut Random, about: &str) -> Result<(), DbErr> {
    let done = match random.below(4) {
        0 => write_customer(db, random).await,
        1 => write_order(db, random).await,
        2 => write_line(db, random).await,
        _ => write_category(db, random).await,
    };
    match done {
        Err(error) if error.sql_err().is_none() && error != DbErr::RecordNotUpdated => {
            Err(DbErr::Custom(format!("{about}: {error}")))
        }
        _ => Ok(()),
    }
}

fn number(random: &mut Random) -> i32 {
    i32::try_from(1 + random.below(3)).unwrap_or(1)
}

fn maybe(random: &mut Random) -> Option<i32> {
    let number = number(random);
    (random.below(3) > 0).then_some(number)
}

async fn write_customer(db: &AuditedConnection, random: &mut Random) -> Result<(), DbErr> {
    let mut customer = customer::numbered(number(random));
    customer.email = Set(format!("{}@example.org", random.below(6)));
    customer.updated_at = Set(i64::try_from(random.below(100)).unwrap_or_default());
    match random.below(4) {
        0 => customer.audited_delete(db).await.map(drop),
        1 | 2 => customer.audited_insert(db).await.map(drop),
        _ => customer.audited_update(db).await.map(drop),
    }
}

async fn write_order(db: &AuditedConnection, random: &mut Random) -> Result<(), DbErr> {
    let (id, other) = (number(random), maybe(random));
    let mut order = order::numbered(id, other);
    order.note = Set(other.map(|other| format!("note \"{other}\"")));
    let is = order::Column::Id;
    match random.below(6) {
        0 => order.delete(db).await.map(drop),
        1 | 2 => order.insert(db).await.map(drop),
        3 => order.update(db).await.map(drop),
        4 => {
            let all =
                order::Entity::update_many().col_expr(order::Column::CustomerId, other.into());
            all.filter(is.gte(id)).exec(db).await.map(drop)
        }
        _ => {
            // A key that changes.
            let moved = order::Entity::update_many().col_expr(is, (id + 3).into());
            moved.filter(is.eq(id)).exec(db).await.map(drop)
        }
    }
}

async fn write_line(db: &AuditedConnection, random: &mut Random) -> Result<(), DbErr> {
    let (order_id, place) = (number(random), number(random));
    let of_order = line::Column::OrderId.eq(order_id);
    match random.below(5) {
        0 => line::Entity::delete_many()
            .filter(of_order)
            .exec(db)
            .await
            .map(drop),
        1 => {
            let lines = (1..=place).map(|place| line::at(order_id, place, "many"));
            let mut taken = OnConflict::columns([line::Column::OrderId, line::Column::Place]);
            taken.update_column(line::Column::Label);
            let write = line::Entity::insert_many(lines).on_conflict(taken);
            write.exec_without_returning(db).await.map(drop)
        }
        2 => line::at(order_id, place, "one").insert(db).await.map(drop),
        3 => line::at(order_id, place, "changed")
            .update(db)
            .await
            .map(drop),
        _ => {
            let all = line::Entity::update_many().col_expr(line::Column::OrderId, order_id.into());
            all.filter(line::Column::Place.eq(place))
                .exec(db)
                .await
                .map(drop)
        }
    }
}

async fn write_category(db: &AuditedConnection, random: &mut Random) -> Result<(), DbErr> {
    // No circles: what refers to itself by others could not be inserted row by row.
    let id = number(random);
    let parent = maybe(random).filter(|parent| *parent < id);
    let mut category = category::numbered(id, parent);
    category.place = Set(i32::try_from(random.below(5)).unwrap_or_default());
    match random.below(4) {
        0 => category.audited_delete(db).await.map(drop),
        1 | 2 => category.audited_insert(db).await.map(drop),
        _ => category.audited_update(db).await.map(drop),
    }
}
