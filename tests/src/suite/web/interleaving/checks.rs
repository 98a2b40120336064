//! What must hold once every request is over.

use std::collections::HashMap;

use audit_web::EventReporter;

use super::{Kind, Order};
use crate::{Outcome, Test, http};

/// The user that the id of a request names.
fn user_of(request: &str) -> Option<&str> {
    let (_, user) = request.split_once('-')?;
    (user != "nobody").then_some(user)
}

/// Each record stands for a cake, whose name tells the request and so the user.
pub(super) async fn records(t: &Test, orders: &[Order]) -> Outcome {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for record in t.records().await? {
        let name = record.object_repr.ok_or("a cake has a name")?;
        let Some((request, _)) = name.split_once('/') else {
            continue;
        };
        assert_eq!(record.request_id.as_deref(), Some(request), "{name}");
        assert_eq!(record.actor_id.as_deref(), user_of(request), "{name}");
        assert_eq!(record.ip_address.as_deref(), Some("127.0.0.1"), "{name}");
        *counts.entry(request.to_owned()).or_default() += 1;
    }
    for order in orders {
        if let Some(cakes) = order.kind.cakes() {
            assert_eq!(counts.get(&order.id()), Some(&cakes), "{order:?}");
        }
    }
    let by_nobody = orders.iter().filter(|order| order.user.is_none()).count();
    assert!(by_nobody > 0 && by_nobody < orders.len());
    Ok(())
}

/// Each event tells its request, and so its user; what surely happened has its event.
pub(super) async fn events(t: &Test, reporter: &EventReporter, orders: &[Order]) -> Outcome {
    let mut codes: HashMap<String, String> = HashMap::new();
    for event in http::events(t, reporter).await? {
        let request = event.request_id.ok_or("an event is about a request")?;
        assert_eq!(
            event.actor_id.as_deref(),
            user_of(&request),
            "{}",
            event.title
        );
        let twice = codes.insert(request, event.error_code.unwrap_or_default());
        assert_eq!(twice, None, "{}", event.title);
    }
    for order in orders {
        let code = codes.get(&order.id()).map(String::as_str);
        match order.kind {
            Kind::Panics => assert_eq!(code, Some("panic"), "{order:?}"),
            Kind::Fails => assert_eq!(code, Some("500"), "{order:?}"),
            Kind::CutOff => assert_eq!(code, Some("aborted"), "{order:?}"),
            // Never begun, where its client went away before it was read.
            Kind::Dropped => assert!(matches!(code, None | Some("aborted")), "{order:?}"),
            Kind::Plain | Kind::Streams | Kind::Spawns | Kind::Late => {
                assert_eq!(code, None, "{order:?}");
            }
        }
    }
    Ok(())
}
