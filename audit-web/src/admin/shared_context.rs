//! What several records have in common of who, where and why.

use audit_sea_orm::entity::audit_log::{Entity, Model};

use super::{
    cell::{Cell, Section},
    listed::Listed,
};

/// The context of several records: what all of them have, so that a page says it once.
pub(super) struct SharedContext(Model);

impl SharedContext {
    pub(super) fn of(records: &[Model]) -> Option<Self> {
        let (first, others) = records.split_first()?;
        let mut shared = first.clone();
        for other in others {
            keep(&mut shared, other, |ours, theirs| ours == theirs);
        }
        Some(Self(shared))
    }

    /// Who, where and why.
    pub(super) fn sections(&self, base: &str) -> Vec<Section> {
        let told = context(&self.0, base).map(|mut section| {
            section.items.retain(is_told);
            section
        });
        told.filter(|section| !section.items.is_empty()).collect()
    }

    /// What a record has otherwise.
    pub(super) fn rest(&self, record: &Model, base: &str) -> Vec<(&'static str, Cell)> {
        let mut rest = record.clone();
        keep(&mut rest, &self.0, |ours, shared| ours != shared);
        let items = context(&rest, base).flat_map(|section| section.items);
        items.filter(is_told).collect()
    }
}

fn is_told((_, cell): &(&'static str, Cell)) -> bool {
    !matches!(cell, Cell::Empty)
}

/// The sections of a record behind that which says what happened.
fn context(record: &Model, base: &str) -> impl Iterator<Item = Section> {
    Entity::sections(record, base).into_iter().skip(1)
}

/// Leaves out what does not fit beside the same of another record.
fn keep(
    record: &mut Model,
    other: &Model,
    fits: impl Fn(Option<&String>, Option<&String>) -> bool,
) {
    let mut other = other.clone();
    for (ours, theirs) in fields(record).into_iter().zip(fields(&mut other)) {
        if !fits(ours.as_ref(), theirs.as_ref()) {
            *ours = None;
        }
    }
    let text = |metadata: &Option<serde_json::Value>| metadata.as_ref().map(ToString::to_string);
    if !fits(
        text(&record.metadata).as_ref(),
        text(&other.metadata).as_ref(),
    ) {
        record.metadata = None;
    }
}

fn fields(record: &mut Model) -> [&mut Option<String>; 14] {
    [
        &mut record.actor_id,
        &mut record.actor_name,
        &mut record.on_behalf_of_id,
        &mut record.on_behalf_of_name,
        &mut record.tenant_id,
        &mut record.session_id,
        &mut record.ip_address,
        &mut record.user_agent,
        &mut record.request_id,
        &mut record.transaction_id,
        &mut record.database_user,
        &mut record.database_role,
        &mut record.module,
        &mut record.reason,
    ]
}
