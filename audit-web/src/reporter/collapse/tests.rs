use audit_sea_orm::{Actor, SharedContext, entity::system_event::EventType};

use super::*;
use crate::reporter::report::Report;

const WINDOW: Duration = Duration::from_secs(60);

fn collapse(most_per_window: usize, most_per_client: usize) -> Collapse<Report> {
    Collapse::new(Budget {
        window: WINDOW,
        most_per_window,
        most_per_client,
    })
}

fn event(title: &str, client: &str) -> Report {
    of_type(EventType::Error, title, client)
}

/// As the security layer reports one: of each client it is another.
fn probe(title: &str, client: &str) -> Report {
    let mut probe = of_type(EventType::Security, title, client);
    probe.per_client = true;
    probe
}

fn of_type(event_type: EventType, title: &str, client: &str) -> Report {
    let context = AuditContext::new().ip(client.parse::<std::net::IpAddr>().unwrap());
    let scope = SharedContext::new(context);
    Report::new(event_type, title.to_owned(), &scope)
}

/// The events at the end of the window, as title and description.
fn ended(collapse: &mut Collapse<Report>) -> Vec<(String, String)> {
    let mut events: Vec<_> = collapse
        .end(Instant::now())
        .into_iter()
        .map(|report| (report.title, report.description.unwrap_or_default()))
        .collect();
    events.sort();
    events
}

fn counted(title: &str, count: u64) -> (String, String) {
    (title.to_owned(), format!("{count} more within 60 s"))
}

/// As [`counted`], of events that were too many, with the first titles.
fn counted_with(title: &str, count: u64, titles: &[&str]) -> (String, String) {
    let (title, count) = counted(title, count);
    (title, format!("{count}\n{}", titles.join("\n")))
}

#[test]
fn repetitions_are_counted_and_told_once() {
    let mut collapse = collapse(100, 100);
    let now = Instant::now();
    assert!(collapse.admit(event("a", "192.0.2.1"), now).is_some());
    assert!(collapse.admit(event("b", "192.0.2.1"), now).is_some());
    for _ in 0..7 {
        assert!(collapse.admit(event("a", "192.0.2.2"), now).is_none());
    }
    assert_eq!(collapse.ends(), Some(now + WINDOW));
    assert_eq!(ended(&mut collapse), [counted("a", 7)]);

    assert_eq!(collapse.ends(), None);
    assert!(ended(&mut collapse).is_empty());
    assert!(collapse.admit(event("a", "192.0.2.1"), now).is_some());
}

/// What is due after so many seconds, as title and description.
fn due(collapse: &mut Collapse<Report>, now: Instant) -> Vec<(String, String)> {
    let reports = collapse.due(now).into_iter();
    reports
        .map(|report| (report.title, report.description.unwrap_or_default()))
        .collect()
}

#[test]
fn counts_are_due_whenever_their_window_is_twice_as_old() {
    let mut collapse = collapse(100, 100);
    let began = Instant::now();
    let at = |seconds| began + Duration::from_secs(seconds);
    assert!(collapse.admit(event("a", "192.0.2.1"), began).is_some());
    let mut written = Vec::new();
    for second in 1..=60 {
        if second < 60 {
            assert!(
                collapse
                    .admit(event("a", "192.0.2.1"), at(second))
                    .is_none()
            );
        }
        let due = due(&mut collapse, at(second));
        written.extend(
            due.into_iter()
                .map(|(_, description)| (second, description)),
        );
    }
    let counted = |count: u64, within: u64| format!("{count} more within {within} s");
    let expected = [
        (5, counted(5, 5)),
        (10, counted(5, 5)),
        (20, counted(10, 10)),
        (40, counted(20, 20)),
        (60, counted(19, 20)),
    ];
    assert_eq!(written, expected);
    assert_eq!(collapse.ends(), None);
}

#[test]
fn counts_that_nobody_could_write_in_time_were_longer() {
    let mut collapse = collapse(100, 100);
    let began = Instant::now();
    let at = |seconds| began + Duration::from_secs(seconds);
    for second in 0..3 {
        let _first = collapse.admit(event("a", "192.0.2.1"), at(second));
    }
    assert_eq!(collapse.is_due_at(), Some(at(5)));
    let counted =
        |count: u64, within: u64| vec![("a".to_owned(), format!("{count} more within {within} s"))];
    assert_eq!(due(&mut collapse, at(4)), []);
    assert_eq!(due(&mut collapse, at(13)), counted(2, 13));
    assert_eq!(collapse.is_due_at(), Some(at(20)));
    assert!(collapse.admit(event("a", "192.0.2.1"), at(14)).is_none());
    assert_eq!(due(&mut collapse, at(70)), counted(1, 57));
    assert_eq!(collapse.is_due_at(), None);
}

#[test]
fn counts_of_a_short_window_are_written_at_its_end() {
    let mut collapse = Collapse::<Report>::new(Budget {
        window: Duration::from_millis(900),
        ..collapse(100, 100).budget
    });
    let began = Instant::now();
    let _first = collapse.admit(event("a", "192.0.2.1"), began);
    assert_eq!(collapse.is_due_at(), collapse.ends());
}

#[test]
fn one_client_cannot_fill_a_window() {
    let mut collapse = collapse(100, 3);
    let now = Instant::now();
    let mut admitted = 0;
    for n in 0..50 {
        // All addresses of a /64 network are one client.
        let client = format!("2001:db8::{n:x}");
        admitted += usize::from(
            collapse
                .admit(event(&format!("{n}"), &client), now)
                .is_some(),
        );
    }
    assert_eq!(admitted, 3);
    assert!(collapse.admit(event("x", "2001:db8:0:1::1"), now).is_some());
    let further = counted_with("further ERROR events", 47, &["3", "4", "5", "6", "7"]);
    assert_eq!(ended(&mut collapse), [further]);
}

#[test]
fn all_clients_together_cannot_either() {
    let mut collapse = collapse(5, 3);
    let now = Instant::now();
    let mut admitted = 0;
    for n in 0..200 {
        let event = event(&format!("{n}"), &format!("192.0.2.{n}"));
        admitted += usize::from(collapse.admit(event, now).is_some());
    }
    assert_eq!(admitted, 5);
    assert_eq!(collapse.repetitions.len(), 6, "memory is bounded too");
    let further = counted_with("further ERROR events", 195, &["5", "6", "7", "8", "9"]);
    assert_eq!(ended(&mut collapse), [further]);
}

#[test]
fn probes_of_a_client_hide_none_of_its_errors() {
    let mut collapse = collapse(100, 3);
    let now = Instant::now();
    for n in 0..50 {
        let _first = collapse.admit(probe(&format!("probe {n}"), "192.0.2.1"), now);
    }
    assert!(collapse.admit(event("a panic", "192.0.2.1"), now).is_some());
    let further = counted_with(
        "further SECURITY events",
        47,
        &["probe 3", "probe 4", "probe 5", "probe 6", "probe 7"],
    );
    assert_eq!(ended(&mut collapse), [further]);
}

#[test]
fn probes_of_all_clients_hide_no_errors() {
    let mut collapse = collapse(5, 3);
    let now = Instant::now();
    for n in 0..200 {
        let _first = collapse.admit(probe("probe", &format!("192.0.2.{n}")), now);
    }
    for n in 0..4 {
        let error = event(&format!("error {n}"), &format!("198.51.100.{n}"));
        assert!(collapse.admit(error, now).is_some());
    }
    let further = counted_with("further SECURITY events", 195, &["probe"]);
    assert_eq!(ended(&mut collapse), [further]);
}

#[test]
fn an_event_that_stands_for_several_names_what_they_share() {
    let mut collapse = collapse(100, 100);
    let now = Instant::now();
    for id in ["a", "b", "c"] {
        let mut report = event("t", "192.0.2.1");
        report.context.actor = Some(Actor::new(id));
        report.context.tenant_id = Some("acme".to_owned());
        report.context.on_behalf_of = Some(Actor::new("guest"));
        report.context.request_id = Some(format!("request of {id}"));
        let _first = collapse.admit(report, now);
    }
    let sum = collapse.end(now).pop().unwrap();
    assert_eq!(sum.context.actor, None, "b and c are two");
    let shared = AuditContext::new()
        .ip([192, 0, 2, 1])
        .tenant_id("acme")
        .on_behalf_of("guest");
    assert_eq!(sum.context, shared);
}

#[test]
fn security_events_are_counted_by_client() {
    let mut collapse = collapse(100, 100);
    let now = Instant::now();
    let probe = |client: &str| probe("probe", client);
    assert!(collapse.admit(probe("192.0.2.1"), now).is_some());
    assert!(collapse.admit(probe("192.0.2.2"), now).is_some());
    assert!(collapse.admit(probe("192.0.2.2"), now).is_none());
}

#[test]
fn without_a_window_every_event_is_written() {
    let mut collapse = Collapse::<Report>::new(Budget {
        window: Duration::ZERO,
        ..collapse(1, 1).budget
    });
    for _ in 0..10 {
        assert!(
            collapse
                .admit(event("a", "192.0.2.1"), Instant::now())
                .is_some()
        );
    }
    assert_eq!(collapse.ends(), None);
}

#[test]
fn a_window_beyond_the_clock_is_a_long_one() {
    let mut collapse = Collapse::<Report>::new(Budget {
        window: Duration::MAX,
        ..collapse(1, 1).budget
    });
    assert!(
        collapse
            .admit(event("a", "192.0.2.1"), Instant::now())
            .is_some()
    );
    assert!(collapse.ends().is_some());
}
