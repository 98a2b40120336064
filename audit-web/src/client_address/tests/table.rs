//! Header combinations with the expected address.

use super::*;

struct Case {
    policy: ClientAddress,
    name: &'static str,
    lines: &'static [&'static [u8]],
    peer: Option<&'static str>,
    expected: Option<&'static str>,
}

fn check(cases: impl IntoIterator<Item = Case>) -> usize {
    let mut count = 0;
    for case in cases {
        let lines: Vec<_> = case.lines.iter().map(|line| (case.name, *line)).collect();
        let client = case.policy.resolve(case.peer.map(ip), &headers(&lines));
        let shown: Vec<_> = case
            .lines
            .iter()
            .map(|line| String::from_utf8_lossy(line))
            .collect();
        assert_eq!(
            client,
            case.expected.map(ip),
            "{shown:?} of {:?}",
            case.policy
        );
        count += 1;
    }
    count
}

/// Behind a proxy at 10.0.0.1, with the networks of [`networks`] trusted.
fn trusting(lines: &'static [&'static [u8]], expected: &'static str) -> Case {
    Case {
        policy: networks(),
        name: XFF,
        lines,
        peer: Some("10.0.0.1"),
        expected: Some(expected),
    }
}

fn forwarded(lines: &'static [&'static [u8]], expected: &'static str) -> Case {
    Case {
        policy: networks().header(ForwardingHeader::Forwarded),
        name: FORWARDED,
        ..trusting(lines, expected)
    }
}

fn hops(proxies: usize, lines: &'static [&'static [u8]], expected: &'static str) -> Case {
    Case {
        policy: ClientAddress::hops(proxies),
        ..trusting(lines, expected)
    }
}

#[test]
fn the_peer_alone() {
    let peer = |peer, expected| Case {
        policy: ClientAddress::peer(),
        name: XFF,
        lines: &[b"6.6.6.6"],
        peer,
        expected,
    };
    check([
        peer(Some("203.0.113.7"), Some("203.0.113.7")),
        peer(Some("2001:db8::7"), Some("2001:db8::7")),
        peer(Some("::ffff:203.0.113.7"), Some("203.0.113.7")),
        peer(Some("::1"), Some("::1")),
        peer(None, None),
        Case {
            name: FORWARDED,
            lines: &[b"for=6.6.6.6"],
            ..peer(Some("10.0.0.1"), Some("10.0.0.1"))
        },
    ]);
}

#[test]
fn x_forwarded_for_of_trusted_networks() {
    let count = check([
        trusting(&[], "10.0.0.1"),
        trusting(&[b""], "10.0.0.1"),
        trusting(&[b" , ,"], "10.0.0.1"),
        trusting(&[b"203.0.113.7"], "203.0.113.7"),
        trusting(&[b"  203.0.113.7\t"], "203.0.113.7"),
        trusting(&[b"6.6.6.6, 203.0.113.7"], "203.0.113.7"),
        trusting(&[b"6.6.6.6,203.0.113.7,"], "203.0.113.7"),
        trusting(&[b"6.6.6.6, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        trusting(
            &[b"6.6.6.6, 203.0.113.7, 10.0.0.2, 10.0.0.3"],
            "203.0.113.7",
        ),
        trusting(&[b"6.6.6.6", b"203.0.113.7"], "203.0.113.7"),
        trusting(&[b"6.6.6.6", b"203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        trusting(&[b"203.0.113.7", b"10.0.0.2", b"10.0.0.3"], "203.0.113.7"),
        trusting(&[b"6.6.6.6", b"203.0.113.7", b""], "203.0.113.7"),
        trusting(&[b"10.9.9.9, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        trusting(&[b"10.0.0.9, 10.0.0.2"], "10.0.0.9"),
        trusting(&[b"203.0.113.7:4711"], "203.0.113.7"),
        trusting(&[b"203.0.113.7:_gateway"], "203.0.113.7"),
        trusting(&[b"2001:db8::7"], "2001:db8::7"),
        trusting(&[b"[2001:db8::7]"], "2001:db8::7"),
        trusting(&[b"[2001:db8::7]:443"], "2001:db8::7"),
        trusting(&[b"\"[2001:db8::7]:443\""], "2001:db8::7"),
        trusting(&[b"fe80::7%eth0"], "fe80::7"),
        trusting(&[b"[fe80::7%25eth0]:443"], "fe80::7"),
        trusting(&[b"::ffff:203.0.113.7"], "203.0.113.7"),
        trusting(&[b"[::ffff:203.0.113.7]:80"], "203.0.113.7"),
        trusting(&[b"::ffff:cb00:7107"], "203.0.113.7"),
        trusting(&[b"203.0.113.7, ::ffff:10.0.0.2"], "203.0.113.7"),
        trusting(&[b"203.0.113.7, 192.168.1.1"], "203.0.113.7"),
        trusting(&[b"203.0.113.7, 2001:db8:aaaa::1"], "203.0.113.7"),
        trusting(&[b"203.0.113.7, 2001:db8:bbbb::1"], "2001:db8:bbbb::1"),
    ]);
    assert_eq!(count, 30);
}

#[test]
fn entries_that_are_no_address_end_the_walk() {
    check([
        trusting(&[b"203.0.113.7, unknown"], "10.0.0.1"),
        trusting(&[b"203.0.113.7, unknown, 10.0.0.2"], "10.0.0.2"),
        trusting(&[b"203.0.113.7, _hidden, 10.0.0.2"], "10.0.0.2"),
        trusting(&[b"203.0.113.7, localhost"], "10.0.0.1"),
        trusting(&[b"203.0.113.7, 999.0.0.1"], "10.0.0.1"),
        trusting(&[b"203.0.113.7, 010.0.0.1"], "10.0.0.1"),
        trusting(&[b"203.0.113.7, 1.2.3"], "10.0.0.1"),
        trusting(&[b"203.0.113.7, 198.51.100.1:99999"], "10.0.0.1"),
        trusting(&[b"203.0.113.7, 198.51.100.1:"], "10.0.0.1"),
        trusting(&[b"203.0.113.7, 198.51.100.1:+80"], "10.0.0.1"),
        trusting(&[b"203.0.113.7, [2001:db8::1"], "10.0.0.1"),
        trusting(&[b"203.0.113.7, [2001:db8::1]x"], "10.0.0.1"),
        trusting(&[b"203.0.113.7, fe80::1%"], "10.0.0.1"),
        trusting(&[b"203.0.113.7, [198.51.100.1]"], "10.0.0.1"),
        trusting(&[b"203.0.113.7, \xff\xfe"], "10.0.0.1"),
        trusting(&[b"\xff\xfe, 203.0.113.7"], "203.0.113.7"),
        trusting(&[b"203.0.113.7; 198.51.100.1"], "10.0.0.1"),
        trusting(&[b"\", 203.0.113.7"], "203.0.113.7"),
    ]);
}

#[test]
fn forwarded_of_trusted_networks() {
    check([
        forwarded(&[b"for=203.0.113.7"], "203.0.113.7"),
        forwarded(&[b"For=203.0.113.7;proto=https;by=10.0.0.1"], "203.0.113.7"),
        forwarded(&[b"proto=https; FOR = 203.0.113.7"], "203.0.113.7"),
        forwarded(&[b"for=6.6.6.6, for=203.0.113.7"], "203.0.113.7"),
        forwarded(
            &[b"for=6.6.6.6", b"for=203.0.113.7, for=10.0.0.2"],
            "203.0.113.7",
        ),
        forwarded(&[b"for=\"203.0.113.7:4711\""], "203.0.113.7"),
        forwarded(&[b"for=\"[2001:db8::7]\""], "2001:db8::7"),
        forwarded(
            &[b"for=\"[2001:db8::7]:443\";host=\"a,b;c\""],
            "2001:db8::7",
        ),
        forwarded(&[b"for=\"[::ffff:203.0.113.7]\""], "203.0.113.7"),
        forwarded(&[b"for=203.0.113.7, for=unknown"], "10.0.0.1"),
        forwarded(
            &[b"for=203.0.113.7, for=_mystery, for=10.0.0.2"],
            "10.0.0.2",
        ),
        forwarded(&[b"for=203.0.113.7, for=\"_SEVKISEK\""], "10.0.0.1"),
        forwarded(&[b"for=203.0.113.7, proto=https"], "10.0.0.1"),
        forwarded(&[b"for=203.0.113.7;for=198.51.100.1"], "10.0.0.1"),
        forwarded(&[b"203.0.113.7"], "10.0.0.1"),
        forwarded(&[b"for="], "10.0.0.1"),
        forwarded(&[b"for=\"", b"for=203.0.113.7"], "203.0.113.7"),
        forwarded(&[b"for=\", for=203.0.113.7"], "203.0.113.7"),
        forwarded(&[b"for=\"\\\", for=203.0.113.7"], "203.0.113.7"),
        forwarded(&[b"by=\"x\\\\\";for=203.0.113.7"], "203.0.113.7"),
        // The other header is not read.
        Case {
            name: XFF,
            ..forwarded(&[b"6.6.6.6"], "10.0.0.1")
        },
        Case {
            name: FORWARDED,
            ..trusting(&[b"for=6.6.6.6"], "10.0.0.1")
        },
    ]);
}

#[test]
fn a_number_of_hops() {
    let unix = |proxies, expected| Case {
        peer: None,
        expected,
        ..hops(proxies, &[b"6.6.6.6, 203.0.113.7, 10.0.0.2"], "::")
    };
    check([
        hops(0, &[b"6.6.6.6"], "10.0.0.1"),
        hops(1, &[b"6.6.6.6, 203.0.113.7"], "203.0.113.7"),
        hops(1, &[b"6.6.6.6", b"203.0.113.7"], "203.0.113.7"),
        hops(2, &[b"6.6.6.6, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        hops(2, &[b"6.6.6.6", b"203.0.113.7", b"10.0.0.2"], "203.0.113.7"),
        // The proxies of this policy may be anywhere.
        hops(2, &[b"6.6.6.6, 203.0.113.7, 198.51.100.1"], "203.0.113.7"),
        hops(1, &[], "10.0.0.1"),
        hops(2, &[b"203.0.113.7"], "10.0.0.1"),
        hops(1, &[b"203.0.113.7, unknown"], "10.0.0.1"),
        hops(2, &[b"203.0.113.7, unknown, 10.0.0.2"], "10.0.0.2"),
        hops(2, &[b"203.0.113.7, _hidden"], "203.0.113.7"),
        unix(1, Some("10.0.0.2")),
        unix(2, Some("203.0.113.7")),
        unix(9, None),
    ]);
}

#[test]
fn an_unknown_peer_is_not_trusted() {
    check([Case {
        peer: None,
        expected: None,
        ..trusting(&[b"203.0.113.7"], "::")
    }]);
}
