//! Every right use of the derive compiles, and does what it says.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "entities as an application and sea-orm-cli write them"
)]

mod audited_hooks;
mod by_hand;
mod compact;
mod dense;
mod expanded;
mod generated_dense;
mod manual_hooks;
mod raw_identifier;
mod renamed;
mod renamed_column;
