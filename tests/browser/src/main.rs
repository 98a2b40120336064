//! Takes pictures of the admin: a handful for the documentation, and all of it to be judged. `scripts/screenshots`
//! runs it.

use std::path::Path;

use audit_browser_tests::{
    Result,
    chromium::{Browser, Scheme},
    person::Person,
    season,
};
use audit_tests::{Backend, Test, suite::bakery::shop::Shop};
use serde_json::json;

/// A picture: its name, what it shows, how wide it is, in which colours, and what to press first.
type Picture = (
    &'static str,
    &'static str,
    u32,
    Scheme,
    &'static [&'static str],
);

/// Those of the documentation, as high as a window.
const FOR_READERS: &[Picture] = &[
    ("overview", "dashboard", 1280, Scheme::Light, &[]),
    ("records", "records", 1280, Scheme::Light, &[]),
    (
        "history",
        "history?table=cake&object=1",
        1280,
        Scheme::Light,
        &["Compare"],
    ),
    (
        "records-dark",
        "records?action=UPDATE&table=cake&date=2026",
        1280,
        Scheme::Dark,
        &[],
    ),
    ("events", "events", 1280, Scheme::Light, &[]),
    (
        "deletion",
        "logins?ip=203.0.113.66&q=root",
        1280,
        Scheme::Light,
        &["(all)", "Delete …"],
    ),
    ("records-phone", "records", 360, Scheme::Light, &[]),
    ("overview-phone-dark", "dashboard", 360, Scheme::Dark, &[]),
];

/// The pages that are looked at from top to bottom, in every look.
const TO_JUDGE: &[(&str, &str, &[&str])] = &[
    ("overview", "dashboard", &[]),
    ("records", "records?date=2026", &[]),
    (
        "records-filtered",
        "records?q=cake&table=cake&action=UPDATE",
        &[],
    ),
    ("logins", "logins", &[]),
    ("exports", "exports", &[]),
    ("events", "events", &[]),
    ("record", "records?action=UPDATE&table=cake", &["2026-"]),
    ("event", "events", &["2026-"]),
    ("history", "history?table=cake&object=2", &["Compare"]),
    (
        "deletion",
        "logins?ip=203.0.113.66&q=root",
        &["(all)", "Delete …"],
    ),
    ("nothing", "records?q=nothing+like+it", &[]),
    ("error", "records?before=x", &[]),
];

#[tokio::main]
async fn main() -> Result<()> {
    let t = Test::new(Backend::Sqlite, "bakery").await?;
    let shop = Shop::open(&t).await?;
    season::write(&shop.db).await?;
    let person = Person::log_in(&shop, "ada").await?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for &(name, page, width, scheme, steps) in FOR_READERS {
        person.browser.look(width, scheme).await?;
        reach(&person, page, steps).await?;
        save(&person.browser, &folder.join("docs/screenshots"), name).await?;
    }
    for &(name, page, steps) in TO_JUDGE {
        person.browser.look(1280, Scheme::Light).await?;
        reach(&person, page, steps).await?;
        judge(&person.browser, &folder.join("target/screenshots"), name).await?;
    }
    person.browser.close().await
}

/// Opens a page of the trail, and presses one thing after another there.
async fn reach(person: &Person, page: &str, steps: &[&str]) -> Result<()> {
    person.open(&format!("/audit/{page}")).await?;
    for &step in steps {
        if step == "(all)" {
            let choose =
                "for (const tick of document.querySelectorAll('[name=id]')) tick.checked = true";
            person.browser.run(choose, vec![]).await?;
        } else {
            person.browser.press(step).await?;
        }
    }
    Ok(())
}

/// Saves the page as it is on a wide screen and a phone, light and dark, and on paper, from top to bottom.
async fn judge(browser: &Browser, folder: &Path, name: &str) -> Result<()> {
    for (width, scheme) in [
        (1280, Scheme::Light),
        (1280, Scheme::Dark),
        (360, Scheme::Light),
        (360, Scheme::Dark),
    ] {
        browser.look(width, scheme).await?;
        stretch(browser, width).await?;
        save(browser, folder, &format!("{name}-{width}-{scheme:?}")).await?;
    }
    browser.look(800, Scheme::Light).await?;
    browser
        .tell("Emulation.setEmulatedMedia", json!({"media": "print"}))
        .await?;
    stretch(browser, 800).await?;
    save(browser, folder, &format!("{name}-print")).await?;
    browser
        .tell("Emulation.setEmulatedMedia", json!({"media": ""}))
        .await?;
    Ok(())
}

/// Makes the window as high as the page.
async fn stretch(browser: &Browser, width: u32) -> Result<()> {
    let height = browser
        .run("return document.documentElement.scrollHeight", vec![])
        .await?;
    let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
    browser
        .tell("Emulation.setDeviceMetricsOverride", size)
        .await?;
    Ok(())
}

async fn save(browser: &Browser, folder: &Path, name: &str) -> Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let picture = browser.client.screenshot().await?;
    Ok(tokio::fs::write(folder.join(format!("{name}.png")), picture).await?)
}
