use std::time::Duration;

use audit_sea_orm::{AuditDbErrExt, Error};
use sea_orm::{ConnectionTrait, Database, DbErr};
use tokio::{task::JoinSet, time::sleep};
use url::Url;

use super::{actions, awaited, gap, tail};
use crate::{Backend, Outcome, Test};

/// PostgreSQL: of a sequence with a cache, sessions keep numbers for later transactions. No lock shows these.
pub async fn numbers_kept_by_sessions_are_refused(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    gap("ONE", &t.db).await?;
    t.db.execute_unprepared("ALTER SEQUENCE audit_log_id_seq CACHE 20")
        .await?;
    let error = tail(&t.db).next(9).await.expect_err("it is refused");
    assert!(
        matches!(error.audit_err(), Some(Error::Tail { .. })),
        "{error}"
    );
    assert!(error.to_string().contains("CACHE 1"), "{error}");
    t.db.execute_unprepared("ALTER SEQUENCE audit_log_id_seq CACHE 1")
        .await?;
    assert_eq!(actions(&tail(&t.db).next(9).await?), ["ONE"]);
    Ok(())
}

/// MariaDB: a role that may not list the transactions of others gets an error that names the right, and misses no row.
pub async fn a_role_without_the_right_gets_an_error(t: &mut Test) -> Outcome {
    if !t.is_mariadb().await? {
        return Ok(());
    }
    gap("ONE", &t.db).await?;
    let mut url = Url::parse(&t.isolated.url)?;
    let database = url.path().trim_start_matches('/').to_owned();
    let user = database.clone();
    // A server may have a user without a name for its own machine, which it would prefer.
    let as_each = async |statement: &str| {
        for host in ["localhost", "'%'"] {
            let statement = statement.replace("WHO", &format!("{user}@{host}"));
            t.db.execute_unprepared(&statement).await?;
        }
        Ok::<_, DbErr>(())
    };
    as_each("CREATE OR REPLACE USER WHO").await?;
    as_each(&format!("GRANT SELECT ON {database}.* TO WHO")).await?;
    url.set_username(&user).map_err(|()| "a name fits")?;
    let connected = async || Database::connect(url.as_str()).await;
    let restricted = connected().await?;
    let error = tail(&restricted).next(9).await.expect_err("it is refused");
    assert!(
        error.to_string().contains("GRANT PROCESS ON *.*"),
        "{error}"
    );
    restricted.close().await?;
    as_each("GRANT PROCESS ON *.* TO WHO").await?;
    let allowed = connected().await?;
    assert_eq!(actions(&awaited(&mut tail(&allowed)).await?), ["ONE"]);
    allowed.close().await?;
    as_each("DROP USER WHO").await?;
    Ok(())
}

/// MariaDB: InnoDB shows an old list of transactions while a program reads it again and again. A tail takes no such list as a proof.
pub async fn a_list_that_stands_still_proves_nothing(t: &mut Test) -> Outcome {
    if !t.is_mariadb().await? {
        return Ok(());
    }
    // Several, as a single one may have to wait on a busy machine.
    let pool = t.isolated.connect(4).await?;
    let mut polling = JoinSet::new();
    for _ in 0..4 {
        let pool = pool.clone();
        polling.spawn(async move {
            loop {
                let read =
                    pool.execute_unprepared("SELECT COUNT(*) FROM information_schema.INNODB_TRX");
                read.await.expect("it can be read");
                sleep(Duration::from_millis(10)).await;
            }
        });
    }
    sleep(Duration::from_millis(300)).await;
    gap("ONE", &t.db).await?;
    let mut tail = tail(&t.db);
    for _ in 0..40 {
        let batch = tail.next(9).await?;
        let delay = batch.delay.ok_or("it waits")?;
        assert_eq!((batch.rows, delay.sessions), (vec![], None));
        sleep(Duration::from_millis(20)).await;
    }
    polling.shutdown().await;
    assert_eq!(actions(&awaited(&mut tail).await?), ["ONE"]);
    Ok(())
}
