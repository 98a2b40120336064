struct Cake;

#[audit_sea_orm::audited_hooks(skip("price"))]
impl Cake {}

fn main() {}
