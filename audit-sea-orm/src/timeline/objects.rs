//! Which objects are in a timeline.

use sea_orm::{ConnectionTrait, DbErr};

use super::{Ids, Member, parts};
use crate::any_entity::{self, AnyEntity, Reference, Row};

/// How many wholes are asked for by one statement.
const BATCH: usize = 200;

/// The objects of each member.
pub(super) async fn all<C: ConnectionTrait>(
    id: Option<&str>,
    members: &[Member],
    db: &C,
) -> Result<Vec<Ids>, DbErr> {
    let mut all: Vec<Ids> = Vec::with_capacity(members.len());
    for member in members {
        let mut ids = Ids::new();
        // The first one is the object itself.
        if all.is_empty() {
            ids.extend(id.map(str::to_owned));
        }
        for (whole, reference) in &member.references {
            let wholes = keys(members[*whole].entity.as_ref(), &all[*whole], reference);
            let entity = member.entity.as_ref();
            for wholes in wholes.chunks(BATCH) {
                let present = any_entity::rows(entity, wholes, false, db).await?;
                ids.extend(present.into_iter().map(|(id, _)| id));
            }
            ids.extend(parts::recorded(entity, reference, &wholes, BATCH, db).await?);
        }
        all.push(ids);
    }
    Ok(all)
}

/// What parts of these objects have in the columns of the reference. A key that stands as a digest in records is none.
fn keys(whole: &dyn AnyEntity, ids: &Ids, reference: &Reference) -> Vec<Row> {
    let key = |id: &String| {
        let mut key = whole.key(id)?;
        let columns = reference.columns.iter().zip(&reference.referred);
        let values =
            columns.map(|(column, referred)| Some((column.clone(), key.remove(referred)?)));
        values.collect()
    };
    ids.iter().filter_map(key).collect()
}
