//! How long an object's key may be in the database, and how a query finds it.

use std::borrow::Cow;

use sea_orm::DbBackend;
use sha2::{Digest, Sha256};

/// The most bytes of a key that PostgreSQL is asked to index: a row of an index holds 2,704, and the table's
/// name and the record's number stand there too. No key column of PostgreSQL itself can hold much more.
const POSTGRES_MAX: usize = 2_000;

/// The key as `audit_log.object_id` holds it: as it is, but on PostgreSQL a longer one is a digest of itself.
pub(crate) fn stored(id: String, backend: DbBackend) -> String {
    if backend == DbBackend::Postgres && id.len() > POSTGRES_MAX {
        return digest(&id);
    }
    id
}

/// The texts under which a key may be stored, whatever the database.
pub(crate) fn stored_forms(id: &str) -> Vec<Cow<'_, str>> {
    let mut forms = vec![Cow::Borrowed(id)];
    if id.len() > POSTGRES_MAX {
        forms.push(Cow::Owned(digest(id)));
    }
    forms
}

fn digest(id: &str) -> String {
    let digest = Sha256::digest(id);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_too_long_for_an_index_is_stored_as_its_digest() {
        let long = "k".repeat(POSTGRES_MAX + 1);
        assert_eq!(stored(long.clone(), DbBackend::Sqlite), long);
        assert_eq!(
            stored("k".repeat(POSTGRES_MAX), DbBackend::Postgres).len(),
            POSTGRES_MAX
        );
        let digested = stored(long.clone(), DbBackend::Postgres);
        assert!(digested.starts_with("sha256:") && digested.len() == 71);
        assert!(stored_forms(&long).contains(&Cow::Owned(digested)));
    }
}
