use http::{Method, StatusCode};
use sea_orm::EntityTrait;

use super::{LISTS, seed};
use crate::{Outcome, Test, site::Site};
use audit_sea_orm::prelude::*;

/// A viewer marks open events resolved; it is recorded, and what was resolved before stays as it was.
pub async fn an_event_is_resolved_once_and_recorded(t: &mut Test) -> Outcome {
    seed(t, 6).await?;
    let site = Site::new(&t.db);
    let page = site.page("/events").await;
    assert!(
        !page.text.contains("Delete …"),
        "a viewer is offered no deletion"
    );
    let form = format!("token={}&id=2&id=3&id=4", page.token());
    // Odd numbers are open when seeded, and the first row has the number one.
    let done = site.post("/events/resolve", form.clone()).await;
    assert_eq!(
        (done.status, done.location()),
        (StatusCode::SEE_OTHER, "../events?resolved-now=2")
    );
    let again = site.post("/events/resolve", form).await;
    assert_eq!(again.location(), "../events?resolved-now=0");

    let event = system_event::Entity::find_by_id(2)
        .one(&t.db)
        .await?
        .ok_or("the event")?;
    assert_eq!(
        (event.resolved, event.resolved_by.as_deref()),
        (true, Some("vera"))
    );
    let records = t.records().await?.split_off(6);
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].table_name.as_deref(), Some("audit_system_event"));
    assert_eq!(records[0].actor_id.as_deref(), Some("vera"));
    assert_eq!(
        records[0].new_values,
        Some(serde_json::json!({"resolved": true}))
    );
    assert!(
        site.page("/events?resolved-now=2")
            .await
            .text
            .contains("Marked resolved: 2.")
    );
    Ok(())
}

/// Deletion is the superuser's alone, says first what and how many, wants a reason, and is recorded row by row.
#[expect(clippy::too_many_lines, reason = "one story, step by step")]
pub async fn only_a_superuser_deletes_and_says_why(t: &mut Test) -> Outcome {
    seed(t, 6).await?;
    let viewer = Site::new(&t.db);
    let superuser = viewer.seen_by("ada");
    for list in LISTS {
        let path = format!("/{list}/delete");
        let token = viewer.page("/events").await.token().to_owned();
        let form = |token: &str, rest: &str| format!("token={token}&id=2&id=3{rest}");
        let refused = viewer
            .post(&path, form(&token, "&confirm=yes&reason=x"))
            .await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{list}");

        let token = superuser.page(&format!("/{list}")).await.token().to_owned();
        let asked = superuser.post(&path, form(&token, "")).await;
        assert_eq!(asked.status, StatusCode::OK, "{list}");
        assert!(
            asked.text.contains("<h1>Delete 2 "),
            "{list}: {}",
            asked.text
        );
        let unsaid = superuser
            .post(&path, form(&token, "&confirm=yes&reason=+"))
            .await;
        assert!(unsaid.text.contains("Say why"), "{list}");
        for bad in ["", "&id=x", "&id=99999999999999999999"] {
            let form = format!("token={token}&confirm=yes&reason=x{bad}");
            assert_eq!(
                superuser.post(&path, form).await.status,
                StatusCode::BAD_REQUEST,
                "{list}{bad}"
            );
        }
        assert_eq!(
            viewer.page(&format!("/{list}/2")).await.status,
            StatusCode::OK
        );

        let done = superuser
            .post(&path, form(&token, "&confirm=yes&reason=court+order"))
            .await;
        assert_eq!(done.location(), format!("../{list}?deleted=2"));
        assert_eq!(
            viewer.get(&format!("/{list}/2")).await.status,
            StatusCode::NOT_FOUND
        );
        let gone = superuser
            .post(&path, form(&token, "&confirm=yes&reason=x"))
            .await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND, "{list}");
    }
    let records = t.records().await?.split_off(4);
    assert_eq!(records.len(), 8, "each deletion left one record");
    let first = &records[0];
    assert_eq!(
        (first.action.as_str(), first.table_name.as_deref()),
        ("DELETE", Some("audit_log"))
    );
    assert_eq!(
        (first.object_id.as_deref(), first.actor_id.as_deref()),
        (Some("2"), Some("ada"))
    );
    assert_eq!(first.reason.as_deref(), Some("court order"));
    assert!(first.old_values.is_none(), "what the row held is gone");
    Ok(())
}

/// A token, headers, and the answer to them.
type Attempt<'a> = (&'a str, &'a [(&'a str, &'a str)], StatusCode);

/// No form is taken from another origin, without a token, or with somebody else's.
#[expect(clippy::too_many_lines, reason = "a table of attempts")]
pub async fn forms_need_their_token_and_their_origin(t: &mut Test) -> Outcome {
    seed(t, 6).await?;
    let site = Site::new(&t.db).seen_by("ada");
    let own = site.page("/events").await.token().to_owned();
    let other = site
        .seen_by("vera")
        .page("/events")
        .await
        .token()
        .to_owned();
    assert_ne!(own, other);
    let attempts: [Attempt<'_>; 8] = [
        (
            &own,
            &[("sec-fetch-site", "cross-site")],
            StatusCode::FORBIDDEN,
        ),
        (
            &own,
            &[("sec-fetch-site", "same-site")],
            StatusCode::FORBIDDEN,
        ),
        (
            &own,
            &[("origin", "https://evil.example")],
            StatusCode::FORBIDDEN,
        ),
        (
            &other,
            &[("sec-fetch-site", "same-origin")],
            StatusCode::FORBIDDEN,
        ),
        (
            "",
            &[("sec-fetch-site", "same-origin")],
            StatusCode::FORBIDDEN,
        ),
        (
            "00",
            &[("origin", "https://audit.example")],
            StatusCode::FORBIDDEN,
        ),
        (
            &own,
            &[("origin", "https://audit.example")],
            StatusCode::SEE_OTHER,
        ),
        (&own, &[("origin", "null")], StatusCode::SEE_OTHER),
    ];
    for (token, headers, expected) in attempts {
        for (path, rest) in [
            ("/events/resolve", "id=2"),
            ("/logins/delete", "id=2&confirm=yes&reason=x"),
        ] {
            let form = format!("token={token}&{rest}");
            let answer = site.send(Method::POST, path, headers, form).await;
            let is_gone =
                answer.status == StatusCode::NOT_FOUND && expected == StatusCode::SEE_OTHER;
            assert!(
                answer.status == expected || is_gone,
                "{headers:?} {path} {}",
                answer.status
            );
        }
    }
    Ok(())
}
