use askama::Template;
use audit_sea_orm::{
    AuditSummary, SummaryQuery, TrailQuery,
    entity::{audit_log, login_attempt, system_event},
};
use axum::response::Html;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::{
    admitted::Visit,
    cell::Moment,
    chart::{self, Chart},
    count,
    failure::Failure,
    layout::Layout,
    params::{Params, link},
    period::Span,
    ranking::{Counted, busiest, present_table, rows},
    scan::during,
    value,
    viewer::Viewer,
};

/// A period to choose: its days, the hours of a bar, and its name.
const PERIODS: [(i64, i64, &str); 5] = [
    (1, 1, "24 hours"),
    (7, 24, "7 days"),
    (30, 24, "30 days"),
    (90, 24, "90 days"),
    (365, 24 * 7, "a year"),
];

/// How many of the open errors are shown.
const SHOWN: u64 = 8;

/// The time that is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    days: i64,
    hours: i64,
    name: &'static str,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Window {
    /// The days that the parameters name, up to now, in whole bars.
    pub(super) fn read(params: &Params) -> Result<Self, Failure> {
        let days = params
            .read::<i64>("days", "a number of days")?
            .unwrap_or(30);
        let period = PERIODS.iter().find(|(offered, _, _)| *offered == days);
        let &(days, hours, name) =
            period.ok_or_else(|| Failure::bad_request("Choose 1, 7, 30, 90 or 365 days."))?;
        let unit = TimeDelta::hours(hours.min(24));
        // OK because now can be cut to hours and days.
        let now = now();
        let until = now.duration_trunc(unit).unwrap_or(now) + unit;
        Ok(Self {
            days,
            hours,
            name,
            from: until - TimeDelta::days(days),
            until,
        })
    }

    pub(super) fn summary(self, viewer: &Viewer) -> SummaryQuery {
        let summary = SummaryQuery::between(self.from, self.until);
        match &viewer.tenant {
            Some(tenant) => summary.of_tenant(tenant),
            None => summary,
        }
    }

    fn bars(self) -> Vec<Span> {
        let step = TimeDelta::hours(self.hours);
        let mut bars = Vec::new();
        let mut end = self.until;
        while end > self.from {
            bars.push((end - step, end));
            end -= step;
        }
        bars.reverse();
        bars
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a page shows the days up to now; it stamps no record"
)]
fn now() -> DateTime<Utc> {
    Utc::now()
}

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    layout: Layout,
    periods: Vec<PeriodView>,
    period: &'static str,
    figures: Vec<Figure>,
    chart: Chart,
    rankings: Vec<Ranking>,
    errors: Vec<OpenError>,
    has_more_errors: bool,
}

struct PeriodView {
    days: i64,
    name: &'static str,
    is_current: bool,
}

struct Figure {
    label: &'static str,
    count: String,
    href: &'static str,
    tone: &'static str,
}

struct Ranking {
    title: &'static str,
    head: &'static str,
    empty: &'static str,
    rows: Vec<Ranked>,
}

struct Ranked {
    name: String,
    note: String,
    href: String,
    count: String,
    /// Of the first's, in percent.
    share: u64,
}

struct OpenError {
    id: i64,
    title: String,
    time: Moment,
}

pub(super) async fn page(visit: Visit) -> Result<Html<String>, Failure> {
    let window = Window::read(&visit.params)?;
    let db = &visit.shared.db;
    let errors = system_event::Entity::find()
        .filter(system_event::Column::Resolved.eq(false))
        .filter(system_event::Column::EventType.eq("ERROR"))
        .filter(visit.viewer.sees::<system_event::Entity>())
        .newest_first()
        .page(db, SHOWN)
        .await?;
    visit.record_view().await?;
    let dashboard = Dashboard {
        periods: PERIODS
            .iter()
            .map(|&(days, _, name)| PeriodView {
                days,
                name,
                is_current: days == window.days,
            })
            .collect(),
        period: window.name,
        figures: figures(window.summary(&visit.viewer).load(db).await?),
        chart: activity(window, &visit).await?,
        rankings: rankings(window, &visit).await?,
        has_more_errors: errors.next.is_some(),
        errors: errors
            .rows
            .into_iter()
            .map(|event| OpenError {
                id: event.id,
                title: event.title,
                time: event.occurred_at.into(),
            })
            .collect(),
        layout: visit.layout(),
    };
    Ok(Html(dashboard.render()?))
}

fn figures(summary: AuditSummary) -> Vec<Figure> {
    let figure = |label, count, href, tone| Figure {
        label,
        count: value::number(count),
        href,
        tone: if count > 0 { tone } else { "calm" },
    };
    vec![
        figure("Records", summary.total_actions, "records", "calm"),
        figure("Created", summary.creates, "records?action=CREATE", "good"),
        figure("Updated", summary.updates, "records?action=UPDATE", "busy"),
        figure("Deleted", summary.deletes, "records?action=DELETE", "bad"),
        figure("Viewed", summary.views, "records?action=VIEW", "calm"),
        figure(
            "Logins",
            summary.successful_logins,
            "logins?status=SUCCESS",
            "good",
        ),
        figure(
            "Failed logins",
            summary.failed_logins,
            "logins?status=FAILED",
            "bad",
        ),
        figure(
            "Blocked logins",
            summary.blocked_logins,
            "logins?status=BLOCKED",
            "warn",
        ),
        figure(
            "System errors",
            summary.system_errors,
            "events?type=ERROR",
            "bad",
        ),
        figure(
            "Unresolved events",
            summary.unresolved_events,
            "events?resolved=no",
            "warn",
        ),
    ]
}

async fn activity(window: Window, visit: &Visit) -> Result<Chart, DbErr> {
    let bars = window.bars();
    let rows = |from, until| {
        let records = audit_log::Entity::find().filter(visit.viewer.sees::<audit_log::Entity>());
        during(records, from, until)
            .select_only()
            .column(audit_log::Column::Id)
            .into_query()
    };
    let counts = count::rows_in(&visit.shared.db, &bars, rows).await?;
    let bars = bars.iter().zip(counts).map(|((from, until), count)| {
        let day = from.format("%Y-%m-%d").to_string();
        let last = (*until - TimeDelta::hours(1))
            .format("%Y-%m-%d")
            .to_string();
        if window.hours == 1 {
            (
                from.format("%b %-d, %H:00").to_string(),
                link("records", &[("date", &day)]),
                count,
            )
        } else {
            let href = link("records", &[("from", &day), ("until", &last)]);
            (from.format("%b %-d").to_string(), href, count)
        }
    });
    Ok(chart::draw(bars.collect()))
}

async fn rankings(window: Window, visit: &Visit) -> Result<Vec<Ranking>, DbErr> {
    let (db, viewer) = (&visit.shared.db, &visit.viewer);
    use audit_log::Column as Record;
    use login_attempt::Column as Login;
    let (from, until) = (window.from, window.until);
    let records =
        || audit_log::Entity::between(from, until).filter(viewer.sees::<audit_log::Entity>());
    let failed = login_attempt::Entity::find()
        .between(from, until)
        .filter(viewer.sees::<login_attempt::Entity>())
        .filter(Login::Status.eq("FAILED"));
    let actors = busiest(
        records(),
        Record::ActorId.into_expr(),
        Some(Record::ActorName),
        rows(),
        db,
    )
    .await?;
    let tables = busiest(records(), present_table(), None, rows(), db).await?;
    let attempts = login_attempt::Entity::attempts(db.get_database_backend());
    let addresses = busiest(failed, Login::IpAddress.into_expr(), None, attempts, db).await?;
    let of = |title, head, empty, rows: Vec<Counted>, page: &str, field| Ranking {
        title,
        head,
        empty,
        rows: ranked(rows, page, field),
    };
    Ok(vec![
        of(
            "Busiest actors",
            "Actor",
            "Nobody did anything.",
            actors,
            "records",
            "actor",
        ),
        of(
            "Busiest tables",
            "Table",
            "Nothing was changed.",
            tables,
            "records",
            "table",
        ),
        of(
            "Failed logins by address",
            "Address",
            "No login failed.",
            addresses,
            "logins",
            "ip",
        ),
    ])
}

fn ranked(rows: Vec<Counted>, page: &str, field: &str) -> Vec<Ranked> {
    let most = rows.first().map_or(1, |row| row.many.unsigned_abs().max(1));
    let rows = rows.into_iter().map(|row| {
        let count = row.many.unsigned_abs();
        Ranked {
            href: link(page, &[(field, &row.value)]),
            note: row
                .name
                .as_ref()
                .map_or_else(String::new, |_| row.value.clone()),
            name: row.name.unwrap_or(row.value),
            count: value::number(count),
            share: count * 100 / most,
        }
    });
    rows.collect()
}
