use std::fmt;

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
    /// What a viewer may, and delete rows of the trail. Of no tenant: undo what somebody did, too.
    Superuser(Actor),
    /// What that access is, of one tenant's rows alone: see [`of_tenant`](Self::of_tenant).
    OfTenant(String, Box<Self>),
}

impl Access {
    /// The same access to the rows of one tenant alone: in lists, details, histories, the overview, exports and the API, no
    /// row of another tenant is seen, counted, resolved or deleted, nor one that has no tenant. Nobody of a tenant may undo, as a
    /// plan shows rows of everybody.
    ///
    /// What is recorded of such a visit, an export for example, has that tenant too. An access of no tenant (an empty id)
    /// is [`Denied`](Self::Denied), and so is one of two different tenants.
    ///
    /// # Example
    /// ```
    /// use audit_sea_orm::Actor;
    /// use audit_web::admin::Access;
    ///
    /// # let company = "acme";
    /// let access = Access::Viewer(Actor::new("ada")).of_tenant(company);
    /// # assert_eq!(access, Access::OfTenant("acme".to_owned(), Box::new(Access::Viewer(Actor::new("ada")))));
    /// ```
    #[must_use]
    pub fn of_tenant(self, tenant_id: impl fmt::Display) -> Self {
        Self::OfTenant(tenant_id.to_string(), Box::new(self))
    }

    /// Without its tenant, and that tenant.
    pub(super) fn into_parts(self) -> (Self, Option<String>) {
        let Self::OfTenant(tenant, access) = self else {
            return (self, None);
        };
        match access.into_parts() {
            (_, Some(other)) if other != tenant => (Self::Denied, None),
            _ if tenant.is_empty() => (Self::Denied, None),
            (access, _) => (access, Some(tenant)),
        }
    }
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
