use audit_sea_orm::Audited;

#[derive(Audited)]
pub struct Model;

fn main() {}
