use audit_sea_orm::{
    AuditDbErrExt, Error,
    prelude::*,
    tail::{TailConsumer, tail_position},
};
use sea_orm::{DatabaseConnection, DbErr, EntityTrait, TransactionTrait};

use super::{actions, write};
use crate::{Outcome, Test};

async fn warehouse(db: &DatabaseConnection) -> Result<TailConsumer, DbErr> {
    TailConsumer::open("warehouse", db).await
}

async fn position(t: &Test) -> Result<i64, DbErr> {
    let kept = tail_position::Entity::find().one(&t.db).await?;
    Ok(kept.map_or(-1, |kept| kept.position))
}

/// A consumer goes on behind the last batch that it acknowledged. A new name begins at the beginning, or at the place that is given.
pub async fn a_consumer_goes_on_where_it_acknowledged(t: &mut Test) -> Outcome {
    for action in ["ONE", "TWO", "THREE"] {
        write(action, &t.db).await?;
    }
    let mut consumer = warehouse(&t.db).await?;
    let batch = consumer.next(2).await?;
    assert_eq!(actions(&batch), ["ONE", "TWO"]);
    assert_eq!(
        actions(&warehouse(&t.db).await?.next(9).await?),
        ["ONE", "TWO", "THREE"]
    );
    let (acknowledged, sent) = t.sent(consumer.acknowledge(&batch, &t.db)).await;
    acknowledged?;
    assert_eq!((position(t).await?, sent.len()), (2, 1));
    let nothing = TailConsumer::<audit_log::Entity>::open_after(3.into(), "late", &t.db)
        .await?
        .next(9)
        .await?;
    assert_eq!(actions(&nothing), Vec::<&str>::new());

    let mut again = warehouse(&t.db).await?;
    let batch = again.next(9).await?;
    assert_eq!(actions(&batch), ["THREE"]);
    again.acknowledge(&batch, &t.db).await?;
    let nothing = again.next(9).await?;
    let (acknowledged, sent) = t.sent(again.acknowledge(&nothing, &t.db)).await;
    acknowledged?;
    assert_eq!((position(t).await?, sent.len()), (3, 0));
    Ok(())
}

/// If two consumers read by one name, the second to acknowledge gets an error.
pub async fn the_second_consumer_of_a_name_gets_an_error(t: &mut Test) -> Outcome {
    write("ONE", &t.db).await?;
    let (mut one, mut other) = (warehouse(&t.db).await?, warehouse(&t.db).await?);
    let (first, second) = (one.next(9).await?, other.next(9).await?);
    one.acknowledge(&first, &t.db).await?;
    let error = other
        .acknowledge(&second, &t.db)
        .await
        .expect_err("it is refused");
    assert!(
        matches!(error.audit_err(), Some(Error::Tail { table, .. }) if table == "audit_log"),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("somebody else reads by this name"),
        "{error}"
    );
    assert_eq!(position(t).await?, 1);

    // A consumer that left out a batch gets it too.
    write("TWO", &t.db).await?;
    write("THREE", &t.db).await?;
    let (_skipped, third) = (one.next(1).await?, one.next(1).await?);
    one.acknowledge(&third, &t.db)
        .await
        .expect_err("it is refused");
    assert_eq!(position(t).await?, 1);
    Ok(())
}

/// The result of a batch and its acknowledgement commit together, or not at all.
pub async fn an_acknowledgement_is_part_of_its_transaction(t: &mut Test) -> Outcome {
    write("ONE", &t.db).await?;
    let mut consumer = warehouse(&t.db).await?;
    let batch = consumer.next(9).await?;
    let transaction = t.db.begin().await?;
    consumer.acknowledge(&batch, &transaction).await?;
    transaction.rollback().await?;
    assert_eq!(position(t).await?, 0);
    let transaction = t.db.begin().await?;
    consumer.acknowledge(&batch, &transaction).await?;
    transaction.commit().await?;
    assert_eq!(position(t).await?, 1);
    Ok(())
}

/// A table that ends before the place of a consumer was restored from a backup, or emptied.
pub async fn a_consumer_ahead_of_its_table_is_refused(t: &mut Test) -> Outcome {
    write("ONE", &t.db).await?;
    TailConsumer::<audit_log::Entity>::open_after(7.into(), "warehouse", &t.db)
        .await
        .expect_err("it is refused");
    let kept = tail_position::Entity::find().all(&t.db).await?;
    assert_eq!(kept, [], "what is refused is not kept");
    let mut consumer = warehouse(&t.db).await?;
    let batch = consumer.next(9).await?;
    consumer.acknowledge(&batch, &t.db).await?;
    audit_log::Entity::delete_many().exec(&t.db).await?;
    let error = warehouse(&t.db).await.expect_err("it is refused");
    assert!(
        error
            .to_string()
            .contains("ends at 0, before the place 1 of `warehouse`"),
        "{error}"
    );
    Ok(())
}

/// Two names never become one.
pub async fn names_that_do_not_fit_are_refused(t: &mut Test) -> Outcome {
    let long = "x".repeat(129);
    for name in ["", " ", " warehouse", "ware\nhouse", &long] {
        let error = TailConsumer::<audit_log::Entity>::open(name, &t.db)
            .await
            .expect_err(name);
        assert!(
            error.to_string().contains("a name of a consumer"),
            "{error}"
        );
    }
    for name in ["Größe", "größe", "GRÖSSE"] {
        TailConsumer::<audit_log::Entity>::open(name, &t.db).await?;
    }
    assert_eq!(tail_position::Entity::find().all(&t.db).await?.len(), 3);
    Ok(())
}
