//! What gRPC says in headers and trailers, as its answers have the HTTP status 200 whatever became of them.
//!
//! By the protocol's own text, "gRPC over HTTP2" in grpc/grpc, and its list of status codes.

use http::{
    HeaderMap, HeaderValue, Response,
    header::{CONTENT_TYPE, HeaderName},
};

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MEDIA_TYPE: &str = "application/grpc";

/// A status by which a server says that it failed.
///
/// Not those that a client causes by what it sends, nor `UNIMPLEMENTED`, which any wrong path has, as HTTP's 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Unknown,
    DeadlineExceeded,
    Internal,
    Unavailable,
    DataLoss,
}

impl Failure {
    /// The failure that headers or trailers tell, if they do.
    pub(super) fn told_by(headers: &HeaderMap) -> Option<Self> {
        match headers.get(STATUS)?.as_bytes() {
            b"2" => Some(Self::Unknown),
            b"4" => Some(Self::DeadlineExceeded),
            b"13" => Some(Self::Internal),
            b"14" => Some(Self::Unavailable),
            b"15" => Some(Self::DataLoss),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
        }
    }
}

/// Whether these are the headers of a call.
pub(super) fn is_call(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE);
    content_type
        .is_some_and(|content_type| content_type.as_bytes().starts_with(MEDIA_TYPE.as_bytes()))
}

/// An answer of headers alone that says that the server failed.
pub(super) fn internal_error<B>(body: B) -> Response<B> {
    let mut response = Response::new(body);
    *response.headers_mut() = internal_error_trailers();
    let media_type = HeaderValue::from_static(MEDIA_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// The end of an answer that has begun when the server failed.
pub(super) fn internal_error_trailers() -> HeaderMap {
    HeaderMap::from_iter([(STATUS, HeaderValue::from_static("13"))])
}
