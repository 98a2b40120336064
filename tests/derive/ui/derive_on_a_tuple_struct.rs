use audit_sea_orm::Audited;

#[derive(Audited)]
pub struct Model(pub i32, pub String);

fn main() {}
