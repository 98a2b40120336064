use audit_sea_orm::{
    Error,
    history::{Snapshot, Unknown},
    hooks,
    prelude::*,
};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Iterable, Set};

use super::{accounts, with_balance};
use crate::{
    Backend, Outcome, Test,
    entity::{cake, column_types::string, ledger::account},
};

fn unknown<E: Audited>(snapshot: Option<&Snapshot<E>>) -> Vec<(&'static str, String)> {
    use sea_orm::IdenStatic;
    let unknown = snapshot.expect("it was there").unknown();
    unknown
        .map(|(column, why)| (column.as_str(), why.to_string()))
        .collect()
}

/// What never stands in a record is no value of the past, whatever the present row holds.
pub async fn masked_and_skipped_columns_are_no_guess(t: &mut Test) -> Outcome {
    accounts(t).await?;
    t.create_table(cake::Entity).await?;
    let cake = cake::named("Sacher").audited_insert(&t.db).await?;
    with_balance(1, 10).insert(&t.db).await?;
    let skipped = "is skipped".to_owned();
    let masked = "is masked".to_owned();
    let versions = History::of(&cake).versions(&t.db).await?;
    let then = versions[0].snapshot.as_ref();
    assert_eq!(
        unknown(then),
        [
            ("secret_recipe", masked.clone()),
            ("draft", skipped.clone())
        ]
    );
    let error = then.ok_or("it was there")?.model().expect_err("not whole");
    assert_eq!(
        error.to_string(),
        "audit: the object as it was is not known whole: `secret_recipe` is masked, `draft` is skipped"
    );
    let Error::Incomplete(columns) = error else {
        return Err("another error".into());
    };
    let named: Vec<_> = columns.iter().collect();
    assert_eq!(
        named,
        [
            ("secret_recipe", &Unknown::Masked),
            ("draft", &Unknown::Skipped)
        ]
    );
    let account = History::<account::Entity>::find(1);
    let versions = account.versions(&t.db).await?;
    assert_eq!(
        unknown(versions[0].snapshot.as_ref()),
        [("pin", masked), ("draft", skipped)]
    );
    Ok(())
}

/// An update without its old values hides what was before it, but for what earlier records left.
pub async fn updates_of_unknown_old_values_are_no_guess(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let unseen = AuditContext::unaudited("older than the log", async {
        cake::named("Sacher").insert(&t.db).await
    });
    let cake = unseen.await?;
    let price = async |price: i32| {
        let mut edit = cake.clone().into_active_model();
        edit.price = Set(price);
        edit.audited_update(&t.db).await
    };
    let changed = price(300).await?;
    // As seaography does it: the hook before is left out.
    let edited = cake::Model {
        price: 400,
        note: Some("unseen".to_owned()),
        ..changed
    };
    hooks::after_save::<cake::ActiveModel, _>(edited.clone(), &t.db, false).await?;
    let versions = History::of(&cake).versions(&t.db).await?;
    let not_recorded = "has no record".to_owned();
    let first = versions[0].snapshot.as_ref();
    assert_eq!(
        unknown(first)[..2],
        [("name", not_recorded.clone()), ("note", not_recorded)]
    );
    let price = first.ok_or("it was there")?.get(cake::Column::Price);
    assert_eq!(price, Ok(&300.into()));
    let second = versions[1].snapshot.as_ref().ok_or("it was there")?;
    assert_eq!(second.model_or(cake), edited);
    Ok(())
}

/// What a context silenced is not known, until a record tells what came of it.
pub async fn silenced_changes_are_no_guess(t: &mut Test) -> Outcome {
    accounts(t).await?;
    let skip = |action: &str| AuditConfig::new().skip_actions([action]);
    let db = t.db.audited();
    with_balance(1, 10).insert(&db).await?;
    let set = async |balance: i64| {
        let mut edit = account::numbered(1).reset_all();
        (edit.balance, edit.name) = (Set(balance), sea_orm::NotSet);
        edit.update(&db).await
    };
    skip("UPDATE")?.scope(set(20)).await?;
    set(30).await?;
    skip("UPDATE")?.scope(set(40)).await?;
    skip("DELETE")?
        .scope(account::Entity::delete_by_id(1).exec(&db))
        .await?;
    let history = History::<account::Entity>::find(1);
    let versions = history.versions(&t.db).await?;
    let balances: Vec<_> = versions
        .iter()
        .map(|version| {
            let account = version.snapshot.as_ref()?;
            Some(account.get(account::Column::Balance).cloned())
        })
        .collect();
    let known = |balance: i64| Some(Ok(balance.into()));
    assert_eq!(
        balances,
        [
            known(10),
            known(20),
            known(30),
            Some(Err(&Unknown::Silenced)),
            None
        ]
    );
    let silenced = versions[3].snapshot.as_ref().ok_or("it was there")?;
    assert_eq!(silenced.get(account::Column::Name), Err(&Unknown::Silenced));
    assert!(versions.iter().all(|version| version.unrecorded.is_empty()));
    Ok(())
}

/// A column that had another type then has no value of its present one, and the others stay what they were.
pub async fn a_value_of_another_type_is_not_read(t: &mut Test) -> Outcome {
    t.create_table(string::Entity).await?;
    let row = string::ActiveModel {
        id: Set(1),
        value: Set(Some("text".to_owned())),
    };
    row.audited_insert(&t.db).await?;
    let edit = string::ActiveModel {
        id: Set(1),
        value: Set(Some("more".to_owned())),
    };
    edit.audited_update(&t.db).await?;
    let text = match t.backend {
        Backend::Sqlite => "new_values",
        Backend::Postgres => "new_values::text",
        Backend::MySql => "CONVERT(new_values USING utf8mb4)",
    };
    let cast = if t.backend == Backend::Postgres {
        "::json"
    } else {
        ""
    };
    let retyped = format!(
        "UPDATE audit_log SET new_values = replace({text}, '\"text\"', '5'){cast} WHERE action = 'CREATE'"
    );
    t.db.execute_unprepared(&retyped).await?;
    let versions = History::<string::Entity>::find(1).versions(&t.db).await?;
    let [first, second] = versions.as_slice() else {
        return Err("two versions".into());
    };
    let first = first.snapshot.as_ref().ok_or("it was there")?;
    assert!(matches!(
        first.get(string::Column::Value),
        Err(Unknown::Unreadable(_))
    ));
    assert_eq!(first.get(string::Column::Id), Ok(&1.into()));
    // The two spellings cannot be compared: nothing is said of them.
    assert!(second.unrecorded.is_empty());
    let second = second.snapshot.as_ref().ok_or("it was there")?;
    let model = second.model()?;
    assert_eq!(model.value.as_deref(), Some("more"));
    assert_eq!(string::Column::iter().count(), 2);
    Ok(())
}
