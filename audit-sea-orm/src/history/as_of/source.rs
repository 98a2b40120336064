//! Where a walk finds the objects that may have been there.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DbErr, Value};

use super::{
    candidate::{self, BATCH, Candidate},
    gone::Gone,
    moment::Moment,
};
use crate::Audited;

/// A place among all that may have been there.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Behind the present row with that key.
    Present { last: Option<Vec<Value>> },
    /// Those that have no row.
    Gone(Gone),
    /// Those with some keys alone, from that one on.
    Keys {
        keys: Arc<[Vec<Value>]>,
        from: usize,
    },
}

impl Source {
    /// All, or those with these keys.
    pub(super) fn of(keys: Option<&Arc<[Vec<Value>]>>) -> Self {
        match keys {
            Some(keys) => Self::Keys {
                keys: Arc::clone(keys),
                from: 0,
            },
            None => Self::Present { last: None },
        }
    }

    /// Some, and the place behind them.
    pub(super) async fn next<E: Audited, C: ConnectionTrait>(
        &self,
        moment: &Moment,
        db: &C,
    ) -> Result<(Vec<Candidate<E>>, Option<Self>), DbErr> {
        match self {
            Self::Present { last } => {
                let found = candidate::behind::<E, C>(last.as_deref(), db).await?;
                let next = match found.last() {
                    Some(last) if found.len() >= BATCH => {
                        let last = Some(last.key.clone());
                        Some(Self::Present { last })
                    }
                    _ => Gone::since(moment).map(Self::Gone),
                };
                Ok((found, next))
            }
            Self::Gone(place) => {
                let (found, next) = place.next(moment, db).await?;
                Ok((found, next.map(Self::Gone)))
            }
            Self::Keys { keys, from } => {
                let to = from.saturating_add(BATCH).min(keys.len());
                let found = candidate::with_keys(keys[*from..to].to_vec(), db).await?;
                let keys = Arc::clone(keys);
                let next = (to < keys.len()).then_some(Self::Keys { keys, from: to });
                Ok((found, next))
            }
        }
    }
}
