//! Does what a plan says.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Unchanged,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, Set,
    SqlErr, TransactionTrait,
    sea_query::{Expr, OnConflict},
};

use super::plan::{Account, Entry, Write};
use crate::{
    Backend,
    entity::{
        ledger::{account, entry},
        society::{club, member},
    },
};

/// Whether a write was refused for what it asked, and not for how it is recorded.
pub(super) fn is_refusal(error: &DbErr) -> bool {
    matches!(
        error.sql_err(),
        Some(SqlErr::UniqueConstraintViolation(_) | SqlErr::ForeignKeyConstraintViolation(_))
    ) || matches!(error, DbErr::RecordNotUpdated | DbErr::RecordNotInserted)
}

/// Does one write.
pub(super) async fn perform<C>(db: &C, backend: Backend, write: Write) -> Result<(), DbErr>
where
    C: ConnectionTrait + TransactionTrait,
{
    match write {
        Write::Insert(row) => account(row).insert(db).await.map(drop),
        Write::InsertMany(rows) => inserted(rows).exec_without_returning(db).await.map(drop),
        Write::InsertOrIgnore(rows) => {
            let rows = inserted(rows).on_conflict_do_nothing();
            rows.exec_without_returning(db).await.map(drop)
        }
        Write::Upsert(rows) => upsert(db, rows).await,
        Write::Replace(rows) => replace(db, backend, rows).await,
        Write::Update(row) => update(db, row).await,
        Write::Raise { below, by } => {
            let more = Expr::col(account::Column::Balance).add(by);
            let rows = account::Entity::update_many().col_expr(account::Column::Balance, more);
            let rows = rows.filter(account::Column::Id.lt(below));
            rows.exec(db).await.map(drop)
        }
        Write::Delete(id) => account::Entity::delete_by_id(id).exec(db).await.map(drop),
        Write::DeleteFrom(id) => {
            let rows = account::Entity::delete_many().filter(account::Column::Id.gte(id));
            rows.exec(db).await.map(drop)
        }
        write @ (Write::Found(_)
        | Write::Join(..)
        | Write::Link { .. }
        | Write::Close { .. }
        | Write::Leave(_)) => on_clubs(db, write).await,
        Write::Enter(rows) => {
            let rows = entry::Entity::insert_many(rows.into_iter().map(entered));
            rows.exec_without_returning(db).await.map(drop)
        }
        raw => db.execute_unprepared(&sql(backend, &raw)).await.map(drop),
    }
}

fn account(row: Account) -> account::ActiveModel {
    account::ActiveModel {
        id: Set(row.id),
        name: Set(format!("account {}", row.name)),
        balance: Set(row.balance),
        note: Set(row.note),
        pin: Set(format!("pin {}", row.pin)),
        draft: Set(format!("draft {}", row.draft)),
    }
}

fn inserted(rows: Vec<Account>) -> sea_orm::InsertMany<account::ActiveModel> {
    account::Entity::insert_many(rows.into_iter().map(account))
}

fn entered(row: Entry) -> entry::ActiveModel {
    entry::ActiveModel {
        id: Set(row.id),
        account_id: Set(row.account),
        cents: Set(row.cents),
    }
}

async fn upsert<C: ConnectionTrait>(db: &C, rows: Vec<Account>) -> Result<(), DbErr> {
    let mut by_key = OnConflict::column(account::Column::Id);
    by_key.update_columns([account::Column::Balance, account::Column::Note]);
    let rows = inserted(rows).on_conflict(by_key);
    rows.exec_without_returning(db).await.map(drop)
}

/// What SQLite and MariaDB have beside upserts: it removes whatever is in the way.
async fn replace<C: ConnectionTrait>(
    db: &C,
    backend: Backend,
    rows: Vec<Account>,
) -> Result<(), DbErr> {
    if backend == Backend::Postgres {
        return upsert(db, rows).await;
    }
    let row = |row: &Account| {
        let Account {
            id, name, balance, ..
        } = row;
        format!("({id}, 'account {name}', {balance}, 'pin', 'draft')")
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    let sql = format!(
        "REPLACE INTO ledger_account (id, name, balance, pin, draft) VALUES {}",
        rows.join(", ")
    );
    db.execute_unprepared(&sql).await.map(drop)
}

async fn update<C: ConnectionTrait>(db: &C, row: Account) -> Result<(), DbErr> {
    let Some(found) = account::Entity::find_by_id(row.id).one(db).await? else {
        return Ok(());
    };
    let row = account(row);
    let mut edit = found.into_active_model();
    edit.balance = row.balance;
    edit.note = row.note;
    edit.pin = row.pin;
    edit.draft = row.draft;
    edit.update(db).await.map(drop)
}

/// What is written as SQL.
fn sql(backend: Backend, write: &Write) -> String {
    match write {
        Write::MoveAccount { from, to } => {
            format!("UPDATE ledger_account SET id = {to}, balance = balance + 1 WHERE id = {from}")
        }
        Write::MoveAccounts { by } => {
            format!("UPDATE ledger_account SET id = id + {by}, pin = 'moved'")
        }
        Write::EditEntries { account, cents } => format!(
            "UPDATE ledger_entry SET cents = cents + {cents} WHERE account_id >= {account} OR cents = {cents}"
        ),
        Write::RemoveEntries { account } => {
            format!("DELETE FROM ledger_entry WHERE account_id = {account}")
        }
        Write::SwapEntries(a, b) => format!(
            "UPDATE ledger_entry SET id = CASE id WHEN {a} THEN {b} ELSE {a} END WHERE id IN ({a}, {b})"
        ),
        Write::ShiftEntries { from } => {
            format!("UPDATE ledger_entry SET id = id - 1, cents = cents + 1 WHERE id >= {from}")
        }
        Write::TakeOverEntry { from, to } => {
            let or_replace = match backend {
                Backend::Sqlite => "OR REPLACE ",
                _ => "",
            };
            format!("UPDATE {or_replace}ledger_entry SET id = {to} WHERE id = {from}")
        }
        Write::Script { account, cents } => format!(
            "UPDATE ledger_account SET balance = balance - {cents} WHERE id = {account}; \
             UPDATE ledger_entry SET cents = {cents} WHERE account_id = {account}"
        ),
        other => unreachable!("{other:?} is no SQL"),
    }
}

async fn on_clubs<C>(db: &C, write: Write) -> Result<(), DbErr>
where
    C: ConnectionTrait + TransactionTrait,
{
    match write {
        Write::Found(id) => {
            let club = club::ActiveModel {
                id: Set(id),
                title: Set(format!("club {id}")),
            };
            club.insert(db).await.map(drop)
        }
        Write::Join(id, nickname) => {
            let member = member::ActiveModel {
                id: Set(id),
                nickname: Set(nickname),
            };
            member.insert(db).await.map(drop)
        }
        Write::Link {
            club,
            members,
            replaces,
        } => {
            let mut club = existing_club(club);
            let members = members.into_iter().map(|id| {
                let mut member = member::ActiveModel::builder();
                member.id = Unchanged(id);
                member
            });
            if replaces {
                club.members.replace_all(members);
            } else {
                for member in members {
                    club.members.append(member);
                }
            }
            club.save(db).await.map(drop)
        }
        // Its links go with it: by SeaORM, or by the foreign key.
        Write::Close { club, nested: true } => existing_club(club).delete(db).await.map(drop),
        Write::Close { club, .. } => club::Entity::delete_by_id(club).exec(db).await.map(drop),
        Write::Leave(id) => member::Entity::delete_by_id(id).exec(db).await.map(drop),
        other => unreachable!("{other:?} is no write on clubs"),
    }
}

fn existing_club(id: i32) -> club::ActiveModelEx {
    let mut club = club::ActiveModel::builder();
    club.id = Unchanged(id);
    club
}
