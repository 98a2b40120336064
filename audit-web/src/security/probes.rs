use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use wildmatch::WildMatch;

/// The most bytes of a path that are looked at: more than an honest one has.
const MOST: usize = 4096;

/// Paths that are probed for, by segment.
#[derive(Clone, Debug)]
pub(crate) struct Probes(Vec<Probe>);

#[derive(Clone, Debug)]
struct Probe {
    name: String,
    segments: Vec<WildMatch>,
}

impl Probes {
    pub(crate) fn new(paths: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let probes = paths.into_iter().map(|path| {
            let name = path.as_ref().trim_matches('/').to_lowercase();
            let segments = name.split('/').map(WildMatch::new).collect();
            Probe { name, segments }
        });
        Self(probes.filter(|probe| !probe.name.is_empty()).collect())
    }

    /// The first entry that a path matches.
    pub(crate) fn find(&self, path: &str) -> Option<&str> {
        // Twice, as scanners hide `..` as `%252e%252e` from what decodes once.
        let path = decoded(path.as_bytes());
        let path = decoded(path.as_bytes()).to_lowercase();
        let segments: Vec<&str> = path
            .split(['/', '\\'])
            .filter(|part| !part.is_empty())
            .collect();
        let probe = self.0.iter().find(|probe| probe.is_in(&segments))?;
        Some(&probe.name)
    }
}

impl Probe {
    /// Whether its segments follow each other somewhere in the path.
    fn is_in(&self, segments: &[&str]) -> bool {
        segments.windows(self.segments.len()).any(|window| {
            let mut pairs = self.segments.iter().zip(window);
            pairs.all(|(pattern, segment)| pattern.matches(segment))
        })
    }
}

fn decoded(path: &[u8]) -> Cow<'_, str> {
    let path = &path[..path.len().min(MOST)];
    match std::str::from_utf8(path) {
        Ok(text) => percent_decode_str(text).decode_utf8_lossy(),
        Err(_) => String::from_utf8_lossy(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PROBE_PATHS;

    fn found(path: &str) -> Option<String> {
        Probes::new(PROBE_PATHS).find(path).map(str::to_owned)
    }

    #[test]
    fn probes_are_found_by_segment() {
        for (path, name) in [
            ("/wp-admin/setup-config.php", "wp-admin"),
            ("/blog/WP-LOGIN.PHP", "wp-login.php"),
            ("/.env", ".env*"),
            ("/api/.env.production", ".env*"),
            ("/.git/config", ".git"),
            ("//phpMyAdmin-5.2/", "phpmyadmin*"),
            (
                "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
                "*.php",
            ),
            ("/solr/admin/info/system", "solr/admin"),
            ("/actuator/gateway/routes", "actuator"),
            ("/boaform/admin/formLogin", "boaform"),
            ("/static/..%2f..%2fetc/passwd", ".."),
            ("/%252e%252e/secret", ".."),
            ("/a/..\\..\\windows", ".."),
            ("/%2eenv", ".env*"),
        ] {
            assert_eq!(found(path).as_deref(), Some(name), "{path}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_no_probe() {
        for path in [
            "/",
            "",
            "/admin",
            "/admin/audit/log",
            "/.well-known/acme-challenge/x",
            "/posts/how-to-leave-wp-admin-behind",
            "/environment",
            "/gitlab",
            "/v1.2..v1.3",
            "/administrator-guide",
            "/solr/query",
            "/passwd",
        ] {
            assert_eq!(found(path), None, "{path}");
        }
    }

    #[test]
    fn hostile_paths_are_read_to_an_end() {
        assert_eq!(found(&"%".repeat(10_000)), None);
        assert_eq!(found(&"%ff/".repeat(5_000)), None);
        assert_eq!(found(&"/ż".repeat(5_000)), None);
        assert!(found(&format!("/.env/{}", "a".repeat(100_000))).is_some());
    }

    #[test]
    fn the_list_can_be_replaced() {
        let probes = Probes::new(["/Trap/*/door/", "", "/"]);
        assert_eq!(probes.find("/x/trap/7/DOOR"), Some("trap/*/door"));
        assert_eq!(probes.find("/.env"), None);
        assert_eq!(probes.find("/"), None);
    }
}
