//! The entries of a forwarding header.
//!
//! Everything is read from the right. What a client made up stands to the left of what proxies added, perhaps on the
//! same line, and so cannot change how their part is read: not even with a quote that it opens and never closes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The entries of one line from the right, but those that are empty, each read by a function.
pub(super) fn entries(line: &[u8], read: fn(&[u8]) -> Option<IpAddr>) -> Entries<'_> {
    Entries {
        // Only `Forwarded` has quoted texts, but no address has a comma in it: one rule does for both.
        parts: FromRight::new(line, b','),
        read,
    }
}

pub(super) struct Entries<'a> {
    parts: FromRight<'a>,
    read: fn(&[u8]) -> Option<IpAddr>,
}

impl Iterator for Entries<'_> {
    type Item = Option<IpAddr>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.parts.find(|part| !part.trim_ascii().is_empty())?;
        Some((self.read)(entry))
    }
}

/// The address in the `for` parameter of one element of `Forwarded`.
pub(super) fn forwarded_for(element: &[u8]) -> Option<IpAddr> {
    let mut nodes = FromRight::new(element, b';').filter_map(|parameter| {
        let at = parameter.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (&parameter[..at], &parameter[at + 1..]);
        name.trim_ascii()
            .eq_ignore_ascii_case(b"for")
            .then_some(value)
    });
    match (nodes.next(), nodes.next()) {
        (Some(node), None) => address(node),
        // An element without one says nothing, one with two contradicts itself.
        _ => None,
    }
}

/// An address with or without port, brackets, zone and quotes.
pub(super) fn address(node: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(node.trim_ascii()).ok()?;
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    let address = if let Some(bracketed) = text.strip_prefix('[') {
        let (address, port) = bracketed.split_once(']')?;
        (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then_some(())?;
        IpAddr::V6(without_zone(address)?)
    } else if let Some((address, port)) = text.split_once(':')
        && let Ok(address) = address.parse::<Ipv4Addr>()
    {
        is_port(port).then_some(IpAddr::V4(address))?
    } else if let Ok(address) = text.parse::<Ipv4Addr>() {
        IpAddr::V4(address)
    } else {
        IpAddr::V6(without_zone(text)?)
    };
    Some(address.to_canonical())
}

/// An IPv6 address with or without a zone, such as `%eth0`, in URIs `%25eth0`.
fn without_zone(text: &str) -> Option<Ipv6Addr> {
    let (address, zone) = text
        .split_once('%')
        .map_or((text, None), |(address, zone)| (address, Some(zone)));
    let is_zone = |zone: &str| {
        !zone.is_empty() && zone.len() <= 64 && !zone.contains(|c: char| !c.is_ascii_graphic())
    };
    zone.is_none_or(is_zone)
        .then(|| address.parse().ok())
        .flatten()
}

/// A port, or an obfuscated one (RFC 7239, section 6).
fn is_port(text: &str) -> bool {
    match text.strip_prefix('_') {
        Some(name) => {
            let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            !name.is_empty() && name.chars().all(is_fit)
        }
        None => text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok(),
    }
}

/// The parts of a text from the right, between separators outside quotes.
struct FromRight<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> FromRight<'a> {
    fn new(text: &'a [u8], separator: u8) -> Self {
        Self {
            rest: Some(text),
            separator,
        }
    }
}

impl<'a> Iterator for FromRight<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest?;
        let mut quoted = false;
        for (at, byte) in text.iter().enumerate().rev() {
            if *byte == b'"' && !is_escaped(text, at) {
                quoted = !quoted;
            } else if *byte == self.separator && !quoted {
                self.rest = Some(&text[..at]);
                return Some(&text[at + 1..]);
            }
        }
        self.rest = None;
        Some(text)
    }
}

/// Whether an odd number of backslashes stands before.
fn is_escaped(text: &[u8], at: usize) -> bool {
    let before = text[..at].iter().rev();
    before.take_while(|byte| **byte == b'\\').count() % 2 == 1
}
