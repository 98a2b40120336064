use audit_sea_orm::{
    TrailEntity,
    entity::{login_attempt::Status, system_event::EventType},
    prelude::*,
};
use http::StatusCode;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, Set, sea_query::Expr};
use serde_json::{Value, json};

use super::{LISTS, at};
use crate::{
    Outcome, Test,
    site::{Answer, Site},
};

/// What stands in the rows that are not the tenant's own, and in nothing that is asked.
const SECRET: &str = "SECRET";

/// As many rows in each table, of each tenant in turn, and of none.
const ROWS: i64 = 30;

/// The tenant who asks, another, and rows of nobody's.
fn tenant(n: i64) -> Option<&'static str> {
    [Some("acme"), Some("rival"), None][usize::try_from(n % 3).unwrap_or(0)]
}

fn is_own(n: i64) -> bool {
    tenant(n) == Some("acme")
}

/// A text of the row: with the secret where it is not the tenant's own.
fn text(n: i64, text: &str) -> String {
    let word = if is_own(n) { "own" } else { SECRET };
    format!("{word} {text} {n}")
}

fn record(n: i64) -> audit_log::ActiveModel {
    audit_log::ActiveModel {
        occurred_at: Set(at(n)),
        action: Set(
            ["CREATE", "UPDATE", "DELETE"][usize::try_from(n / 3 % 3).unwrap_or(0)].to_owned(),
        ),
        table_name: Set(Some(if n < 20 {
            "tart".to_owned()
        } else {
            text(n, "table")
        })),
        // Of all tenants the same objects.
        object_id: Set(Some((n / 3 % 2).to_string())),
        object_repr: Set(Some(text(n, "repr"))),
        old_values: Set(Some(json!({"name": text(n, "old")}))),
        new_values: Set(Some(json!({"name": text(n, "new")}))),
        actor_id: Set(Some(format!("actor-{}", n % 2))),
        actor_name: Set(Some(text(n, "actor"))),
        reason: Set(Some(text(n, "reason"))),
        request_id: Set(Some("r".to_owned())),
        transaction_id: Set(Some("t".to_owned())),
        tenant_id: Set(tenant(n).map(ToOwned::to_owned)),
        metadata: Set(Some(json!({"note": text(n, "note")}))),
        ..Default::default()
    }
}

fn login(n: i64) -> login_attempt::ActiveModel {
    login_attempt::ActiveModel {
        occurred_at: Set(at(n)),
        username: Set(text(n, "user")),
        status: Set(if n % 2 == 0 {
            Status::Failed
        } else {
            Status::Success
        }),
        ip_address: Set(Some(text(n, "ip"))),
        failure_reason: Set(Some(text(n, "reason"))),
        tenant_id: Set(tenant(n).map(ToOwned::to_owned)),
        ..Default::default()
    }
}

fn export(n: i64) -> data_export::ActiveModel {
    data_export::ActiveModel {
        occurred_at: Set(at(n)),
        actor_id: Set(Some(format!("actor-{}", n % 2))),
        actor_name: Set(Some(text(n, "actor"))),
        export_type: Set(text(n, "export")),
        file_format: Set("CSV".to_owned()),
        record_count: Set(n),
        file_size: Set(n),
        download_count: Set(0),
        tenant_id: Set(tenant(n).map(ToOwned::to_owned)),
        ..Default::default()
    }
}

fn event(n: i64) -> system_event::ActiveModel {
    system_event::ActiveModel {
        occurred_at: Set(at(n)),
        event_type: Set(EventType::Error),
        title: Set(text(n, "title")),
        description: Set(Some(text(n, "description"))),
        module: Set(Some(text(n, "module"))),
        request_id: Set(Some("r".to_owned())),
        actor_name: Set(Some(text(n, "actor"))),
        resolved: Set(false),
        tenant_id: Set(tenant(n).map(ToOwned::to_owned)),
        ..Default::default()
    }
}

async fn seed(t: &Test) -> Result<(), DbErr> {
    let rows = || 0..ROWS;
    audit_log::Entity::insert_many(rows().map(record))
        .exec(&t.db)
        .await?;
    login_attempt::Entity::insert_many(rows().map(login))
        .exec(&t.db)
        .await?;
    data_export::Entity::insert_many(rows().map(export))
        .exec(&t.db)
        .await?;
    system_event::Entity::insert_many(rows().map(event))
        .exec(&t.db)
        .await?;
    Ok(())
}

/// What may be asked of a page: of the other tenant, of all, of none, and of no meaning.
const TENANTS: [&str; 10] = [
    "tenant=rival",
    "tenant=",
    "tenant=acme&tenant=rival",
    "tenant=rival&tenant=acme",
    "tenant=RIVAL",
    "tenant=acme+",
    "tenant=%25",
    "tenant='+OR+1%3D1+--",
    "tenant_id=rival",
    "Tenant=rival",
];

/// Every other parameter that there is.
const FILTERS: [&str; 27] = [
    "actor=actor-0",
    "actor=actor-1",
    "behalf=actor-1",
    "table=tart",
    "object=0",
    "action=DELETE",
    "request=r",
    "transaction=t",
    "status=FAILED",
    "status=SUCCESS",
    "format=CSV",
    "type=ERROR",
    "resolved=no",
    "ip=x",
    "q=title",
    "q=reason+1",
    "q=a",
    "date=2026",
    "date=2026-01-01",
    "from=2026-01-01",
    "until=2026-01-02",
    "before=999",
    "before=15",
    "after=0",
    "size=500",
    "days=365",
    "record=2",
];

/// What somebody may try to see another tenant's rows: every page, with every parameter, alone and in pairs.
fn attacks() -> Vec<String> {
    let overviews = ["/dashboard", "/api/summary"].map(ToOwned::to_owned);
    let lists = LISTS.iter().flat_map(|list| {
        let pages = ["", "/export.csv", "/export.jsonl"].map(|end| format!("/{list}{end}"));
        pages.into_iter().chain([format!("/api/{list}")])
    });
    let pages: Vec<_> = overviews.into_iter().chain(lists).collect();
    let alone = TENANTS.iter().chain(&FILTERS).map(ToString::to_string);
    let of_rival = FILTERS.map(|filter| format!("tenant=rival&{filter}"));
    let searched = FILTERS.map(|filter| format!("q=e&size=500&{filter}"));
    let queries: Vec<_> = alone.chain(of_rival).chain(searched).collect();
    let with = |page: &String| {
        let page = page.clone();
        let queries = queries.iter();
        queries
            .map(move |query| format!("{page}?{query}"))
            .collect::<Vec<_>>()
    };
    pages
        .iter()
        .flat_map(with)
        .chain(histories())
        .chain(together())
        .collect()
}

/// The pages that put records of several objects together.
fn together() -> impl Iterator<Item = String> {
    let more = ["", "&tenant=rival", "&after=1", "&after=15", "&before=999"];
    let pages = ["request?id=r", "transaction?id=t"].into_iter();
    let pages = pages.flat_map(|page| [format!("/{page}"), format!("/api/{page}")]);
    let timelines = [
        "/timeline?table=tart&object=0",
        "/undo?request=r",
        "/undo?transaction=t",
    ];
    let pages = pages.chain(timelines.map(ToOwned::to_owned));
    pages.flat_map(move |page| more.map(|more| format!("{page}{more}")))
}

fn histories() -> impl Iterator<Item = String> {
    let objects = [
        "table=tart&object=0",
        "table=tart&object=1",
        "record=1",
        "record=2",
        "record=3",
    ];
    let more = [
        "",
        "&tenant=rival",
        "&before=999",
        "&before=15",
        "&from=1&to=2",
        "&from=2&to=8",
        "&day=2026-01-01",
        "&day=2026-01-01&time=00:03",
        "&day=2025-01-01",
    ];
    let pages = ["/history", "/api/history"].into_iter();
    pages.flat_map(move |page| {
        objects.into_iter().flat_map(move |object| {
            let more = more.into_iter();
            more.map(move |more| format!("{page}?{object}{more}"))
        })
    })
}

/// However it is asked, nothing of another tenant is shown to somebody who is limited to one.
pub async fn a_tenant_sees_no_row_of_another(t: &mut Test) -> Outcome {
    seed(t).await?;
    let whole = Site::new(&t.db).page("/records").await;
    assert!(whole.text.contains(SECRET), "who is not limited sees all");
    let site = Site::new(&t.db).seen_by("tess");
    let mut shown = 0;
    for path in attacks() {
        let answer = site.get(&path).await;
        assert!(!answer.text.contains(SECRET), "{path}: {}", answer.text);
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.text);
        shown += usize::from(answer.text.contains("own "));
    }
    assert!(shown > 200, "its own rows are shown: {shown}");
    for (list, n) in LISTS
        .iter()
        .flat_map(|list| (0..ROWS).map(move |n| (list, n)))
    {
        for path in [
            format!("/{list}/{}", n + 1),
            format!("/api/{list}/{}", n + 1),
        ] {
            let answer = site.get(&path).await;
            let expected = if is_own(n) {
                StatusCode::OK
            } else {
                StatusCode::NOT_FOUND
            };
            assert_eq!(answer.status, expected, "{path}");
            assert!(!answer.text.contains(SECRET), "{path}");
        }
    }
    Ok(())
}

/// Counts are of the tenant's own rows.
pub async fn a_tenant_counts_its_own_rows(t: &mut Test) -> Outcome {
    seed(t).await?;
    let own = ROWS / 3;
    let summary = SummaryQuery::between(at(0), at(ROWS))
        .of_tenant("acme")
        .load(&t.db)
        .await?;
    assert_eq!(summary.total_actions, own.unsigned_abs());
    assert_eq!(
        summary.failed_logins + summary.successful_logins,
        own.unsigned_abs()
    );
    assert_eq!((summary.system_errors, summary.unresolved_events), (10, 10));

    let site = Site::new(&t.db).seen_by("tess");
    for (list, exported) in LISTS.into_iter().zip(0..) {
        // The receipts of the exports before are rows of the tenant, too.
        let rows = own + if list == "exports" { exported } else { 0 };
        let answer = site.page(&format!("/api/{list}?size=500")).await;
        let answer: Value = serde_json::from_str(&answer.text)?;
        let shown = answer["rows"].as_array().ok_or("rows")?;
        assert_eq!(i64::try_from(shown.len())?, rows, "{list}");
        assert!(shown.iter().all(|row| row["tenant_id"] == "acme"), "{list}");
        let file = site.page(&format!("/{list}/export.jsonl")).await;
        assert_eq!(i64::try_from(file.text.lines().count())?, rows, "{list}");
    }
    Ok(())
}

/// What a tenant resolves and deletes is its own: one number of another's among them, and nothing is deleted.
pub async fn a_tenant_changes_no_row_of_another(t: &mut Test) -> Outcome {
    seed(t).await?;
    let site = Site::new(&t.db).seen_by("tess");
    let token = site.page("/events").await.token().to_owned();
    let all: String = (1..=ROWS).map(|id| format!("&id={id}")).collect();
    let resolved = site
        .post("/events/resolve", format!("token={token}{all}"))
        .await;
    assert_eq!(resolved.location(), "../events?resolved-now=10");
    for list in LISTS {
        for ids in ["&id=2", "&id=3", "&id=1&id=2", &all] {
            let form = format!("token={token}&confirm=yes&reason=x{ids}");
            let refused = site.post(&format!("/{list}/delete"), form).await;
            assert_eq!(refused.status, StatusCode::NOT_FOUND, "{list} {ids}");
            let asked = site
                .post(&format!("/{list}/delete"), format!("token={token}{ids}"))
                .await;
            assert!(!asked.text.contains(SECRET), "{list} {ids}");
        }
        let own = site
            .post(
                &format!("/{list}/delete"),
                format!("token={token}&confirm=yes&reason=x&id=1"),
            )
            .await;
        assert_eq!(own.status, StatusCode::SEE_OTHER, "{list}");
    }
    let others = system_event::Entity::find().filter(system_event::Column::Resolved.eq(false));
    assert_eq!(others.all(&t.db).await?.len(), 20);
    let records = audit_log::Entity::find()
        .order_by_asc(audit_log::Column::Id)
        .all(&t.db)
        .await?;
    let of_seed = records.iter().filter(|record| record.id <= ROWS);
    assert_eq!(i64::try_from(of_seed.count())?, ROWS - 1);
    let since: Vec<_> = records.iter().filter(|record| record.id > ROWS).collect();
    assert_eq!(since.len(), 10 + 4);
    assert!(
        since
            .iter()
            .all(|record| record.tenant_id.as_deref() == Some("acme"))
    );
    Ok(())
}

/// An access that names no tenant, or two, is none.
pub async fn an_access_of_no_tenant_is_denied(t: &mut Test) -> Outcome {
    seed(t).await?;
    for user in ["nobody's", "two's"] {
        let answer = Site::new(&t.db).seen_by(user).get("/records").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{user}");
    }
    Ok(())
}

/// The years that the way by date of a page offers.
fn years(page: &Answer) -> Vec<&str> {
    let parts = page.text.split("<ul class=\"parts\">").nth(1);
    let parts = parts.and_then(|rest| rest.split("</ul>").next());
    let texts = parts.unwrap_or_default().split('>').skip(1);
    let texts = texts.filter_map(|rest| rest.split('<').next());
    let is_year = |text: &&str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    texts.filter(is_year).collect()
}

/// Moves a row to the middle of another year.
async fn in_year<E: TrailEntity>(t: &Test, id: i64, year: i64) -> Result<(), DbErr> {
    let time = at(((year - 2026) * 365 + 180) * 24 * 60);
    E::update_many()
        .col_expr(E::OCCURRED_AT, Expr::value(time))
        .filter(E::ID.eq(id))
        .exec(&t.db)
        .await?;
    Ok(())
}

/// Rows of the tenant that is asked for lie in 2024 to 2026, those of others and of nobody from 2009 on and in 2033.
async fn in_years<E: TrailEntity>(t: &Test) -> Result<(), DbErr> {
    // Numbers begin with one: 1 and 4 are the tenant's own, 2 of another, 3 and 30 of nobody.
    for (id, year) in [
        (1, 2026),
        (4, 2024),
        (2, 2009),
        (3, 2012),
        (29, 2033),
        (30, 2031),
    ] {
        in_year::<E>(t, id, year).await?;
    }
    Ok(())
}

/// The way by date offers the years of the tenant's own rows, by two statements as to everybody; without rows there is
/// none.
pub async fn a_tenant_learns_no_year_of_another(t: &mut Test) -> Outcome {
    seed(t).await?;
    in_years::<audit_log::Entity>(t).await?;
    in_years::<login_attempt::Entity>(t).await?;
    in_years::<data_export::Entity>(t).await?;
    in_years::<system_event::Entity>(t).await?;
    let site = Site::new(&t.db);
    for list in LISTS {
        let path = format!("/{list}");
        let (all, sent_for_all) = t.sent(site.page(&path)).await;
        let all = years(&all);
        assert_eq!((all.len(), all[0], all[20]), (21, "2013", "2033"), "{list}");
        let (own, sent) = t.sent(site.seen_by("tess").page(&path)).await;
        assert_eq!(years(&own), ["2024", "2025", "2026"], "{list}");
        let times = |sent: &[String]| {
            let of_time = sent.iter().filter(|sql| is_of_one_time(sql));
            of_time.count()
        };
        assert_eq!((times(&sent), times(&sent_for_all)), (2, 2), "{sent:#?}");
        let none = site.seen_by("stranger").page(&path).await;
        assert_eq!(years(&none), [""; 0], "{list}");
    }
    let tess = site.seen_by("tess");
    // A period offers its months and days, and an export writes a row of today.
    let is_of_years = |path: &&String| !path.contains("date=") && !path.contains("/export.");
    for path in attacks().iter().filter(is_of_years) {
        let answer = tess.get(path).await;
        let foreign = years(&answer).into_iter();
        let foreign: Vec<_> = foreign
            .filter(|year| !("2024"..="2026").contains(year))
            .collect();
        assert!(foreign.is_empty(), "{path}: {foreign:?}");
    }
    Ok(())
}

/// Whether a statement asks for the time of one row.
fn is_of_one_time(sql: &str) -> bool {
    let unquoted = sql.replace(['"', '`'], "");
    let columns = unquoted.split(" FROM ").next().unwrap_or_default();
    let is_one = unquoted
        .rsplit(')')
        .next()
        .is_some_and(|end| end.contains("LIMIT"));
    is_one
        && columns.starts_with("SELECT")
        && columns.ends_with(".occurred_at")
        && !columns.contains(',')
}
