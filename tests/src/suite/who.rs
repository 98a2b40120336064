//! Whose data it is, and for whom somebody acts: in both tiers, in events, and in questions.

use audit_sea_orm::{TrailEntity, capture, prelude::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ModelTrait, QueryFilter,
    QuerySelect, Set, TransactionTrait, prelude::DateTimeUtc, sea_query::Expr,
};
use serde_json::json;

use super::queries::explain;
use crate::{
    Backend, Outcome, Test,
    entity::{ledger::account, pie},
};

/// A table of each tier.
async fn tables(t: &Test) -> Result<(), DbErr> {
    t.create_table(pie::Entity).await?;
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await.map(drop)
}

fn pie(id: i32) -> pie::ActiveModel {
    pie::ActiveModel {
        id: Set(id),
        price: Set(1),
        stock: Set(1),
    }
}

/// A row of each tier is written, changed and deleted, another in bulk, and every event is reported.
async fn write_everything<C: AuditedWrite>(db: &C, id: i32) -> Outcome {
    let pie = pie(id).insert(db).await?;
    let mut dearer: pie::ActiveModel = pie.into();
    dearer.price = Set(2);
    dearer.audited_update(db).await?.delete(db).await?;
    account::numbered(id).insert(db).await?;
    let richer = account::Entity::update_many()
        .col_expr(account::Column::Balance, Expr::value(i64::from(id) + 1_000))
        .filter(account::Column::Id.eq(id));
    richer.exec(db).await?;
    account::Entity::delete_by_id(id).exec(db).await?;
    let more = [id + 100, id + 200].map(account::numbered);
    account::Entity::insert_many(more).exec(db).await?;
    AuditEvent::new(Action::View).record(db).await?;
    LoginAttempt::success("ada").record(db).await?;
    DataExport::new("cakes").record(db).await?;
    SystemEvent::info("baked").record(db).await?;
    Ok(())
}

/// How many records that leaves, and of which actions.
const ACTIONS: [&str; 11] = [
    "CREATE", "UPDATE", "DELETE", "CREATE", "UPDATE", "DELETE", "CREATE", "CREATE", "VIEW",
    "LOGIN", "EXPORT",
];

/// What of a row is looked at: tenant, actor, for whom by id and by name.
type Who<'a> = [Option<&'a str>; 4];

fn who(record: &audit_log::Model) -> Who<'_> {
    [
        record.tenant_id.as_deref(),
        record.actor_id.as_deref(),
        record.on_behalf_of_id.as_deref(),
        record.on_behalf_of_name.as_deref(),
    ]
}

/// Every record since the last, and every event, says that.
async fn assert_all_say(t: &Test, expected: Who<'_>) -> Outcome {
    let records = t.records().await?;
    let actions: Vec<_> = records.iter().map(|record| &*record.action).collect();
    assert_eq!(actions, ACTIONS);
    for record in &records {
        assert_eq!(who(record), expected, "{record:?}");
    }
    let [tenant, actor, ..] = expected;
    let attempt = login_attempt::Entity::find().one(&t.db).await?;
    let attempt = attempt.ok_or("an attempt")?;
    assert_eq!(attempt.tenant_id.as_deref(), tenant);
    let export = data_export::Entity::find().one(&t.db).await?;
    let export = export.ok_or("an export")?;
    let found = [
        export.tenant_id.as_deref(),
        export.actor_id.as_deref(),
        export.on_behalf_of_id.as_deref(),
        export.on_behalf_of_name.as_deref(),
    ];
    assert_eq!(found, expected);
    let event = system_event::Entity::find().one(&t.db).await?;
    let event = event.ok_or("an event")?;
    let found = [
        event.tenant_id.as_deref(),
        event.actor_id.as_deref(),
        event.on_behalf_of_id.as_deref(),
        event.on_behalf_of_name.as_deref(),
    ];
    assert_eq!((found, actor), (expected, event.actor_id.as_deref()));
    Ok(())
}

async fn forget(t: &Test) -> Result<(), DbErr> {
    audit_log::Entity::delete_many().exec(&t.db).await?;
    login_attempt::Entity::delete_many().exec(&t.db).await?;
    data_export::Entity::delete_many().exec(&t.db).await?;
    system_event::Entity::delete_many().exec(&t.db).await?;
    Ok(())
}

fn support() -> AuditContext {
    AuditContext::new()
        .tenant_id("acme")
        .actor(Actor::new("grace"))
        .on_behalf_of(Actor::new(42).with_name("Ada Łukasz"))
}

const SUPPORT: Who<'_> = [Some("acme"), Some("grace"), Some("42"), Some("Ada Łukasz")];

/// A tenant, and for whom the actor acts, stand in every record of both tiers and every event, by the current context and by
/// that of a connection, in transactions and without; and in none of the next user of the connection.
pub async fn the_tenant_and_the_principal_stand_in_every_row(t: &mut Test) -> Outcome {
    tables(t).await?;
    support()
        .scope(write_everything(&t.db.audited(), 1))
        .await?;
    assert_all_say(t, SUPPORT).await?;

    forget(t).await?;
    write_everything(&t.db.audited_as(support()), 2).await?;
    assert_all_say(t, SUPPORT).await?;

    forget(t).await?;
    let transaction = t.db.audited_as(support()).begin().await?;
    write_everything(&transaction, 3).await?;
    transaction.commit().await?;
    assert_all_say(t, SUPPORT).await?;

    forget(t).await?;
    write_everything(&t.db, 4).await?;
    assert_all_say(t, [None; 4]).await
}

/// What an extractor sets after the scope began is in the records of both tiers from then on.
pub async fn what_is_set_late_is_recorded(t: &mut Test) -> Outcome {
    tables(t).await?;
    let audited = t.db.audited();
    let request = async {
        account::numbered(1).insert(&audited).await?;
        pie(1).insert(&audited).await?;
        AuditContext::set_actor(Actor::new("grace"));
        AuditContext::set_tenant_id("acme");
        AuditContext::set_on_behalf_of(Actor::new(42).with_name("Ada Łukasz"));
        account::numbered(2).insert(&audited).await?;
        pie(2).insert(&audited).await?;
        Outcome::Ok(())
    };
    AuditContext::new().scope(request).await?;
    let records = t.records().await?;
    let found: Vec<_> = records.iter().map(who).collect();
    assert_eq!(found, [[None; 4], [None; 4], SUPPORT, SUPPORT]);
    Ok(())
}

/// Of a connection's context and the current one, what the first says is recorded, and what it does not say comes from the
/// second; so it is with the builders of events.
pub async fn an_explicit_tenant_goes_before_the_current_one(t: &mut Test) -> Outcome {
    tables(t).await?;
    let explicit = AuditContext::new().tenant_id("globex");
    let write = write_everything(&t.db, 1);
    support().scope(write).await?;
    forget(t).await?;
    let audited = t.db.audited_as(explicit);
    support().scope(write_everything(&audited, 2)).await?;
    let [_, actor, id, name] = SUPPORT;
    assert_all_say(t, [Some("globex"), actor, id, name]).await?;

    forget(t).await?;
    let report = async {
        let event = AuditEvent::new(Action::View);
        let event = event.tenant_id(7).on_behalf_of(Actor::new(8));
        event.record(&t.db).await?;
        LoginAttempt::failed("ada")
            .tenant_id(7)
            .record(&t.db)
            .await?;
        let export = DataExport::new("cakes").tenant_id(7);
        let export = export
            .on_behalf_of(Actor::new(8))
            .record_with_returning(&t.db)
            .await?;
        let event = SystemEvent::info("baked").tenant_id(7);
        let event = event
            .on_behalf_of(Actor::new(8))
            .record_with_returning(&t.db)
            .await?;
        Ok::<_, audit_sea_orm::Error>((export, event))
    };
    let (export, event) = support().scope(report).await?;
    let (export, event) = (export.ok_or("an export")?, event.ok_or("an event")?);
    let tenants = [export.tenant_id, event.tenant_id];
    assert_eq!(tenants, [Some("7".to_owned()), Some("7".to_owned())]);
    let principals = [export.on_behalf_of_id, event.on_behalf_of_id];
    assert_eq!(principals, [Some("8".to_owned()), Some("8".to_owned())]);
    for record in t.records().await? {
        assert_eq!(record.tenant_id.as_deref(), Some("7"), "{record:?}");
    }
    Ok(())
}

/// Events have the metadata of the context, or their own, whatever stands in it.
pub async fn events_have_metadata(t: &mut Test) -> Outcome {
    let hostile =
        json!({"nul": "a\0b", "big": 12_345_678_901_234_567_890_u64, "half": 0.1, "\0": null});
    let ambient = AuditContext::new().metadata(hostile.clone());
    let report = async |own: Option<sea_orm::prelude::Json>| {
        let mut attempt = LoginAttempt::failed("ada");
        let mut export = DataExport::new("cakes");
        let mut event = SystemEvent::info("baked");
        if let Some(own) = own {
            attempt = attempt.metadata(own.clone());
            export = export.metadata(own.clone());
            event = event.metadata(own);
        }
        attempt.record(&t.db).await?;
        export.record(&t.db).await?;
        event.record(&t.db).await
    };
    let own = json!(["own"]);
    ambient.clone().scope(report(None)).await?;
    ambient.scope(report(Some(own.clone()))).await?;
    report(None).await?;

    let attempts = login_attempt::Entity::find().oldest_first().all(&t.db);
    let attempts = attempts.await?.into_iter().map(|row| row.metadata);
    let exports = data_export::Entity::find().oldest_first().all(&t.db);
    let exports = exports.await?.into_iter().map(|row| row.metadata);
    let events = system_event::Entity::find().oldest_first().all(&t.db);
    let events = events.await?.into_iter().map(|row| row.metadata);
    let expected = [Some(hostile), Some(own), None];
    assert_eq!(attempts.collect::<Vec<_>>(), expected);
    assert_eq!(exports.collect::<Vec<_>>(), expected);
    assert_eq!(events.collect::<Vec<_>>(), expected);
    Ok(())
}

/// Every tenant's rows of every table are found, and nobody else's.
pub async fn each_tenant_has_its_rows(t: &mut Test) -> Outcome {
    tables(t).await?;
    for (id, tenant) in [(1, "acme"), (2, "Acme"), (3, "acme ")] {
        let tenant = AuditContext::new().tenant_id(tenant);
        write_everything(&t.db.audited_as(tenant), id).await?;
    }
    write_everything(&t.db, 4).await?;
    let records = audit_log::Entity::of_tenant("acme").all(&t.db).await?;
    assert_eq!(records.len(), ACTIONS.len());
    let views = audit_log::Entity::of_tenant("acme").by_actor("nobody");
    assert_eq!(views.all(&t.db).await?.len(), 0);
    async fn count<E: TrailEntity>(t: &Test) -> Result<usize, DbErr>
    where
        E::Model: Send + Sync,
    {
        let page = E::find().of_tenant("acme").newest_first().page(&t.db, 50);
        Ok(page.await?.rows.len())
    }
    assert_eq!(count::<login_attempt::Entity>(t).await?, 1);
    assert_eq!(count::<data_export::Entity>(t).await?, 1);
    assert_eq!(count::<system_event::Entity>(t).await?, 1);
    Ok(())
}

/// Who acted, and for whom, are two questions, and one together.
pub async fn who_acted_for_whom_is_found(t: &mut Test) -> Outcome {
    let (ada, grace) = (|| Actor::new("ada"), || Actor::new("grace"));
    let alone = AuditContext::new().actor(ada());
    let for_her = AuditContext::new().actor(grace()).on_behalf_of(ada());
    let for_another = AuditContext::new().actor(ada()).on_behalf_of(grace());
    for (context, reason) in [(alone, "a"), (for_her, "b"), (for_another, "c")] {
        let event = AuditEvent::new(Action::View).reason(reason);
        context.scope(event.record(&t.db)).await?;
    }
    AuditEvent::new(Action::View).record(&t.db).await?;
    let reasons = async |select: sea_orm::Select<audit_log::Entity>| {
        let rows = select.oldest_first().all(&t.db).await?;
        let reasons = rows.into_iter().filter_map(|row| row.reason);
        Ok::<_, DbErr>(reasons.collect::<Vec<_>>().concat())
    };
    assert_eq!(reasons(audit_log::Entity::by_actor("ada")).await?, "ac");
    assert_eq!(reasons(audit_log::Entity::on_behalf_of("ada")).await?, "b");
    let all = audit_log::Entity::by_or_for_actor("ada");
    assert_eq!(reasons(all.clone()).await?, "abc");
    assert_eq!(reasons(all.by_actor("grace")).await?, "b");
    Ok(())
}

/// A page of a tenant's rows is read from an index, in its order, on each of the four tables.
pub async fn each_tenant_has_its_index(t: &mut Test) -> Outcome {
    seed(t).await?;
    of_tenant_has_its_index(t, audit_log::Entity, "audit_log").await?;
    of_tenant_has_its_index(t, login_attempt::Entity, "audit_login_attempt").await?;
    of_tenant_has_its_index(t, data_export::Entity, "audit_data_export").await?;
    of_tenant_has_its_index(t, system_event::Entity, "audit_system_event").await?;
    let behalf = audit_log::Entity::on_behalf_of("tenant-7").newest_first();
    let plan = explain(t, behalf.limit(51)).await?;
    assert!(plan.contains("idx_audit_log_on_behalf_of"), "{plan}");
    Ok(())
}

async fn of_tenant_has_its_index<E: TrailEntity>(t: &Test, _: E, table: &str) -> Outcome
where
    E::Model: Send + Sync,
{
    let page = E::find().of_tenant("tenant-7").newest_first().limit(51);
    let plan = explain(t, page).await?;
    assert!(plan.contains(&format!("idx_{table}_tenant")), "{plan}");
    // PostgreSQL finds all of so few rows, and sorts them.
    let is_sorted = plan.contains("filesort") || plan.contains("TEMP B-TREE");
    assert!(!is_sorted, "{plan}");
    Ok(())
}

/// 3,000 rows in each table, of 300 tenants.
async fn seed(t: &Test) -> Result<(), DbErr> {
    let at = DateTimeUtc::from_timestamp(1_800_000_000, 0).expect("a time that there is");
    let tenant = |n: i64| Set(Some(format!("tenant-{}", n % 300)));
    let rows = (0..3_000_i64).map(|n| audit_log::ActiveModel {
        occurred_at: Set(at),
        action: Set("UPDATE".to_owned()),
        tenant_id: tenant(n),
        on_behalf_of_id: tenant(n),
        ..Default::default()
    });
    insert(t, rows).await?;
    let rows = (0..3_000_i64).map(|n| login_attempt::ActiveModel {
        occurred_at: Set(at),
        username: Set("ada".to_owned()),
        status: Set(login_attempt::Status::Success),
        tenant_id: tenant(n),
        ..Default::default()
    });
    insert(t, rows).await?;
    let rows = (0..3_000_i64).map(|n| data_export::ActiveModel {
        occurred_at: Set(at),
        export_type: Set("cakes".to_owned()),
        file_format: Set("CSV".to_owned()),
        record_count: Set(n),
        file_size: Set(n),
        download_count: Set(0),
        tenant_id: tenant(n),
        ..Default::default()
    });
    insert(t, rows).await?;
    let rows = (0..3_000_i64).map(|n| system_event::ActiveModel {
        occurred_at: Set(at),
        event_type: Set(system_event::EventType::Info),
        title: Set("baked".to_owned()),
        resolved: Set(false),
        tenant_id: tenant(n),
        ..Default::default()
    });
    insert(t, rows).await
}

async fn insert<A>(t: &Test, rows: impl Iterator<Item = A> + Send) -> Result<(), DbErr>
where
    A: ActiveModelTrait + Send + Sync,
    <A::Entity as EntityTrait>::Model: sea_orm::IntoActiveModel<A>,
{
    let rows: Vec<A> = rows.collect();
    for chunk in rows.chunks(500) {
        A::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(&t.db)
            .await?;
    }
    let table = sea_orm::EntityName::table_name(&A::Entity::default()).to_owned();
    let analyze = match t.backend {
        Backend::MySql => "ANALYZE TABLE",
        Backend::Sqlite | Backend::Postgres => "ANALYZE",
    };
    let analyze = format!("{analyze} {table}");
    t.db.execute_unprepared(&analyze).await.map(drop)
}
