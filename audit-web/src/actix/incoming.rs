//! What is read of a request of actix-web, whose types are of an older version of the `http` crate.

use std::net::IpAddr;

use actix_web::{HttpMessage, HttpRequest, http::StatusCode};
use http::Method;

use crate::{
    client_address::Headers,
    request::{Incoming, Route},
};

impl Headers for HttpRequest {
    fn lines<'r>(&'r self, name: &'r str) -> impl DoubleEndedIterator<Item = &'r [u8]> {
        let values = self.headers().get_all(name);
        values.map(actix_web::http::header::HeaderValue::as_bytes)
    }
}

impl Incoming for HttpRequest {
    fn peer(&self) -> Option<IpAddr> {
        self.peer_addr().map(|peer| peer.ip())
    }

    fn route(&self) -> Route {
        match self.match_pattern() {
            Some(pattern) => Route::matched(method(self), pattern),
            None => Route::asked(method(self), self.path()),
        }
    }

    fn extension<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.extensions().get::<T>().cloned()
    }
}

fn method(request: &HttpRequest) -> Method {
    let method = request.method().as_str();
    // OK to default: both versions take the same names.
    Method::from_bytes(method.as_bytes()).unwrap_or_default()
}

pub(super) fn status(status: StatusCode) -> http::StatusCode {
    http::StatusCode::from_u16(status.as_u16()).expect("both versions take the same numbers")
}
