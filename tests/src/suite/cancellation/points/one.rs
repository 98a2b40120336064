//! A pool of one connection, whose state after a cut tells whether the cut left anything behind.

use std::mem;

use audit_sea_orm::{capture, prelude::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection,
    DbBackend, DbErr, EntityTrait, QueryFilter, Set, Statement, TransactionSession,
    TransactionTrait, sea_query::Expr,
};

use crate::{
    Backend, Outcome, Test,
    entity::{pie, tart},
    roles::{self, ALL},
};

/// Tables of pies, which hooks record, and of tarts, which triggers record, each with rows 1 to 4 of price 1.
pub(super) struct One<'t> {
    pub(super) t: &'t Test,
    /// The pool of one connection; the test's own one looks from outside.
    pub(super) db: DatabaseConnection,
}

impl<'t> One<'t> {
    /// Makes the tables, the triggers and the pool, which lets user 1 of a restricted connection do everything.
    pub(super) async fn new(t: &'t Test) -> Result<Self, DbErr> {
        t.create_table(pie::Entity).await?;
        t.create_table(tart::Entity).await?;
        capture::install(&t.db, tart::Entity).await?;
        let db = connect(t).await?;
        let tables = [
            "pie",
            "tart",
            "audit_log",
            "audit_login_attempt",
            "audit_data_export",
            "audit_system_event",
            "audit_context",
        ];
        let rights: Vec<_> = tables.iter().map(|table| (*table, &ALL[..])).collect();
        roles::grant(&db, &rights).await?;
        let one = Self { t, db };
        one.reset().await?;
        Ok(one)
    }

    /// Which connection of MariaDB or MySQL the pool has. After some cuts it is a new one, which knows no statement, and
    /// with sqlx 0.9.0 a statement that is dropped while it is prepared leaves its connection out of step: the pool waits for
    /// it for ever, with SeaORM alone too. So what is to be cut is run once on each new connection.
    async fn connection(&self) -> Result<Option<i64>, DbErr> {
        if self.t.backend != Backend::MySql {
            return Ok(None);
        }
        let id = Statement::from_string(DbBackend::MySql, "SELECT CAST(CONNECTION_ID() AS SIGNED)");
        let row = self.db.query_one_raw(id).await?;
        row.map(|row| row.try_get_by_index(0)).transpose()
    }

    /// Whether the pool has another connection than it had the last time that this was asked.
    pub(super) async fn is_new(&self, known: &mut Option<i64>) -> Result<bool, DbErr> {
        let now = self.connection().await?;
        Ok(mem::replace(known, now) != now)
    }

    /// Four rows of each table, and no trail.
    pub(super) async fn reset(&self) -> Result<(), DbErr> {
        let db = &self.t.db;
        for table in ["pie", "tart"] {
            db.execute_unprepared(&format!("DELETE FROM {table}"))
                .await?;
        }
        let pies = (1..=4).map(new_pie);
        pie::Entity::insert_many(pies)
            .exec_without_returning(db)
            .await?;
        let tarts = (1..=4).map(|id| tart::priced(id, 1));
        tart::Entity::insert_many(tarts)
            .exec_without_returning(db)
            .await?;
        audit_log::Entity::delete_many().exec(db).await.map(drop)
    }

    /// The price of a pie, as another pool sees it.
    pub(super) async fn price(&self, id: i32) -> Result<Option<i32>, DbErr> {
        let pie = pie::Entity::find_by_id(id).one(&self.t.db).await?;
        Ok(pie.map(|pie| pie.price))
    }

    /// How many records of tart 4 have no actor, as another pool sees them.
    async fn without_context(&self) -> Result<usize, DbErr> {
        let records = audit_log::Entity::for_key("tart", "4");
        let records = records.all(&self.t.db).await?;
        let plain = records.iter().filter(|record| record.actor_id.is_none());
        Ok(plain.count())
    }

    /// Whether row 2 of a table changed, or row 5 came.
    pub(super) async fn has_changed(&self) -> Result<bool, DbErr> {
        let tarts = tart::Entity::find().all(&self.t.db).await?;
        let tart = |id| {
            tarts
                .iter()
                .find(|tart| tart.id == id)
                .map(|tart| tart.price)
        };
        Ok(self.price(2).await? != Some(1)
            || self.price(5).await?.is_some()
            || tart(2) != Some(1)
            || tart(5).is_some())
    }

    /// The actor of each record of rows 2 and 5, as another pool sees them.
    pub(super) async fn records_of_the_cut(&self) -> Result<Vec<Option<String>>, DbErr> {
        let records = self.t.records().await?.into_iter();
        let of_cut = records.filter(|record| {
            let id = record.object_id.as_deref();
            id == Some("2") || id == Some("5")
        });
        Ok(of_cut.map(|record| record.actor_id).collect())
    }

    /// The connection is outside a transaction: what it writes is seen at once. Nor does it have a context.
    pub(super) async fn assert_outside(&self, name: &str) -> Outcome {
        for number in [91, 92] {
            set(&self.db, 4, number).await?;
            let seen = self.price(4).await?;
            assert_eq!(seen, Some(number), "{name}: a later write is lost");
        }
        let before = self.without_context().await?;
        // Each a change, however often it is asked.
        let price = 100 + i32::try_from(before)?;
        set_tart(&self.db, 4, price).await?;
        let after = self.without_context().await?;
        assert_eq!(after, before + 1, "{name}: a later write has a context");
        // Nor is the driver's count of transactions wrong.
        let transaction = self.db.begin().await?;
        set(&transaction, 4, 93).await?;
        transaction.rollback().await?;
        let seen = self.price(4).await?;
        assert_eq!(seen, Some(92), "{name}: a transaction does not roll back");
        Ok(())
    }

    /// Goes on in a transaction that [`begin_in`] began: its writes stand, all together, with its commit, and each has the
    /// context of the transaction in its record.
    pub(super) async fn assert_goes_on<T>(
        &self,
        transaction: T,
        actor: Option<&str>,
        name: &str,
    ) -> Outcome
    where
        T: ConnectionTrait + TransactionSession,
    {
        let next = set(&transaction, 3, 33).await;
        next.map_err(|error| format!("{name}: the next write: {error}"))?;
        set_tart(&transaction, 3, 33).await?;
        let seen = (self.price(1).await?, self.price(3).await?);
        assert_eq!(seen, (Some(1), Some(1)), "{name}: the transaction was left");
        transaction.commit().await?;
        let seen = (self.price(1).await?, self.price(3).await?);
        assert_eq!(seen, (Some(11), Some(33)), "{name}: a write is lost");
        for id in ["1", "3"] {
            let records = audit_log::Entity::for_key("tart", id);
            let records = records.all(&self.t.db).await?;
            let actors: Vec<_> = records
                .iter()
                .map(|record| record.actor_id.as_deref())
                .collect();
            assert_eq!(actors, [actor], "{name}: the records of tart {id}");
        }
        Ok(())
    }
}

/// Writes row 1 of each table, in a transaction that has just begun.
pub(super) async fn begin_in<T: ConnectionTrait>(transaction: &T) -> Result<(), DbErr> {
    set(transaction, 1, 11).await?;
    set_tart(transaction, 1, 11).await
}

/// A pool of one connection, which forgets no statement: see [`One::connection`].
async fn connect(t: &Test) -> Result<DatabaseConnection, DbErr> {
    if t.backend != Backend::MySql {
        return t.isolated.connect(1).await;
    }
    let mut url =
        url::Url::parse(&t.isolated.url).map_err(|error| DbErr::Custom(error.to_string()))?;
    url.query_pairs_mut()
        .append_pair("statement-cache-capacity", "1000");
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await
}

/// A pie of price 1.
pub(super) fn new_pie(id: i32) -> pie::ActiveModel {
    pie::ActiveModel {
        id: Set(id),
        price: Set(1),
        stock: Set(0),
    }
}

/// Sets the price of a pie, by a statement that nothing records.
pub(super) async fn set<C: ConnectionTrait>(db: &C, id: i32, price: i32) -> Result<(), DbErr> {
    let update = pie::Entity::update_many()
        .col_expr(pie::Column::Price, Expr::val(price))
        .filter(pie::Column::Id.eq(id));
    update.exec(db).await.map(drop)
}

/// Sets the price of a tart, which its trigger records.
pub(super) async fn set_tart<C: ConnectionTrait>(db: &C, id: i32, price: i32) -> Result<(), DbErr> {
    tart::repriced(id, price).update(db).await.map(drop)
}
