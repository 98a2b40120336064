use audit_sea_orm::Audited;

#[derive(Audited)]
pub struct Cake {
    pub id: i32,
}

fn main() {}
