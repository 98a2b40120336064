//! Passwords: argon2, away from the threads that serve requests, as it takes its time by design.

use std::sync::LazyLock;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::task::spawn_blocking;

/// The hash of a password that nobody has.
static NOBODYS: LazyLock<String> = LazyLock::new(|| hash_now(""));

/// The hash of a password, with a salt of its own.
pub async fn hash(password: String) -> String {
    let hash = spawn_blocking(move || hash_now(&password)).await;
    hash.expect("hashing does not panic")
}

fn hash_now(password: &str) -> String {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.expect("the standard parameters are valid").to_string()
}

/// Whether the password is that of the hash. Without a hash, of a user who does not exist, it takes as long and is
/// wrong: a stranger must not learn from the time who is there.
pub async fn matches(password: String, hash: Option<String>) -> bool {
    let matches = spawn_blocking(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODYS.clone());
        let hash = PasswordHash::new(&hash).expect("the table holds hashes");
        let verified = Argon2::default().verify_password(password.as_bytes(), &hash);
        verified.is_ok() && known
    });
    matches.await.expect("verifying does not panic")
}
