use std::{error::Error, fs};

use super::*;

/// A database of the format of <https://maxmind.github.io/MaxMind-DB/>, with one record for `1.0.0.0/8` and one for
/// `2.0.0.0/8`.
mod file {
    /// The first byte of each kind of value, without its size.
    const UINT16: u8 = 5 << 5;
    const UINT32: u8 = 6 << 5;
    const MAP: u8 = 7 << 5;
    const STRING: u8 = 2 << 5;

    fn string(text: &str) -> Vec<u8> {
        assert!(
            text.len() < 29,
            "a longer text has its size in a byte of its own"
        );
        let mut bytes = vec![STRING | u8::try_from(text.len()).unwrap()];
        bytes.extend(text.as_bytes());
        bytes
    }

    fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = vec![MAP | u8::try_from(entries.len()).unwrap()];
        for (key, value) in entries {
            bytes.extend(string(key));
            bytes.extend(value);
        }
        bytes
    }

    fn uint(kind: u8, value: u8) -> Vec<u8> {
        vec![kind | 1, value]
    }

    fn names(english: &str) -> Vec<u8> {
        map(&[("names", map(&[("en", string(english))]))])
    }

    pub(super) fn bytes() -> Vec<u8> {
        let vienna = map(&[("country", names("Austria")), ("city", names("Wien"))]);
        let nowhere = map(&[("registered_country", names("France"))]);
        let records = [(1_u8, 0), (2, vienna.len())];

        let mut bytes = tree(&records);
        let node_count = u8::try_from(bytes.len() / 6).unwrap();
        bytes.extend([0; 16]);
        bytes.extend([vienna, nowhere].concat());
        bytes.extend(b"\xab\xcd\xefMaxMind.com");
        bytes.extend(map(&[
            ("binary_format_major_version", uint(UINT16, 2)),
            ("binary_format_minor_version", uint(UINT16, 0)),
            ("build_epoch", vec![2, 2, 0, 0]),
            ("database_type", string("Test-City")),
            ("description", map(&[])),
            ("ip_version", uint(UINT16, 4)),
            ("languages", vec![0, 4]),
            ("node_count", uint(UINT32, node_count)),
            ("record_size", uint(UINT16, 24)),
        ]));
        bytes
    }

    /// The binary tree over the first eight bits; each node is two pointers of three bytes.
    fn tree(records: &[(u8, usize)]) -> Vec<u8> {
        let mut nodes = vec![[None::<usize>; 2]];
        let mut leaves = Vec::new();
        for &(octet, offset) in records {
            let mut node = 0;
            for bit in (0..8).rev() {
                let side = usize::from(octet >> bit & 1);
                if bit == 0 {
                    leaves.push((node, side, offset));
                } else if let Some(next) = nodes[node][side] {
                    node = next;
                } else {
                    nodes.push([None; 2]);
                    let next = nodes.len() - 1;
                    nodes[node][side] = Some(next);
                    node = next;
                }
            }
        }
        // A pointer to the number of nodes says that there is nothing, a greater one leads into the data.
        let count = nodes.len();
        let mut pointers: Vec<_> = nodes
            .iter()
            .map(|node| node.map(|next| next.unwrap_or(count)))
            .collect();
        for (node, side, offset) in leaves {
            pointers[node][side] = count + 16 + offset;
        }
        let pointers = pointers.into_iter().flatten();
        pointers
            .flat_map(|pointer| pointer.to_be_bytes()[5..].to_vec())
            .collect()
    }
}

fn open(bytes: &[u8]) -> Result<MaxMindLocator, MaxMindError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.mmdb");
    fs::write(&path, bytes).unwrap();
    MaxMindLocator::open(path)
}

#[test]
fn places_come_from_the_file() {
    let locator = open(&file::bytes()).unwrap();
    let place = |country: &str, city: Option<&str>| {
        Some(GeoPlace {
            country: Some(country.to_owned()),
            city: city.map(ToOwned::to_owned),
        })
    };
    for (address, expected) in [
        ("1.2.3.4", place("Austria", Some("Wien"))),
        ("::ffff:1.2.3.4", place("Austria", Some("Wien"))),
        ("2.255.255.255", place("France", None)),
        ("3.0.0.0", None),
        ("0.0.0.0", None),
        // The file holds addresses of version 4 only.
        ("2001:db8::1", None),
    ] {
        assert_eq!(
            locator.locate(address.parse().unwrap()),
            expected,
            "{address}"
        );
    }
}

#[test]
fn a_broken_file_is_an_error_or_a_place_that_is_not_known() {
    let whole = file::bytes();
    for length in 0..whole.len() {
        // What matters is that it comes back.
        if let Ok(locator) = open(&whole[..length]) {
            let _place = locator.locate([1, 2, 3, 4].into());
        }
    }
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        if let Ok(locator) = open(&bytes) {
            let _place = locator.locate([1, 2, 3, 4].into());
        }
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = MaxMindLocator::open("/no/such/file.mmdb").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the MaxMind database `/no/such/file.mmdb` cannot be read"
    );
    assert!(error.source().is_some());
}
