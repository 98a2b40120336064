//! What the skip lists leave out: of every kind of write and event, by a configuration or the environment.

use std::process::Output;

use audit_sea_orm::prelude::*;
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel, ModelTrait, Set};

use crate::{
    Outcome, Test, child,
    entity::{cake, pie},
};

async fn with_tables(t: &Test) -> Result<(), DbErr> {
    t.create_table(cake::Entity).await?;
    t.create_table(pie::Entity).await
}

/// Creates, updates and deletes a row of each table.
async fn write(t: &Test) -> Result<(), DbErr> {
    let mut cake = cake::named("Sacher")
        .insert(&t.db)
        .await?
        .into_active_model();
    cake.price = Set(1);
    cake.update(&t.db).await?.delete(&t.db).await?;
    let pie = pie::ActiveModel {
        id: Set(1),
        price: Set(1),
        stock: Set(1),
    };
    let mut pie = pie.audited_insert(&t.db).await?.into_active_model();
    pie.price = Set(2);
    let pie = pie.audited_update(&t.db).await?;
    pie.into_active_model()
        .audited_delete(&t.db)
        .await
        .map(drop)
}

/// The records since the last time, each as `CREATE cake`.
async fn take_story(t: &Test) -> Result<Vec<String>, DbErr> {
    let records = t.records().await?;
    audit_log::Entity::delete_many().exec(&t.db).await?;
    let line = |record: audit_log::Model| {
        format!(
            "{} {}",
            record.action,
            record.table_name.unwrap_or_default()
        )
    };
    Ok(records.into_iter().map(line).collect())
}

/// Names, globs and letter case; what is skipped sends just the statements that it sends where nothing is audited.
pub async fn skipped_tables_leave_no_record_and_cost_nothing(t: &mut Test) -> Outcome {
    with_tables(t).await?;
    let cakes = ["CREATE cake", "UPDATE cake", "DELETE cake"];
    let pies = ["CREATE pie", "UPDATE pie", "DELETE pie"];
    let both = [cakes, pies].concat();
    let nothing: &[&str] = &[];
    for (patterns, left) in [
        (vec!["pie"], &cakes[..]),
        (vec!["PIE", "order*"], &cakes),
        (vec!["ca*"], &pies),
        (vec!["*ke", "p*"], nothing),
        (vec!["*"], nothing),
        (vec!["cak", "pies", "other.cake"], &both),
    ] {
        let config = AuditConfig::new().skip_models(&patterns)?;
        config.scope(write(t)).await?;
        assert_eq!(take_story(t).await?, left, "{patterns:?}");
    }
    let (written, plain) = t.sent(AuditContext::unaudited("count", write(t))).await;
    written?;
    let config = AuditConfig::new().skip_models(["*"])?;
    let (written, skipped) = t.sent(config.scope(write(t))).await;
    written?;
    assert_eq!(skipped, plain);
    Ok(())
}

/// By name, in any letter case, an application's own actions too.
pub async fn skipped_actions_leave_no_record(t: &mut Test) -> Outcome {
    with_tables(t).await?;
    let config = AuditConfig::new().skip_actions(["update", "VIEW", "publish"])?;
    config.scope(act(t)).await?;
    assert_eq!(
        take_story(t).await?,
        [
            "CREATE cake",
            "DELETE cake",
            "CREATE pie",
            "DELETE pie",
            "IMPORT pie"
        ]
    );
    act(t).await?;
    let all = take_story(t).await?;
    assert_eq!(all.len(), 9, "{all:?}");
    Ok(())
}

async fn act(t: &Test) -> Result<(), DbErr> {
    write(t).await?;
    let pie = pie::Model {
        id: 1,
        price: 1,
        stock: 1,
    };
    AuditEvent::view(&pie).record(&t.db).await?;
    AuditEvent::custom("PUBLISH").on(&pie).record(&t.db).await?;
    AuditEvent::new(Action::Import).on(&pie).record(&t.db).await
}

/// An event by hand is skipped whole: by its table, by its action, and by the table it is about.
pub async fn skip_lists_hold_for_events_by_hand(t: &mut Test) -> Outcome {
    let tables = |patterns: &[&str]| AuditConfig::new().skip_models(patterns);
    let actions = |names: &[&str]| AuditConfig::new().skip_actions(names);
    for (config, left) in [
        (tables(&["audit_*"])?, [0, 0, 0, 1]),
        (tables(&["audit_login_attempt", "pie"])?, [0, 1, 1, 1]),
        (tables(&["audit_data_export"])?, [2, 0, 1, 4]),
        (tables(&["audit_system_event"])?, [2, 1, 0, 5]),
        (actions(&["login", "LOGIN_FAILED", "LOGOUT"])?, [0, 1, 1, 2]),
        (actions(&["EXPORT", "INFO"])?, [2, 0, 0, 4]),
        (AuditConfig::new().enabled(false), [0, 0, 0, 0]),
        (AuditConfig::new(), [2, 1, 1, 5]),
    ] {
        let shown = format!("{config:?}");
        config.scope(report(t)).await?;
        assert_eq!(take_counts(t).await?, left, "{shown}");
    }
    Ok(())
}

/// Two attempts and a logout, an export, a system event, and a view of a pie.
async fn report(t: &Test) -> Result<(), DbErr> {
    LoginAttempt::failed("ada").record(&t.db).await?;
    LoginAttempt::success("ada").record(&t.db).await?;
    DataExport::new("pies").record(&t.db).await?;
    SystemEvent::info("oven").record(&t.db).await?;
    AuditEvent::view(&pie::Model {
        id: 1,
        price: 1,
        stock: 1,
    })
    .record(&t.db)
    .await?;
    LoginAttempt::logout("ada").record(&t.db).await
}

/// How many rows are in each table: attempts, exports, system events, records.
async fn take_counts(t: &Test) -> Result<[u64; 4], DbErr> {
    Ok([
        login_attempt::Entity::delete_many()
            .exec(&t.db)
            .await?
            .rows_affected,
        data_export::Entity::delete_many()
            .exec(&t.db)
            .await?
            .rows_affected,
        system_event::Entity::delete_many()
            .exec(&t.db)
            .await?
            .rows_affected,
        audit_log::Entity::delete_many()
            .exec(&t.db)
            .await?
            .rows_affected,
    ])
}

/// Runs a program that writes a pie, with variables of its own; gives its output, the rows and the records.
async fn write_once(
    t: &Test,
    variables: &[(&str, &str)],
) -> Result<(Output, u64, u64), Box<dyn std::error::Error + Send + Sync>> {
    let mut program = child::program("child");
    let variables = variables.iter().copied();
    let output = program
        .args(["once", &t.isolated.url])
        .envs(variables)
        .output()
        .await?;
    let records = audit_log::Entity::delete_many()
        .exec(&t.db)
        .await?
        .rows_affected;
    let rows = pie::Entity::delete_many().exec(&t.db).await?.rows_affected;
    Ok((output, rows, records))
}

/// Each variable does what the configuration of that name does.
pub async fn the_environment_is_read(t: &mut Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    for (variable, value, records) in [
        ("AUDIT_SKIP_MODELS", "", 1),
        ("AUDIT_SKIP_MODELS", "cake", 1),
        ("AUDIT_SKIP_MODELS", " sessions , P* ", 0),
        ("AUDIT_SKIP_ACTIONS", "view, create", 0),
        ("AUDIT_SKIP_ACTIONS", "UPDATE", 1),
        ("AUDIT_ENABLED", "off", 0),
        ("AUDIT_ENABLED", "TRUE", 1),
        ("AUDIT_ON_FAILURE", "log", 1),
    ] {
        let (output, rows, written) = write_once(t, &[(variable, value)]).await?;
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!((rows, written), (1, records), "{variable}={value}");
    }
    let (output, rows, written) = write_once(t, &[("AUDIT_REQUIRE_TRANSACTION", "yes")]).await?;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && error.contains("audited_insert"),
        "{error}"
    );
    assert_eq!((rows, written), (0, 0));
    Ok(())
}

/// A value that cannot be read fails the write before it does anything, naming variable, value and remedy.
pub async fn a_malformed_environment_fails_the_write_whole(t: &mut Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    for (variable, value, remedy) in [
        ("AUDIT_SKIP_MODELS", "cake,,pie", "separated by commas"),
        ("AUDIT_SKIP_MODELS", "cake pie", "separated by commas"),
        (
            "AUDIT_SKIP_ACTIONS",
            "CREATE,DROP TABLE",
            "separated by commas",
        ),
        ("AUDIT_REQUIRE_TRANSACTION", "maybe", "`true` or `false`"),
        ("AUDIT_ENABLED", "2", "`true` or `false`"),
        ("AUDIT_ON_FAILURE", "panic", "`fail` or `log`"),
    ] {
        let (output, rows, written) = write_once(t, &[(variable, value)]).await?;
        assert!(!output.status.success(), "{variable}={value}");
        assert_eq!((rows, written), (0, 0), "{variable}={value}");
        let error = String::from_utf8_lossy(&output.stderr);
        for part in [variable, value, remedy] {
            assert!(error.contains(part), "{error} lacks {part}");
        }
    }
    Ok(())
}
