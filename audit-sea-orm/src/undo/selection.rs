//! Which records are to be undone.

use std::{collections::BTreeSet, fmt};

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, prelude::DateTimeUtc,
};
use serde_json::{Value as Json, json};

use crate::{
    RecordQuery, TrailQuery,
    entity::audit_log::{Column, Entity, Model},
    history::state::CHANGES,
    import::IMPORT,
};

/// Whose writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Request(String),
    Transaction(String),
    Actor {
        id: String,
        from: DateTimeUtc,
        until: DateTimeUtc,
    },
}

/// What is to be undone, and how.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    pub(super) origin: Origin,
    /// Columns of which a later change does not matter.
    pub(super) noise: BTreeSet<String>,
}

impl Selection {
    pub(super) fn of(origin: Origin) -> Self {
        Self {
            origin,
            noise: BTreeSet::new(),
        }
    }

    /// The records, the oldest first.
    pub(super) async fn records<C: ConnectionTrait>(&self, db: &C) -> Result<Vec<Model>, DbErr> {
        let all = Entity::find();
        let theirs = match &self.origin {
            Origin::Request(id) => all.by_request(id),
            Origin::Transaction(id) => all.of_transaction(id),
            Origin::Actor { id, from, until } => all.by_actor(id).between(*from, *until),
        };
        let actions = CHANGES.into_iter().chain([IMPORT]);
        let theirs = theirs.filter(Column::Action.is_in(actions));
        theirs.oldest_first().all(db).await
    }

    pub(super) fn is_noise(&self, column: &str) -> bool {
        self.noise.contains(column)
    }
}

impl Origin {
    /// As the records of the undo name it.
    pub(super) fn to_json(&self) -> Json {
        match self {
            Self::Request(id) => json!({ "request": id }),
            Self::Transaction(id) => json!({ "transaction": id }),
            Self::Actor { id, from, until } => json!({ "actor": id, "from": from, "until": until }),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(id) => write!(f, "request {id}"),
            Self::Transaction(id) => write!(f, "transaction {id}"),
            Self::Actor { id, from, until } => write!(f, "actor {id} from {from} until {until}"),
        }
    }
}
