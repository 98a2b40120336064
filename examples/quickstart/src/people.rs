//! Who does what. The context that a future runs in says who, once, for all that it writes.

use audit_sea_orm::prelude::*;
use sea_orm::DatabaseConnection;

use crate::{Result, edits, events, story::Story};

/// What middleware does for each request of a web application.
fn at_desk(id: u32, name: &str) -> AuditContext {
    AuditContext::new()
        .actor(Actor::new(id).with_name(name))
        .ip([192, 0, 2, 7])
}

pub async fn nightly_check(db: &DatabaseConnection, story: &mut Story<'_>) -> Result {
    let check = AuditContext::new().actor(Actor::system("nightly-check"));
    check.scope(events::report_missing_cities(db)).await?;
    story
        .tell("The nightly check looks for airports without a city: a system event, not a record.")
        .await?;
    Ok(())
}

pub async fn amelia(db: &DatabaseConnection, story: &mut Story<'_>) -> Result {
    let amelia = at_desk(17, "Amelia").reason("renamed");
    amelia.scope(edits::rename(db)).await?;
    story.tell("Amelia renames five airports.").await?;
    Ok(())
}

pub async fn bruno(db: &DatabaseConnection, story: &mut Story<'_>) -> Result {
    let bruno = at_desk(23, "Bruno");
    let survey = bruno.clone().reason("wrong hemisphere");
    survey.scope(edits::correct_hemispheres(db)).await?;
    story
        .tell("Bruno moves eight airports to their side of the world, in one transaction.")
        .await?;

    bruno.clone().scope(edits::mistype_latitude(db)).await?;
    story
        .tell("Bruno mistypes the latitude of Guam: 31 for 13.")
        .await?;

    let correction = bruno.clone().reason("typing error");
    correction.scope(edits::undo_latitude(db)).await?;
    story
        .tell("Bruno puts back what it was before: the trail knows.")
        .await?;

    let clearing = bruno.reason("not in the United States");
    clearing.scope(edits::delete_foreign(db)).await?;
    story
        .tell("Bruno deletes an airport that lies in Thailand.")
        .await?;
    Ok(())
}

pub async fn chioma(db: &DatabaseConnection, story: &mut Story<'_>) -> Result {
    let chioma = at_desk(29, "Chioma").reason("ticket 4711");
    chioma.clone().scope(edits::fill_in_cities(db)).await?;
    story.tell("Chioma fills in eight cities.").await?;

    events::resolve_missing_cities(db, "Chioma").await?;
    story
        .tell("Chioma marks the system event as resolved.")
        .await?;

    chioma.scope(edits::update_contact(db)).await?;
    story
        .tell("Chioma enters Guam's city, and a phone number, which is masked.")
        .await?;
    Ok(())
}

pub async fn dmitri(db: &DatabaseConnection, story: &mut Story<'_>) -> Result {
    // Until he is in, nobody is: all that is known is the name that was typed.
    events::fail_to_log_in(db).await?;
    let dmitri = at_desk(31, "Dmitri");
    dmitri.clone().scope(events::log_in(db)).await?;
    story.tell("Dmitri logs in, at the second try.").await?;

    dmitri.clone().scope(events::view(db)).await?;
    story.tell("Dmitri looks at Guam.").await?;
    dmitri.clone().scope(edits::count_page_view(db)).await?;
    story
        .tell("Guam's counter of views goes up; that column is skipped.")
        .await?;

    dmitri.scope(events::export(db)).await?;
    story.tell("Dmitri exports the airports of Hawaii.").await?;
    Ok(())
}
