use std::collections::BTreeSet;

use audit_sea_orm::{entity::audit_log, prelude::*};
use http::StatusCode;
use sea_orm::{EntityTrait, sea_query::Expr};

use super::{LISTS, seed};
use crate::{
    Backend, Outcome, Test,
    site::{Answer, Site, resolve},
};

/// The numbers of a list's rows, in their order.
fn ids(page: &Answer, list: &str) -> Vec<i64> {
    let start = format!("{list}/");
    let links = page
        .text
        .split("rowheader\" class=\"time\"><a href=\"")
        .skip(1);
    links
        .filter_map(|link| link.strip_prefix(&start)?.split('"').next()?.parse().ok())
        .collect()
}

/// Where the link with that text leads.
fn link(page: &Answer, text: &str) -> Option<String> {
    let before = page.text.split(&format!("\">{text}</a>")).next()?;
    (before.len() < page.text.len())
        .then(|| {
            before
                .rsplit("href=\"")
                .next()
                .map(|href| href.replace("&#38;", "&").replace("&amp;", "&"))
        })
        .flatten()
}

/// Walking back to the oldest row and forward again shows each row once on each way, with and without a filter.
pub async fn pages_hold_every_row_once_forward_and_back(t: &mut Test) -> Outcome {
    seed(t, 64).await?;
    let site = Site::new(&t.db);
    for start in LISTS.map(|list| format!("/{list}")).into_iter().chain([
        "/records?action=UPDATE".to_owned(),
        "/records?q=pastry".to_owned(),
    ]) {
        let list = start[1..].split('?').next().unwrap_or_default().to_owned();
        let (mut path, mut back) = (start.clone(), Vec::new());
        loop {
            let page = site.page(&path).await;
            back.push(ids(&page, &list));
            match link(&page, "Older →") {
                Some(older) => path = resolve(&path, &older),
                None => break,
            }
        }
        let all = back.concat();
        let expected = if start.contains("UPDATE") { 16 } else { 64 };
        assert_eq!(all.len(), expected, "{start}");
        assert_eq!(
            all.iter().collect::<BTreeSet<_>>().len(),
            expected,
            "{start}"
        );
        assert!(
            back.iter().rev().skip(1).all(|page| page.len() == 10),
            "{start}: {back:?}"
        );
        // Forward, from the last page: the pages need not part at the same rows.
        let mut forth = vec![back.pop().unwrap_or_default()];
        while let Some(newer) = link(&site.page(&path).await, "← Newer") {
            path = resolve(&path, &newer);
            let rows = ids(&site.page(&path).await, &list);
            if rows.is_empty() {
                break;
            }
            forth.insert(0, rows);
        }
        assert_eq!(forth.concat(), all, "{start}");
    }
    Ok(())
}

/// Where many rows have one time, as those of one statement have on some databases, their numbers order them.
pub async fn rows_of_one_time_are_listed_by_number(t: &mut Test) -> Outcome {
    seed(t, 25).await?;
    audit_log::Entity::update_many()
        .col_expr(
            audit_log::Column::OccurredAt,
            Expr::val(t.records().await?[0].occurred_at),
        )
        .exec(&t.db)
        .await?;
    let site = Site::new(&t.db);
    let (mut path, mut all) = ("/records".to_owned(), Vec::new());
    while all.len() <= 25 {
        let page = site.page(&path).await;
        all.extend(ids(&page, "records"));
        match link(&page, "Older →") {
            Some(older) => path = resolve(&path, &older),
            None => break,
        }
    }
    let expected: Vec<i64> = (1..=25).rev().collect();
    assert_eq!(all, expected);
    Ok(())
}

/// Filters, with how many of 60 rows they find.
const FILTERS: [(&str, usize); 36] = [
    ("records?action=DELETE&size=500", 15),
    ("records?table=tart&size=500", 30),
    ("records?object=3&size=500", 9),
    ("records?object=3&table=roll&size=500", 5),
    ("records?actor=actor-1&size=500", 12),
    ("records?actor=actor-1&action=UPDATE&size=500", 3),
    ("records?request=request-4&size=500", 2),
    ("records?transaction=transaction-4&size=500", 3),
    ("records?behalf=guest&size=500", 6),
    ("records?tenant=tenant-1&size=500", 15),
    ("records?tenant=tenant-1&actor=actor-1&size=500", 3),
    ("records?tenant=tenant-9&size=500", 0),
    ("logins?tenant=tenant-1&size=500", 15),
    ("exports?tenant=tenant-1&size=500", 15),
    ("events?tenant=tenant-1&type=ERROR&size=500", 5),
    ("records?q=PASTRY+5&size=500", 11),
    ("records?q=baker+2&size=500", 12),
    ("records?q=100%25+rise_&size=500", 10),
    ("records?q=%25&size=500", 10),
    ("records?q=p_stry&size=500", 0),
    ("records?date=2026&size=500", 60),
    ("records?date=2026-01-01&size=500", 60),
    ("records?date=2026-02&size=500", 0),
    ("records?from=2026-01-01&until=2026-01-01&size=500", 60),
    ("records?until=2025-12-31&size=500", 0),
    ("logins?status=FAILED&size=500", 20),
    ("logins?username=user-3&size=500", 12),
    ("logins?ip=198.51.100.2&size=500", 15),
    ("logins?q=wien&size=500", 60),
    ("exports?format=XLSX&size=500", 30),
    ("exports?actor=actor-0&size=500", 12),
    ("exports?q=orders+59&size=500", 1),
    ("events?type=SECURITY&size=500", 20),
    ("events?resolved=no&size=500", 30),
    ("events?resolved=no&type=ERROR&size=500", 10),
    ("events?q=oven+7&size=500", 1),
];

/// Each filter finds its rows and no others, alone and with another.
pub async fn filters_find_their_rows(t: &mut Test) -> Outcome {
    seed(t, 60).await?;
    let site = Site::new(&t.db);
    for (query, count) in FILTERS {
        let answer = site.page(&format!("/api/{query}")).await;
        let page: serde_json::Value = serde_json::from_str(&answer.text)?;
        assert_eq!(
            page["rows"].as_array().map(Vec::len),
            Some(count),
            "{query}"
        );
        // The page shows the same rows, as many as fit.
        let list = query.split('?').next().unwrap_or_default();
        let shown = ids(&site.page(&format!("/{query}")).await, list);
        let first = page["rows"].as_array().into_iter().flatten().take(10);
        let first: Vec<_> = first.filter_map(|row| row["id"].as_i64()).collect();
        assert_eq!(shown, first, "{query}");
    }
    // The way by date says how much there is, and no more than it counted.
    let dates = site.page("/records?date=2026-01").await;
    assert!(
        dates
            .text
            .contains("<span class=\"hidden\">1 January 2026, rows: </span>")
    );
    assert!(dates.text.contains("<span class=\"count\">50+</span>"));
    Ok(())
}

/// The way by date counts up to fifty rows of a part, and all that a filter finds where they are few.
pub async fn dates_count_a_few_rows(t: &mut Test) -> Outcome {
    seed(t, 160).await?;
    let site = Site::new(&t.db);
    let counts = [
        ("date=2026-01", "50+"),
        ("date=2026", "50+"),
        ("date=2026-01&action=UPDATE", "40"),
        ("date=2026-01&actor=actor-1&action=UPDATE", "8"),
        ("date=2026&actor=actor-1&action=UPDATE", "8"),
    ];
    for (query, count) in counts {
        let page = site.page(&format!("/records?{query}")).await.text;
        let shown = page.split("<span class=\"count\">").skip(1);
        let shown: Vec<_> = shown.filter_map(|rest| rest.split('<').next()).collect();
        assert_eq!(shown, [count], "{query}: every other part is empty");
    }
    Ok(())
}

/// A search looks at 2,000 rows, says so, and goes on from there without losing any.
pub async fn a_search_looks_a_window_at_a_time(t: &mut Test) -> Outcome {
    seed(t, 5_000).await?;
    let site = Site::new(&t.db);
    let mut path = "/records?q=pastry+1234".to_owned();
    let mut found = Vec::new();
    for looks in 1.. {
        let page = site.page(&path).await;
        found.extend(ids(&page, "records"));
        let Some(further) = link(&page, "Look further back") else {
            assert_eq!(looks, 3, "2,000 rows at a time");
            break;
        };
        assert!(page.text.contains("The search looked back to"));
        path = resolve(&path, &further);
    }
    assert_eq!(found.len(), 1, "1234 alone");
    Ok(())
}

/// A search minds no letter case, in names that are compared byte by byte neither. SQLite knows the cases of ASCII alone.
pub async fn a_search_minds_no_letter_case(t: &mut Test) -> Outcome {
    let ((actor, object), texts) = match t.backend {
        Backend::Sqlite => (("ADA", "PIE-A"), ["ADA", "ada", "PIE-A", "pie-a"]),
        _ => (
            ("ÄDA", "PIE-Ä"),
            ["%C3%84DA", "%C3%A4da", "PIE-%C3%84", "pie-%C3%A4"],
        ),
    };
    let event = AuditEvent::new(Action::View).on_object("pie", object);
    event.actor(Actor::new(actor)).record(&t.db).await?;
    let site = Site::new(&t.db);
    for text in texts {
        let page = site.page(&format!("/records?q={text}")).await;
        assert_eq!(ids(&page, "records").len(), 1, "{text}");
    }
    Ok(())
}

/// Places and dates that are none.
const NO_PLACES: [&str; 17] = [
    "before=x",
    "before=-",
    "before=1-1",
    "after=99999999999999999999",
    "before=9223372036854775808",
    "before=1.5",
    "before=1&after=1",
    "before=1%27+OR+1%3D1",
    "date=2026-13",
    "date=x",
    "date=0000",
    "date=99999",
    "date=2026-11-24%27%3B--",
    "from=2026",
    "from=24.11.2026",
    "until=2026-02-30",
    "q=%00",
];

/// A place in a list, a day or a text that is none is a 400 that says so, for pages, files and the API.
pub async fn hostile_places_and_dates_are_refused(t: &mut Test) -> Outcome {
    seed(t, 20).await?;
    let site = Site::new(&t.db);
    for list in LISTS {
        for query in NO_PLACES {
            for path in [
                format!("/{list}?{query}"),
                format!("/api/{list}?{query}"),
                format!("/{list}/export.csv?{query}"),
            ] {
                is_refused(&site, &path).await;
            }
        }
    }
    Ok(())
}

/// A choice that is not offered, a number that is none or too much, and a question that lacks something are a 400.
pub async fn hostile_choices_are_refused(t: &mut Test) -> Outcome {
    seed(t, 20).await?;
    let site = Site::new(&t.db);
    for path in [
        "/records?actor=a%00b",
        "/logins?status=x",
        "/logins?status=FAILED%27",
        "/events?type=ERROR%00",
        "/events?type=error",
        "/events?resolved=maybe",
        "/dashboard?days=0",
        "/dashboard?days=-1",
        "/dashboard?days=31",
        "/dashboard?days=99999999999999999999",
        "/api/summary?days=x",
        "/api/records?size=0",
        "/api/records?size=501",
        "/history",
        "/history?table=tart",
        "/history?record=1&from=1&to=999",
        "/history?record=1&before=x",
        "/history?record=1&from=x&to=1",
    ] {
        is_refused(&site, path).await;
    }
    Ok(())
}

async fn is_refused(site: &Site, path: &str) {
    let answer = site.get(path).await;
    let told = format!("{path}: {}", answer.text);
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{told}");
}

/// What a hostile hand writes into a filter finds nothing, and neither breaks a statement nor chooses an order.
pub async fn hostile_values_find_nothing(t: &mut Test) -> Outcome {
    seed(t, 20).await?;
    let site = Site::new(&t.db);
    for name in [
        "action", "table", "object", "actor", "request", "q", "order", "sort", "order_by",
    ] {
        for value in [
            "%27+OR+%271%27%3D%271",
            "%22%3B+DROP+TABLE+audit_log%3B--",
            "%5C",
            "%25%27",
            "1%29+OR+1%3D1--",
            "%F0%9F%92%A9",
            "%ED%A0%80",
            "%",
        ] {
            let page = site.page(&format!("/records?{name}={value}")).await;
            // A reason holds a percent sign, which the search finds as what it is.
            let is_found = name == "q" && value == "%";
            let is_filter = !["order", "sort", "order_by"].contains(&name) && !is_found;
            assert_eq!(
                ids(&page, "records").is_empty(),
                is_filter,
                "{name}={value}"
            );
        }
    }
    assert_eq!(t.records().await?.len(), 20);
    Ok(())
}
