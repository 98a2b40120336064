include!(concat!(env!("OUT_DIR"), "/security.rs"));

use audit_sea_orm::AuditContext;
use axum::{Extension, Router, body::Body, http::Request, routing::get};
use tower::ServiceExt;

#[tokio::test]
async fn a_session_is_recorded_as_a_digest() -> crate::Outcome {
    let db = crate::bakery().await?;
    let session = async || AuditContext::current().session_id.unwrap_or_default();
    let router: Router = Router::new()
        .route("/", get(session))
        .layer(session::layer(&db));
    let router = router.layer(Extension(session::SessionKey("secret".to_owned())));
    let answer = router.oneshot(Request::new(Body::empty())).await?;
    let body = axum::body::to_bytes(answer.into_body(), 200).await?;
    let text = String::from_utf8(body.to_vec())?;
    assert!(!text.is_empty() && !text.contains("secret"), "{text}");
    Ok(())
}

#[test]
fn only_a_trusted_proxy_names_another_address() -> crate::Outcome {
    let proxy = "10.0.0.1".parse()?;
    let client = "203.0.113.7".parse()?;
    assert_eq!(
        address::address(proxy, "198.51.100.1, 203.0.113.7"),
        Some(client)
    );
    let stranger = "198.51.100.9".parse()?;
    assert_eq!(address::address(stranger, "203.0.113.7"), Some(stranger));
    Ok(())
}
