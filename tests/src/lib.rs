//! One suite of tests, run on SQLite, PostgreSQL and MariaDB or MySQL.
//!
//! A test is a function over [`Test`], which has a database of its own. The list in [`suite`] names them all;
//! `tests/{sqlite,postgres,postgres_18,mysql}.rs` each run it on one database. SQLite needs nothing; the servers'
//! URLs come from `AUDIT_TEST_POSTGRES_URL`, `AUDIT_TEST_POSTGRES_18_URL` and `AUDIT_TEST_MYSQL_URL`. Without one
//! its tests are ignored, saying so, but where `CI` is set that is a failure. What kills a server starts one of its
//! own, and what restores a backup runs its database's programs: where these are not installed it does nothing, and
//! under `CI` fails. PostgreSQL 18 comes without such programs, so these three tests are ignored on it.

#![expect(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "a test says in its name what holds; that it fails where it does not goes without saying"
)]

pub mod actix;
pub mod backend;
pub mod backup;
pub mod by_hand;
pub mod cancelled;
pub mod carried;
pub mod child;
pub mod entity;
pub mod explained;
pub mod http;
pub mod interrupt;
pub mod load;
pub mod logged;
pub mod losses;
pub mod random;
pub mod roles;
pub mod runner;
pub mod seed;
pub mod server;
pub mod site;
pub mod statements;
pub mod suite;
pub mod test;
pub mod wire;
pub mod wrapped;

pub use backend::{Backend, Target};
pub use test::{Outcome, Test};
