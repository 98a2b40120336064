//! Plain connections of a pool that propagates: they carry the context that is current when they are acquired.

mod callbacks;
mod crowd;
mod sqlite;

use audit_migration::MigrationOptions;
use audit_sea_orm::{
    capture::{self, CaptureOptions, OnSkip},
    prelude::*,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, TransactionTrait, prelude::Json,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use serde_json::json;

use super::{because, write_in_every_way};
use crate::{
    Outcome, Test, child,
    entity::{
        ledger::account,
        pie,
        tart::{self, priced, repriced},
    },
    suite::triggers::ledger,
    test::{create_table, records},
};

pub use callbacks::*;
pub use crowd::*;
pub use sqlite::*;

async fn with_tarts(t: &Test) -> Result<(), DbErr> {
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await.map(drop)
}

/// The reasons in the records since the last time, in order.
async fn take_reasons(t: &Test) -> Result<Vec<Option<String>>, DbErr> {
    let records = t.records().await?;
    audit_log::Entity::delete_many().exec(&t.db).await?;
    Ok(records.into_iter().map(|record| record.reason).collect())
}

fn reasons(all: &[&str]) -> Vec<Option<String>> {
    let reason = |reason: &&str| (!reason.is_empty()).then(|| (*reason).to_owned());
    all.iter().map(reason).collect()
}

/// Whatever an application sends through a plain connection, as seaography and loco have one, has the context in its
/// records; and what it sends without a scope, or through another pool, has none.
pub async fn plain_connections_carry_the_context(t: &mut Test) -> Outcome {
    with_tarts(t).await?;
    let db = t.isolated.propagating(4).await?;
    for scoped in [true, false, true] {
        let wrote = if scoped {
            because("plain").scope(write_in_every_way(&db)).await?
        } else {
            write_in_every_way(&db).await?
        };
        assert!(wrote.len() > 8);
        let found = take_reasons(t).await?;
        let expected = scoped.then(|| "plain".to_owned());
        assert!(found.len() > 14 && found.iter().all(|reason| *reason == expected));
        because("clear")
            .scope(tart::Entity::delete_many().exec(&db))
            .await?;
        take_reasons(t).await?;
    }
    because("elsewhere")
        .scope(priced(1, 1).insert(&t.db))
        .await?;
    assert_eq!(take_reasons(t).await?, reasons(&[""]));
    db.close().await?;
    Ok(())
}

/// A transaction has the context that it began with, through savepoints and after rollbacks, and leaves none behind.
pub async fn a_plain_transaction_has_the_context_that_it_began_with(t: &mut Test) -> Outcome {
    with_tarts(t).await?;
    let db = t.isolated.propagating(1).await?;
    let lost = because("rolled back").scope(db.begin()).await?;
    priced(1, 1).insert(&lost).await?;
    lost.rollback().await?;
    let transaction = because("began").scope(db.begin()).await?;
    priced(1, 1).insert(&transaction).await?;
    let nested = transaction.begin().await?;
    priced(2, 2).insert(&nested).await?;
    nested.rollback().await?;
    because("too late")
        .scope(priced(3, 3).insert(&transaction))
        .await?;
    transaction.commit().await?;
    priced(4, 4).insert(&db).await?;
    assert_eq!(take_reasons(t).await?, reasons(&["began", "began", ""]));
    drop(because("dropped").scope(db.begin()).await?);
    priced(5, 5).insert(&db).await?;
    assert_eq!(take_reasons(t).await?, reasons(&[""]));
    db.close().await?;
    Ok(())
}

/// The context of an audited connection goes before, and what is written after it has that of the acquire.
pub async fn audited_connections_go_before(t: &mut Test) -> Outcome {
    with_tarts(t).await?;
    let db = t.isolated.propagating(1).await?;
    let audited = db.audited_as(because("audited"));
    because("plain")
        .scope(async {
            priced(1, 1).insert(&audited).await?;
            priced(2, 2).insert(&db).await?;
            let transaction = audited.begin().await?;
            priced(3, 3).insert(&transaction).await?;
            transaction
                .execute_unprepared("UPDATE tart SET price = 4 WHERE id = 3")
                .await?;
            transaction.commit().await?;
            let outer = db.begin().await?;
            priced(5, 5).insert(&outer).await?;
            let inner = outer.begin().await?.audited_as(because("inner"));
            priced(6, 6).insert(&inner).await?;
            inner.commit().await?;
            priced(7, 7).insert(&outer).await?;
            outer.commit().await
        })
        .await?;
    priced(8, 8).insert(&db).await?;
    let expected = [
        "audited", "plain", "audited", "audited", "plain", "inner", "plain", "",
    ];
    assert_eq!(take_reasons(t).await?, reasons(&expected));
    db.close().await?;
    Ok(())
}

/// Hooks on such a pool record what they do on any: the context of the write.
pub async fn hooks_are_not_touched(t: &mut Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    let db = t.isolated.propagating(1).await?;
    let pie = |id| pie::ActiveModel {
        id: sea_orm::Set(id),
        price: sea_orm::Set(1),
        stock: sea_orm::Set(1),
    };
    let transaction = because("began").scope(db.begin()).await?;
    because("wrote").scope(pie(1).insert(&transaction)).await?;
    pie(2).insert(&transaction).await?;
    transaction.commit().await?;
    assert_eq!(take_reasons(t).await?, reasons(&["wrote", ""]));
    db.close().await?;
    Ok(())
}

/// The whole life of a row, by the statements of triggers' own tests.
async fn live<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    account::numbered(1).insert(db).await?;
    for sql in [
        "UPDATE ledger_account SET balance = balance + 5",
        "UPDATE ledger_account SET id = 2",
        "DELETE FROM ledger_account",
    ] {
        db.execute_unprepared(sql).await?;
    }
    Ok(())
}

/// What a record says, but for its number and its times.
fn said(mut record: audit_log::Model) -> audit_log::Model {
    record.id = 0;
    record.occurred_at = Default::default();
    record.transaction_id = None;
    record
}

/// Every field, list and scope reaches the records of a plain connection as it does those of an audited one.
pub async fn records_are_those_of_an_audited_connection(t: &mut Test) -> Outcome {
    ledger(t).await?;
    let db = t.isolated.propagating(2).await?;
    let whole = || {
        because("line 1\nline 2 ż \" ' \\")
            .actor(Actor::new(7).with_name("Ada \"q\""))
            .ip([192, 0, 2, 1])
            .user_agent("agent".repeat(200))
            .session_id("s")
            .request_id("q")
            .module("m")
            .metadata(json!({"deep": [1, {"x": null}], "text": "\u{0}"}))
    };
    let skips = |models: &[&str], actions: &[&str]| {
        let config = AuditConfig::new().skip_models(models.iter().copied())?;
        config.skip_actions(actions.iter().copied())
    };
    let configs = [
        AuditConfig::new(),
        AuditConfig::new().enabled(false),
        skips(&["Account"], &[])?,
        skips(&["ledger.acc*"], &[])?,
        skips(&["ledger", "account_", "other.account"], &["VIEW"])?,
        skips(&[], &["UPDATE"])?,
        skips(&["pie"], &["CREATE", "DELETE"])?,
    ];
    for on_skip in [OnSkip::Record, OnSkip::Leave] {
        let options = CaptureOptions::new().on_skip(on_skip);
        capture::install_with(&t.db, account::Entity, options).await?;
        for config in &configs {
            for context in [AuditContext::new(), because("r"), whole()] {
                let expected = records_of(t, config, &context, live(&t.db.audited())).await?;
                let found = records_of(t, config, &context, live(&db)).await?;
                assert_eq!(found, expected, "{on_skip:?} {config:?} {context:?}");
            }
        }
        let (config, audited) = (&configs[0], t.db.audited());
        let life = AuditContext::unaudited("test", live(&audited));
        let expected = records_of(t, config, &whole(), life).await?;
        let life = AuditContext::unaudited("test", live(&db));
        let found = records_of(t, config, &whole(), life).await?;
        assert_eq!(found, expected, "{on_skip:?} unaudited");
        assert_eq!(found.is_empty(), on_skip == OnSkip::Leave);
    }
    db.close().await?;
    Ok(())
}

/// The records that a future leaves behind which runs with that configuration and context.
async fn records_of(
    t: &Test,
    config: &AuditConfig,
    context: &AuditContext,
    life: impl Future<Output = Result<(), DbErr>>,
) -> Result<Vec<audit_log::Model>, DbErr> {
    config.clone().scope(context.clone().scope(life)).await?;
    let records = t.records().await?;
    audit_log::Entity::delete_many().exec(&t.db).await?;
    Ok(records.into_iter().map(said).collect())
}

struct Anew;

impl MigratorTrait for Anew {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        audit_migration::migrations_with(MigrationOptions::new().allow_rollback(true))
    }
}

/// Connections that are older than the trail, its triggers and its tables carry the context to whatever is made later, and
/// anew by others.
pub async fn what_is_made_after_the_connection_is_reached(t: &mut Test) -> Outcome {
    let name = format!("audit_{}_later", std::process::id());
    let bare = t.isolated.beside(&name).await?;
    let db = bare.propagating(2).await?;
    let other = bare.connect(1).await?;
    because("before").scope(db.ping()).await?;
    for through in [&db, &other, &db] {
        Anew::up(through, None).await?;
        create_table(through, tart::Entity).await?;
        capture::install(through, tart::Entity).await?;
        for id in [1, 2] {
            because("after").scope(priced(id, 1).insert(&db)).await?;
        }
        repriced(1, 5).update(&db).await?;
        let records = records(&other).await?;
        let found: Vec<_> = records.into_iter().map(|record| record.reason).collect();
        assert_eq!(found, reasons(&["after", "after", ""]));
        Anew::down(&other, None).await?;
        other.execute_unprepared("DROP TABLE tart").await?;
    }
    db.close().await?;
    other.close().await?;
    bare.remove().await?;
    Ok(())
}

/// A configuration that cannot be used is an error that names it, where the options are made; one that can is heeded.
pub async fn the_configuration_is_read_before_the_pool_is_made(t: &mut Test) -> Outcome {
    with_tarts(t).await?;
    let run = async |variable: &str, value: &str| {
        let mut program = child::program("child");
        program
            .args(["propagated", &t.isolated.url])
            .env(variable, value);
        program.output().await
    };
    let output = run("AUDIT_ON_FAILURE", "panic").await?;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && error.contains("AUDIT_ON_FAILURE"),
        "{error}"
    );
    assert!(error.contains("`fail` or `log`"), "{error}");
    assert_eq!(t.records().await?.len(), 0);
    let output = run("AUDIT_SKIP_MODELS", "tart").await?;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let record = t.only_record().await?;
    let skipped: Json = json!({"skipped": "CREATE", "by": "skip_models"});
    assert_eq!(
        (record.action.as_str(), record.metadata),
        ("SKIPPED", Some(skipped))
    );
    Ok(())
}

/// A context that is too long stops nobody: what is written has none, and neither that of the user before.
pub async fn a_context_that_is_too_long_stops_nobody(t: &mut Test) -> Outcome {
    with_tarts(t).await?;
    let db = t.isolated.propagating(1).await?;
    let huge = because("huge").metadata(json!("x".repeat(20 << 20)));
    because("before").scope(priced(1, 1).insert(&db)).await?;
    huge.scope(priced(2, 2).insert(&db)).await?;
    because("after").scope(priced(3, 3).insert(&db)).await?;
    assert_eq!(take_reasons(t).await?, reasons(&["before", "", "after"]));
    db.close().await?;
    Ok(())
}

/// Options that are of no driver are refused.
pub async fn options_of_no_driver_are_refused(_: &mut Test) -> Outcome {
    for url in ["oracle://h/d", "", "sqlite3"] {
        let refused = sea_orm::ConnectOptions::new(url).propagate_audit_context();
        let error = refused.err().ok_or("an error")?.to_string();
        assert!(error.contains("cannot be propagated"), "{error}");
    }
    Ok(())
}
