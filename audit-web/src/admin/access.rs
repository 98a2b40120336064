use audit_sea_orm::Actor;
use http::request::Parts;

/// What somebody who asks for a page may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing: the answer is 403.
    Denied,
    /// Nothing yet: the answer is 303, to that URL, where one logs in.
    Redirect(String),
    /// See everything, export it, and mark system events resolved.
    Viewer(Actor),
    /// What a viewer may, and delete rows of the trail.
    Superuser(Actor),
}

/// Decides who may see the trail; asked for every request but those for the style sheet.
///
/// Functions and closures `async |request: Parts| …` are authorisers. The request's extensions hold what the
/// application's own layers put there: a session, a user, an address. A closure that moves something of its
/// own into the future is written `move |request: Parts| { let mine = mine.clone(); async move { … } }`.
///
/// # Example
/// ```
/// use audit_sea_orm::Actor;
/// use audit_web::admin::{Access, Authorize};
/// use http::request::Parts;
///
/// async fn only_from_the_proxy(request: Parts) -> Access {
///     match request.headers.get("x-user").and_then(|user| user.to_str().ok()) {
///         Some(user) => Access::Viewer(Actor::new(user)),
///         None => Access::Denied,
///     }
/// }
/// fn is_authorizer<A: Authorize>(_: A) {}
/// is_authorizer(only_from_the_proxy);
/// ```
pub trait Authorize: Clone + Send + Sync + 'static {
    /// What whoever sends this request may do.
    fn authorize(&self, request: Parts) -> impl Future<Output = Access> + Send;
}

impl<F, Fut> Authorize for F
where
    F: Fn(Parts) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Access> + Send,
{
    fn authorize(&self, request: Parts) -> impl Future<Output = Access> + Send {
        self(request)
    }
}

/// Stands where the authoriser of an [`AuditAdmin`](super::AuditAdmin) is still missing.
#[derive(Clone, Copy, Debug)]
pub struct Unauthorized;
