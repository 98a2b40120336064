use audit_sea_orm::Audited;

#[derive(Audited)]
pub struct Model<T> {
    pub id: T,
}

fn main() {}
