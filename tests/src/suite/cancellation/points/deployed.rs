//! What a deployment does to the triggers of a table, dropped anywhere: the connection is clean, the table can be written,
//! and the next deployment brings everything up to date.

use audit_migration::{Captured, Migrator, capture::CaptureExt};
use audit_sea_orm::{
    AuditTransactionExt, AuditedWrite,
    capture::{self, AuditedEntity, check_entities},
};
use sea_orm::{DbErr, EntityTrait, sea_query::Index};
use sea_orm_migration::{IntoSchemaManagerConnection, MigratorTrait, SchemaManager};

use super::one::{One, begin_in, set_tart};
use crate::{
    Backend, Outcome, Test,
    cancelled::{Point, Points},
    entity::tart,
};

/// What an alteration makes.
const INDEX: &str = "tart_price";

#[derive(Clone, Copy, Debug)]
enum Step {
    Install,
    InstallAll,
    InstallWith,
    Remove,
    RemoveAll,
    Alter,
    Up,
}

impl Step {
    const ALL: [Self; 7] = [
        Self::Install,
        Self::InstallAll,
        Self::InstallWith,
        Self::Remove,
        Self::RemoveAll,
        Self::Alter,
        Self::Up,
    ];

    async fn run<'c, C>(self, db: &'c C) -> Result<(), DbErr>
    where
        C: AuditedWrite,
        &'c C: IntoSchemaManagerConnection<'c>,
    {
        match self {
            Self::Install => capture::install(db, tart::Entity).await.map(drop),
            Self::InstallWith => {
                let options = capture::CaptureOptions::new().on_skip(capture::OnSkip::Leave);
                let installed = capture::install_with(db, tart::Entity, options).await;
                installed.map(drop)
            }
            Self::InstallAll => {
                let tart = [AuditedEntity::of::<tart::Entity>()];
                capture::install_entities(db, &tart).await.map(drop)
            }
            Self::Remove => capture::remove(db, tart::Entity).await,
            Self::RemoveAll => capture::remove_all(db).await,
            Self::Alter => {
                let manager = SchemaManager::new(db);
                let index = Index::create()
                    .name(INDEX)
                    .table("tart")
                    .col("price")
                    .take();
                let alter = async |manager: &SchemaManager<'_>| manager.create_index(index).await;
                manager.alter_captured(tart::Entity, alter).await
            }
            Self::Up => Captured::<Migrator>::up(db, None).await,
        }
    }

    /// Where it is dropped. A migration asks the same of each entity of the program.
    fn points(self) -> Points {
        match self {
            Self::Up => Points::up_to(16),
            _ => Points::default(),
        }
    }

    /// Whether a connection stays in step where it is dropped: with sqlx 0.9.0 one of MariaDB and MySQL does not where an answer
    /// of many parts is dropped half read, and what is altered there goes on with the same connection. See
    /// `schema::an_alteration_that_is_given_up`.
    fn leaves_in_step(self, backend: Backend) -> bool {
        backend != Backend::MySql || !matches!(self, Self::Alter)
    }

    fn removes(self) -> bool {
        matches!(self, Self::Remove | Self::RemoveAll)
    }
}

/// The triggers as they are before each step: gone where it makes them.
async fn prepare(one: &One<'_>, step: Step) -> Outcome {
    let db = &one.t.db;
    capture::remove(db, tart::Entity).await?;
    let manager = SchemaManager::new(db);
    if manager.has_index("tart", INDEX).await? {
        manager
            .drop_index(Index::drop().name(INDEX).table("tart").to_owned())
            .await?;
    }
    if step.removes() || matches!(step, Step::Alter | Step::InstallWith) {
        capture::install(db, tart::Entity).await?;
    }
    one.reset().await?;
    Ok(())
}

/// Whatever is there now, the next deployment makes whole; each write then has its one record.
async fn assert_deploys(one: &One<'_>, name: &str) -> Outcome {
    let installed = capture::install(&one.t.db, tart::Entity).await;
    installed.map_err(|error| format!("{name}: the next installation: {error}"))?;
    let report = check_entities(&one.t.db, &[AuditedEntity::of::<tart::Entity>()]).await?;
    assert!(report.is_clean(), "{name}: {report}");
    one.reset().await?;
    set_tart(&one.db, 1, 44).await?;
    assert_eq!(one.t.records().await?.len(), 1, "{name}");
    one.assert_outside(name).await
}

/// On a pool.
pub async fn deployments_dropped_on_a_pool_leave_it_clean(t: &mut Test) -> Outcome {
    let one = One::new(t).await?;
    let in_step = |step: &Step| step.leaves_in_step(t.backend);
    for step in Step::ALL.into_iter().filter(in_step) {
        let mut points = step.points();
        let mut connection = None;
        while let Some(point) = points.step() {
            prepare(&one, step).await?;
            if one.is_new(&mut connection).await? {
                step.run(&one.db).await?;
                prepare(&one, step).await?;
            }
            let cut = point.cut(step.run(&one.db)).await;
            let name = format!("{step:?} {point:?}");
            let ended = cut
                .transpose()
                .map_err(|error| format!("{name}: {error}"))?;
            points.saw_end(ended.is_some());
            let writable = assert_writable(&one, &name).await;
            writable.map_err(|error| format!("{name}: {error}"))?;
            assert_deploys(&one, &name).await?;
        }
    }
    one.db.close().await?;
    Ok(())
}

/// The connection writes as if nobody had asked, outside a transaction, and others write too.
async fn assert_writable(one: &One<'_>, name: &str) -> Outcome {
    for (db, price) in [(&one.db, 70), (&one.t.db, 71)] {
        let written = set_tart(db, 2, price).await;
        written.map_err(|error| format!("{name}: a later write: {error}"))?;
        let tart = tart::Entity::find_by_id(2).one(&one.t.db).await?;
        assert_eq!(
            tart.map(|tart| tart.price),
            Some(price),
            "{name}: it is lost"
        );
    }
    Ok(())
}

/// In a transaction of the caller's, where the schema has transactions: what the transaction wrote before and writes after
/// is committed together.
pub async fn deployments_dropped_in_a_transaction_leave_it_as_it_was(t: &mut Test) -> Outcome {
    if t.backend == Backend::MySql {
        return Ok(());
    }
    let one = One::new(t).await?;
    for step in Step::ALL {
        let mut points = step.points();
        while let Some(point) = points.step() {
            prepare(&one, step).await?;
            let name = format!("{step:?} {point:?}");
            points.saw_end(cut_inside(&one, step, point, &name).await?);
            assert_deploys(&one, &name).await?;
        }
    }
    one.db.close().await?;
    Ok(())
}

async fn cut_inside(
    one: &One<'_>,
    step: Step,
    point: Point,
    name: &str,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let transaction = one.db.begin_write().await?;
    begin_in(&transaction).await?;
    let cut = point.cut(step.run(&transaction)).await;
    let ended = cut
        .transpose()
        .map_err(|error| format!("{name}: {error}"))?;
    super::one::set(&transaction, 3, 33).await?;
    let seen = (one.price(1).await?, one.price(3).await?);
    assert_eq!(seen, (Some(1), Some(1)), "{name}: the transaction was left");
    transaction.commit().await?;
    let seen = (one.price(1).await?, one.price(3).await?);
    assert_eq!(seen, (Some(11), Some(33)), "{name}: a write is lost");
    Ok(ended.is_some())
}
