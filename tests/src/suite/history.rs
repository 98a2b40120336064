//! The past of an object: each version as it was, and no guess where nobody knows.

mod any_object;
mod as_of;
mod gaps;
mod questions;
mod random;
mod reading;
mod unknown;

use audit_sea_orm::{capture, history::Version, prelude::*};
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel, Set, prelude::DateTimeUtc};

pub use any_object::{
    an_object_of_any_table_has_its_history, an_object_of_any_table_has_its_parts,
    an_object_of_no_entity_is_refused,
};
pub use as_of::{
    a_dropped_walk_leaves_nothing_behind, a_large_table_is_walked_in_batches,
    a_large_table_with_two_key_columns, a_small_table_costs_few_statements,
    a_table_is_as_it_was_at_each_time, a_table_older_than_the_log_is_known,
    a_truncated_table_is_as_it_was, a_walk_sees_one_state_of_the_database,
    clocks_that_differ_change_no_answer, keys_of_every_kind_come_back, links_are_those_of_the_time,
    parts_are_those_of_the_time, renamed_tables_are_as_they_were,
    what_a_table_does_not_tell_is_no_guess,
};
pub use gaps::{
    a_life_without_a_beginning_is_told, a_table_that_was_emptied, what_left_no_record_is_told,
};
pub use questions::{
    an_update_of_unknown_old_values_is_weighed, rows_are_counted_by_the_calendar,
    what_may_have_changed_a_column_is_said, who_changed_a_column_last_is_told,
};
pub use random::every_state_is_that_of_its_time;
pub use reading::{
    a_history_goes_on_under_new_names, a_long_history_is_read_page_by_page,
    a_row_that_changes_meanwhile_stays_what_it_was, a_short_history_costs_few_statements,
};
pub use unknown::{
    a_value_of_another_type_is_not_read, masked_and_skipped_columns_are_no_guess,
    silenced_changes_are_no_guess, updates_of_unknown_old_values_are_no_guess,
};

use crate::{
    Outcome, Test,
    entity::{cake, ledger::account},
};

async fn accounts(t: &Test) -> Result<(), DbErr> {
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await.map(drop)
}

/// The account with that balance.
fn with_balance(id: i32, balance: i64) -> account::ActiveModel {
    let mut account = account::numbered(id);
    account.balance = Set(balance);
    account
}

/// The balance of each version, `None` where the account was gone.
fn balances(versions: &[Version<account::Entity>]) -> Vec<Option<i64>> {
    let balance = |version: &Version<account::Entity>| {
        let account = version.snapshot.as_ref()?;
        let balance = account.get(account::Column::Balance);
        Some(balance.expect("it is known").clone().unwrap())
    };
    versions.iter().map(balance).collect()
}

/// Hooks: each version is the row as it was, with who made it, and the object is there again after it was deleted.
pub async fn each_version_is_the_row_as_it_was(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let write = async |actor: &str, name: &str, price: i32, note: Option<&str>, id: Option<i32>| {
        let mut row = cake::named(name);
        row.price = Set(price);
        row.note = Set(note.map(str::to_owned));
        let context = AuditContext::new().actor(Actor::new(actor));
        let write = async {
            match id {
                Some(id) => {
                    row.id = Set(id);
                    row.update(&t.db).await
                }
                None => row.insert(&t.db).await,
            }
        };
        context.scope(write).await
    };
    let first = write("ada", "Sacher", 250, None, None).await?;
    let id = Some(first.id);
    let second = write("grace", "Sacher", 275, Some("with cream"), id).await?;
    let third = write("ada", "Linzer", 275, None, id).await?;
    third.clone().audited_delete(&t.db).await?;

    let history = History::of(&first);
    let versions = history.versions(&t.db).await?;
    let told: Vec<_> = versions
        .iter()
        .map(|version| {
            let cake = version.snapshot.as_ref();
            let cake = cake.map(|cake| cake.model_or(third.clone()));
            (version.record.actor_id.as_deref(), cake)
        })
        .collect();
    assert_eq!(
        told,
        [
            (Some("ada"), Some(first)),
            (Some("grace"), Some(second.clone())),
            (Some("ada"), Some(third)),
            (None, None),
        ]
    );
    assert!(versions.iter().all(|version| version.unrecorded.is_empty()));

    // Back as it was at its second version, with what no record has.
    let then = versions[1].snapshot.as_ref().ok_or("it was there")?;
    let mut back = then.active_model();
    (back.secret_recipe, back.draft) = (Set("new".to_owned()), Set("new".to_owned()));
    let back = back.audited_insert(&t.db).await?;
    assert_eq!((back.price, back.note.clone()), (275, second.note));
    let versions = history.versions(&t.db).await?;
    assert_eq!(versions.len(), 5);
    assert_eq!(versions[4].snapshot.as_ref(), Some(then));
    Ok(())
}

/// Triggers: the same of an account, by its versions one by one, and turned back to one of them.
pub async fn versions_have_neighbours_and_differences(t: &mut Test) -> Outcome {
    accounts(t).await?;
    account::Entity::insert_many([with_balance(1, 10), with_balance(2, 99)])
        .exec(&t.db)
        .await?;
    for balance in [20, 30] {
        let mut edit = account::numbered(1).reset_all();
        edit.balance = Set(balance);
        edit.update(&t.db).await?;
    }
    let history = History::<account::Entity>::find(1);
    let versions = history.versions(&t.db).await?;
    assert_eq!(balances(&versions), [10, 20, 30].map(Some));
    for (at, version) in versions.iter().enumerate() {
        let id = version.record.id;
        assert_eq!(history.version(id, &t.db).await?.as_ref(), Some(version));
        let previous = history.previous(version, &t.db).await?;
        assert_eq!(previous.as_ref(), at.checked_sub(1).map(|at| &versions[at]));
        let next = history.next(version, &t.db).await?;
        assert_eq!(next.as_ref(), versions.get(at + 1));
    }
    let other = History::<account::Entity>::find(2);
    let of_other = other.versions(&t.db).await?[0].record.id;
    assert_eq!(history.version(of_other, &t.db).await?, None);

    let snapshot = |at: usize| versions[at].snapshot.as_ref().ok_or("it was there");
    let (first, last) = (snapshot(0)?, snapshot(2)?);
    let difference = first.difference(last);
    let changed: Vec<&str> = difference.changes.columns().collect();
    assert_eq!(changed, ["balance"]);
    let balance = difference.changes.get("balance").ok_or("it changed")?;
    assert_eq!(
        (balance.old.clone(), balance.new.clone()),
        (Some(10.into()), Some(30.into()))
    );
    assert_eq!(difference.unknown, ["pin", "draft"]);
    assert!(last.difference(last).changes.is_empty());

    // What is not known stays as it is.
    first.active_model().update(&t.db).await?;
    let account = account::Entity::find_by_id(1).one(&t.db).await?;
    let account = account.ok_or("it is there")?;
    assert_eq!((account.balance, account.pin.as_str()), (10, "CANARY-pin"));
    assert_eq!(balances(&history.versions(&t.db).await?).len(), 4);
    Ok(())
}

/// A row that was there before its table was captured is known back to its first record, and before.
pub async fn a_row_older_than_the_log_is_known(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    account::Entity::insert_many([with_balance(1, 10), with_balance(2, 77)])
        .exec(&t.db)
        .await?;
    capture::install(&t.db, account::Entity).await?;
    let rename = |name: &str| account::ActiveModel {
        id: Set(1),
        name: Set(name.to_owned()),
        ..Default::default()
    };
    let history = History::<account::Entity>::find(1);
    let name_and_balance = async |time: DateTimeUtc| {
        let account = history.at(time, &t.db).await?.ok_or("it was there")?;
        let known = |column| account.get(column).expect("it is known").clone();
        let name: String = known(account::Column::Name).unwrap();
        let balance: i64 = known(account::Column::Balance).unwrap();
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((name, balance))
    };
    let long_ago = DateTimeUtc::UNIX_EPOCH;
    // No record: the present row.
    assert_eq!(
        name_and_balance(long_ago).await?,
        ("account 1".to_owned(), 10)
    );
    rename("b").update(&t.db).await?;
    // The balance is that of the present row.
    assert_eq!(
        name_and_balance(long_ago).await?,
        ("account 1".to_owned(), 10)
    );
    let mut pay = rename("b").reset_all();
    (pay.name, pay.balance) = (sea_orm::NotSet, Set(20));
    pay.update(&t.db).await?;
    let versions = history.versions(&t.db).await?;
    assert_eq!(balances(&versions), [10, 20].map(Some));
    // And now no present row tells anything.
    account::Entity::delete_by_id(1).exec(&t.db).await?;
    assert_eq!(
        name_and_balance(long_ago).await?,
        ("account 1".to_owned(), 10)
    );
    let versions = history.versions(&t.db).await?;
    assert_eq!(balances(&versions), [Some(10), Some(20), None]);
    assert!(versions.iter().all(|version| version.unrecorded.is_empty()));

    let untouched = History::<account::Entity>::find(2);
    assert_eq!(untouched.versions(&t.db).await?, []);
    assert!(untouched.at(long_ago, &t.db).await?.is_some());
    let nobody = History::<account::Entity>::find(3);
    assert_eq!(nobody.at(long_ago, &t.db).await?, None);
    Ok(())
}

/// An object is not there before its creation and after its deletion, by the records' own times.
pub async fn an_object_has_a_beginning_and_an_end(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = cake::named("Sacher").audited_insert(&t.db).await?;
    let mut edit = cake.clone().into_active_model();
    edit.price = Set(300);
    edit.audited_update(&t.db).await?;
    cake.clone().audited_delete(&t.db).await?;
    let time = |seconds: i64| DateTimeUtc::from_timestamp(1_800_000_000 + seconds, 0);
    let records = t.records().await?;
    for (record, seconds) in records.into_iter().zip([10, 20, 30]) {
        let mut record = record.into_active_model();
        record.occurred_at = Set(time(seconds).ok_or("a time")?);
        record.update(&t.db).await?;
    }
    let history = History::<cake::Entity>::find(cake.id);
    for (seconds, price) in [
        (9, None),
        (10, Some(250)),
        (19, Some(250)),
        (20, Some(300)),
        (29, Some(300)),
        (30, None),
        (99, None),
    ] {
        let then = history.at(time(seconds).ok_or("a time")?, &t.db).await?;
        let then = then.map(|then| then.model_or(cake.clone()).price);
        assert_eq!(then, price, "at second {seconds}");
    }
    Ok(())
}
