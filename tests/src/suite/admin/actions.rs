use http::{Method, StatusCode};
use sea_orm::{EntityTrait, Set};

use super::{LISTS, seed};
use crate::{Outcome, Test, site::Site};
use audit_sea_orm::{entity::login_attempt, prelude::*};

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

/// Deletion is the superuser's alone.
pub async fn a_viewer_deletes_nothing(t: &mut Test) -> Outcome {
    seed(t, 6).await?;
    let viewer = Site::new(&t.db);
    let token = viewer.page("/events").await.token().to_owned();
    for list in LISTS {
        let form = format!("token={token}&id=2&confirm=yes&reason=x");
        let refused = viewer.post(&format!("/{list}/delete"), form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{list}");
        viewer.page(&format!("/{list}/2")).await;
    }
    assert_eq!(t.records().await?.len(), 6, "nothing was recorded either");
    Ok(())
}

/// A deletion says first what and how many, and wants rows that there are and a reason; else nothing is deleted.
pub async fn a_deletion_is_confirmed_first_with_a_reason(t: &mut Test) -> Outcome {
    seed(t, 6).await?;
    let site = Site::new(&t.db).seen_by("ada");
    for list in LISTS {
        let path = format!("/{list}/delete");
        let token = site.page(&format!("/{list}")).await.token().to_owned();
        let post = async |rest: &str| site.post(&path, format!("token={token}{rest}")).await;
        let asked = post("&id=2&id=3").await;
        assert_eq!(asked.status, StatusCode::OK, "{list}");
        assert!(
            asked.text.contains("<h1>Delete 2 "),
            "{list}: {}",
            asked.text
        );
        let unsaid = post("&id=2&id=3&confirm=yes&reason=+").await;
        assert!(unsaid.text.contains("Say why"), "{list}");
        let unconfirmed = post("&id=2&id=3&reason=x").await;
        assert!(unconfirmed.text.contains("<h1>Delete 2 "), "{list}");
        let many: String = (1..=501).map(|id| format!("&id={id}")).collect();
        let refused = post(&many).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{list}");
        for bad in ["", "&id=x", "&id=99999999999999999999"] {
            let refused = post(&format!("&confirm=yes&reason=x{bad}")).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{list}{bad}");
        }
        site.page(&format!("/{list}/2")).await;
        for gone in ["&id=998&id=999", "&id=2&id=999"] {
            let gone = post(&format!("{gone}&confirm=yes&reason=x")).await;
            assert_eq!(gone.status, StatusCode::NOT_FOUND, "{list}");
        }
        site.page(&format!("/{list}/2")).await;
    }
    assert_eq!(t.records().await?.len(), 6);
    Ok(())
}

/// Deleted rows are gone, and each deletion is recorded with who and why, without what the row held.
pub async fn a_deletion_is_recorded_row_by_row(t: &mut Test) -> Outcome {
    seed(t, 6).await?;
    let site = Site::new(&t.db).seen_by("ada");
    for list in LISTS {
        let token = site.page(&format!("/{list}")).await.token().to_owned();
        let form = format!("token={token}&id=2&id=3&confirm=yes&reason=court+order");
        let done = site.post(&format!("/{list}/delete"), form).await;
        assert_eq!(done.location(), format!("../{list}?deleted=2"));
        let gone = site.get(&format!("/{list}/2")).await;
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

/// The forms that change something, without their token.
const FORMS: [(&str, &str); 2] = [
    ("/events/resolve", "id=2"),
    ("/logins/delete", "id=2&confirm=yes&reason=x"),
];

/// Sends each form with that token and those headers.
async fn send_forms(site: &Site, token: &str, headers: &[(&str, &str)], expected: StatusCode) {
    for (path, rest) in FORMS {
        let form = format!("token={token}&{rest}");
        let answer = site.send(Method::POST, path, headers, form).await;
        assert_eq!(answer.status, expected, "{headers:?} {path} {token}");
    }
}

/// The token of somebody's forms.
async fn token(site: &Site) -> String {
    site.page("/events").await.token().to_owned()
}

/// No form is taken from another origin, be its token right.
pub async fn forms_of_another_origin_are_refused(t: &mut Test) -> Outcome {
    seed(t, 6).await?;
    let site = Site::new(&t.db).seen_by("ada");
    let own = token(&site).await;
    for header in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
    ] {
        send_forms(&site, &own, &[header], StatusCode::FORBIDDEN).await;
    }
    Ok(())
}

/// No form is taken without a token, or with somebody else's.
pub async fn forms_without_their_token_are_refused(t: &mut Test) -> Outcome {
    seed(t, 6).await?;
    let site = Site::new(&t.db).seen_by("ada");
    let other = token(&site.seen_by("vera")).await;
    assert_ne!(token(&site).await, other);
    for token in [other.as_str(), "", "00"] {
        let header = ("sec-fetch-site", "same-origin");
        send_forms(&site, token, &[header], StatusCode::FORBIDDEN).await;
    }
    Ok(())
}

/// A form of the admin's own page is taken, with what browsers say of it over HTTP and HTTPS.
pub async fn forms_of_the_admin_itself_are_taken(t: &mut Test) -> Outcome {
    seed(t, 6).await?;
    for header in [
        ("sec-fetch-site", "same-origin"),
        ("origin", "https://audit.example"),
        ("origin", "null"),
    ] {
        login_attempt::Entity::delete_many().exec(&t.db).await?;
        let attempt = login_attempt::ActiveModel {
            id: Set(2),
            ..super::login(2)
        };
        login_attempt::Entity::insert(attempt).exec(&t.db).await?;
        let site = Site::new(&t.db).seen_by("ada");
        let own = token(&site).await;
        send_forms(&site, &own, &[header], StatusCode::SEE_OTHER).await;
    }
    Ok(())
}
