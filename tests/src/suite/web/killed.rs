use std::time::Duration;

use audit_sea_orm::entity::{login_attempt, system_event};
use sea_orm::EntityTrait;

use super::events::count;
use crate::{Outcome, Test, child};

/// Far more than the counts take to be written, on any machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The counts of events and of failed logins that are in the trail.
async fn counts(t: &Test) -> Result<(u64, i64), sea_orm::DbErr> {
    let events = system_event::Entity::find().all(&t.db).await?;
    let attempts = login_attempt::Entity::find().all(&t.db).await?;
    let attempts = attempts.iter().map(|attempt| attempt.attempts);
    Ok((events.iter().map(count).sum(), attempts.sum()))
}

/// What is counted stands in the trail long before its window ends, and so does not go with a process that is killed.
pub async fn a_killed_process_has_written_its_counts(t: &mut Test) -> Outcome {
    let mut counting = child::program("child")
        .args(["count", &t.isolated.url])
        .spawn()?;
    let written = async {
        while counts(t).await? != (100, 100) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok::<_, sea_orm::DbErr>(())
    };
    tokio::time::timeout(PATIENCE, written).await??;
    counting.kill().await?;

    assert_eq!(counts(t).await?, (100, 100));
    let events = system_event::Entity::find().all(&t.db).await?;
    let within = events.iter().filter_map(|event| {
        let (_, within) = event.description.as_deref()?.split_once(" more within ")?;
        within.split(' ').next()?.parse::<f64>().ok()
    });
    let within: Vec<_> = within.collect();
    assert!(
        !within.is_empty() && within.iter().all(|within| *within < 36.0),
        "{within:?}"
    );
    Ok(())
}
