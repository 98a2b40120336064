use sha2::{Digest, Sha256};

/// A digest that names a session in the trail: 32 hexadecimal digits. The id itself is as good as a password.
///
/// For what learns or makes a session after [`AuditLayer`](crate::AuditLayer) looked for one: tell it by
/// [`AuditContext::set_session_id`](audit_sea_orm::AuditContext::set_session_id).
/// [`AuditLayer::session_digest`](crate::AuditLayer::session_digest) records the same digest of the same id.
///
/// # Example: a session that tower-sessions makes in this request
/// It has no id before it is saved, which its layer does after the answer.
/// ```
/// use audit_sea_orm::AuditContext;
/// use audit_web::session_digest;
/// use tower_sessions::{Session, session};
///
/// async fn log_in(session: Session) -> Result<(), session::Error> {
///     session.insert("user", 42).await?;
///     session.save().await?;
///     if let Some(id) = session.id() {
///         AuditContext::set_session_id(session_digest(&id.to_string()));
///     }
///     Ok(()) // … and what is written from here on is of that session
/// }
/// ```
#[must_use]
pub fn session_digest(id: &str) -> String {
    hex::encode(&Sha256::digest(id)[..16])
}
