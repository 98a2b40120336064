use audit_sea_orm::entity::system_event::EventType;

use super::shop::Shop;
use crate::{Outcome, Test};

/// A failure and a panic are answered with 500, tell the client nothing, and leave events with who and which request.
pub async fn what_goes_wrong_leaves_events(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let mut bruno = shop.client();
    let right = [("username", "bruno"), ("password", "rum and raisins")];
    bruno.post("/login", &right).await?;
    let failed = bruno.post("/faults/error", &[]).await?;
    assert_eq!(failed.status, 500);
    assert!(!failed.body.contains("oven"), "{}", failed.body);
    assert_eq!(bruno.post("/faults/panic", &[]).await?.status, 500);
    assert_eq!(bruno.get("/.env").await?.status, 404);

    let events = shop.events().await?;
    let seen: Vec<_> = events
        .iter()
        .map(|event| (event.event_type.clone(), event.title.as_str()))
        .collect();
    assert_eq!(
        seen[..3],
        [
            (EventType::Error, "a request failed"),
            (EventType::Error, "POST /faults/error answered 500"),
            (
                EventType::Error,
                "POST /faults/panic panicked: there is a cake in the window"
            ),
        ]
    );
    assert_eq!((seen.len(), &seen[3].0), (4, &EventType::Security));
    for event in &events[..3] {
        assert_eq!(
            event.actor_name.as_deref(),
            Some("Bruno Kreisky"),
            "{}",
            event.title
        );
        assert_eq!(
            event.ip_address.as_deref(),
            Some("127.0.0.1"),
            "{}",
            event.title
        );
    }
    assert_eq!(events[0].request_id, events[1].request_id);
    assert!(
        events[0]
            .description
            .as_ref()
            .is_some_and(|text| text.starts_with("error: the oven is out of order\n"))
    );
    assert!(
        events[2]
            .stack_trace
            .as_ref()
            .is_some_and(|stack| stack.contains("bakery::faults::panic"))
    );
    Ok(())
}
