use audit_sea_orm::Actor;
use http::request::Parts;

/// Finds out who sent a request, from what the layers outside left in it.
///
/// A closure over [`http::request::Parts`] is one, and so is `()`, which knows nobody. It runs before the
/// handler, so it sees a session or user that an authentication layer outside put in the extensions. What only an
/// extractor learns is set by [`AuditContext::set_actor`](audit_sea_orm::AuditContext::set_actor).
///
/// # Example
/// ```
/// # use sea_orm::Database;
/// use audit_sea_orm::Actor;
/// use audit_web::AuditLayer;
///
/// #[derive(Clone)]
/// struct CurrentUser { id: i64, name: String }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// let layer = AuditLayer::new(&db).resolve_actor(|parts: &http::request::Parts| {
///     let user = parts.extensions.get::<CurrentUser>()?;
///     Some(Actor::new(user.id).with_name(&user.name))
/// });
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot tell who sent a request",
    note = "use a closure `|parts: &http::request::Parts| -> Option<Actor> {{ … }}`, with the type of `parts` written out"
)]
pub trait ResolveActor: Send + Sync + 'static {
    /// Who sent the request; `None` where nobody is known.
    fn resolve_actor(&self, parts: &Parts) -> Option<Actor>;
}

impl<F> ResolveActor for F
where
    F: Fn(&Parts) -> Option<Actor> + Send + Sync + 'static,
{
    fn resolve_actor(&self, parts: &Parts) -> Option<Actor> {
        self(parts)
    }
}

impl ResolveActor for () {
    fn resolve_actor(&self, _: &Parts) -> Option<Actor> {
        None
    }
}
