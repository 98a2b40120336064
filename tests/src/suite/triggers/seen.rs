//! `check` is clean where all is well, and says of what it cannot see that it cannot.

use audit_sea_orm::{
    capture::{self, Drift, check},
    prelude::*,
};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, IntoActiveModel, Schema, Set};
use serde_json::json;

use super::{
    install::of_accounts,
    ledger, run,
    whole::{as_user, found},
};
use crate::{
    Backend, Outcome, Test,
    entity::ignored::{film, label, parcel},
};

/// Columns that the entity declares, SeaORM ignores and a `skip` names are known; any other is not.
pub async fn columns_that_seaorm_ignores(t: &mut Test) -> Outcome {
    t.create_table(film::Entity).await?;
    let (vector, set) = match t.backend {
        Backend::Sqlite => ("text", "text"),
        Backend::Postgres => ("tsvector", "text[]"),
        Backend::MySql => ("text", "SET ('Trailers', 'Commentaries')"),
    };
    let add = async |column: &str| {
        let sql = format!("ALTER TABLE ignored_film ADD COLUMN {column}");
        t.db.execute_unprepared(&sql).await
    };
    let quote = if t.backend == Backend::MySql {
        '`'
    } else {
        '"'
    };
    add(&format!("{quote}fulltext{quote} {vector}")).await?;
    add(&format!("special_features {set}")).await?;
    capture::install(&t.db, film::Entity).await?;
    assert_eq!(found(&t.db, "ignored_film").await?, [vec![]]);
    let film = film::ActiveModel {
        id: Set(1),
        title: Set("Sacher".to_owned()),
    };
    film.insert(&t.db).await?;
    let record = t.only_record().await?;
    assert_eq!(record.new_values, Some(json!({"id": 1, "title": "Sacher"})));

    add("shape integer").await?;
    add("elsewhere integer").await?;
    let unknown = ["shape", "elsewhere"].map(|name| Drift::UnknownColumn(name.to_owned()));
    assert_eq!(found(&t.db, "ignored_film").await?, [unknown]);
    Ok(())
}

/// Hooks record what is in an attached database; triggers cannot, and are refused.
pub async fn attached_databases(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    let db = t.isolated.connect(1).await?;
    let schema = Schema::new(db.get_database_backend());
    db.execute_unprepared("ATTACH ':memory:' AS annex").await?;
    db.execute(&schema.create_table_from_entity(label::Entity))
        .await?;
    let label = label::Model {
        id: 1,
        text: "glass".to_owned(),
    };
    let mut label = label.into_active_model().reset_all();
    label.clone().audited_insert(&db).await?;
    label.text = Set("porcelain".to_owned());
    label.clone().audited_update(&db).await?;
    label.audited_delete(&db).await?;
    let actions: Vec<String> = t.story().await?.into_iter().map(|line| line.0).collect();
    assert_eq!(actions, ["CREATE", "UPDATE", "DELETE"]);
    assert_eq!(found(&db, "annex.annex_label").await?, [vec![]]);

    let refused = async || {
        let refused = capture::install(&db, parcel::Entity).await;
        refused.map_or_else(|error| error.to_string(), |_| "installed".to_owned())
    };
    let missing = "there is no table `annex.annex_parcel`";
    assert!(refused().await.contains(missing), "{}", refused().await);
    // A table of that name in the main database is another.
    db.execute_unprepared("CREATE TABLE annex_parcel (id integer PRIMARY KEY)")
        .await?;
    assert!(refused().await.contains(missing), "{}", refused().await);
    db.execute(&schema.create_table_from_entity(parcel::Entity))
        .await?;
    let attached = Drift::Attached {
        table: "annex_parcel".to_owned(),
        database: "annex".to_owned(),
    };
    assert!(
        refused().await.contains(&attached.to_string()),
        "{}",
        refused().await
    );
    assert_eq!(
        found(&db, "annex.annex_parcel").await?,
        [vec![attached.clone()]]
    );
    assert!(!attached.is_warning());
    db.close().await?;
    Ok(())
}

/// A role of PostgreSQL that may not use the schema in which its search path looks.
pub async fn check_names_a_schema_that_it_may_not_use(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    ledger(t).await?;
    let db = t.isolated.connect(1).await?;
    let role = format!("audit_outside_{}", std::process::id());
    let (create, set) = (format!("CREATE ROLE {role}"), format!("SET ROLE {role}"));
    run(
        &db,
        &[
            "CREATE SCHEMA annex",
            "CREATE TABLE annex.annex_label (id integer PRIMARY KEY, text varchar NOT NULL)",
            "REVOKE USAGE ON SCHEMA public FROM PUBLIC",
            &create,
            &set,
        ],
    )
    .await?;
    let report = check(&db).await;
    run(&db, &["RESET ROLE", &format!("DROP ROLE {role}")]).await?;
    db.close().await?;
    let report = report?;
    let hidden = |table: &str| Drift::Hidden {
        what: format!("table `{table}`"),
        right: "USAGE on schema public".to_owned(),
    };
    assert_eq!(report.trail.len(), 4, "{report}");
    assert!(report.trail.contains(&hidden("audit_log")), "{report}");
    assert_eq!(of_accounts(&report), [hidden("ledger_account")]);
    assert!(!report.is_clean());
    let mut of_other_schema = report.tables.iter();
    // Its schema is named, and what is there is open to all.
    let label = of_other_schema.find(|table| table.table == "annex.annex_label");
    assert_eq!(label.ok_or("the labels")?.drifts, []);
    Ok(())
}

/// An account of MariaDB or MySQL with rights on some columns alone, as the page on threats grants them for hooks.
pub async fn check_names_columns_that_it_cannot_see(t: &mut Test) -> Outcome {
    if t.backend != Backend::MySql {
        return Ok(());
    }
    ledger(t).await?;
    let user = format!("audit_some_{}", std::process::id());
    let outcome = some_columns(t, &user).await;
    let drop = format!("DROP USER IF EXISTS {user}@localhost");
    t.db.execute_unprepared(&drop).await?;
    outcome
}

async fn some_columns(t: &Test, user: &str) -> Outcome {
    let account = format!("{user}@localhost");
    let grant = async |right: &str| -> Result<(), DbErr> {
        let sql = format!("GRANT {right} TO {account}");
        t.db.execute_unprepared(&sql).await.map(drop)
    };
    run(&t.db, &[&format!("CREATE USER {account}")]).await?;
    grant("SELECT, INSERT (occurred_at, action) ON audit_log").await?;
    let report = check_as(t, user).await?;
    assert!(
        !report
            .trail
            .iter()
            .any(|drift| matches!(drift, Drift::NoColumn { .. })),
        "{report}"
    );
    run(
        &t.db,
        &[&format!("REVOKE SELECT ON audit_log FROM {account}")],
    )
    .await?;
    grant("TRIGGER ON ledger_account").await?;
    let report = check_as(t, user).await?;
    let hidden = |drift: &Drift, of: &str| match drift {
        Drift::Hidden { what, right } => {
            *what == format!("columns of table `{of}`")
                && right.starts_with("SELECT on `")
                && right.ends_with(&format!("`.`{of}`"))
        }
        _ => false,
    };
    assert!(hidden(&report.trail[0], "audit_log"), "{report}");
    let drifts = of_accounts(&report);
    assert!(
        drifts.len() == 1 && hidden(&drifts[0], "ledger_account"),
        "{report}"
    );
    Ok(())
}

async fn check_as(t: &Test, user: &str) -> Result<audit_sea_orm::capture::CheckReport, DbErr> {
    let db = as_user(t, user).await?;
    let report = check(&db).await;
    db.close().await?;
    report
}
