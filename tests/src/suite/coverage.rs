//! The page on coverage, cell by cell: each way to write, and whether hooks and triggers see it.

use audit_sea_orm::{capture, prelude::*};
use futures_util::TryStreamExt;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Unchanged,
    ColumnTrait, ConnectionTrait, DatabaseExecutor, DbErr, EntityTrait, IntoActiveModel,
    ModelTrait, QueryFilter, Set, Statement, StreamTrait,
    sea_query::{OnConflict, Query},
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::{
    Backend, Outcome, Test,
    entity::{
        author, book, captured,
        cinema::{casting, film, performer},
        pie,
    },
};

const PAGE: &str = include_str!("../../../audit-sea-orm/src/docs/coverage.md");

/// The lines of the page's table: a way, and its six cells.
#[must_use]
pub fn table() -> Vec<(&'static str, [bool; 6])> {
    let lines = PAGE.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = |line: &'static str| {
        let (way, cells) = line.split_once("` |").expect("a way, and its cells");
        let cells: Vec<bool> = cells
            .trim_end_matches('|')
            .split('|')
            .map(|cell| match cell.trim() {
                "yes" => true,
                "no" => false,
                other => panic!("{way}: `{other}` is neither yes nor no"),
            })
            .collect();
        (way, cells.try_into().expect("six cells"))
    };
    lines.map(cells).collect()
}

/// Whether hooks and triggers see a way on this database, as the page says.
fn on_the_page(way: &str, backend: Backend) -> (bool, bool) {
    let line = table().into_iter().find(|(name, _)| *name == way);
    let (_, cells) = line.unwrap_or_else(|| panic!("`{way}` is not on the page"));
    let column = match backend {
        Backend::Sqlite => 0,
        Backend::Postgres => 1,
        Backend::MySql => 2,
    };
    (cells[column], cells[column + 3])
}

/// Pies 1 and 2, which both tiers watch from now on.
async fn with_pies(t: &Test) -> Result<(), DbErr> {
    t.create_table(pie::Entity).await?;
    let pies = [1, 2].map(|id| pie(id, 1));
    pie::Entity::insert_many(pies)
        .exec_without_returning(&t.db)
        .await?;
    capture::install(&t.db, captured::pie::Entity)
        .await
        .map(drop)
}

fn pie(id: i32, price: i32) -> pie::ActiveModel {
    pie::Model {
        id,
        price,
        stock: 1,
    }
    .into_active_model()
    .reset_all()
}

fn repriced(id: i32) -> pie::ActiveModel {
    pie::ActiveModel {
        id: Unchanged(id),
        price: Set(7),
        ..Default::default()
    }
}

/// How many records hooks and triggers wrote.
async fn recorded(t: &Test) -> Result<(usize, usize), DbErr> {
    let records = t.records().await?;
    let by_triggers = |record: &&audit_log::Model| {
        let table = record.table_name.as_deref();
        table.is_some_and(|table| table.starts_with("captured_"))
    };
    let triggers = records.iter().filter(by_triggers).count();
    Ok((records.len() - triggers, triggers))
}

/// Compares what each tier recorded with the page: every row, or none.
async fn verdict(t: &Test, way: &str, rows: usize) -> Outcome {
    let (hooks, triggers) = on_the_page(way, t.backend);
    let expected = |sees: bool| if sees { rows } else { 0 };
    let (by_hooks, by_triggers) = recorded(t).await?;
    assert_eq!(by_hooks, expected(hooks), "hooks, {way}");
    assert_eq!(by_triggers, expected(triggers), "triggers, {way}");
    Ok(())
}

/// Makes the test of a way to write pies, which changes so many rows.
macro_rules! ways {
    ($($(#[$doc:meta])* $way:ident, $rows:literal, |$t:ident, $db:ident| $write:expr;)*) => {
        $(
            $(#[$doc])*
            pub async fn $way($t: &mut Test) -> Outcome {
                with_pies($t).await?;
                let $db = &$t.db;
                $write;
                verdict($t, stringify!($way), $rows).await
            }
        )*
    };
}

ways! {
    /// `insert` of an active model.
    active_model_insert, 1, |t, db| pie(3, 1).insert(db).await?;
    /// `update` of an active model.
    active_model_update, 1, |t, db| repriced(1).update(db).await?;
    /// `save` of an active model whose row is there.
    active_model_save, 1, |t, db| repriced(1).save(db).await?;
    /// `delete` of an active model.
    active_model_delete, 1, |t, db| repriced(1).delete(db).await?;
    /// `delete` of a model.
    model_delete, 1, |t, db| pie::Model { id: 1, price: 1, stock: 1 }.delete(db).await?;
    /// `update_without_returning` of an active model.
    update_without_returning, 1, |t, db| repriced(1).update_without_returning(db).await?;
    /// `Entity::insert`.
    entity_insert, 1, |t, db| pie::Entity::insert(pie(3, 1)).exec(db).await?;
    /// `Entity::update`.
    entity_update, 1, |t, db| pie::Entity::update(repriced(1)).exec(db).await?;
    /// `Entity::delete_by_id`.
    entity_delete, 1, |t, db| pie::Entity::delete_by_id(1).exec(db).await?;
    /// `Entity::insert_many`.
    insert_many, 2, |t, db| {
        let pies = pie::Entity::insert_many([pie(3, 1), pie(4, 1)]);
        pies.exec_without_returning(db).await?
    };
    /// An upsert of a row that is there and one that is not.
    upsert, 2, |t, db| {
        let mut conflict = OnConflict::column(pie::Column::Id);
        conflict.update_column(pie::Column::Price);
        let pies = pie::Entity::insert_many([pie(1, 5), pie(3, 5)]).on_conflict(conflict);
        pies.exec_without_returning(db).await?
    };
    /// `Entity::update_many`.
    update_many, 2, |t, db| {
        let pies = pie::Entity::update_many().col_expr(pie::Column::Price, 5.into());
        pies.exec(db).await?
    };
    /// `Entity::delete_many`.
    delete_many, 2, |t, db| {
        let pies = pie::Entity::delete_many().filter(pie::Column::Id.gt(0));
        pies.exec(db).await?
    };
    /// A statement of sea-query's, by `execute`.
    built_statement, 2, |t, db| {
        let mut update = Query::update();
        update.table(pie::Entity).value(pie::Column::Price, 5);
        db.execute(&update).await?
    };
    /// SQL by `execute_raw`.
    raw_execute, 2, |t, db| db.execute_raw(statement(db, "UPDATE pie SET price = 5")).await?;
    /// SQL by `query_all_raw`.
    raw_query, 2, |t, db| db.query_all_raw(statement(db, "UPDATE pie SET price = 5")).await?;
    /// SQL by `execute_unprepared`.
    raw_script, 2, |t, db| db.execute_unprepared("UPDATE pie SET price = 5").await?;
    /// SQL by `stream_raw`.
    raw_stream, 2, |t, db| {
        let stream = db.stream_raw(statement(db, "UPDATE pie SET price = 5")).await?;
        stream.try_collect::<Vec<_>>().await?
    };
    /// An active model through an executor.
    executor_write, 1, |t, db| repriced(1).update(&DatabaseExecutor::from(db)).await?;
    /// An active model in a migration that `audit_migration::unaudited` marks.
    migration_write, 1, |t, db| {
        for migration in audit_migration::unaudited([Box::new(Reprice) as Box<dyn MigrationTrait>]) {
            migration.up(&SchemaManager::new(db)).await?;
        }
    };
    /// SQL of another connection.
    another_program, 2, |t, db| {
        let other = t.isolated.connect(1).await?;
        let changed = other.execute_unprepared("UPDATE pie SET price = 5").await?;
        other.close().await?;
        assert_eq!(changed.rows_affected(), 2);
        let pies = pie::Entity::find().all(db).await?;
        assert!(pies.iter().all(|pie| pie.price == 5));
    };
}

struct Reprice;

impl MigrationName for Reprice {
    fn name(&self) -> &'static str {
        "reprice"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait needs the signature as the trait has it"
)]
#[sea_orm::prelude::async_trait::async_trait]
impl MigrationTrait for Reprice {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        repriced(1).update(manager.get_connection()).await.map(drop)
    }
}

fn statement<C: ConnectionTrait>(db: &C, sql: &str) -> Statement {
    Statement::from_string(db.get_database_backend(), sql)
}

async fn with_authors(t: &Test) -> Result<(), DbErr> {
    t.create_table(author::Entity).await?;
    t.create_table(book::Entity).await
}

async fn capture_authors(t: &Test) -> Result<(), DbErr> {
    capture::install(&t.db, captured::author::Entity).await?;
    capture::install(&t.db, captured::book::Entity)
        .await
        .map(drop)
}

async fn save_tree(t: &Test) -> Result<author::ModelEx, DbErr> {
    let tree = author::ActiveModel::builder()
        .set_name("Ada")
        .add_book(book::ActiveModel::builder().set_title("Notes"));
    tree.insert(&t.db).await
}

/// `insert` of a tree of dense entities.
pub async fn nested_save(t: &mut Test) -> Outcome {
    with_authors(t).await?;
    capture_authors(t).await?;
    save_tree(t).await?;
    verdict(t, "nested_save", 2).await
}

/// `cascade_delete` of a tree of dense entities.
pub async fn nested_delete(t: &mut Test) -> Outcome {
    with_authors(t).await?;
    let author = AuditContext::unaudited("fixture", save_tree(t)).await?;
    capture_authors(t).await?;
    let author = author::Entity::find_by_id(author.id).one(&t.db).await?;
    author.ok_or("it is there")?.cascade_delete(&t.db).await?;
    verdict(t, "nested_delete", 2).await
}

/// A film with two performers of three, whose castings both tiers watch from now on.
async fn with_castings(t: &Test) -> Result<Vec<performer::ActiveModelEx>, DbErr> {
    t.create_table(film::Entity).await?;
    t.create_table(performer::Entity).await?;
    t.create_table(casting::Entity).await?;
    let mut performers = Vec::new();
    AuditContext::unaudited("fixture", async {
        for id in 1..=3 {
            let performer = performer::ActiveModel::builder().set_name(format!("{id}"));
            performers.push(performer.insert(&t.db).await?.into_active_model());
        }
        let mut film = film::ActiveModel::builder().set_title("Film");
        for performer in &performers[..2] {
            film.performers.push(performer.clone());
        }
        film.insert(&t.db).await.map(drop)
    })
    .await?;
    capture::install(&t.db, captured::casting::Entity).await?;
    assert_eq!(casting::Entity::find().all(&t.db).await?.len(), 2);
    Ok(performers)
}

/// `delete_by_name`, which a dense entity has for a unique column `name`.
pub async fn entity_delete_by_unique(t: &mut Test) -> Outcome {
    t.create_table(performer::Entity).await?;
    let performer = performer::ActiveModel::builder().set_name("Ada");
    AuditContext::unaudited("fixture", performer.insert(&t.db)).await?;
    capture::install(&t.db, captured::performer::Entity).await?;
    let deleted = performer::Entity::delete_by_name("Ada").exec(&t.db).await?;
    assert_eq!(deleted.rows_affected, 1);
    verdict(t, "entity_delete_by_unique", 1).await
}

fn the_film() -> film::ActiveModelEx {
    let mut film = film::ActiveModel::builder();
    film.id = Unchanged(1);
    film
}

/// `save` of a dense entity that gets one more related by a junction table.
pub async fn link_appended(t: &mut Test) -> Outcome {
    let performers = with_castings(t).await?;
    let mut film = the_film();
    film.performers.append(performers[2].clone());
    film.save(&t.db).await?;
    assert_eq!(casting::Entity::find().all(&t.db).await?.len(), 3);
    verdict(t, "link_appended", 1).await
}

/// `save` of a dense entity whose related ones are replaced by fewer.
pub async fn link_replaced(t: &mut Test) -> Outcome {
    let performers = with_castings(t).await?;
    let mut film = the_film();
    film.performers.replace_all([performers[0].clone()]);
    film.save(&t.db).await?;
    assert_eq!(casting::Entity::find().all(&t.db).await?.len(), 1);
    verdict(t, "link_replaced", 1).await
}

/// `delete` of a dense entity with its rows in the junction table.
pub async fn link_deleted(t: &mut Test) -> Outcome {
    with_castings(t).await?;
    the_film().delete(&t.db).await?;
    assert!(casting::Entity::find().all(&t.db).await?.is_empty());
    // Hooks see the film alone.
    let (hooks, triggers) = on_the_page("link_deleted", t.backend);
    let expected = |sees: bool| if sees { 2 } else { 0 };
    assert_eq!(
        recorded(t).await?,
        (1 + expected(hooks), expected(triggers))
    );
    Ok(())
}

/// A row that the database deletes along with the one it refers to.
pub async fn foreign_key_cascade(t: &mut Test) -> Outcome {
    with_pies(t).await?;
    let crumbs = "CREATE TABLE crumb (id int primary key, pie_id int NOT NULL, \
         FOREIGN KEY (pie_id) REFERENCES pie (id) ON DELETE CASCADE)";
    t.db.execute_unprepared(crumbs).await?;
    let fill = "INSERT INTO crumb VALUES (1, 1), (2, 1), (3, 1)";
    t.db.execute_unprepared(fill).await?;
    capture::install(&t.db, captured::crumb::Entity).await?;
    // The parent goes past the hooks, so that what they recorded would be of the crumbs.
    pie::Entity::delete_by_id(1).exec(&t.db).await?;
    let left = captured::crumb::Entity::find().all(&t.db).await?;
    assert_eq!(left, []);
    // The parent is recorded too: one more than the crumbs, or one alone.
    let (hooks, triggers) = on_the_page("foreign_key_cascade", t.backend);
    assert!(!hooks);
    assert_eq!(recorded(t).await?, (0, if triggers { 4 } else { 1 }));
    Ok(())
}
