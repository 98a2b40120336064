//! The token of forms, and whether a form comes from the admin's own pages.

use audit_sea_orm::Actor;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Uri, header};
use sha2::Sha256;

fn mac(key: &[u8; 32], actor: &Actor) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(b"audit admin form\0");
    mac.update(actor.id().as_bytes());
    mac
}

/// The token of an actor's forms, in hex.
pub(super) fn make(key: &[u8; 32], actor: &Actor) -> String {
    hex::encode(mac(key, actor).finalize().into_bytes())
}

/// Whether a token is the actor's, compared in constant time.
pub(super) fn is_valid(key: &[u8; 32], actor: &Actor, token: &str) -> bool {
    hex::decode(token).is_ok_and(|tag| mac(key, actor).verify_slice(&tag).is_ok())
}

/// Whether a browser says that the request comes from another site or origin.
///
/// Over plain HTTP browsers send no `Sec-Fetch-Site`, and with `Referrer-Policy: no-referrer` their `Origin` is
/// `null`: then nothing is known here, and the token alone decides.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return site != "same-origin";
    }
    match text(header::ORIGIN) {
        None | Some("null") => false,
        Some(origin) => {
            let origin = origin.parse::<Uri>().ok();
            let authority = origin.as_ref().and_then(Uri::authority);
            authority.map(|authority| authority.as_str()) != text(header::HOST)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_actor_and_one_key() {
        let (ada, eve) = (Actor::new("ada"), Actor::new("eve"));
        let token = make(&[1; 32], &ada);
        assert!(is_valid(&[1; 32], &ada, &token));
        assert!(!is_valid(&[1; 32], &eve, &token));
        assert!(!is_valid(&[2; 32], &ada, &token));
        for bad in ["", "0", "zz", "é", &token[2..], &format!("{token}00")] {
            assert!(!is_valid(&[1; 32], &ada, bad), "{bad}");
        }
    }

    #[test]
    fn only_what_a_browser_calls_its_own_is_not_foreign() {
        let foreign = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            is_foreign(&headers.collect())
        };
        assert!(!foreign(&[]));
        assert!(!foreign(&[("sec-fetch-site", "same-origin")]));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(foreign(&[("sec-fetch-site", site)]), "{site}");
        }
        assert!(!foreign(&[
            ("host", "a.example:1"),
            ("origin", "http://a.example:1")
        ]));
        assert!(!foreign(&[("host", "a.example"), ("origin", "null")]));
        for origin in ["http://b.example", "http://a.example:2", "a", ""] {
            assert!(
                foreign(&[("host", "a.example"), ("origin", origin)]),
                "{origin}"
            );
        }
    }
}
