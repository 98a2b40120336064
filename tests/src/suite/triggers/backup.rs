//! A database that is restored from a backup.

use audit_sea_orm::{capture, check, prelude::*};
use sea_orm::ActiveModelTrait;

use super::{install::of_accounts, ledger, outline};
use crate::{
    Outcome, Test, backup,
    entity::ledger::{account, hostile},
    test::records,
};

/// The triggers come along whole, and write to the trail that was restored with them, under whatever name.
pub async fn a_backup_is_restored_with_its_triggers(t: &mut Test) -> Outcome {
    ledger(t).await?;
    t.create_table(hostile::Entity).await?;
    capture::install(&t.db, hostile::Entity).await?;
    account::numbered(1).insert(&t.db).await?;
    let name = format!("audit_{}_restored", std::process::id());
    let copy = t.isolated.beside(&name).await?;
    if backup::restore(t.backend, &t.isolated, &copy).await? {
        let restored = copy.connect(2).await?;
        let (report, before) = (check(&restored).await?, check(&t.db).await?);
        assert_eq!(of_accounts(&report), []);
        assert_eq!(report.to_string(), before.to_string());
        account::numbered(2).insert(&restored.audited()).await?;
        let both = ["CREATE account 1", "CREATE account 2"];
        assert_eq!(outline(&records(&restored).await?), both);
        assert_eq!(outline(&t.records().await?), both[..1]);
        restored.close().await?;
    }
    copy.remove().await?;
    Ok(())
}
