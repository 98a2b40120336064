//! What is dropped, and through what.

use audit_sea_orm::{capture::check, prelude::*};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Unchanged, ColumnTrait, ConnectionTrait, DbErr, EntityTrait,
    QueryFilter, Set, Statement, sea_query::Expr,
};

use super::one::{new_pie, set_tart};
use crate::{
    Backend,
    cancelled::Points,
    entity::{pie, tart},
};

/// The connection that is written through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// SeaORM's own.
    Plain,
    Audited,
    WithContext,
    /// One of SeaORM's access control, with a context.
    Restricted,
}

impl Way {
    pub(super) const ALL: [Self; 4] = [
        Self::Plain,
        Self::Audited,
        Self::WithContext,
        Self::Restricted,
    ];

    /// Who is in the records of what is written through it.
    pub(super) fn actor(self) -> Option<&'static str> {
        match self {
            Self::Plain | Self::Audited => None,
            Self::WithContext | Self::Restricted => Some("ada"),
        }
    }
}

/// The context of the ways that have one.
pub(super) fn context() -> AuditContext {
    AuditContext::new()
        .actor(Actor::new("ada").with_name("Ada"))
        .ip([192, 0, 2, 1])
        .request_id("q")
        .reason("cut")
}

/// What is dropped. The row that it writes is number 2, and number 5 for what inserts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    AtomicInsert,
    AtomicUpdate,
    AtomicSave,
    AtomicDelete,
    Insert,
    Update,
    Delete,
    CapturedInsert,
    CapturedUpdate,
    CapturedUpdateMany,
    CapturedDelete,
    Event,
    Attempt,
    Export,
    Download,
    System,
    Resolve,
    Page,
    Summary,
    Check,
    Raw,
    CapturedRaw,
    Script,
}

impl Operation {
    pub(super) const ALL: [Self; 23] = [
        Self::AtomicInsert,
        Self::AtomicUpdate,
        Self::AtomicSave,
        Self::AtomicDelete,
        Self::Insert,
        Self::Update,
        Self::Delete,
        Self::CapturedInsert,
        Self::CapturedUpdate,
        Self::CapturedUpdateMany,
        Self::CapturedDelete,
        Self::Event,
        Self::Attempt,
        Self::Export,
        Self::Download,
        Self::System,
        Self::Resolve,
        Self::Page,
        Self::Summary,
        Self::Check,
        Self::Raw,
        Self::CapturedRaw,
        Self::Script,
    ];

    pub(super) async fn run<C: AuditedWrite>(self, db: &C, price: i32) -> Result<(), DbErr> {
        match self {
            Self::AtomicInsert => new_pie(5).audited_insert(db).await.map(drop),
            Self::AtomicUpdate => priced(2, price).audited_update(db).await.map(drop),
            Self::AtomicSave => priced(2, price).audited_save(db).await.map(drop),
            Self::AtomicDelete => priced(2, price).audited_delete(db).await.map(drop),
            Self::Insert => new_pie(5).insert(db).await.map(drop),
            Self::Update => priced(2, price).update(db).await.map(drop),
            Self::Delete => priced(2, price).delete(db).await.map(drop),
            Self::CapturedInsert => tart::priced(5, price).insert(db).await.map(drop),
            Self::CapturedUpdate => set_tart(db, 2, price).await,
            Self::CapturedUpdateMany => {
                let update = tart::Entity::update_many()
                    .col_expr(tart::Column::Price, Expr::val(price))
                    .filter(tart::Column::Id.eq(2));
                update.exec(db).await.map(drop)
            }
            Self::CapturedDelete => tart::Entity::delete_by_id(2).exec(db).await.map(drop),
            Self::Event => AuditEvent::new(Action::View).record(db).await,
            Self::Attempt => LoginAttempt::failed("ada").record(db).await,
            Self::Export => DataExport::new("pies").record(db).await,
            Self::Download => download(db).await,
            Self::System => SystemEvent::error("oven").record(db).await,
            Self::Resolve => resolve(db).await,
            Self::Page => audit_log::Entity::find().page(db, 3).await.map(drop),
            Self::Summary => SummaryQuery::last_days(7).load(db).await.map(drop),
            Self::Check => check(db).await.map(drop),
            Self::Raw => raw(db, "pie", price).await,
            Self::CapturedRaw => raw(db, "tart", price).await,
            Self::Script => {
                let sql = format!("UPDATE pie SET price = {price} WHERE id = 2");
                db.execute_unprepared(&sql).await.map(drop)
            }
        }
    }

    /// Where it is dropped. A check asks the same of each entity of the program.
    pub(super) fn points(self) -> Points {
        match self {
            Self::Check => Points::up_to(40),
            _ => Points::default(),
        }
    }

    /// Whether it writes its change and the record of it, or neither.
    pub(super) fn is_whole(self) -> bool {
        matches!(
            self,
            Self::AtomicInsert
                | Self::AtomicUpdate
                | Self::AtomicSave
                | Self::AtomicDelete
                | Self::CapturedInsert
                | Self::CapturedUpdate
                | Self::CapturedUpdateMany
                | Self::CapturedDelete
                | Self::CapturedRaw
        )
    }

    /// Whether that connection of SeaORM's lets it pass: one with access control takes no raw statement.
    pub(super) fn may_go(self, way: Way) -> bool {
        let is_raw = matches!(
            self,
            Self::Check | Self::Raw | Self::CapturedRaw | Self::Script
        );
        way != Way::Restricted || !is_raw
    }

    /// Whether its connection knows every statement of it: see `One::connection`. A check asks MariaDB and MySQL in some that
    /// none keeps.
    pub(super) fn leaves_in_step(self, backend: Backend) -> bool {
        backend != Backend::MySql || !matches!(self, Self::Check)
    }
}

fn priced(id: i32, price: i32) -> pie::ActiveModel {
    pie::ActiveModel {
        id: Unchanged(id),
        price: Set(price),
        ..Default::default()
    }
}

async fn raw<C: ConnectionTrait>(db: &C, table: &str, price: i32) -> Result<(), DbErr> {
    let sql = format!("UPDATE {table} SET price = {price} WHERE id = 2");
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.execute_raw(statement).await.map(drop)
}

async fn download<C: AuditedWrite>(db: &C) -> Result<(), DbErr> {
    match DataExport::new("pies").record_with_returning(db).await? {
        Some(export) => export.record_download(db).await,
        None => Err(DbErr::Custom("no export was recorded".to_owned())),
    }
}

async fn resolve<C: AuditedWrite>(db: &C) -> Result<(), DbErr> {
    let Some(event) = SystemEvent::error("oven").record_with_returning(db).await? else {
        return Err(DbErr::Custom("no event was recorded".to_owned()));
    };
    event.mark_resolved("ada", db).await.map(drop)
}
