use http::HeaderName;
use uuid::Uuid;

use super::Incoming;

/// The id of a request, in its extensions, as a layer outside of [`AuditLayer`](crate::AuditLayer) set it.
///
/// # Example
/// ```
/// use audit_web::RequestId;
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(RequestId::new("r-1815"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// An id.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The most characters of an id: what its column holds.
const MOST: usize = 128;

/// The id that the application resolved, else that of a layer outside, else the client's where it is trusted, else a new one.
pub(super) fn request_id(
    resolved: Option<String>,
    trusted_header: Option<&HeaderName>,
    request: &impl Incoming,
) -> String {
    resolved
        .and_then(|id| clean(id.as_bytes()))
        .or_else(|| clean(request.extension::<RequestId>()?.0.as_bytes()))
        .or_else(|| clean(request.lines(trusted_header?.as_str()).next()?))
        .unwrap_or_else(|| Uuid::now_v7().to_string())
}

/// Only letters, digits, `_`, `-` and `@`, as Rails and loco do, so that an id is the same in every log.
fn clean(id: &[u8]) -> Option<String> {
    let kept: String = id
        .iter()
        .copied()
        .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'@'))
        .take(MOST)
        .map(char::from)
        .collect();
    (!kept.is_empty()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_cleaned_and_cut() {
        assert_eq!(clean(b"a-b_c@d9").as_deref(), Some("a-b_c@d9"));
        assert_eq!(
            clean(b"a\r\nX: y\xff\"<i>").as_deref(),
            Some("aXyi"),
            "whatever could break a line or a page is left out"
        );
        assert_eq!(clean(&[b'x'; 10_000]).map(|id| id.len()), Some(128));
        assert_eq!(clean(b" \xff/"), None);
    }
}
