//! What the pages read: the plans of the statements that they really send, on a trail of every kind of row.

mod plan;

use std::{
    sync::{Arc, Mutex},
    time::SystemTime,
};

use audit_sea_orm::{TrailEntity, entity::audit_log};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryOrder, Statement};

use crate::{
    Outcome, Test,
    seed::{self, Plan, Sizes},
    site::Site,
};
use plan::Reading;

/// Enough that no planner would rather read the whole of a table.
const SIZES: Sizes = Sizes {
    records: 120_000,
    logins: 30_000,
    exports: 30_000,
    events: 30_000,
};

/// How many rows and entries of indexes a statement of a list may read: two windows of a search, or three times a
/// hundred for each day of a month.
const MOST_READ: u64 = 9_300;

/// Every list with each filter, and with filters together, searches and dates. `{}` stands for a place in the
/// middle.
const LISTS: [&str; 65] = [
    "records",
    "records?before={}",
    "records?after={}",
    "records?action=UPDATE",
    "records?action=PUBLISH",
    "records?action=UPDATE&before={}",
    "records?table=order",
    "records?table=role",
    "records?table=order&after={}",
    "records?table=setting&object=1",
    "records?table=setting&object=1&before={}",
    "records?object=1",
    "records?object=1&after={}",
    "records?object=none",
    "records?actor=1",
    "records?actor=import-service",
    "records?actor=import-service&after={}",
    "records?request={request}",
    "records?transaction=731",
    "records?behalf=guest",
    "records?tenant=main-street",
    "records?tenant=branch-7&after={}",
    "records?tenant=branch-7&actor=1",
    "records?tenant=branch-7&q=zzzz",
    "records?q=walnut",
    "records?q=zzzz",
    "records?q=zzzz&after={}",
    "records?actor=1&q=zzzz",
    "records?object=1&q=zzzz",
    "records?date={year}",
    "records?date={year}-02",
    "records?date={year}-02-10",
    "records?date={year}-02&q=zzzz",
    "records?actor=1&action=DELETE",
    "records?actor=import-service&table=role",
    "records?actor=import-service&action=PUBLISH&before={}",
    "records?table=order&action=DELETE&date={year}-02",
    "records?table=setting&object=1&actor=1",
    "records?object=1&action=DELETE",
    "records?actor=1&from={year}-01-01&until={year}-02-15",
    "records?actor=import-service&date={year}-02-10",
    "logins",
    "logins?before={}",
    "logins?status=FAILED",
    "logins?username=grace.miller",
    "logins?ip=203.0.113.7",
    "logins?ip=203.0.113.7&status=SUCCESS",
    "logins?tenant=branch-7",
    "logins?q=zzzz",
    "logins?date={year}-02",
    "exports",
    "exports?after={}",
    "exports?format=CSV",
    "exports?actor=1&format=PDF",
    "exports?tenant=branch-7",
    "exports?q=zzzz",
    "exports?date={year}",
    "events",
    "events?type=ERROR",
    "events?resolved=no",
    "events?resolved=no&type=ERROR",
    "events?actor=1&type=INFO",
    "events?tenant=branch-7&type=ERROR",
    "events?q=zzzz&type=ERROR",
    "events?date={year}-02",
];

/// The pages of one row or one object, and the API's.
const OTHERS: [&str; 12] = [
    "records/60000",
    "logins/60",
    "exports/60",
    "events/60",
    "history?table=setting&object=1",
    "history?table=setting&object=1&before={}",
    "history?record=60000",
    "request?id={request}",
    "request?id={request}&after=1",
    "transaction?id={transaction}",
    "api/records?actor=1&action=DELETE",
    "api/history?table=setting&object=1",
];

/// The same of a table that was renamed, and of a row of it with very many records under each of its names.
const RENAMED: [&str; 13] = [
    "records?table=preference",
    "records?table=preference&before={}",
    "records?table=former_preference&after={}",
    "records?table=preference&object=1",
    "records?table=preference&object=1&before={}",
    "records?table=preference&action=DELETE",
    "records?table=preference&q=zzzz",
    "records?table=preference&date={year}-02",
    "records?object=1",
    "records?actor=1&table=preference",
    "history?table=preference&object=1",
    "history?table=former_preference&object=1&before={}",
    "api/history?table=preference&object=1",
];

/// What somebody asks who is limited to a tenant.
const OF_TENANT: [&str; 7] = [
    "records",
    "records?before={}",
    "records?action=DELETE",
    "records?date={year}-02",
    "logins",
    "exports",
    "events?resolved=no",
];

/// The overviews of periods that are short beside the trail.
const OVERVIEWS: [&str; 4] = [
    "dashboard",
    "dashboard?days=1",
    "dashboard?days=7",
    "api/summary",
];

/// Each statement of each list, row and history is answered by an index, and reads no more of it than a page needs:
/// no scan of a table, no `OFFSET`, no count of a whole table, however few rows fit. So for those who are limited to a tenant, of
/// few rows and of many, for the overview of a day, a week or a month, and for a table that was renamed.
///
/// One test, as making the trail takes most of the time.
pub async fn every_page_is_read_by_an_index(t: &mut Test) -> Outcome {
    if t.is_mysql().await? {
        // It does not tell how many rows it read in a form like MariaDB's.
        return Ok(());
    }
    let mut recorder = Recorder::seed(t).await?;
    read_by_an_index(t, &recorder, &LISTS).await?;
    read_by_an_index(t, &recorder, &OTHERS).await?;
    the_overview(t, &recorder).await?;
    let of_all = recorder.site.clone();
    for user in ["branch", "main", "stranger"] {
        recorder.site = of_all.seen_by(user);
        read_by_an_index(t, &recorder, &OF_TENANT).await?;
    }
    recorder.site = of_all;
    a_renamed_table(t, &recorder).await
}

async fn a_renamed_table(t: &Test, recorder: &Recorder) -> Outcome {
    let rename = format!(
        "UPDATE audit_log SET table_name = CASE WHEN id < {} THEN 'former_preference' ELSE 'preference' END \
         WHERE table_name = 'setting'",
        SIZES.records / 2
    );
    t.db.execute_unprepared(&rename).await?;
    seed::analyze(&t.db).await?;
    read_by_an_index(t, recorder, &RENAMED).await
}

async fn read_by_an_index(t: &Test, recorder: &Recorder, pages: &[&str]) -> Outcome {
    let middle = Middle::of(t).await?;
    for page in pages {
        let page = middle.fill(page);
        for statement in recorder.sent(&page).await {
            let reading = Reading::of(&t.db, &statement).await?;
            let told = format!("/{page}\n{}\n{}", statement.sql, reading.plan());
            assert!(!statement.sql.to_uppercase().contains("OFFSET"), "{told}");
            assert!(!reading.scans_a_table(), "{told}");
            assert!(!reading.sorts_an_index(), "{told}");
            assert!(reading.rows_read() <= Some(MOST_READ), "{told}");
        }
    }
    Ok(())
}

/// The overview of a day, a week or a month counts a range of an index.
async fn the_overview(t: &Test, recorder: &Recorder) -> Outcome {
    for page in OVERVIEWS {
        for statement in recorder.sent(page).await {
            let reading = Reading::of(&t.db, &statement).await?;
            let told = format!("/{page}\n{}\n{}", statement.sql, reading.plan());
            assert!(!reading.scans_a_table(), "{told}");
            assert!(!reading.walks_a_whole_index(), "{told}");
        }
    }
    Ok(())
}

/// The pages, and the statements that they send.
struct Recorder {
    site: Site,
    sent: Arc<Mutex<Vec<Statement>>>,
}

impl Recorder {
    #[expect(
        clippy::disallowed_methods,
        reason = "the overview shows the days up to now; it stamps no record"
    )]
    async fn seed(t: &Test) -> Result<Self, DbErr> {
        let plan = Plan {
            sizes: SIZES,
            seed: 1,
            until: SystemTime::now().into(),
        };
        plan.write(&t.db, |_| ()).await?;
        let sent: Arc<Mutex<Vec<Statement>>> = Arc::default();
        let mut db = t.db.clone();
        let note = Arc::clone(&sent);
        db.set_metric_callback(move |info| {
            let mut sent = note.lock().expect("no test panics inside");
            sent.push(info.statement.clone());
        });
        let site = Site::new(&db);
        Ok(Self { site, sent })
    }

    async fn sent(&self, page: &str) -> Vec<Statement> {
        self.site.page(&format!("/{page}")).await;
        let sent = std::mem::take(&mut *self.sent.lock().expect("no test panics inside"));
        assert!(!sent.is_empty(), "{page}");
        sent
    }
}

/// A place in the middle of the trail.
struct Middle {
    place: String,
    year: String,
    request: String,
    transaction: String,
}

impl Middle {
    async fn of(t: &Test) -> Result<Self, DbErr> {
        let half = i64::try_from(SIZES.records / 2).unwrap_or_default();
        let rows = audit_log::Entity::find()
            .order_by_asc(audit_log::Column::Id)
            .cursor_by(audit_log::Column::Id)
            .after(half)
            .first(500)
            .all(&t.db)
            .await?;
        let row = rows
            .into_iter()
            .find(|row| row.request_id.is_some() && row.transaction_id.is_some());
        let row = row.ok_or_else(|| DbErr::RecordNotFound("a request".to_owned()))?;
        Ok(Self {
            place: audit_log::Entity::cursor(&row).to_string(),
            year: row.occurred_at.format("%Y").to_string(),
            request: row.request_id.unwrap_or_default(),
            transaction: row.transaction_id.unwrap_or_default(),
        })
    }

    fn fill(&self, page: &str) -> String {
        page.replace("{}", &self.place)
            .replace("{year}", &self.year)
            .replace("{request}", &self.request)
            .replace("{transaction}", &self.transaction)
    }
}
