//! Logins and logouts of axum-login.
