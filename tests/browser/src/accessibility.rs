//! Every page of the admin, looked at by axe-core, on a phone and a wide screen, light and dark.

use audit_sea_orm::prelude::*;
use audit_tests::{
    Outcome, Test,
    entity::{
        shop::{customer, line, order},
        tart,
    },
    suite::admin::{LISTS, seed},
};
use sea_orm::{ActiveModelTrait, Set};
use serde_json::json;

use crate::{
    Result,
    chromium::{Browser, Scheme},
    served,
};

const AXE: &str = include_str!("../vendor/axe-core/axe.min.js");

/// Asks axe-core, with everything unfolded, for every rule that is broken; and whether the page fits its width.
const LOOK: &str = "
    for (const details of document.querySelectorAll('details')) details.open = true;
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    const broken = violations.map(rule => `${rule.id}: ` + rule.nodes.map(node =>
        `${node.target} ${node.failureSummary}`).join('; '));
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) broken.push(`${root.scrollWidth} pixels wide`);
    return broken";

/// The looks that each page has.
const LOOKS: [(u32, Scheme); 4] = [
    (1280, Scheme::Light),
    (1280, Scheme::Dark),
    (360, Scheme::Light),
    (360, Scheme::Dark),
];

/// What to do on a page to get to the next.
type Steps = &'static [&'static str];

/// Pages of every kind, and what to press to get from one to those that have no address of their own.
const PAGES: &[(&str, Steps)] = &[
    ("ada/dashboard", &[]),
    ("ada/dashboard?days=365", &[]),
    ("ada/records?action=UPDATE&q=pastry&table=tart", &[]),
    ("ada/records?date=2026", &[]),
    ("ada/records?date=2026-01", &[]),
    ("ada/records?date=2026-01-01", &["Older →"]),
    ("ada/records?deleted=2", &[]),
    ("vera/records", &[]),
    ("vera/records/3", &[]),
    ("vera/events", &[]),
    ("vera/events/2", &[]),
    ("vera/events?resolved-now=1", &[]),
    ("ada/history?table=tart&object=2", &[]),
    ("ada/history?table=tart&object=2", &["Compare"]),
    ("ada/history?record=7&from=7&to=7", &[]),
    ("ada/history?table=tart&object=long", &["Compare"]),
    ("ada/history?table=tart&object=2&day=2026-01-01", &[]),
    (
        "ada/history?table=shop_customer&object=1&day=9998-01-01&time=10:00",
        &[],
    ),
    ("ada/history?table=tart&object=2&day=x", &[]),
    ("ada/request?id=request-1", &[]),
    ("vera/request?id=long", &[]),
    ("ada/transaction?id=transaction-1", &[]),
    ("ada/timeline?table=shop_order&object=1", &[]),
    ("ada/undo", &[]),
    ("ada/undo?request=request-1", &[]),
    ("ada/undo?request=none", &[]),
    ("ada/undo?request=long", &[]),
    (
        "ada/undo?request=long",
        &["(without a reason)", "Undo: write"],
    ),
    ("ada/undo?request=long", &["(another plan)", "Undo: write"]),
    ("vera/undo", &[]),
    ("ada/records/31", &[]),
    ("ada/events/31", &[]),
    ("ada/nowhere", &[]),
    ("ada/records/999999", &[]),
    ("ada/records?before=x", &[]),
    ("ada/records/delete", &[]),
    ("ada/history?table=tart&object=none", &[]),
    ("eve/dashboard", &[]),
    ("empty/ada/dashboard", &[]),
];

/// Pages that each list has.
const OF_EACH_LIST: &[(&str, Steps)] = &[
    ("ada/{}", &[]),
    ("ada/{}", &["Older →"]),
    ("ada/{}/3", &[]),
    ("ada/{}?q=nothing+like+it", &[]),
    ("ada/{}", &["(every row)", "Delete …"]),
    ("ada/{}/3", &["Delete …", "(without a reason)", "Delete 1"]),
    ("empty/vera/{}", &[]),
];

/// All of them.
fn pages() -> Vec<(String, Steps)> {
    let pages = PAGES.iter().map(|&(page, steps)| (page.to_owned(), steps));
    let of = |list: &'static str| {
        let pages = OF_EACH_LIST.iter();
        pages.map(move |&(page, steps)| (page.replace("{}", list), steps))
    };
    pages.chain(LISTS.into_iter().flat_map(of)).collect()
}

/// axe-core finds no violation on any page, and no page is wider than its window.
pub async fn no_page_breaks_a_rule(t: &mut Test) -> Outcome {
    seed(t, 30).await?;
    write_at_length(t).await?;
    write_what_can_be_undone(t).await?;
    let empty = Test::new(t.backend, "audit_accessibility_empty").await?;
    let of_empty = served::router(&empty.db);
    let router = served::router(&t.db).nest("/empty", of_empty);
    let (_server, address) = served::serve(router).await?;
    let browser = Browser::start().await?;
    browser.run_first(AXE).await?;
    let mut broken = Vec::new();
    for (page, steps) in pages() {
        browser.open(&format!("{address}/{page}")).await?;
        for step in steps {
            take(&browser, step).await?;
        }
        for (width, scheme) in LOOKS {
            browser.look(width, scheme).await?;
            let found: Vec<String> =
                serde_json::from_value(browser.run_async(LOOK, vec![]).await?)?;
            let at = format!("{page} {steps:?}, {width} {scheme:?}");
            broken.extend(found.into_iter().map(|rule| format!("{at}: {rule}")));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    browser.close().await?;
    Ok(empty.remove().await?)
}

/// Does what stands in parentheses, or presses what has that text.
async fn take(browser: &Browser, step: &str) -> Result<()> {
    let script = match step {
        "(every row)" => {
            "for (const tick of document.querySelectorAll('[name=id]')) tick.checked = true"
        }
        "(without a reason)" => "document.querySelector('.confirm').noValidate = true",
        "(another plan)" => {
            "const form = document.querySelector('.confirm'); form.plan.value = 'x'; form.noValidate = true"
        }
        text => return browser.press(text).await,
    };
    browser.run(script, vec![]).await?;
    Ok(())
}

/// The longest that rows hold: an object with a history, and an event with a stack.
async fn write_at_length(t: &Test) -> Outcome {
    let (word, text) = ("endless".repeat(50), "and so on, ".repeat(200));
    let ada = Actor::new(word.as_str()).with_name(&text);
    for price in [1, 2] {
        let held = |by: &str| json!({"list": [price, word, {"text": text}], "by": by});
        AuditEvent::new(Action::Update)
            .on_object("tart", "long")
            .repr(word.as_str())
            .actor(ada.clone())
            .reason(text.as_str())
            .change(word.as_str(), held("eve"), held("adam"))
            .change("text", format!("{text}{price}"), format!("{text}{price}!"))
            .record(&t.db)
            .await?;
    }
    SystemEvent::error(text.as_str())
        .description(text.as_str())
        .stack_trace(format!("{word}\n").repeat(100))
        .record(&t.db)
        .await?;
    Ok(())
}

/// A request that wrote rows, some of them long: they are there, so it can be undone.
async fn write_what_can_be_undone(t: &Test) -> Outcome {
    t.create_table(tart::Entity).await?;
    t.create_table(customer::Entity).await?;
    t.create_table(order::Entity).await?;
    t.create_table(line::Entity).await?;
    let db = t.db.audited();
    let work = async {
        customer::numbered(1).insert(&db).await?;
        let mut edit = customer::numbered(1);
        edit.email = Set("endless".repeat(30));
        edit.clone().update(&db).await?;
        customer::numbered(2).insert(&db).await?;
        SystemEvent::error("an oven that is hot")
            .record(&t.db)
            .await
    };
    let long = AuditContext::new().request_id("long").actor("ada");
    long.scope(work).await?;
    AuditEvent::new(Action::Update)
        .on_object("shop_order", "1")
        .reason("as asked")
        .change("note", "soon", "later")
        .record(&t.db)
        .await?;
    Ok(())
}
