use audit_sea_orm::Audited;

#[derive(Audited)]
pub enum Model {
    Cake,
}

fn main() {}
