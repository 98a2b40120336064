//! The admin: every page, who may see it, and what it may cost.

mod actions;
mod api;
mod door;
mod files;
mod lists;
mod pages;
mod plans;
mod points;
mod renames;
mod requests;
mod tenants;
mod timelines;
mod undo;

pub use actions::{
    a_deletion_is_confirmed_first_with_a_reason, a_deletion_is_recorded_row_by_row,
    a_viewer_deletes_nothing, an_event_is_resolved_once_and_recorded,
    forms_of_another_origin_are_refused, forms_of_the_admin_itself_are_taken,
    forms_without_their_token_are_refused,
};
pub use api::the_api_answers_as_it_is_described;
pub use door::{
    every_path_and_method_answers_as_it_should, views_are_recorded_where_that_is_wanted,
    whoever_is_not_admitted_sees_nothing,
};
pub use files::{
    an_export_holds_every_row_of_its_filter, an_export_is_recorded_as_one,
    an_export_reads_no_further_than_it_is_asked, asking_for_the_head_of_a_file_is_no_export,
    cells_of_a_file_are_whole_and_harmless,
};
pub use lists::{
    a_search_looks_a_window_at_a_time, a_search_minds_no_letter_case, dates_count_a_few_rows,
    filters_find_their_rows, hostile_choices_are_refused, hostile_places_and_dates_are_refused,
    hostile_values_find_nothing, pages_hold_every_row_once_forward_and_back,
    rows_of_one_time_are_listed_by_number,
};
pub use pages::{
    a_history_is_rebuilt_and_compared, every_link_works_under_any_prefix, every_page_is_strict,
    masked_values_appear_on_no_page,
};
pub use plans::every_page_is_read_by_an_index;
pub use points::{
    a_picked_day_is_told_by_what_is_seen, a_picked_day_shows_the_object_as_it_was,
    points_of_any_page_are_compared,
};
pub use renames::{
    old_records_are_shown_under_the_new_names, old_records_leave_under_the_new_names,
};

pub use requests::{
    a_request_is_one_page, hostile_ids_find_no_request, pages_of_a_request_hold_every_record_once,
};
pub use tenants::{
    a_tenant_changes_no_row_of_another, a_tenant_counts_its_own_rows,
    a_tenant_learns_no_year_of_another, a_tenant_sees_no_row_of_another,
    an_access_of_no_tenant_is_denied,
};

pub use timelines::an_order_is_shown_with_its_lines;
pub use undo::{
    a_long_plan_is_cut, a_plan_is_shown_and_changes_nothing, a_plan_that_changed_is_shown_again,
    an_undo_is_a_superusers_alone, an_undo_is_confirmed_and_recorded, conflicts_are_shown,
    hostile_undos_are_refused, what_an_actor_did_is_undone, what_the_database_refuses_is_said,
};

use audit_sea_orm::{
    entity::{login_attempt::Status, system_event::EventType},
    prelude::*,
};
use sea_orm::{DbErr, EntityTrait, Set, prelude::DateTimeUtc};
use serde_json::json;

use crate::Test;

/// The lists, by their names in URLs.
pub const LISTS: [&str; 4] = ["records", "logins", "exports", "events"];

/// Minute `n` of a year.
fn at(minute: i64) -> DateTimeUtc {
    DateTimeUtc::from_timestamp(1_767_225_600 + minute * 60, 0).expect("a time that there is")
}

/// One of four tenants.
fn tenant(n: i64) -> String {
    format!("tenant-{}", n % 4)
}

/// The row of that number in each table; every third time stands twice.
fn record(n: i64) -> audit_log::ActiveModel {
    let action = ["CREATE", "UPDATE", "DELETE", "PUBLISH"][usize::try_from(n % 4).unwrap_or(0)];
    audit_log::ActiveModel {
        occurred_at: Set(at(n - n % 3 / 2)),
        action: Set(action.to_owned()),
        table_name: Set(Some(if n % 2 == 0 { "tart" } else { "roll" }.to_owned())),
        object_id: Set(Some((n % 7).to_string())),
        object_repr: Set(Some(format!("Pastry {n}"))),
        old_values: Set((action != "CREATE").then(|| json!({"price": n, "name": "old"}))),
        new_values: Set((action != "DELETE").then(|| json!({"price": n + 1, "name": "new"}))),
        actor_id: Set(Some(format!("actor-{}", n % 5))),
        actor_name: Set(Some(format!("Baker {}", n % 5))),
        on_behalf_of_id: Set((n % 10 == 0).then(|| "guest".to_owned())),
        on_behalf_of_name: Set((n % 10 == 0).then(|| "Guest of honour".to_owned())),
        tenant_id: Set(Some(tenant(n))),
        ip_address: Set(Some("192.0.2.7".to_owned())),
        request_id: Set(Some(format!("request-{}", n / 2))),
        transaction_id: Set(Some(format!("transaction-{}", n / 3))),
        reason: Set((n % 6 == 0).then(|| "100% rise_now!".to_owned())),
        ..Default::default()
    }
}

fn login(n: i64) -> login_attempt::ActiveModel {
    let status = [Status::Success, Status::Failed, Status::Blocked];
    login_attempt::ActiveModel {
        occurred_at: Set(at(n)),
        username: Set(format!("user-{}", n % 5)),
        status: Set(status[usize::try_from(n % 3).unwrap_or(0)].clone()),
        ip_address: Set(Some(format!("198.51.100.{}", n % 4))),
        city: Set(Some("Wien".to_owned())),
        tenant_id: Set(Some(tenant(n))),
        metadata: Set(Some(json!({"oven": n}))),
        ..Default::default()
    }
}

fn export(n: i64) -> data_export::ActiveModel {
    data_export::ActiveModel {
        occurred_at: Set(at(n)),
        actor_id: Set(Some(format!("actor-{}", n % 5))),
        on_behalf_of_id: Set(Some("guest".to_owned())),
        tenant_id: Set(Some(tenant(n))),
        metadata: Set(Some(json!({"oven": n}))),
        export_type: Set(format!("Orders {n}")),
        file_format: Set(if n % 2 == 0 { "CSV" } else { "XLSX" }.to_owned()),
        record_count: Set(n),
        file_size: Set(n * 1_000),
        filters_applied: Set(Some(json!({"country": "AT"}))),
        download_count: Set(0),
        ..Default::default()
    }
}

fn event(n: i64) -> system_event::ActiveModel {
    let kinds = [EventType::Error, EventType::Warning, EventType::Security];
    system_event::ActiveModel {
        occurred_at: Set(at(n)),
        event_type: Set(kinds[usize::try_from(n % 3).unwrap_or(0)].clone()),
        title: Set(format!("Oven {n} too hot")),
        actor_id: Set(Some(format!("actor-{}", n % 5))),
        on_behalf_of_id: Set(Some("guest".to_owned())),
        tenant_id: Set(Some(tenant(n))),
        metadata: Set(Some(json!({"oven": n}))),
        resolved: Set(n % 2 == 0),
        ..Default::default()
    }
}

/// `rows` rows in each of the tables.
pub async fn seed(t: &Test, rows: i64) -> Result<(), DbErr> {
    let records: Vec<_> = (0..rows).map(record).collect();
    for chunk in records.chunks(500) {
        audit_log::Entity::insert_many(chunk.to_vec())
            .exec(&t.db)
            .await?;
    }
    let rows = rows.min(200);
    login_attempt::Entity::insert_many((0..rows).map(login))
        .exec(&t.db)
        .await?;
    data_export::Entity::insert_many((0..rows).map(export))
        .exec(&t.db)
        .await?;
    system_event::Entity::insert_many((0..rows).map(event))
        .exec(&t.db)
        .await?;
    Ok(())
}
