include!(concat!(env!("OUT_DIR"), "/admin.rs"));

use axum::{
    Extension, Router,
    body::Body,
    http::{Request, StatusCode},
};
use mount::{LoggedIn, Role};
use tower::ServiceExt;

#[tokio::test]
async fn the_admin_is_for_those_whom_the_authoriser_admits() -> crate::Outcome {
    let db = crate::bakery().await?;
    let router = mount::with_admin(Router::new(), db.clone());
    let asked = async |user: Option<(Role, Option<&str>)>| {
        let request = Request::get("/audit/dashboard").body(Body::empty())?;
        let router = match user {
            Some((role, company)) => router.clone().layer(Extension(LoggedIn {
                name: "ada".to_owned(),
                role,
                company: company.map(str::to_owned),
            })),
            None => router.clone(),
        };
        let answer = router.oneshot(request).await?;
        Ok::<_, Box<dyn std::error::Error>>(answer.status())
    };
    assert_eq!(asked(None).await?, StatusCode::SEE_OTHER);
    assert_eq!(
        asked(Some((Role::Baker, None))).await?,
        StatusCode::FORBIDDEN
    );
    assert_eq!(asked(Some((Role::Auditor, None))).await?, StatusCode::OK);
    let views = crate::records(&db).await?;
    assert_eq!(views.len(), 1, "the page of the auditor");
    assert_eq!(
        (views[0].action.as_str(), views[0].tenant_id.as_deref()),
        ("VIEW", None)
    );

    assert_eq!(
        asked(Some((Role::Administrator, Some("acme")))).await?,
        StatusCode::OK
    );
    let view = crate::last_record(&db).await?;
    assert_eq!(view.tenant_id.as_deref(), Some("acme"));
    Ok(())
}
