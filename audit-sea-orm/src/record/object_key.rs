//! How long an object's key may be in the database, and how a query finds it.

use std::borrow::Cow;

use sea_orm::DbBackend;
use sha2::{Digest, Sha256};

/// The most bytes of a key that PostgreSQL is asked to index: a row of an index holds 2,704, and the table's
/// name and the record's number stand there too. No key column of PostgreSQL itself can hold much more.
pub(crate) const POSTGRES_MAX: usize = 2_000;

/// How a digest begins.
const DIGEST: &str = "sha256:";

/// The key as `audit_log.object_id` holds it: as it is, but on PostgreSQL one that its index or its text cannot
/// hold is a digest of itself.
pub(crate) fn stored(id: String, backend: DbBackend) -> String {
    if backend == DbBackend::Postgres && !fits_postgres(&id) {
        return digest(&id);
    }
    id
}

/// The texts under which a key may be stored, whatever the database.
pub(crate) fn stored_forms(id: &str) -> Vec<Cow<'_, str>> {
    let mut forms = vec![Cow::Borrowed(id)];
    if !fits_postgres(id) {
        forms.push(Cow::Owned(digest(id)));
    }
    forms
}

/// Whether a text looks like the digest of a key, from which the key cannot be told.
pub(crate) fn is_digest(stored: &str) -> bool {
    let digits = stored.strip_prefix(DIGEST);
    digits.is_some_and(|digits| {
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Its text cannot hold a NUL either.
fn fits_postgres(id: &str) -> bool {
    id.len() <= POSTGRES_MAX && !id.contains('\0')
}

fn digest(id: &str) -> String {
    format!("{DIGEST}{}", hex::encode(Sha256::digest(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_that_postgres_cannot_hold_is_stored_as_its_digest() {
        let long = "k".repeat(POSTGRES_MAX + 1);
        assert_eq!(stored(long.clone(), DbBackend::Sqlite), long);
        assert_eq!(
            stored("k".repeat(POSTGRES_MAX), DbBackend::Postgres).len(),
            POSTGRES_MAX
        );
        assert_ne!(stored("a\0b".to_owned(), DbBackend::Postgres), "a\0b");
        let digested = stored(long.clone(), DbBackend::Postgres);
        assert!(digested.starts_with("sha256:") && digested.len() == 71);
        assert!(is_digest(&digested) && !is_digest("sha256:k"));
        assert!(stored_forms(&long).contains(&Cow::Owned(digested)));
    }
}
