//! The table that is audited: an ordinary SeaORM entity, and one derive more.

use audit_sea_orm::Audited;
use sea_orm::entity::prelude::*;
use serde::Serialize;

/// An airport. `Audited` also implements `ActiveModelBehavior`, so there is no empty `impl` of it below.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Audited)]
#[sea_orm(table_name = "airport")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub iata: String,
    pub name: String,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: String,
    pub latitude: f64,
    pub longitude: f64,
    /// Personal data: the trail shows that it changed, never what it was.
    #[audited(mask)]
    #[serde(skip)]
    pub contact_phone: Option<String>,
    /// Noise: the trail does not have it, and to change it alone writes no record.
    #[audited(skip)]
    #[serde(skip)]
    pub page_views: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
