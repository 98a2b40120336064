//! The admin as a browser sees it, without a socket.

use audit_sea_orm::Actor;
use audit_web::admin::{Access, AuditAdmin};
use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{HeaderMap, Method, Request, Response, StatusCode, request::Parts};
use sea_orm::DatabaseConnection;
use tower_service::Service;

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Answer {
    /// Where a redirect leads.
    #[must_use]
    pub fn location(&self) -> &str {
        let location = self.headers.get("location");
        location
            .and_then(|place| place.to_str().ok())
            .unwrap_or_default()
    }

    /// The token of the page's form.
    #[must_use]
    pub fn token(&self) -> &str {
        let start = self.text.split("name=\"token\" value=\"").nth(1);
        start
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default()
    }

    /// The values of an attribute in the page, with the entities that the admin writes undone.
    #[must_use]
    pub fn attributes(&self, name: &str) -> Vec<String> {
        let start = format!(" {name}=\"");
        let parts = self.text.split(&start).skip(1);
        parts
            .filter_map(|part| part.split('"').next())
            .map(|value| {
                value
                    .replace("&#38;", "&")
                    .replace("&#39;", "'")
                    .replace("&amp;", "&")
            })
            .collect()
    }
}

/// A router with the admin in it, and who is asking.
#[derive(Clone, Debug)]
pub struct Site {
    router: Router,
    user: &'static str,
}

/// Lets in `ada` as a superuser, `vera` as a viewer, and `tess` as a superuser of one tenant's rows, `branch`
/// and `main` as viewers of those of a small and a large one, `stranger` of one without any; `lost` is sent to log in, everybody else away.
pub async fn authorize(request: Parts) -> Access {
    let user = request
        .headers
        .get("x-user")
        .and_then(|user| user.to_str().ok());
    match user {
        Some("ada") => Access::Superuser(Actor::new("ada").with_name("Ada Lovelace")),
        Some("vera") => Access::Viewer(Actor::new("vera")),
        Some("tess") => Access::Superuser(Actor::new("tess")).of_tenant("acme"),
        Some("stranger") => Access::Viewer(Actor::new("s")).of_tenant("without rows"),
        Some("branch") => Access::Viewer(Actor::new("b")).of_tenant("branch-7"),
        Some("main") => Access::Viewer(Actor::new("m")).of_tenant("main-street"),
        Some("nobody's") => Access::Viewer(Actor::new("n")).of_tenant(""),
        Some("two's") => Access::Viewer(Actor::new("t"))
            .of_tenant("acme")
            .of_tenant("rival"),
        Some("lost") => Access::Redirect("/login".to_owned()),
        _ => Access::Denied,
    }
}

/// An admin of that database, with small pages.
pub fn admin(db: &DatabaseConnection) -> AuditAdmin {
    AuditAdmin::new(db.clone()).page_size(10).token_key([7; 32])
}

impl Site {
    /// The admin at the root, seen by a viewer.
    #[must_use]
    pub fn new(db: &DatabaseConnection) -> Self {
        Self::of(admin(db).authorize(authorize).into_router())
    }

    /// A router, seen by a viewer.
    #[must_use]
    pub fn of(router: Router) -> Self {
        Self {
            router,
            user: "vera",
        }
    }

    /// The same, seen by another.
    #[must_use]
    pub fn seen_by(&self, user: &'static str) -> Self {
        Self {
            user,
            ..self.clone()
        }
    }

    /// Asks for a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], String::new()).await
    }

    /// Asks for a page that must be there.
    pub async fn page(&self, path: &str) -> Answer {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer
    }

    /// Sends a form as a browser does from the admin's own page.
    pub async fn post(&self, path: &str, form: String) -> Answer {
        self.send(
            Method::POST,
            path,
            &[("sec-fetch-site", "same-origin")],
            form,
        )
        .await
    }

    /// Sends any request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let (parts, body) = self.answer(method, path, headers, body).await.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("the body is whole");
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Asks for a page that must be there, and reads nothing of it.
    pub async fn open(&self, path: &str) -> Body {
        let answer = self.answer(Method::GET, path, &[], String::new()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.into_body()
    }

    async fn answer(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Response<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "audit.example")
            .header("x-user", self.user)
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).expect("a request");
        let response = self.router.clone().call(request).await;
        response.expect("a router always answers")
    }
}

/// A relative link as a browser resolves it, on a page whose path that is.
#[must_use]
pub fn resolve(page: &str, link: &str) -> String {
    if link.starts_with('/') {
        return link.to_owned();
    }
    let page = page.split('?').next().unwrap_or_default();
    if link.starts_with('?') {
        return format!("{page}{link}");
    }
    let (path, query) = link
        .split_once('?')
        .map_or((link, None), |(path, query)| (path, Some(query)));
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"))
}
