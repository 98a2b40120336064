use std::{collections::BTreeMap, time::Duration};

use audit_sea_orm::{entity::login_attempt::Status, prelude::*};
use audit_web::EventReporter;
use sea_orm::EntityTrait;

use crate::{Outcome, Test};

/// Five thousand failures of strangers, at many names and then at one from many addresses, leave few rows, which say exactly
/// how many there were; a success among them is a row of its own.
pub async fn failed_logins_are_bounded_and_counted(t: &mut Test) -> Outcome {
    const NAMES: u32 = 400;
    const ATTEMPTS: u32 = 5_000;
    let reporter = EventReporter::new(&t.db).collapse_within(Duration::from_secs(3600));
    for n in 0..ATTEMPTS {
        let [_, _, high, low] = (n % NAMES).to_be_bytes();
        let context = AuditContext::new().ip([10, 0, high, low]);
        let attempt = match n {
            ..NAMES => LoginAttempt::failed(format!("name {n}")).reason("unknown user"),
            n if n % 2 == 0 => LoginAttempt::failed("ada").reason("wrong password"),
            _ => LoginAttempt::blocked("ada").reason("too many failures"),
        };
        context.scope(reporter.record_login(attempt)).await?;
        if n == 2_000 {
            reporter.record_login(LoginAttempt::success("ada")).await?;
            reporter.record_login(LoginAttempt::logout("ada")).await?;
        }
    }
    reporter.flush().await;

    let attempts = login_attempt::Entity::find().all(&t.db).await?;
    let records = t.records().await?;
    assert!(attempts.len() + records.len() <= 200, "{}", attempts.len());
    assert_eq!(records.len(), attempts.len() + 1, "a logout is no attempt");
    let mut counts = BTreeMap::<&str, i64>::new();
    for attempt in &attempts {
        *counts.entry(attempt.status.as_str()).or_default() += attempt.attempts;
    }
    let half = i64::from((ATTEMPTS - NAMES) / 2);
    let expected = [
        ("BLOCKED", half),
        ("FAILED", half + i64::from(NAMES)),
        ("SUCCESS", 1),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    let further = attempts
        .iter()
        .find(|row| row.status == Status::Failed && row.attempts > 1 && row.username.is_empty());
    let reason = further.and_then(|row| row.failure_reason.as_deref());
    let reason = reason.ok_or("one of several names")?;
    assert!(
        reason.starts_with("at several names, first at name 40, name 41"),
        "{reason}"
    );

    let summary = SummaryQuery::last_days(1).load(&t.db).await?;
    assert_eq!(
        summary.failed_logins,
        half.unsigned_abs() + u64::from(NAMES)
    );
    assert_eq!(summary.blocked_logins, half.unsigned_abs());
    assert_eq!(summary.successful_logins, 1);
    Ok(())
}

/// The counts of a window are written when it ends, though nothing comes after them.
pub async fn counted_logins_are_written_when_their_window_ends(t: &mut Test) -> Outcome {
    let reporter = EventReporter::new(&t.db).collapse_within(Duration::from_millis(50));
    for _ in 0..3 {
        let attempt = LoginAttempt::failed("ada").reason("wrong password");
        let context = AuditContext::new().ip([192, 0, 2, 1]).user_agent("curl");
        context.scope(reporter.record_login(attempt)).await?;
    }
    let attempts = async || login_attempt::Entity::find().all(&t.db).await;
    while attempts()
        .await?
        .iter()
        .map(|row| row.attempts)
        .sum::<i64>()
        < 3
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for attempt in attempts().await? {
        assert_eq!(attempt.username, "ada");
        assert_eq!(attempt.failure_reason.as_deref(), Some("wrong password"));
        assert_eq!(attempt.ip_address.as_deref(), Some("192.0.2.1"));
        assert_eq!(attempt.user_agent.as_deref(), Some("curl"));
    }
    // The next window begins anew: its first is a row at once.
    reporter.flush().await;
    let before = attempts().await?.len();
    let attempt = LoginAttempt::failed("ada").reason("wrong password");
    reporter.record_login(attempt).await?;
    assert_eq!(attempts().await?.len(), before + 1);
    Ok(())
}
