//! Makes the plan of an undo.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{ColumnTrait, DbErr, QueryFilter};

use super::{
    deed::Deed,
    judge, order,
    references::{self, BATCH},
    selection::Selection,
    step::UndoStep,
};
use crate::{
    AuditedTransaction, TrailQuery,
    any_entity::{self, AnyEntity, Row},
    audited::renames,
    entity::audit_log::{Column, Model},
    error::undo_conflict::{UndoConflict, UndoneObject},
    history::state::{CHANGES, Event},
    import::is_without_rows,
};

/// The steps of an undo in their order, and what stands in its way.
#[derive(Debug, Default)]
pub(super) struct Built {
    pub(super) steps: Vec<UndoStep>,
    pub(super) conflicts: Vec<UndoConflict>,
}

/// What is asked for.
struct Around<'a> {
    selection: &'a Selection,
    /// The numbers of the records.
    selected: BTreeSet<i64>,
    /// Whether rows are locked.
    locks: bool,
}

/// Makes the plan; with the rows locked where it is to be run.
pub(super) async fn build(
    selection: &Selection,
    locks: bool,
    db: &AuditedTransaction,
) -> Result<Built, DbErr> {
    let records = selection.records(db).await?;
    let (deeds, conflicts) = deeds(&records);
    let mut built = Built {
        conflicts,
        ..Built::default()
    };
    let around = Around {
        selection,
        selected: records.iter().map(|record| record.id).collect(),
        locks,
    };
    for (table, deeds) in deeds {
        let Some(entity) = any_entity::of(&table) else {
            built.conflicts.push(UndoConflict::NoEntity { table });
            continue;
        };
        for batch in deeds.chunks(BATCH) {
            add(&mut built, entity, batch, &around, db).await?;
        }
    }
    built
        .conflicts
        .extend(references::conflicts(&built.steps, db).await?);
    built.steps = order::ordered(built.steps);
    Ok(built)
}

/// What the records did, by the table of their objects; and what no undo can turn back.
fn deeds(records: &[Model]) -> (BTreeMap<String, Vec<Deed>>, Vec<UndoConflict>) {
    let mut tables: BTreeMap<String, Vec<Deed>> = BTreeMap::new();
    let (mut known, mut conflicts) = (HashMap::new(), Vec::new());
    for record in records {
        let table = renames::table(record.table_name.as_deref().unwrap_or_default());
        if is_without_rows(record) {
            let (table, record) = (table.to_owned(), record.id);
            conflicts.push(UndoConflict::NotRecorded { table, record });
        }
        let Some(event) = Event::of(record) else {
            continue;
        };
        let Some(id) = &record.object_id else {
            let (table, record) = (table.to_owned(), record.id);
            conflicts.push(UndoConflict::Truncated { table, record });
            continue;
        };
        let object = UndoneObject::new(table, id);
        let deeds = tables.entry(table.to_owned()).or_default();
        let at = *known.entry(object.clone()).or_insert_with(|| {
            deeds.push(Deed::begin(object, event));
            deeds.len() - 1
        });
        deeds[at].take(event, record);
    }
    (tables, conflicts)
}

/// Adds what becomes of some objects of one table.
async fn add(
    built: &mut Built,
    entity: &dyn AnyEntity,
    deeds: &[Deed],
    around: &Around<'_>,
    db: &AuditedTransaction,
) -> Result<(), DbErr> {
    let keys: Vec<_> = deeds.iter().map(|deed| key(entity, deed)).collect();
    let known: Vec<Row> = keys.iter().flatten().cloned().collect();
    // Rows first: what is written after they are locked has its record, or is not there.
    let rows = any_entity::rows(entity, &known, around.locks, db).await?;
    let rows: HashMap<String, Row> = rows.into_iter().collect();
    let since = since(entity, deeds, &around.selected, db).await?;
    for (deed, key) in deeds.iter().zip(keys) {
        let Some(key) = key else {
            let (_, columns) = entity.restorable(&Row::new(), true);
            built.conflicts.push(judge::unknown(&deed.object, columns));
            continue;
        };
        let now = entity.id(&key).and_then(|id| rows.get(&id));
        let since = since.get(&deed.object.id).map_or(&[][..], Vec::as_slice);
        let judged = judge::judge(entity, deed, key, now, since, around.selection);
        built.conflicts.extend(judged.conflicts);
        built.steps.extend(judged.step);
    }
    Ok(())
}

/// The key of an object: a record has it as text, or that of a long one among its values.
fn key(entity: &dyn AnyEntity, deed: &Deed) -> Option<Row> {
    entity.key(&deed.object.id).or_else(|| {
        let sides = [&deed.before, &deed.after].into_iter();
        sides
            .filter_map(|side| side.columns())
            .find_map(|columns| entity.key_of(columns))
    })
}

/// The records of these objects that are not selected, and newer than the first that is.
async fn since(
    entity: &dyn AnyEntity,
    deeds: &[Deed],
    selected: &BTreeSet<i64>,
    db: &AuditedTransaction,
) -> Result<HashMap<String, Vec<Model>>, DbErr> {
    let ids: Vec<&str> = deeds.iter().map(|deed| deed.object.id.as_str()).collect();
    let first = deeds.iter().map(Deed::first).min().unwrap_or_default();
    let newer = entity
        .records(&ids)
        .filter(Column::Action.is_in(CHANGES))
        .newer_than(first.into())
        .oldest_first();
    let mut since: HashMap<String, Vec<Model>> = HashMap::new();
    for record in newer.all(db).await? {
        if let Some(id) = record.object_id.clone()
            && !selected.contains(&record.id)
        {
            since.entry(id).or_default().push(record);
        }
    }
    Ok(since)
}
