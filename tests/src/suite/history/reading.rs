use std::sync::atomic::{AtomicUsize, Ordering};

use audit_sea_orm::{capture, prelude::*};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait,
    ExecResult, QueryResult, Set, Statement,
    prelude::{DateTimeUtc, async_trait},
};

use super::{balances, with_balance};
use crate::{
    Backend, Outcome, Test,
    entity::{
        ledger::account,
        renamed::{doughnut, gateau},
    },
    suite::renames::{doughnuts, gateaux},
};

/// Records from before a table and its columns were renamed are read as the present entity.
pub async fn a_history_goes_on_under_new_names(t: &mut Test) -> Outcome {
    gateaux(t).await?;
    doughnuts(t).await?;
    let mut prices = Vec::new();
    for id in [1, 2] {
        let history = History::<gateau::Entity>::find(id);
        for version in history.versions(&t.db).await? {
            assert!(version.unrecorded.is_empty());
            let gateau = version.snapshot.map(|gateau| gateau.model());
            prices.push(gateau.transpose()?.map(|gateau| gateau.price));
        }
    }
    let expected = [Some(250), Some(275), Some(300), Some(250), Some(275), None];
    assert_eq!(prices, expected);
    prices.clear();
    for id in [1, 2] {
        let history = History::<doughnut::Entity>::find(id);
        for version in history.versions(&t.db).await? {
            let doughnut = version.snapshot.map(|doughnut| doughnut.model());
            prices.push(doughnut.transpose()?.map(|doughnut| doughnut.price));
        }
    }
    assert_eq!(prices, expected);
    Ok(())
}

/// More versions than a page holds, of a row that is older than the log: the first page is complete too.
pub async fn a_long_history_is_read_page_by_page(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    with_balance(1, 0).insert(&t.db).await?;
    capture::install(&t.db, account::Entity).await?;
    for balance in 1..=250 {
        let mut edit = account::numbered(1).reset_all();
        edit.balance = Set(balance);
        edit.update(&t.db).await?;
    }
    let history = History::<account::Entity>::find(1);
    let versions = history.versions(&t.db).await?;
    let expected: Vec<_> = (1..=250).map(Some).collect();
    assert_eq!(balances(&versions), expected);
    for version in &versions {
        let account = version.snapshot.as_ref().ok_or("it was there")?;
        let name = account.get(account::Column::Name).map_err(Clone::clone)?;
        assert_eq!(name, &"account 1".into());
    }
    let middle = &versions[120];
    let id = middle.record.id;
    assert_eq!(history.version(id, &t.db).await?.as_ref(), Some(middle));
    let first = history.at(DateTimeUtc::UNIX_EPOCH, &t.db).await?;
    let first = first.ok_or("it was there")?;
    assert_eq!(first.get(account::Column::Balance), Ok(&0_i64.into()));
    Ok(())
}

/// A connection beside which somebody else writes, before its query of that number.
struct Beside<'t> {
    db: &'t DatabaseConnection,
    id: i32,
    queries_left: AtomicUsize,
}

impl Beside<'_> {
    async fn let_the_other_write(&self) -> Result<(), DbErr> {
        let left = self.queries_left.fetch_sub(1, Ordering::Relaxed);
        if left == 0 {
            let edit = account::ActiveModel {
                id: Set(self.id),
                balance: Set(20),
                ..Default::default()
            };
            edit.update(self.db).await?;
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Beside<'_> {
    fn get_database_backend(&self) -> DbBackend {
        self.db.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.db.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.db.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.let_the_other_write().await?;
        self.db.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.let_the_other_write().await?;
        self.db.query_all_raw(statement).await
    }
}

/// Whenever another writer changes a row meanwhile, what it was before stays what it was: a column whose value no record has comes
/// from the present row, or from the record of its first change.
pub async fn a_row_that_changes_meanwhile_stays_what_it_was(t: &mut Test) -> Outcome {
    const QUERIES: i32 = 6;
    t.create_table(account::Entity).await?;
    let all = (0..2 * QUERIES).map(|id| with_balance(id, 10));
    account::Entity::insert_many(all).exec(&t.db).await?;
    capture::install(&t.db, account::Entity).await?;
    // Half of them have a record, of another column.
    for id in 0..QUERIES {
        let edit = account::ActiveModel {
            id: Set(id),
            note: Set(Some("changed".to_owned())),
            ..Default::default()
        };
        edit.update(&t.db).await?;
    }
    let mut written = 0;
    for id in 0..2 * QUERIES {
        let db = Beside {
            db: &t.db,
            id,
            queries_left: AtomicUsize::new(usize::try_from(id % QUERIES)?),
        };
        let history = History::<account::Entity>::find(id);
        let then = history.at(DateTimeUtc::UNIX_EPOCH, &db).await?;
        let then = then.ok_or("it was there")?;
        assert_eq!(
            then.get(account::Column::Balance),
            Ok(&10_i64.into()),
            "{id}"
        );
        let now = account::Entity::find_by_id(id).one(&t.db).await?;
        written += usize::from(now.is_some_and(|account| account.balance == 20));
    }
    // Before each of the four queries that it takes, or five on PostgreSQL.
    let queries = 4 + usize::from(t.backend == Backend::Postgres);
    assert_eq!(written, 2 * queries);
    Ok(())
}

/// PostgreSQL asks once more, for the times when the table was emptied.
pub async fn a_short_history_costs_few_statements(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    with_balance(1, 10).insert(&t.db).await?;
    capture::install(&t.db, account::Entity).await?;
    with_balance(2, 10).insert(&t.db).await?;
    with_balance(2, 20).update(&t.db).await?;
    let time = t.records().await?[0].occurred_at;
    let of_table = usize::from(t.backend == Backend::Postgres);
    let history = History::<account::Entity>::find;

    let (versions, sent) = t.sent(history(2).versions(&t.db)).await;
    assert_eq!(
        (versions?.len(), sent.len()),
        (2, 1 + of_table),
        "{sent:#?}"
    );
    let (then, sent) = t.sent(history(2).at(time, &t.db)).await;
    assert!(then?.is_some());
    assert_eq!(sent.len(), 2 + of_table, "{sent:#?}");
    // One that is older than the log costs the present row, and a look at what came since that was read.
    let (then, sent) = t.sent(history(1).at(time, &t.db)).await;
    assert!(then?.is_some());
    assert_eq!(sent.len(), 4 + of_table, "{sent:#?}");
    let (then, sent) = t.sent(history(3).at(time, &t.db)).await;
    assert_eq!((then?, sent.len()), (None, 3 + of_table), "{sent:#?}");
    Ok(())
}
