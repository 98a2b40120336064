use std::collections::HashMap;

/// Names of scanners, by the words of a user agent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scanners {
    // By their first word, so that each word of a user agent is looked up once.
    by_first: HashMap<String, Vec<Scanner>>,
}

#[derive(Clone, Debug)]
struct Scanner {
    name: String,
    rest: Vec<String>,
}

/// Longer words name nothing; bounds the room that a word takes.
const MOST: usize = 64;

impl Scanners {
    pub(crate) fn new(names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut scanners = Self::default();
        for name in names {
            let name = name.as_ref().to_ascii_lowercase();
            let mut parts = words(&name).map(str::to_owned);
            if let Some(first) = parts.next() {
                let rest = parts.collect();
                let of_first = scanners.by_first.entry(first).or_default();
                of_first.push(Scanner { name, rest });
            }
        }
        scanners
    }

    /// The first scanner that a user agent names.
    pub(crate) fn find(&self, user_agent: &str) -> Option<&str> {
        let mut rest = words(user_agent);
        while let Some(word) = rest.next() {
            let mut buffer = [0; MOST];
            let found = lower_case(word, &mut buffer)
                .and_then(|word| self.by_first.get(word))
                .and_then(|scanners| {
                    scanners
                        .iter()
                        .find(|scanner| scanner.goes_on(rest.clone()))
                });
            if let Some(scanner) = found {
                return Some(&scanner.name);
            }
        }
        None
    }
}

impl Scanner {
    fn goes_on<'a>(&self, mut words: impl Iterator<Item = &'a str>) -> bool {
        let mut rest = self.rest.iter();
        rest.all(|name| {
            words
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case(name))
        })
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// The word in lower case, without a place on the heap for each word of each request.
fn lower_case<'b>(word: &str, buffer: &'b mut [u8; MOST]) -> Option<&'b str> {
    let buffer = buffer.get_mut(..word.len())?;
    buffer.copy_from_slice(word.as_bytes());
    buffer.make_ascii_lowercase();
    std::str::from_utf8(buffer).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SCANNERS;

    fn found(user_agent: &str) -> Option<String> {
        Scanners::new(SCANNERS).find(user_agent).map(str::to_owned)
    }

    #[test]
    fn scanners_are_found_by_word() {
        for (user_agent, name) in [
            ("sqlmap/1.8.4#stable (https://sqlmap.org)", "sqlmap"),
            (
                "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/)",
                "nmap",
            ),
            (
                "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)",
                "nikto",
            ),
            (
                "Nuclei - Open-source project (github.com/projectdiscovery/nuclei)",
                "nuclei",
            ),
            ("Mozilla/5.0 zgrab/0.x", "zgrab"),
            ("Fuzz Faster U Fool v2.1.0", "fuzz faster u fool"),
            ("x graphql-cop 1", "graphql-cop"),
        ] {
            assert_eq!(found(user_agent).as_deref(), Some(name), "{user_agent}");
        }
    }

    #[test]
    fn browsers_search_engines_and_programs_are_no_scanners() {
        for user_agent in [
            "",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "curl/8.5.0",
            "python-requests/2.32",
            "Fuzz Faster",
            "Vegan-Recipes/1.0",
            "nucleic-acid-db/2",
        ] {
            assert_eq!(found(user_agent), None, "{user_agent}");
        }
        assert_eq!(found(&"sqlmap".repeat(2_000)), None);
    }
}
