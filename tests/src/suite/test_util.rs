//! The helpers for the tests of an application: what passes, what fails, and what a failure says.

use std::panic::{AssertUnwindSafe, catch_unwind};

use audit_sea_orm::{
    capture,
    prelude::*,
    test_util::{AuditTest, ExpectedRecord, LeftRecords},
};
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel, Set, prelude::DateTimeUtc};

use crate::{
    Outcome, Test,
    entity::{cake, ledger::account},
};

/// What an assertion says where it fails.
fn failure(
    records: &LeftRecords,
    expected: impl IntoIterator<Item = ExpectedRecord>,
) -> Option<String> {
    let failed = catch_unwind(AssertUnwindSafe(|| records.assert_are(expected))).err()?;
    failed.downcast_ref::<String>().cloned()
}

/// Hooks and events: exactly the records of the block, by its actor and its clock, whatever was there before.
pub async fn a_block_left_exactly_these_records(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    cake::named("Linzer").insert(&t.db).await?;
    let time: DateTimeUtc = "2026-02-03T04:05:06.789012Z".parse()?;
    let test = AuditTest::new().actor("ada").time(time);
    let left = test
        .run(&t.db, async {
            let cake = cake::named("Sacher").insert(&t.db).await?;
            let mut edit = cake.clone().into_active_model();
            (edit.price, edit.note) = (Set(300), Set(Some("fresh".to_owned())));
            edit.update(&t.db).await?.audited_delete(&t.db).await?;
            AuditEvent::custom("PUBLISH")
                .reason("Friday")
                .record(&t.db)
                .await?;
            Ok::<_, DbErr>(cake.id)
        })
        .await?;
    let id = left.outcome?;
    let create = || ExpectedRecord::create::<cake::Entity>(id).new_value(cake::Column::Price, 250);
    let update = || {
        ExpectedRecord::update::<cake::Entity>(id)
            .change(cake::Column::Price, 250, 300)
            .change(cake::Column::Note, None::<String>, "fresh")
            .actor("ada")
    };
    let delete = || ExpectedRecord::delete::<cake::Entity>(id).old_value(cake::Column::Price, 300);
    let event = || ExpectedRecord::event("PUBLISH").reason("Friday");
    left.records
        .assert_are([create(), update(), delete(), event()]);
    let times = left
        .records
        .as_slice()
        .iter()
        .map(|record| record.occurred_at);
    assert!(times.into_iter().all(|found| found == time));

    refuses_others(&left.records, id);
    Ok(())
}

/// What was left is none of these, and a failure shows each place.
fn refuses_others(left: &LeftRecords, id: i32) {
    let create = || ExpectedRecord::create::<cake::Entity>(id).new_value(cake::Column::Price, 250);
    let price = || ExpectedRecord::update::<cake::Entity>(id).change(cake::Column::Price, 250, 300);
    let update = || price().change(cake::Column::Note, None::<String>, "fresh");
    let delete = || ExpectedRecord::delete::<cake::Entity>(id);
    let event = || ExpectedRecord::event("PUBLISH").reason("Friday");
    let (another, other_table) = (
        ExpectedRecord::delete::<cake::Entity>(id + 1),
        ExpectedRecord::delete::<account::Entity>(id),
    );
    for expected in [
        vec![create(), update(), delete()],
        vec![create(), update(), delete(), event(), event()],
        vec![update(), create(), delete(), event()],
        vec![create(), price(), delete(), event()],
        vec![create(), update().actor("bob"), delete(), event()],
        vec![create(), update(), delete(), event().reason("Monday")],
        vec![create(), update(), another, event()],
        vec![create(), update(), other_table, event()],
        Vec::new(),
    ] {
        assert!(failure(left, expected.clone()).is_some(), "{expected:?}");
    }
    let said = failure(left, [create(), update(), event()]);
    let lines = format!(
        "other records than expected (- expected, + left)\n\
         \x20 CREATE cake {id}: id {id}, name \"Sacher\", note null, price 250, secret_recipe \"***\" by ada\n\
         \x20 UPDATE cake {id}: note null -> \"fresh\", price 250 -> 300 by ada\n\
         - PUBLISH (Friday)\n\
         + DELETE cake {id}: id was {id}, name was \"Sacher\", note was \"fresh\", price was 300, secret_recipe was \"***\" by ada\n\
         + PUBLISH by ada (Friday)\n"
    );
    assert_eq!(said.as_deref(), Some(lines.as_str()));
}

/// Triggers: the same, by the clock of the database; and a block that leaves nothing.
pub async fn records_of_triggers_are_left_too(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    let db = t.db.audited();
    let context = AuditContext::new().actor("grace").reason("opened");
    let test = AuditTest::new()
        .context(context)
        .time(DateTimeUtc::UNIX_EPOCH);
    let left = test.run(&db, account::numbered(1).insert(&db)).await?;
    let account = left.outcome?;
    left.records
        .assert_are([ExpectedRecord::create::<account::Entity>(account.id)
            .new_value(account::Column::Balance, account.balance)
            .actor("grace")
            .reason("opened")]);
    assert_ne!(
        left.records.as_slice()[0].occurred_at,
        DateTimeUtc::UNIX_EPOCH
    );
    let read = AuditTest::new()
        .run(&db, account::Entity::find().all(&db))
        .await?;
    assert_eq!(read.outcome?.len(), 1);
    read.records.assert_none();
    Ok(())
}
