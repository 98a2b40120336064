//! The table of header combinations, and that what a client prepends changes nothing.

use std::net::IpAddr;

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::{ClientAddress, ForwardingHeader};

mod table;

const XFF: &str = "x-forwarded-for";
const FORWARDED: &str = "forwarded";

/// `203.0.113.0/24` and the like are clients; these are the proxies.
fn networks() -> ClientAddress {
    let networks = ["10.0.0.0/8", "2001:db8:aaaa::/48", "::ffff:192.168.0.0/112"];
    ClientAddress::trusting(networks.map(|network| network.parse().unwrap()))
}

fn headers(lines: &[(&'static str, &[u8])]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_bytes(value).unwrap());
    }
    headers
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn ten_thousand_entries_are_walked_to_the_first_untrusted() {
    let many = vec!["10.1.1.1"; 10_000].join(", ");
    let line = format!("203.0.113.1, 203.0.113.7, {many}");
    let headers = headers(&[(XFF, line.as_bytes())]);
    let policy = networks();
    let client = policy.resolve(Some(ip("10.0.0.1")), &headers);
    assert_eq!(client, Some(ip("203.0.113.7")));
    let tenth_thousand = ClientAddress::hops(10_001).resolve(None, &headers);
    assert_eq!(tenth_thousand, Some(ip("203.0.113.7")));
}

#[test]
fn ten_thousand_lines_are_walked_too() {
    let mut headers = headers(&[(XFF, b"203.0.113.7")]);
    for _ in 0..10_000 {
        headers.append(XFF, HeaderValue::from_static("10.1.1.1"));
    }
    let client = networks().resolve(Some(ip("10.0.0.1")), &headers);
    assert_eq!(client, Some(ip("203.0.113.7")));
}

/// What a client may send before the part that proxies write: anything that a header can hold.
fn prefix() -> impl Strategy<Value = Vec<u8>> {
    let spoof = prop::sample::select(vec![
        "for=6.6.6.6",
        "for=\"",
        "\"",
        "\\",
        "\\\"",
        "6.6.6.6",
        "10.0.0.9",
        "unknown",
        "for=10.0.0.9;by=\"",
        ",",
        ";",
        "[",
        "]",
        "for=\"[::1]\"",
        " ",
        "\t",
    ]);
    let spoofs = prop::collection::vec(spoof, 0..8).prop_map(|parts| parts.concat().into_bytes());
    let bytes = prop::collection::vec(prop_oneof![Just(b'\t'), 32_u8..127, 128_u8..=255], 0..60);
    prop_oneof![spoofs, bytes]
}

/// The part that trusted proxies write: the client they saw, and each other.
fn written(header: ForwardingHeader) -> impl Strategy<Value = (IpAddr, Vec<String>)> {
    let client = any::<[u8; 2]>().prop_map(|[a, b]| IpAddr::from([198, 51, a, b]));
    let proxies = prop::collection::vec(any::<[u8; 3]>(), 0..4);
    (client, proxies, any::<bool>()).prop_map(move |(client, proxies, port)| {
        let proxies = proxies
            .iter()
            .map(|[a, b, c]| IpAddr::from([10, *a, *b, *c]));
        let entry = |ip: IpAddr| match (header, port) {
            (ForwardingHeader::XForwardedFor, false) => ip.to_string(),
            (ForwardingHeader::XForwardedFor, true) => format!("{ip}:4711"),
            (ForwardingHeader::Forwarded, false) => format!("for={ip};proto=https"),
            (ForwardingHeader::Forwarded, true) => format!("By=\"a\\\",b\"; For=\"{ip}:4711\""),
        };
        let entries = std::iter::once(client).chain(proxies).map(entry);
        (client, entries.collect())
    })
}

/// A request with a client's lines, the last of which proxies go on with or leave alone.
fn request(
    name: &'static str,
    prefix: &[Vec<u8>],
    written: &[String],
    same_line: bool,
    lines: bool,
) -> HeaderMap {
    let mut values: Vec<Vec<u8>> = prefix.to_vec();
    let mut own: Vec<Vec<u8>> = if lines {
        written
            .iter()
            .map(|entry| entry.clone().into_bytes())
            .collect()
    } else {
        vec![written.join(", ").into_bytes()]
    };
    if same_line && let Some(last) = values.pop() {
        own[0] = [last.as_slice(), b", ", &own[0]].concat();
    }
    values.append(&mut own);
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(name, HeaderValue::from_bytes(&value).unwrap());
    }
    headers
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_a_client_prepends_never_changes_the_result(
        prefix in prop::collection::vec(prefix(), 0..4),
        (client, written, header) in prop_oneof![
            written(ForwardingHeader::XForwardedFor).prop_map(|(c, w)| (c, w, ForwardingHeader::XForwardedFor)),
            written(ForwardingHeader::Forwarded).prop_map(|(c, w)| (c, w, ForwardingHeader::Forwarded)),
        ],
        same_line in any::<bool>(),
        lines in any::<bool>(),
    ) {
        let name = match header {
            ForwardingHeader::Forwarded => FORWARDED,
            ForwardingHeader::XForwardedFor => XFF,
        };
        let peer = Some(ip("10.0.0.1"));
        let headers = request(name, &prefix, &written, same_line, lines);
        let trusting = networks().header(header);
        prop_assert_eq!(trusting.resolve(peer, &headers), Some(client));
        let hops = ClientAddress::hops(written.len()).header(header);
        prop_assert_eq!(hops.resolve(peer, &headers), Some(client));
        prop_assert_eq!(ClientAddress::peer().resolve(peer, &headers), peer);
    }

    #[test]
    fn a_client_in_no_trusted_network_says_nothing(
        prefix in prop::collection::vec(prefix(), 0..4),
    ) {
        let peer = Some(ip("203.0.113.9"));
        for name in [XFF, FORWARDED] {
            let lines: Vec<_> = prefix.iter().map(|line| (name, line.as_slice())).collect();
            for header in [ForwardingHeader::Forwarded, ForwardingHeader::XForwardedFor] {
                prop_assert_eq!(networks().header(header).resolve(peer, &headers(&lines)), peer);
            }
        }
    }
}
