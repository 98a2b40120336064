//! Times beyond 2038, where the `timestamp` of MySQL and MariaDB ends.

use audit_sea_orm::{__private::insert, prelude::*};
use sea_orm::{EntityTrait, Set, prelude::DateTimeUtc};

use crate::{Outcome, Test};

/// The first second that a `timestamp` does not hold.
const BEYOND: i64 = 1 << 31;

fn at(second: i64) -> DateTimeUtc {
    DateTimeUtc::from_timestamp(second, 0).expect("a time that there is")
}

fn attempt() -> login_attempt::ActiveModel {
    login_attempt::ActiveModel {
        occurred_at: Set(at(BEYOND)),
        username: Set("ada".to_owned()),
        status: Set(login_attempt::Status::Failed),
        ..Default::default()
    }
}

fn export() -> data_export::ActiveModel {
    data_export::ActiveModel {
        occurred_at: Set(at(BEYOND)),
        export_type: Set("Users".to_owned()),
        file_format: Set("CSV".to_owned()),
        record_count: Set(1),
        file_size: Set(1),
        download_count: Set(0),
        ..Default::default()
    }
}

fn event() -> system_event::ActiveModel {
    system_event::ActiveModel {
        occurred_at: Set(at(BEYOND)),
        event_type: Set(system_event::EventType::Info),
        title: Set("late".to_owned()),
        resolved: Set(true),
        resolved_at: Set(Some(at(BEYOND))),
        ..Default::default()
    }
}

/// Events keep a time beyond 2038, and are found by it.
pub async fn events_keep_their_time(t: &mut Test) -> Outcome {
    let (from, until) = (at(BEYOND), at(BEYOND + 1));

    let number = insert(&t.db, &attempt()).await?;
    let attempts = login_attempt::Entity::find().between(from, until);
    let attempts = attempts.all(&t.db).await?;
    assert_eq!(attempts.len(), 1);
    assert_eq!((attempts[0].id, attempts[0].occurred_at), (number, from));

    let number = insert(&t.db, &export()).await?;
    let exports = data_export::Entity::find().between(from, until);
    let exports = exports.all(&t.db).await?;
    assert_eq!(exports.len(), 1);
    assert_eq!((exports[0].id, exports[0].occurred_at), (number, from));

    let number = insert(&t.db, &event()).await?;
    let events = system_event::Entity::find().between(from, until);
    let events = events.all(&t.db).await?;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].id, events[0].occurred_at), (number, from));
    assert_eq!(events[0].resolved_at, Some(from));
    Ok(())
}
