use sha2::{Digest, Sha256};

/// A digest that names a session in the trail: 32 hexadecimal digits. The id itself is as good as a password.
pub(crate) fn session_digest(id: &str) -> String {
    let digest = Sha256::digest(id);
    digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
