//! The writes that a trail out of order meets.

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, ModelTrait, QueryOrder,
    Set,
};

use crate::{Test, entity::cake};

/// A write of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    Insert,
    Update,
    Delete,
}

pub(super) const WRITES: [Write; 3] = [Write::Insert, Write::Update, Write::Delete];

impl Write {
    /// How errors name its record.
    pub(super) fn event(self, cake: &cake::Model) -> String {
        match self {
            // The key of the row that is inserted is not that of the one that is there.
            Self::Insert => "the record of CREATE of cake ".to_owned(),
            Self::Update => format!(
                "the record of UPDATE of cake {} could not be written",
                cake.id
            ),
            Self::Delete => format!(
                "the record of DELETE of cake {} could not be written",
                cake.id
            ),
        }
    }

    /// Inserts another cake, or changes or deletes this one.
    pub(super) async fn run<C: ConnectionTrait>(
        self,
        db: &C,
        cake: &cake::Model,
    ) -> Result<(), DbErr> {
        match self {
            Self::Insert => another(cake).insert(db).await.map(drop),
            Self::Update => dearer(cake).update(db).await.map(drop),
            Self::Delete => cake.clone().delete(db).await.map(drop),
        }
    }

    /// The same, in a transaction of its own.
    pub(super) async fn run_audited(self, t: &Test, cake: &cake::Model) -> Result<(), DbErr> {
        match self {
            Self::Insert => another(cake).audited_insert(&t.db).await.map(drop),
            Self::Update => dearer(cake).audited_update(&t.db).await.map(drop),
            Self::Delete => cake
                .clone()
                .into_active_model()
                .audited_delete(&t.db)
                .await
                .map(drop),
        }
    }
}

fn another(cake: &cake::Model) -> cake::ActiveModel {
    cake::named(&format!("{} again", cake.name))
}

pub(super) fn dearer(cake: &cake::Model) -> cake::ActiveModel {
    let mut dearer = cake.clone().into_active_model();
    dearer.price = Set(cake.price + 1);
    dearer
}

/// A cake that nothing is recorded of.
pub(super) async fn bake(t: &Test, name: &str) -> Result<cake::Model, DbErr> {
    AuditContext::unaudited("fixture", cake::named(name).insert(&t.db)).await
}

pub(super) async fn rows(t: &Test) -> Result<Vec<cake::Model>, DbErr> {
    cake::Entity::find()
        .order_by_asc(cake::Column::Id)
        .all(&t.db)
        .await
}
