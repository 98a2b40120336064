//! Programs with entities of several databases.

use audit_sea_orm::capture::{self, AuditedEntity, Installation, check, check_entities};

use crate::{
    Outcome, Test,
    entity::{
        growing::after,
        ledger::{account, entry},
        pie,
    },
};

/// Those of one are installed and checked by themselves, and then nothing is wrong that is not.
pub async fn entities_of_one_database(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    t.create_table(after::Entity).await?;
    t.create_table(pie::Entity).await?;
    let captured = [
        AuditedEntity::of::<account::Entity>(),
        AuditedEntity::of::<after::Entity>(),
    ];
    let report = capture::install_entities(&t.db, &captured).await?;
    let outcomes: Vec<_> = report.tables.iter().map(|table| &table.outcome).collect();
    assert_eq!(outcomes, [&Installation::Installed; 2], "{report}");

    let hooked = AuditedEntity::of::<pie::Entity>();
    let here = [captured[0], captured[1], hooked];
    let report = check_entities(&t.db, &here).await?;
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.tables.len(), 3, "{report}");
    let elsewhere = AuditedEntity::of::<entry::Entity>();
    let report = check_entities(&t.db, &[elsewhere]).await?;
    assert!(!report.is_clean(), "{report}");
    assert!(!check(&t.db).await?.is_clean());
    Ok(())
}
