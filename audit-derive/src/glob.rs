/// Whether `*` stands for any run of characters in `pattern` such that it spells `name`.
///
/// The rule of `audit_sea_orm`, repeated here so that a mistake is found when the entity is compiled.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(rest) = name.strip_prefix(head) else {
        return false;
    };
    let ends = rest.char_indices().map(|(end, _)| end);
    ends.chain([rest.len()])
        .any(|end| matches(tail, &rest[end..]))
}

pub(crate) fn is_wildcard(pattern: &str) -> bool {
    pattern.contains('*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn star_stands_for_any_run() {
        assert!(matches("*", ""));
        assert!(matches("password*", "password"));
        assert!(matches("password*", "password_hash"));
        assert!(matches("*_token", "api_token"));
        assert!(matches("a*c*e", "abcde"));
        assert!(!matches("a*c*e", "abcd"));
        assert!(!matches("password", "password_hash"));
        assert!(matches("größe*", "größe_ß"));
    }
}
