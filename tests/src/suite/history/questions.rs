use audit_sea_orm::{
    AuditDbErrExt, Error, Period, PeriodCount, capture,
    history::{ColumnChange, Unknown},
    hooks,
    prelude::*,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, Set,
};

use super::{accounts, with_balance};
use crate::{
    Backend, Outcome, Test,
    entity::{cake, ledger::account},
};

fn by(actor: &str) -> AuditContext {
    AuditContext::new().actor(Actor::new(actor))
}

/// Who, from what to what, and whether records show that.
type Told = Option<(Option<String>, Option<i64>, Option<i64>, bool)>;

fn told(change: Option<ColumnChange>) -> Told {
    let number = |json: Option<serde_json::Value>| json.and_then(|json| json.as_i64());
    change.map(|change| {
        let (old, new) = (number(change.change.old), number(change.change.new));
        (change.record.actor_id, old, new, change.is_certain)
    })
}

fn some(actor: &str, old: impl Into<Option<i64>>, new: i64, is_certain: bool) -> Told {
    Some((Some(actor.to_owned()), old.into(), Some(new), is_certain))
}

/// Triggers: the last change of a column, and the last to a value, of an object that is there, that is gone, and that is there again.
pub async fn who_changed_a_column_last_is_told(t: &mut Test) -> Outcome {
    accounts(t).await?;
    let db = t.db.audited();
    let set = async |actor: &str, balance: i64, name: &str| {
        let mut edit = account::numbered(1).reset_all();
        (edit.balance, edit.name) = (Set(balance), Set(name.to_owned()));
        by(actor).scope(edit.update(&db)).await
    };
    by("ada").scope(with_balance(1, 10).insert(&db)).await?;
    set("bob", 20, "a").await?;
    set("cy", 20, "b").await?;
    set("dan", 10, "b").await?;
    set("eve", 10, "c").await?;
    let history = History::<account::Entity>::find(1);
    let balance = account::Column::Balance;
    let last = history.last_change(balance, &t.db).await?;
    assert_eq!(told(last), some("dan", 20, 10, true));
    for (value, expected) in [
        (10, some("dan", 20, 10, true)),
        (20, some("bob", 10, 20, true)),
        (30, None),
    ] {
        let found = history.last_change_to(balance, value, &t.db).await?;
        assert_eq!(told(found), expected, "{value}");
    }
    let name = history.last_change(account::Column::Name, &t.db).await?;
    assert_eq!(
        name.and_then(|name| name.record.actor_id).as_deref(),
        Some("eve")
    );

    by("fay")
        .scope(account::Entity::delete_by_id(1).exec(&db))
        .await?;
    let last = history.last_change(balance, &t.db).await?;
    assert_eq!(told(last), some("dan", 20, 10, true));
    by("gus").scope(with_balance(1, 40).insert(&db)).await?;
    let last = history.last_change(balance, &t.db).await?;
    assert_eq!(told(last), some("gus", None, 40, true));
    let earlier = history.last_change_to(balance, 20, &t.db).await?;
    assert_eq!(told(earlier), some("bob", 10, 20, true));
    // It came back without a record: that of its former life may not be the last change.
    by("hal")
        .scope(account::Entity::delete_by_id(1).exec(&db))
        .await?;
    capture::remove(&t.db, account::Entity).await?;
    with_balance(1, 50).insert(&t.db).await?;
    capture::install(&t.db, account::Entity).await?;
    let last = history.last_change(balance, &t.db).await?;
    assert_eq!(told(last), some("gus", None, 40, false));
    let mut edit = account::numbered(1).reset_all();
    (edit.name, edit.balance) = (Set("renamed".to_owned()), sea_orm::NotSet);
    edit.update(&db).await?;
    let last = history.last_change(balance, &t.db).await?;
    assert_eq!(told(last), some("gus", None, 40, false));
    let nobody = History::<account::Entity>::find(2);
    assert_eq!(nobody.last_change(balance, &t.db).await?, None);
    Ok(())
}

/// What was silenced since may have been a change. Of a masked column the record is known, and of a skipped one nothing.
pub async fn what_may_have_changed_a_column_is_said(t: &mut Test) -> Outcome {
    accounts(t).await?;
    let db = t.db.audited();
    let set = async |balance: i64| {
        let mut edit = account::numbered(1).reset_all();
        (edit.balance, edit.name) = (Set(balance), sea_orm::NotSet);
        edit.update(&db).await
    };
    by("ada").scope(with_balance(1, 10).insert(&db)).await?;
    let silent = AuditConfig::new().skip_actions(["UPDATE"])?;
    silent.scope(set(20)).await?;
    let history = History::<account::Entity>::find(1);
    let balance = account::Column::Balance;
    let last = history.last_change(balance, &t.db).await?;
    assert_eq!(told(last), some("ada", None, 10, false));
    by("bob").scope(set(30)).await?;
    let last = history.last_change(balance, &t.db).await?;
    assert_eq!(told(last), some("bob", 20, 30, true));
    let first = history.last_change_to(balance, 10, &t.db).await?;
    assert_eq!(told(first), some("ada", None, 10, false));

    let masked = history.last_change(account::Column::Pin, &t.db).await?;
    let actor = masked.and_then(|change| change.record.actor_id);
    assert_eq!(actor.as_deref(), Some("ada"));
    let why = async |asked: Result<Option<ColumnChange>, DbErr>| match asked {
        Err(error) => match error.audit_err() {
            Some(Error::Incomplete(columns)) => columns.iter().map(|(_, why)| why.clone()).next(),
            _ => None,
        },
        Ok(_) => None,
    };
    let masked = history
        .last_change_to(account::Column::Pin, "1", &t.db)
        .await;
    assert_eq!(why(masked).await, Some(Unknown::Masked));
    let skipped = history.last_change(account::Column::Draft, &t.db).await;
    assert_eq!(why(skipped).await, Some(Unknown::Skipped));
    Ok(())
}

/// Hooks: an update without its old values changed a column where an earlier record had another value, and may have where none tells.
pub async fn an_update_of_unknown_old_values_is_weighed(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let unseen = AuditContext::unaudited("older than the log", async {
        cake::named("Sacher").insert(&t.db).await
    });
    let cake = unseen.await?;
    let without_old = async |actor: &str, cake: cake::Model| {
        by(actor)
            .scope(hooks::after_save::<cake::ActiveModel, _>(
                cake, &t.db, false,
            ))
            .await
    };
    let at = |price: i32| cake::Model {
        price,
        ..cake.clone()
    };
    without_old("ada", at(300)).await?;
    let history = History::of(&cake);
    let price = cake::Column::Price;
    let last = history.last_change(price, &t.db).await?;
    assert_eq!(told(last), some("ada", None, 300, false));
    without_old("bob", at(300)).await?;
    without_old("cy", at(400)).await?;
    without_old("dan", at(400)).await?;
    let last = history.last_change(price, &t.db).await?;
    assert_eq!(told(last), some("cy", 300, 400, true));
    let mut edit = at(400).into_active_model();
    edit.price = Set(500);
    by("eve").scope(edit.update(&t.db)).await.ok();
    without_old("fay", at(500)).await?;
    let to = history.last_change_to(price, 300, &t.db).await?;
    assert_eq!(told(to), some("ada", None, 300, false));
    Ok(())
}

/// Gives the first records these times, and returns their numbers.
async fn moved(t: &Test, times: &[&str]) -> Result<Vec<i64>, DbErr> {
    let zone = match t.backend {
        Backend::MySql => "",
        Backend::Sqlite | Backend::Postgres => "+00:00",
    };
    let mut ids = Vec::new();
    for (record, time) in t.records().await?.iter().zip(times) {
        let id = record.id;
        let moved = format!("UPDATE audit_log SET occurred_at = '{time}{zone}' WHERE id = {id}");
        t.db.execute_unprepared(&moved).await?;
        ids.push(id);
    }
    Ok(ids)
}

fn counts(counts: Vec<PeriodCount>) -> Vec<(String, u64)> {
    let counts = counts.into_iter();
    counts
        .map(|count| (count.from.to_string(), count.count))
        .collect()
}

/// Counts by day, week and month are those of the calendar in UTC, of records, of one object's, and of logins by their attempts.
pub async fn rows_are_counted_by_the_calendar(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = cake::named("Sacher").audited_insert(&t.db).await?;
    cake.clone().audited_delete(&t.db).await?;
    for _ in 0..3 {
        AuditEvent::custom("PUBLISH").record(&t.db).await?;
        LoginAttempt::failed("ada").record(&t.db).await?;
    }
    let times = [
        "2026-12-27 23:59:59.999999",
        "2026-12-28 00:00:00",
        "2027-01-03 12:00:00",
        "2027-01-03 23:59:59",
        "2027-01-04 00:00:00",
    ];
    let ids = moved(t, &times).await?;
    let moved = audit_log::Entity::find().filter(audit_log::Column::Id.is_in(ids));
    let days: &[(&str, u64)] = &[
        ("2026-12-27", 1),
        ("2026-12-28", 1),
        ("2027-01-03", 2),
        ("2027-01-04", 1),
    ];
    let weeks = &[("2026-12-21", 1), ("2026-12-28", 3), ("2027-01-04", 1)];
    let months = &[("2026-12-01", 2), ("2027-01-01", 3)];
    for (period, expected) in [
        (Period::Day, days),
        (Period::Week, weeks),
        (Period::Month, months),
    ] {
        let counted = moved.clone().newest_first().counts(period, &t.db).await?;
        let expected = expected
            .iter()
            .map(|(day, count)| ((*day).to_owned(), *count));
        assert_eq!(counts(counted), expected.collect::<Vec<_>>());
    }
    let of_cake = audit_log::Entity::for_object(&cake);
    let of_cake = of_cake.counts(Period::Month, &t.db).await?;
    assert_eq!(counts(of_cake), [("2026-12-01".to_owned(), 2)]);

    let many = "UPDATE audit_login_attempt SET attempts = 40 WHERE id = 1";
    t.db.execute_unprepared(many).await?;
    let logins = login_attempt::Entity::find()
        .counts(Period::Month, &t.db)
        .await?;
    assert_eq!(logins.iter().map(|count| count.count).sum::<u64>(), 42);
    let cakes = audit_log::Entity::for_entity::<cake::Entity>();
    assert_eq!(cakes.all(&t.db).await?.len(), 2);
    Ok(())
}
