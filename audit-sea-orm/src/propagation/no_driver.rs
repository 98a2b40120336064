//! In the place of a driver whose feature is off.

use sea_orm::ConnectOptions;

use crate::{Error, Result};

pub(super) fn install(_options: &mut ConnectOptions) -> Result<()> {
    Err(Error::Propagation {
        why: "the driver's feature of audit-sea-orm is off: turn on `sqlx-sqlite`, `sqlx-postgres` or `sqlx-mysql`",
    })
}
