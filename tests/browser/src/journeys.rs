//! The main journeys, at the bakery.

use std::{path::Path, time::Duration};

use audit_sea_orm::prelude::*;
use audit_tests::{Outcome, Test, suite::bakery::shop::Shop};
use fantoccini::Locator;
use sea_orm::EntityTrait;
use serde_json::json;

use crate::{Result, person::Person};

/// Bruno changes a price; Ada finds out who it was, and what the cake cost at each time.
pub async fn who_changed_a_price_is_found(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let person = Person::log_in(&shop, "bruno").await?;
    let browser = &person.browser;
    browser.press("Sachertorte").await?;
    browser.fill("Price in €", "4.95").await?;
    browser.press("Save").await?;
    browser.press("Log out").await?;

    person.log_in_as("ada").await?;
    browser.press("Trail").await?;
    assert_eq!(browser.text("h1").await?, "Overview");
    browser.press("Records").await?;
    browser.fill("Search", "sachertorte").await?;
    browser.fill("Action", "UPDATE").await?;
    browser.press("Show").await?;
    let [row] = <[String; 1]>::try_from(person.rows().await?).map_err(|rows| rows.join("\n"))?;
    for part in ["price: 480 → 495", "Bruno Kreisky", "UPDATE"] {
        assert!(row.contains(part), "{row}");
    }

    browser.press("Sachertorte").await?;
    assert_eq!(browser.text("h1").await?, "History of Sachertorte");
    let state = "return [...document.querySelectorAll('.timeline > li')].map(point => { \
                 point.querySelector('details').open = true; return point.innerText })";
    let points: Vec<String> = serde_json::from_value(browser.run(state, vec![]).await?)?;
    let told = |parts: &[&str]| {
        let mut points = points.iter();
        points.any(|point| parts.iter().all(|part| point.contains(part)))
    };
    assert!(told(&["a new shop", "price\t480\n"]), "{points:?}");
    assert!(
        told(&["UPDATE", "Bruno Kreisky", "price\t495\n"]),
        "{points:?}"
    );
    browser.press("Compare").await?;
    assert_eq!(browser.text(".compared tbody").await?, "price 480 495");
    person.browser.close().await
}

/// The file that Ada asks for holds what her filter shows, and the trail knows that it went out.
pub async fn an_export_arrives_and_is_recorded(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let person = Person::log_in(&shop, "ada").await?;
    let browser = &person.browser;
    person.open("/audit/records?table=cake").await?;
    let shown = person.rows().await?.len();
    assert_eq!(shown, 5, "the shop begins with five cakes");
    browser.click("CSV").await?;
    let file = arrived(&browser.downloads().join("audit_log.csv")).await?;
    let mut csv = csv::Reader::from_reader(file.as_bytes());
    let names: Vec<String> = csv
        .deserialize::<std::collections::HashMap<String, String>>()
        .map(|row| Ok(row?.remove("object_repr").unwrap_or_default()))
        .collect::<Result<_>>()?;
    assert_eq!(names.len(), shown);
    assert!(names.contains(&"Gugelhupf".to_owned()), "{names:?}");

    browser.press("Exports").await?;
    let [row] = <[String; 1]>::try_from(person.rows().await?).map_err(|rows| rows.join("\n"))?;
    for part in ["audit_log", "CSV", "Ada Lovelace"] {
        assert!(row.contains(part), "{row}");
    }
    let export = data_export::Entity::find().one(&shop.db).await?;
    let export = export.ok_or("the export")?;
    assert_eq!(
        (export.record_count, usize::try_from(export.file_size)?),
        (5, file.len())
    );
    assert_eq!(export.filters_applied, Some(json!({"table": "cake"})));
    person.browser.close().await
}

/// A file that a browser is fetching, once it is whole: until then it has another name.
async fn arrived(path: &Path) -> Result<String> {
    for _ in 0..600 {
        if let Ok(file) = tokio::fs::read_to_string(path).await {
            return Ok(file);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(format!("{} did not arrive", path.display()).into())
}

/// Something goes wrong in the shop; Bruno finds it in the trail, and says that it is resolved.
pub async fn an_error_is_resolved(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let person = Person::log_in(&shop, "bruno").await?;
    let browser = &person.browser;
    person.open("/faults").await?;
    browser.press("Fail").await?;
    let error = shop.events().await?.pop().ok_or("the event")?;
    assert_eq!(error.title, "POST /faults/error answered 500");

    person.open("/audit").await?;
    browser.press(&error.title).await?;
    assert_eq!(browser.text("h1").await?, format!("ERROR {}", error.title));
    browser.press("Events").await?;
    person.choose("system event", error.id).await?;
    browser.press("Mark resolved").await?;
    assert_eq!(browser.text("[role=status]").await?, "Marked resolved: 1.");
    let rows = person.rows().await?;
    assert!(rows[0].contains("resolved"), "{rows:?}");

    browser.fill("Resolved", "no").await?;
    browser.press("Show").await?;
    let open = person.rows().await?;
    assert!(
        !open.iter().any(|row| row.contains(&error.title)),
        "{open:?}"
    );
    let error = system_event::Entity::find_by_id(error.id)
        .one(&shop.db)
        .await?;
    let error = error.ok_or("the event")?;
    assert!(error.resolved);
    assert_eq!(error.resolved_by.as_deref(), Some("Bruno Kreisky"));
    person.browser.close().await
}

/// Bruno is offered no deletion, and a form that he makes himself is refused.
pub async fn a_viewer_is_refused_deletion(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let person = Person::log_in(&shop, "bruno").await?;
    let browser = &person.browser;
    for page in ["records", "records/1", "logins", "logins/1"] {
        person.open(&format!("/audit/{page}")).await?;
        let buttons = browser.client.find_all(Locator::Css("button.danger"));
        assert_eq!(buttons.await?.len(), 0, "{page}");
    }
    person.open("/faults").await?;
    browser.press("Fail").await?;
    let (events, before) = (shop.events().await?, shop.records().await?);
    person.open("/audit/events").await?;
    let forged = "const form = document.querySelector('form[method=post]'); \
                  for (const [name, value] of [['id', 1], ['confirm', 'yes'], ['reason', 'none']]) \
                  form.append(Object.assign(document.createElement('input'), { name, value })); form.submit()";
    browser.run(forged, vec![]).await?;
    let refused = Locator::XPath("//h1[text()='Forbidden']");
    browser.client.wait().for_element(refused).await?;
    assert_eq!(
        browser.text(".message").await?,
        "Only a superuser may delete from the trail."
    );
    assert_eq!(shop.events().await?, events);
    assert_eq!(shop.records().await?, before);
    person.browser.close().await
}

/// Ada sees what and how many, must say why, and leaves a record of each deletion.
pub async fn a_superuser_deletes_what_the_confirmation_names(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let person = Person::log_in(&shop, "ada").await?;
    let browser = &person.browser;
    person.open("/audit/records?table=cake").await?;
    let names = ["Linzer Torte", "Gugelhupf"];
    let records = audit_log::Entity::find().all(&shop.db).await?;
    let doomed = records.iter().filter(|record| {
        let repr = record.object_repr.as_deref();
        repr.is_some_and(|repr| names.contains(&repr))
    });
    for record in doomed {
        person.choose("record", record.id).await?;
    }
    browser.press("Delete …").await?;
    assert_eq!(browser.text("h1").await?, "Delete 2 records for ever?");
    let list = browser.text(".doomed").await?;
    for name in names {
        assert!(list.contains(&format!("CREATE cake {name}")), "{list}");
    }

    browser.click("Delete 2 records").await?;
    assert_eq!(
        person.path().await?,
        "/audit/records/delete",
        "no reason, no deletion"
    );
    browser.fill("Why", "court order 7").await?;
    browser.press("Delete 2 records").await?;
    assert_eq!(
        browser.text("[role=status]").await?,
        "Deleted: 2. The deletion is recorded."
    );
    browser.fill("Search", "court order 7").await?;
    browser.press("Show").await?;
    let rows = person.rows().await?;
    assert_eq!(rows.len(), 2);
    for name in names {
        let told = rows.iter().any(|row| {
            row.contains(&format!("CREATE cake {name}")) && row.contains("Ada Lovelace")
        });
        assert!(told, "{rows:?}");
    }
    person.browser.close().await
}

/// Bruno says that an order is delivered, and it is not. Ada sees what that request did, takes it back with a reason, and picks the
/// day to see the order as it was.
pub async fn a_wrong_request_is_undone(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let person = Person::log_in(&shop, "bruno").await?;
    let browser = &person.browser;
    let records = audit_log::Entity::find().all(&shop.db).await?;
    let mut open = records.into_iter().filter(|record| {
        let values = record.new_values.as_ref();
        record.table_name.as_deref() == Some("cake_order")
            && values.is_some_and(|values| values["is_delivered"] == false)
    });
    let order = open.next().and_then(|record| record.object_id);
    let order = order.ok_or("an order that is not delivered")?;
    person.open(&format!("/orders/{order}")).await?;
    browser.press("Delivered").await?;
    browser.press("Log out").await?;
    let delivery = last_update(&shop).await?;

    person.log_in_as("ada").await?;
    person
        .open(&format!("/audit/records/{}", delivery.id))
        .await?;
    browser.press("Everything in this request").await?;
    assert_eq!(browser.text("h1").await?, "What a request did");
    assert!(browser.text("main").await?.contains("Bruno Kreisky"));
    browser.press("Undo …").await?;
    let told = browser.text(".timeline").await?;
    for part in ["UPDATE", "cake_order", "is_delivered true false"] {
        assert!(told.contains(part), "{told}");
    }
    browser.click("Undo: write 1 row").await?;
    assert!(
        person.path().await?.starts_with("/audit/undo?request="),
        "no reason, no undo"
    );
    browser.fill("Why", "it is still in the oven").await?;
    browser.press("Undo: write 1 row").await?;
    assert_eq!(
        browser.text("[role=status]").await?,
        "Undone, rows written: 1. These are the records of it."
    );
    let main = browser.text("main").await?;
    for part in ["Ada Lovelace", "it is still in the oven", "audit admin"] {
        assert!(main.contains(part), "{main}");
    }
    let record = last_update(&shop).await?;
    assert_ne!(record.id, delivery.id);
    assert_eq!(record.actor_name.as_deref(), Some("Ada Lovelace"));

    show_the_day(&person, &order, &record).await?;
    // The row is back: it can be delivered.
    person.open(&format!("/orders/{order}")).await?;
    browser.press("Delivered").await?;
    person.browser.close().await
}

/// The history shows the order as it was at the end of the day of a record.
async fn show_the_day(person: &Person, order: &str, record: &audit_log::Model) -> Outcome {
    let browser = &person.browser;
    let history = format!("/audit/history?table=cake_order&object={order}");
    person.open(&history).await?;
    let day = record.occurred_at.format("%Y-%m-%d").to_string();
    let pick = "document.querySelector('#day').value = arguments[0]";
    browser.run(pick, vec![json!(day)]).await?;
    browser.press("Show").await?;
    let told = browser.text("#past").await?;
    assert!(told.starts_with("As it was at the end of"), "{told}");
    let past = browser.text("section[aria-labelledby=past]").await?;
    assert!(past.contains("is_delivered false"), "{past}");
    Ok(())
}

async fn last_update(shop: &Shop) -> Result<audit_log::Model> {
    let records = shop.records().await?.into_iter();
    let mut updates = records.filter(|record| record.action == "UPDATE");
    updates.next_back().ok_or_else(|| "an update".into())
}
