//! What is public and asynchronous, dropped at each point at which it waits: around it everything stays as it is with
//! SeaORM alone.

use audit_sea_orm::{check, prelude::*};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Unchanged, ConnectOptions, ConnectionTrait, Database,
    DatabaseConnection, DbErr, EntityTrait, Set, TransactionSession, TransactionTrait,
};

use crate::{
    Backend, Outcome, Test,
    cancelled::{Point, Points},
    entity::pie,
};

/// What is dropped. The row that it writes is number 2, and number 5 for what inserts.
#[derive(Clone, Copy, Debug)]
enum Operation {
    AtomicInsert,
    AtomicUpdate,
    AtomicSave,
    AtomicDelete,
    Insert,
    Update,
    Delete,
    Event,
    Attempt,
    Export,
    System,
    Page,
    Summary,
    Check,
    Raw,
    Script,
}

const OPERATIONS: [Operation; 16] = [
    Operation::AtomicInsert,
    Operation::AtomicUpdate,
    Operation::AtomicSave,
    Operation::AtomicDelete,
    Operation::Insert,
    Operation::Update,
    Operation::Delete,
    Operation::Event,
    Operation::Attempt,
    Operation::Export,
    Operation::System,
    Operation::Page,
    Operation::Summary,
    Operation::Check,
    Operation::Raw,
    Operation::Script,
];

fn priced(id: i32, price: i32) -> pie::ActiveModel {
    pie::ActiveModel {
        id: Unchanged(id),
        price: Set(price),
        ..Default::default()
    }
}

fn new(id: i32) -> pie::ActiveModel {
    pie::ActiveModel {
        id: Set(id),
        price: Set(1),
        stock: Set(0),
    }
}

impl Operation {
    async fn run<C: AuditedWrite>(self, db: &C, price: i32) -> Result<(), DbErr> {
        match self {
            Self::AtomicInsert => new(5).audited_insert(db).await.map(drop),
            Self::AtomicUpdate => priced(2, price).audited_update(db).await.map(drop),
            Self::AtomicSave => priced(2, price).audited_save(db).await.map(drop),
            Self::AtomicDelete => priced(2, price).audited_delete(db).await.map(drop),
            Self::Insert => new(5).insert(db).await.map(drop),
            Self::Update => priced(2, price).update(db).await.map(drop),
            Self::Delete => priced(2, price).delete(db).await.map(drop),
            Self::Event => Ok(AuditEvent::new(Action::View).record(db).await?),
            Self::Attempt => Ok(LoginAttempt::failed("ada").record(db).await?),
            Self::Export => Ok(DataExport::new("pies").record(db).await.map(drop)?),
            Self::System => Ok(SystemEvent::error("oven").record(db).await.map(drop)?),
            Self::Page => audit_log::Entity::find().page(db, 3).await.map(drop),
            Self::Summary => AuditSummary::last_days(7).load(db).await.map(drop),
            Self::Check => check(db).await.map(drop),
            Self::Raw => {
                let sql = format!("UPDATE pie SET price = {price} WHERE id = 2");
                let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
                db.execute_raw(statement).await.map(drop)
            }
            Self::Script => {
                let sql = format!("UPDATE pie SET price = {price} WHERE id = 2");
                db.execute_unprepared(&sql).await.map(drop)
            }
        }
    }

    /// Where it is dropped. A check asks the same of each entity of the program.
    fn points(self) -> Points {
        match self {
            Self::Check => Points::up_to(40),
            _ => Points::default(),
        }
    }

    fn is_atomic(self) -> bool {
        matches!(
            self,
            Self::AtomicInsert | Self::AtomicUpdate | Self::AtomicSave | Self::AtomicDelete
        )
    }
}

/// Four pies, no trail, and a pool of one connection that knows the statements.
async fn with_one(t: &Test) -> Result<DatabaseConnection, DbErr> {
    let one = connect(t).await?;
    for operation in OPERATIONS {
        reset(t).await?;
        operation.run(&one, 7).await?;
        operation
            .run(&one.audited(), 8)
            .await
            .or_else(allow_twice)?;
        reset(t).await?;
        let transaction = one.begin_write().await?;
        operation.run(&transaction, 7).await?;
        transaction.rollback().await?;
        let transaction = one.audited().begin_write().await?;
        operation.run(&transaction, 7).await?;
        transaction.rollback().await?;
    }
    reset(t).await?;
    Ok(one)
}

/// A pool of one connection, which forgets no statement: with sqlx 0.9.0 a statement of MariaDB and MySQL that is dropped while it
/// is prepared leaves the connection out of step.
async fn connect(t: &Test) -> Result<DatabaseConnection, DbErr> {
    let mut url =
        url::Url::parse(&t.isolated.url).map_err(|error| DbErr::Custom(error.to_string()))?;
    if t.backend == Backend::MySql {
        url.query_pairs_mut()
            .append_pair("statement-cache-capacity", "1000");
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        return Database::connect(options).await;
    }
    t.isolated.connect(1).await
}

fn allow_twice(error: DbErr) -> Result<(), DbErr> {
    // A row that is inserted, or deleted, a second time.
    match error {
        DbErr::RecordNotUpdated => Ok(()),
        error if error.sql_err().is_some() => Ok(()),
        error => Err(error),
    }
}

async fn reset(t: &Test) -> Result<(), DbErr> {
    AuditContext::unaudited("fixture", async {
        pie::Entity::delete_many().exec(&t.db).await?;
        for id in 1..=4 {
            new(id).insert(&t.db).await?;
        }
        audit_log::Entity::delete_many().exec(&t.db).await?;
        Ok(())
    })
    .await
}

/// Sets the price of a row, by SQL that nothing records.
async fn set<C: ConnectionTrait>(db: &C, id: i32, price: i32) -> Result<(), DbErr> {
    let sql = format!("UPDATE pie SET price = {price} WHERE id = {id}");
    db.execute_unprepared(&sql).await.map(drop)
}

/// The price of a row, as another pool sees it.
async fn price(t: &Test, id: i32) -> Result<Option<i32>, DbErr> {
    let pie = pie::Entity::find_by_id(id).one(&t.db).await?;
    Ok(pie.map(|pie| pie.price))
}

/// The only connection is outside a transaction: what it writes is seen at once.
async fn assert_outside(t: &Test, one: &DatabaseConnection, name: &str) -> Outcome {
    for number in [91, 92] {
        set(one, 4, number).await?;
        assert_eq!(
            price(t, 4).await?,
            Some(number),
            "{name}: a later write is lost"
        );
    }
    // Nor is the driver's count of transactions wrong.
    let transaction = one.begin().await?;
    set(&transaction, 4, 93).await?;
    transaction.rollback().await?;
    assert_eq!(
        price(t, 4).await?,
        Some(92),
        "{name}: a transaction does not roll back"
    );
    Ok(())
}

/// Goes on in a transaction that wrote row 1 before: its writes stand, all together, with its commit.
async fn assert_goes_on<T: ConnectionTrait + TransactionSession>(
    t: &Test,
    transaction: T,
    name: &str,
) -> Outcome {
    let next = set(&transaction, 3, 33).await;
    next.map_err(|error| format!("{name}: the next write: {error}"))?;
    let seen = (price(t, 1).await?, price(t, 3).await?);
    assert_eq!(seen, (Some(1), Some(1)), "{name}: the transaction was left");
    transaction.commit().await?;
    let seen = (price(t, 1).await?, price(t, 3).await?);
    assert_eq!(seen, (Some(11), Some(33)), "{name}: a write is lost");
    Ok(())
}

async fn cut<C: AuditedWrite>(point: Point, operation: Operation, db: &C) -> Result<bool, DbErr> {
    let cut = point.cut(operation.run(db, 22)).await;
    cut.transpose().map(|ended| ended.is_some())
}

/// Dropped in a transaction of the caller's, SeaORM's or an audited one.
pub async fn writes_dropped_in_a_transaction_leave_it_as_it_was(t: &mut Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    let one = with_one(t).await?;
    for operation in OPERATIONS {
        // It asks the server in statements that no connection keeps: see `connect`.
        if t.backend == Backend::MySql && matches!(operation, Operation::Check) {
            continue;
        }
        for audited in [false, true] {
            let mut points = operation.points();
            while let Some(point) = points.step() {
                let name = format!("{operation:?} {point:?} audited: {audited}");
                reset(t).await?;
                if audited {
                    let transaction = one.audited().begin_write().await?;
                    set(&transaction, 1, 11).await?;
                    let ended = cut(point, operation, &transaction).await;
                    points.saw_end(ended.map_err(|error| format!("{name}: {error}"))?);
                    assert_goes_on(t, transaction, &name).await?;
                } else {
                    let transaction = one.begin_write().await?;
                    set(&transaction, 1, 11).await?;
                    let ended = cut(point, operation, &transaction).await;
                    points.saw_end(ended.map_err(|error| format!("{name}: {error}"))?);
                    assert_goes_on(t, transaction, &name).await?;
                }
                assert_outside(t, &one, &name).await?;
            }
        }
    }
    one.close().await?;
    Ok(())
}

/// Dropped on a pool: the connection is clean, and what is atomic is there with its record, or not at all.
pub async fn writes_dropped_on_a_pool_leave_it_clean(t: &mut Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    let one = with_one(t).await?;
    for operation in OPERATIONS {
        // A statement that is dropped while it is prepared takes its connection along there: see `pool::warm_up`.
        if t.backend == Backend::MySql && !operation.is_atomic() {
            continue;
        }
        for audited in [false, true] {
            let mut points = operation.points();
            while let Some(point) = points.step() {
                reset(t).await?;
                let name = format!("{operation:?} {point:?} audited: {audited}");
                points.saw_end(match audited {
                    true => cut(point, operation, &one.audited()).await?,
                    false => cut(point, operation, &one).await?,
                });
                assert_outside(t, &one, &name).await?;
                let is_changed = price(t, 2).await? != Some(1) || price(t, 5).await?.is_some();
                if operation.is_atomic() {
                    let records = t.records().await?.len();
                    assert_eq!(records, usize::from(is_changed), "{name}");
                }
            }
        }
    }
    one.close().await?;
    Ok(())
}

/// Transactions dropped anywhere between their `begin` and the end of their commit or rollback.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Commit,
    RollBack,
    Drop,
    Closure,
}

async fn nest<T>(db: &T, ending: Ending) -> Result<(), DbErr>
where
    T: TransactionTrait<Transaction = AuditedTransaction>,
{
    if let Ending::Closure = ending {
        let nested = db.transaction::<_, _, DbErr>(|db| Box::pin(set_and_end(db)));
        return nested
            .await
            .map_err(|error| DbErr::Custom(error.to_string()));
    }
    let nested = db.begin().await?;
    set(&nested, 2, 22).await?;
    match ending {
        Ending::Commit => nested.commit().await,
        Ending::RollBack => nested.rollback().await,
        Ending::Drop | Ending::Closure => Ok(()),
    }
}

async fn set_and_end(db: &AuditedTransaction) -> Result<(), DbErr> {
    set(db, 2, 22).await
}

const ENDINGS: [Ending; 4] = [
    Ending::Commit,
    Ending::RollBack,
    Ending::Drop,
    Ending::Closure,
];

/// A savepoint of an audited transaction, dropped anywhere, takes nothing along.
pub async fn savepoints_dropped_anywhere_leave_their_transaction(t: &mut Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    let one = with_one(t).await?;
    for ending in ENDINGS {
        let mut points = Points::default();
        while let Some(point) = points.step() {
            reset(t).await?;
            let name = format!("{ending:?} {point:?}");
            let transaction = one.audited().begin_write().await?;
            set(&transaction, 1, 11).await?;
            let cut = point.cut(nest(&transaction, ending)).await;
            points.saw_end(cut.transpose()?.is_some());
            assert_goes_on(t, transaction, &name).await?;
            assert_outside(t, &one, &name).await?;
        }
    }
    one.close().await?;
    Ok(())
}

/// The same of a transaction on a pool.
pub async fn transactions_dropped_anywhere_leave_the_pool_clean(t: &mut Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    let one = with_one(t).await?;
    for ending in ENDINGS {
        let mut points = Points::default();
        while let Some(point) = points.step() {
            reset(t).await?;
            let cut = point.cut(nest(&one.audited(), ending)).await;
            points.saw_end(cut.transpose()?.is_some());
            assert_outside(t, &one, &format!("{ending:?} {point:?}")).await?;
        }
    }
    one.close().await?;
    Ok(())
}

/// A write that is dropped while another statement of its transaction has the connection drops without a panic, and
/// the transaction goes on.
pub async fn a_write_dropped_beside_another_of_its_transaction_does_not_panic(
    t: &mut Test,
) -> Outcome {
    t.create_table(pie::Entity).await?;
    let one = with_one(t).await?;
    let transaction = one.begin_write().await?;
    // On a busy machine the answer may be there before anybody waits for it.
    let busy = loop {
        let mut busy = Box::pin(set(&transaction, 1, 11));
        if Point::first().cut(busy.as_mut()).await.is_none() {
            break busy;
        }
    };
    let dropped = Point::first()
        .cut(priced(2, 22).audited_update(&transaction))
        .await;
    assert!(dropped.is_none());
    busy.await?;
    transaction.commit().await?;
    assert_eq!(price(t, 1).await?, Some(11));
    one.close().await?;
    Ok(())
}

/// Callers who give up while all connections are taken leave no task behind that takes one later.
pub async fn begins_that_are_given_up_leave_no_queue(t: &mut Test) -> Outcome {
    let t: &Test = t;
    let left = tokio::task::block_in_place(|| {
        std::thread::scope(|scope| scope.spawn(|| give_up(t)).join())
    });
    let left = left.map_err(|_| "it panicked")??;
    assert!(left < 10, "{left} tasks are left");
    Ok(())
}

/// In a runtime of its own, whose tasks nobody else adds to.
fn give_up(t: &Test) -> Result<usize, DbErr> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    runtime.block_on(async {
        let one = t.isolated.connect(1).await?;
        let held = one.begin().await?;
        let before = tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks();
        for _ in 0..1_000 {
            assert!(Point::first().cut(one.begin_write()).await.is_none());
            assert!(Point::first().cut(one.audited().begin()).await.is_none());
            let update = priced(2, 22).audited_update(&one);
            assert!(Point::first().cut(update).await.is_none());
        }
        let after = tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks();
        held.rollback().await?;
        one.close().await?;
        Ok(after.saturating_sub(before))
    })
}

/// A savepoint and its transaction, dropped one right after the other: the connection comes back clean.
pub async fn a_savepoint_and_its_transaction_dropped_together(t: &mut Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    let one = with_one(t).await?;
    for round in 0..50 {
        let transaction = one.audited().begin_write().await?;
        set(&transaction, 1, 11).await?;
        let savepoint = transaction.begin().await?;
        set(&savepoint, 2, 22).await?;
        drop(savepoint);
        drop(transaction);
        assert_outside(t, &one, &format!("round {round}")).await?;
        assert_eq!((price(t, 1).await?, price(t, 2).await?), (Some(1), Some(1)));
    }
    one.close().await?;
    Ok(())
}
