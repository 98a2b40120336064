//! Who and whence for the audit trail of `audit-sea-orm`, on any tower-based stack.

#[cfg(feature = "admin")]
pub mod admin;
#[cfg(feature = "axum-login")]
pub mod login;
#[cfg(feature = "maxmind")]
pub mod maxmind;
mod request;
mod security;
#[cfg(feature = "tracing")]
pub mod trace;
#[cfg(feature = "axum")]
mod view;
