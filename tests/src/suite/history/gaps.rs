use audit_sea_orm::{capture, prelude::*};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Set};
use serde_json::json;

use super::{accounts, balances, with_balance};
use crate::{
    Backend, Outcome, Test,
    entity::{cake, ledger::account},
};

/// Changes that hooks do not see stand beside the version that found them, and nowhere else.
pub async fn what_left_no_record_is_told(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = cake::named("Sacher").audited_insert(&t.db).await?;
    let write = async |sql: &str| t.db.execute_unprepared(sql).await;
    let price = async |price: i32| {
        let mut edit = cake.clone().into_active_model().reset_all();
        (edit.price, edit.name) = (Set(price), sea_orm::NotSet);
        edit.audited_update(&t.db).await
    };
    price(300).await?;
    write("UPDATE cake SET price = 1, name = 'unseen'").await?;
    price(400).await?;
    let versions = History::of(&cake).versions(&t.db).await?;
    let unrecorded: Vec<_> = versions
        .iter()
        .map(|version| json!(version.unrecorded))
        .collect();
    let gap = json!({"price": {"old": 300, "new": 1}});
    assert_eq!(unrecorded, [json!({}), json!({}), gap]);
    let last = versions[2].snapshot.as_ref().ok_or("it was there")?;
    assert_eq!(last.model_or(cake.clone()).price, 400);
    Ok(())
}

/// A row that goes and comes without a record: the record behind tells of it, and what was known of the row before counts no
/// more.
pub async fn a_life_without_a_beginning_is_told(t: &mut Test) -> Outcome {
    accounts(t).await?;
    with_balance(1, 10).insert(&t.db).await?;
    capture::remove(&t.db, account::Entity).await?;
    account::Entity::delete_by_id(1).exec(&t.db).await?;
    capture::install(&t.db, account::Entity).await?;
    let mut again = with_balance(1, 20);
    again.name = Set("another".to_owned());
    again.insert(&t.db).await?;
    account::Entity::delete_by_id(1).exec(&t.db).await?;
    capture::remove(&t.db, account::Entity).await?;
    let mut third = with_balance(1, 30);
    third.name = Set("a third".to_owned());
    third.insert(&t.db).await?;
    capture::install(&t.db, account::Entity).await?;
    let mut edit = account::numbered(1).reset_all();
    (edit.balance, edit.name) = (Set(40), sea_orm::NotSet);
    edit.update(&t.db).await?;

    let history = History::<account::Entity>::find(1);
    let versions = history.versions(&t.db).await?;
    assert_eq!(balances(&versions), [Some(10), Some(20), None, Some(40)]);
    let unrecorded: Vec<_> = versions
        .iter()
        .map(|version| json!(version.unrecorded))
        .collect();
    let went = json!({
        "balance": {"old": 10, "new": null},
        "name": {"old": "account 1", "new": null},
        "note": {"old": null, "new": null},
    });
    let came = json!({"balance": {"old": null, "new": 30}});
    assert_eq!(unrecorded, [json!({}), went, json!({}), came]);
    let last = versions[3].snapshot.as_ref().ok_or("it was there")?;
    let name = last.get(account::Column::Name).map_err(Clone::clone)?;
    assert_eq!(name, &"a third".into());
    let id = versions[3].record.id;
    assert_eq!(history.version(id, &t.db).await?.as_ref(), versions.last());
    Ok(())
}

/// PostgreSQL: a `TRUNCATE` ends each object that was there, and is no version of one that was not.
pub async fn a_table_that_was_emptied(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    accounts(t).await?;
    let empty = async || t.db.execute_unprepared("TRUNCATE ledger_account").await;
    with_balance(1, 10).insert(&t.db).await?;
    empty().await?;
    empty().await?;
    with_balance(1, 20).insert(&t.db).await?;
    with_balance(2, 30).insert(&t.db).await?;
    let skip = AuditConfig::new().skip_actions(["TRUNCATE"])?;
    skip.scope(async {
        let db = t.db.audited();
        db.execute_unprepared("TRUNCATE ledger_account").await
    })
    .await?;
    let history = History::<account::Entity>::find(1);
    let versions = history.versions(&t.db).await?;
    assert_eq!(balances(&versions), [Some(10), None, Some(20), None]);
    let actions: Vec<&str> = versions
        .iter()
        .map(|version| version.record.action.as_str())
        .collect();
    assert_eq!(actions, ["CREATE", "TRUNCATE", "CREATE", "SKIPPED"]);
    assert!(versions.iter().all(|version| version.unrecorded.is_empty()));
    for (at, version) in versions.iter().enumerate() {
        let previous = history.previous(version, &t.db).await?;
        assert_eq!(previous.as_ref(), at.checked_sub(1).map(|at| &versions[at]));
        let next = history.next(version, &t.db).await?;
        assert_eq!(next.as_ref(), versions.get(at + 1));
        let then = history.at(version.record.occurred_at, &t.db).await?;
        assert_eq!(then, version.snapshot);
    }
    let other = History::<account::Entity>::find(2).versions(&t.db).await?;
    assert_eq!(balances(&other), [Some(30), None]);
    Ok(())
}
