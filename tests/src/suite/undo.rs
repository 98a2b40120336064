//! Undo: the exact earlier state, or a refusal that names what stands in the way.

mod conflicts;
mod one;
mod random;
mod whole;

use audit_sea_orm::{capture, prelude::*};
use sea_orm::{DbErr, EntityTrait, QueryOrder};

pub use conflicts::{
    a_change_since_is_named, a_key_that_is_taken_is_named, a_plan_that_is_out_of_date_is_refused,
    a_row_around_it_is_named, what_cannot_be_known_is_named, what_no_record_tells_is_named,
};
pub use one::{
    a_deleted_object_comes_back, a_masked_column_stays_or_is_in_the_way, an_object_is_turned_back,
    an_undo_is_seen_by_the_tenant,
};
pub use random::random_requests_are_undone_or_refused;
pub use whole::{
    a_changed_key_is_changed_back, a_request_is_undone_and_done_again, a_tree_comes_back_in_order,
    an_undo_costs_few_statements, an_undo_dropped_anywhere_is_whole_or_nothing,
    no_statement_writes_what_its_trail_reads, one_actor_is_undone,
    what_the_database_refuses_leaves_nothing,
};

use crate::{
    Test,
    entity::shop::{category, customer, line, order},
};

/// Every row of the shop.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shop {
    pub(super) customers: Vec<customer::Model>,
    pub(super) orders: Vec<order::Model>,
    pub(super) lines: Vec<line::Model>,
    pub(super) categories: Vec<category::Model>,
}

pub(super) async fn shop(t: &Test) -> Result<Shop, DbErr> {
    let lines = line::Entity::find().order_by_asc(line::Column::OrderId);
    Ok(Shop {
        customers: customer::Entity::find()
            .order_by_asc(customer::Column::Id)
            .all(&t.db)
            .await?,
        orders: order::Entity::find()
            .order_by_asc(order::Column::Id)
            .all(&t.db)
            .await?,
        lines: lines.order_by_asc(line::Column::Place).all(&t.db).await?,
        categories: category::Entity::find()
            .order_by_asc(category::Column::Id)
            .all(&t.db)
            .await?,
    })
}

/// Makes the tables of the shop.
pub(super) async fn open(t: &Test) -> Result<(), DbErr> {
    t.create_table(customer::Entity).await?;
    t.create_table(order::Entity).await?;
    t.create_table(line::Entity).await?;
    t.create_table(category::Entity).await?;
    capture::install(&t.db, order::Entity).await?;
    capture::install(&t.db, line::Entity).await.map(drop)
}

pub(super) fn request(id: &str) -> AuditContext {
    AuditContext::new()
        .actor(Actor::new("ada"))
        .request_id(id)
        .reason("as asked")
}

pub(super) use whole::{rearrange, stock};

/// The text of each conflict.
fn told(plan: &UndoPlan) -> Vec<String> {
    plan.conflicts().iter().map(ToString::to_string).collect()
}
