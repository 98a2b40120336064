//! Secrets: what is masked or skipped stands nowhere in the trail, down to the bytes of the database file.

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, IntoActiveModel, ModelTrait, Set, TransactionTrait,
};

use crate::{Outcome, Test, entity::cake};

const CANARY: &[u8] = b"CANARY";

/// Writes, failures and events of all kinds, each with secrets in hand.
async fn handle_secrets(t: &Test) -> Outcome {
    for round in 0..20 {
        let name = format!("cake {round}");
        let cake = cake::named(&name).audited_insert(&t.db).await?;
        let mut edit = cake.clone().into_active_model();
        edit.secret_recipe = Set(format!("CANARY recipe {round}"));
        edit.draft = Set(format!("CANARY draft {round}"));
        edit.price = Set(round);
        let cake = edit.update(&t.db).await?;
        cake::named(&name)
            .insert(&t.db)
            .await
            .expect_err("the name is taken");

        let transaction = t.db.begin().await?;
        cake.clone().delete(&transaction).await?;
        transaction.rollback().await?;
        AuditEvent::view(&cake)
            .change("secret_recipe", "CANARY old", "CANARY new")
            .change("draft", "CANARY old", "CANARY new")
            .record(&t.db)
            .await?;
        cake.delete(&t.db).await?;
    }
    Ok(())
}

/// No table of the trail holds a secret.
pub async fn no_secret_stands_in_the_trail(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    handle_secrets(t).await?;
    let records = t.records().await?;
    assert!(records.len() >= 80, "{}", records.len());
    let text = serde_json::to_string(&records)?;
    assert!(text.contains("***") && !text.contains("CANARY"), "{text}");
    // The application's own table held them all. With it gone, nothing of the database does: this looks into
    // the file itself, where there is one.
    t.db.execute_unprepared("DROP TABLE cake").await?;
    if let Some(folder) = t.isolated.folder() {
        t.db.execute_unprepared("VACUUM").await?;
        t.db.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
            .await?;
        for entry in std::fs::read_dir(folder)? {
            let bytes = std::fs::read(entry?.path())?;
            assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY));
        }
    }
    Ok(())
}
