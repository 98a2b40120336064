use audit_sea_orm::LoginAttempt;

struct Wrapper;

fn main() {
    let _ = LoginAttempt::failed("ada").record(&Wrapper);
}
