//! Releases of an application whose entities differ in more than one column.

use audit_sea_orm::{
    MASK,
    capture::{self, CaptureOptions, OnSkip},
};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;

use super::lines;
use crate::{
    Outcome, Test,
    entity::growing::{first, masked, priced},
};

/// A release drops a field, which leaves its column for now: whatever else it changes is recorded as it says.
pub async fn a_dropped_field_hides_no_other_change(t: &mut Test) -> Outcome {
    scones(t).await?;
    capture::install(&t.db, first::Entity).await?;
    let report = capture::install(&t.db, masked::Entity).await?;
    assert_eq!(
        lines(&report, "growing_scone"),
        ["growing_scone: installed"]
    );
    bake(t, 1).await?;
    let recorded = t.only_record().await?.new_values;
    assert_eq!(recorded, Some(json!({"id": 1, "recipe": MASK})));

    capture::install(&t.db, first::Entity).await?;
    let report = capture::install(&t.db, priced::Entity).await?;
    assert_eq!(
        lines(&report, "growing_scone"),
        ["growing_scone: installed"]
    );
    bake(t, 2).await?;
    let recorded = t
        .records()
        .await?
        .pop()
        .and_then(|record| record.new_values);
    let expected = json!({"id": 2, "recipe": "butter", "price": 2});
    assert_eq!(recorded, Some(expected));
    Ok(())
}

/// Options that are given replace those that triggers have, also where these know a column more.
pub async fn options_of_an_older_release_count(t: &mut Test) -> Outcome {
    scones(t).await?;
    capture::install(&t.db, priced::Entity).await?;
    // Of a release that knows neither column.
    capture::install(&t.db, first::Entity).await?;
    let leave = CaptureOptions::new().on_skip(OnSkip::Leave);
    capture::install_with(&t.db, masked::Entity, leave).await?;
    let found = capture::installed_options(&t.db, masked::Entity).await?;
    assert_eq!(found, Some(leave));
    Ok(())
}

async fn scones(t: &Test) -> Result<(), DbErr> {
    let sql = "CREATE TABLE growing_scone (id integer NOT NULL PRIMARY KEY, recipe varchar(255) NOT NULL, \
               legacy varchar(255), price integer)";
    t.db.execute_unprepared(sql).await.map(drop)
}

async fn bake(t: &Test, id: i32) -> Result<(), DbErr> {
    let sql =
        format!("INSERT INTO growing_scone (id, recipe, price) VALUES ({id}, 'butter', {id})");
    t.db.execute_unprepared(&sql).await.map(drop)
}
