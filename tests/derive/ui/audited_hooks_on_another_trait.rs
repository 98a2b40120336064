struct Cake;

#[audit_sea_orm::audited_hooks]
impl Clone for Cake {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
