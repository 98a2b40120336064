use audit_sea_orm::Audited;

#[derive(Audited)]
pub union Model {
    pub id: i32,
}

fn main() {}
