//! Nested saves of dense entities: `ActiveModelEx` writes a tree of rows in a transaction of its own.

use audit_sea_orm::prelude::*;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};

use crate::{
    Outcome, Test,
    entity::{author, book},
};

async fn actions(t: &Test) -> Result<Vec<(String, String)>, sea_orm::DbErr> {
    let records = t.records().await?.into_iter();
    Ok(records
        .map(|record| (record.action, record.table_name.unwrap_or_default()))
        .collect())
}

fn done(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(action, table)| ((*action).to_owned(), (*table).to_owned()))
        .collect()
}

/// Every row of a tree that is inserted, changed or deleted has its record.
pub async fn every_row_of_a_nested_save_is_recorded(t: &mut Test) -> Outcome {
    t.create_table(author::Entity).await?;
    t.create_table(book::Entity).await?;

    let tree = author::ActiveModel::builder()
        .set_name("Ada")
        .add_book(book::ActiveModel::builder().set_title("Notes"))
        .add_book(book::ActiveModel::builder().set_title("Letters"));
    let saved = tree.insert(&t.db).await?;
    let inserts = [("CREATE", "author"), ("CREATE", "book"), ("CREATE", "book")];
    assert_eq!(actions(t).await?, done(&inserts));

    let mut edited = saved.into_active_model();
    edited.name = Set("Ada Lovelace".to_owned());
    edited.update(&t.db).await?;
    assert_eq!(actions(t).await?[3..], done(&[("UPDATE", "author")]));
    Ok(())
}

/// Deleting a tree deletes, and records, the children first.
pub async fn every_row_of_a_nested_delete_is_recorded(t: &mut Test) -> Outcome {
    t.create_table(author::Entity).await?;
    t.create_table(book::Entity).await?;
    let fixture = async {
        let author = author::ActiveModel {
            name: Set("Ada".to_owned()),
            ..Default::default()
        };
        let author = author.insert(&t.db).await?;
        let book = book::ActiveModel {
            title: Set("Notes".to_owned()),
            author_id: Set(author.id),
            ..Default::default()
        };
        book.insert(&t.db).await?;
        Ok::<_, sea_orm::DbErr>(author)
    };
    let author = AuditContext::unaudited("fixture", fixture).await?;
    let author = author::Entity::find_by_id(author.id)
        .one(&t.db)
        .await?
        .ok_or("it is there")?;
    author.cascade_delete(&t.db).await?;
    assert_eq!(
        actions(t).await?,
        done(&[("DELETE", "book"), ("DELETE", "author")])
    );
    Ok(())
}
