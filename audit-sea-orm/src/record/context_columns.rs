//! The columns that the context fills.

use audit_core::{Actor, AuditContext, text};

use super::encoding::JsonColumn;
use crate::entity::{self, audit_log::Column};

/// The columns that hold texts of the context.
pub(crate) const COLUMNS: [Column; 11] = [
    Column::ActorId,
    Column::ActorName,
    Column::OnBehalfOfId,
    Column::OnBehalfOfName,
    Column::TenantId,
    Column::IpAddress,
    Column::UserAgent,
    Column::SessionId,
    Column::RequestId,
    Column::Reason,
    Column::Module,
];

/// What a context says in text, by column: cleaned, and cut to fit.
pub(crate) fn texts(context: &AuditContext) -> impl Iterator<Item = (Column, Option<String>)> + '_ {
    COLUMNS
        .into_iter()
        .map(|column| (column, text_of(context, column)))
}

fn text_of(context: &AuditContext, column: Column) -> Option<String> {
    let actor = context.actor.as_ref();
    let on_behalf_of = context.on_behalf_of.as_ref();
    let text = match column {
        Column::ActorId => actor.map(Actor::id),
        Column::ActorName => actor.and_then(Actor::name),
        Column::OnBehalfOfId => on_behalf_of.map(Actor::id),
        Column::OnBehalfOfName => on_behalf_of.and_then(Actor::name),
        Column::TenantId => context.tenant_id.as_deref(),
        Column::IpAddress => return context.ip.map(|ip| ip.to_string()),
        Column::UserAgent => context.user_agent.as_deref(),
        Column::SessionId => context.session_id.as_deref(),
        Column::RequestId => context.request_id.as_deref(),
        Column::Reason => {
            let reason = context.reason.as_deref()?;
            return Some(text::block(reason, entity::width(column)).into_owned());
        }
        Column::Module => context.module.as_deref(),
        _ => None,
    };
    text.map(|text| entity::line(column, text))
}

/// The JSON of a context's metadata.
pub(crate) fn metadata(context: &AuditContext) -> Option<String> {
    let metadata = context.metadata.as_ref()?;
    // OK to leave out what cannot be written: text always can.
    serde_json::to_string(&JsonColumn(metadata)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_context_fills_each_of_its_columns() {
        let context = AuditContext::new()
            .actor(Actor::new("1").with_name("Ada"))
            .on_behalf_of(Actor::new("2").with_name("Bob"))
            .tenant_id("t")
            .ip([192, 0, 2, 1])
            .user_agent("u")
            .session_id("s")
            .request_id("r")
            .reason("why\nindeed")
            .module("m");
        let texts: Vec<_> = texts(&context).filter_map(|(_, text)| text).collect();
        let expected = [
            "1",
            "Ada",
            "2",
            "Bob",
            "t",
            "192.0.2.1",
            "u",
            "s",
            "r",
            "why\nindeed",
            "m",
        ];
        assert_eq!(texts, expected);
    }
}
