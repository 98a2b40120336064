use audit_sea_orm::{AuditDbErrExt, Error, capture, prelude::*};
use sea_orm::{
    ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel, ModelTrait, Set, TransactionTrait,
};

use super::open;
use crate::{
    Outcome, Test,
    entity::{
        ledger::account,
        shop::{customer, line, order},
    },
};

/// The records of an undo are of the tenant whose records it undoes; of none where several tenants wrote the object.
pub async fn an_undo_is_seen_by_the_tenant(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    let acme = super::request("r").tenant_id("acme");
    let work = async {
        customer::numbered(1).insert(&db).await?;
        order::numbered(1, None).insert(&db).await?;
        order::numbered(2, None).insert(&db).await
    };
    acme.scope(work).await?;
    let mut edit = order::numbered(2, None);
    edit.note = Set(Some("soon".to_owned()));
    let rival = super::request("r").tenant_id("rival");
    rival.scope(edit.update(&db)).await?;
    let undoing = t.db.audited_as(AuditContext::new().actor("grace"));
    let plan = UndoPlan::for_request("r").plan(&undoing).await?;
    plan.run("a mistake", &undoing).await?;
    let records = t.records().await?;
    let undone = records.iter().filter(|record| record.action == "DELETE");
    let mut tenants: Vec<_> = undone
        .map(|record| {
            let [table, id, tenant] = [&record.table_name, &record.object_id, &record.tenant_id];
            (table.as_deref(), id.as_deref(), tenant.as_deref())
        })
        .collect();
    tenants.sort_unstable();
    assert_eq!(
        tenants,
        [
            (Some("shop_customer"), Some("1"), Some("acme")),
            (Some("shop_order"), Some("1"), Some("acme")),
            (Some("shop_order"), Some("2"), None),
        ]
    );
    Ok(())
}

/// Every version can be turned back to, whether the object is there or not; each with one record, and none where nothing is to do.
pub async fn an_object_is_turned_back(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    order::numbered(1, None).insert(&db).await?;
    let first = line::at(1, 1, "cake").insert(&db).await?;
    let mut edit = first.clone().into_active_model();
    edit.label = Set("pie".to_owned());
    edit.update(&db).await?.delete(&db).await?;
    let history = History::of(&first);
    let ids: Vec<i64> = history
        .versions(&t.db)
        .await?
        .iter()
        .map(|version| version.record.id)
        .collect();
    let [created, edited, deleted] = ids[..] else {
        return Err(format!("{ids:?}").into());
    };
    let mut records = t.records().await?.len();
    for (id, label) in [
        (created, Some("cake")),
        (edited, Some("pie")),
        (edited, Some("pie")),
        (deleted, None),
        (deleted, None),
        (edited, Some("pie")),
        (created, Some("cake")),
    ] {
        let was = line::Entity::find()
            .one(&t.db)
            .await?
            .map(|line| line.label);
        let back = AuditContext::new()
            .reason("back")
            .scope(history.revert_to(id, &t.db))
            .await?;
        assert_eq!(back.map(|line| line.label).as_deref(), label);
        let is = line::Entity::find()
            .one(&t.db)
            .await?
            .map(|line| line.label);
        assert_eq!(is.as_deref(), label);
        let now = t.records().await?;
        assert_eq!(now.len() - records, usize::from(was != is), "{id}");
        records = now.len();
    }
    // In a transaction of the caller's, that is not committed.
    let transaction = db.begin().await?;
    assert_eq!(history.revert_to(deleted, &transaction).await?, None);
    transaction.rollback().await?;
    assert_eq!(line::Entity::find().one(&t.db).await?, Some(first));
    let error = history
        .revert_to(999_999, &t.db)
        .await
        .expect_err("there is none");
    assert!(matches!(error, DbErr::RecordNotFound(_)), "{error}");
    Ok(())
}

/// A masked column stays as it is, and is in the way once somebody changed it.
pub async fn a_masked_column_stays_or_is_in_the_way(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    let account = account::numbered(1).insert(&t.db).await?;
    let history = History::of(&account);
    let created = history.versions(&t.db).await?[0].record.id;
    let mut edit = account.clone().into_active_model();
    edit.balance = Set(7);
    let mut edit = edit.update(&t.db).await?.into_active_model();
    assert_eq!(history.revert_to(created, &t.db).await?, Some(account));
    edit.pin = Set("CANARY-other".to_owned());
    edit.update(&t.db).await?;
    let error = history
        .revert_to(created, &t.db)
        .await
        .expect_err("the pin is masked");
    assert!(
        matches!(error.audit_err(), Some(Error::Incomplete(_))),
        "{error}"
    );
    Ok(())
}

/// As it was before it went last; not one that is there, never was, or is not known whole.
pub async fn a_deleted_object_comes_back(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    order::numbered(1, None).insert(&db).await?;
    let history = History::<line::Entity>::find((1, 1));
    let error = history.undelete(&t.db).await.expect_err("it never was");
    assert!(matches!(error, DbErr::RecordNotFound(_)), "{error}");
    line::at(1, 1, "cake")
        .insert(&db)
        .await?
        .delete(&db)
        .await?;
    line::at(1, 1, "pie").insert(&db).await?;
    let last = line::at(1, 1, "tart").update(&db).await?;
    let error = history.undelete(&t.db).await.expect_err("it is there");
    assert!(error.sql_err().is_some(), "{error}");
    last.clone().delete(&db).await?;
    let back = AuditContext::new()
        .reason("asked for")
        .scope(history.undelete(&db))
        .await?;
    assert_eq!(back, last);
    let record = t.records().await?.pop().expect("it has one");
    assert_eq!(
        (record.action.as_str(), record.reason.as_deref()),
        ("CREATE", Some("asked for"))
    );

    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    let account = account::numbered(1).insert(&t.db).await?;
    let history = History::of(&account);
    account.delete(&t.db).await?;
    let records = t.records().await?.len();
    let error = history
        .undelete(&t.db)
        .await
        .expect_err("the pin is masked");
    assert!(
        error
            .to_string()
            .contains("`pin` is masked, `draft` is skipped"),
        "{error}"
    );
    assert_eq!(t.records().await?.len(), records);
    Ok(())
}
