use audit_sea_orm::entity::login_attempt::Status;

use super::shop::Shop;
use crate::{Outcome, Test};

/// After five failures a name is locked for its address, also with the right password, and the trail says why.
pub async fn a_guesser_is_locked_out_and_recorded_as_blocked(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let mut guesser = shop.client();
    for guess in ["a", "b", "c", "d", "e"] {
        assert_eq!(
            guesser
                .post("/login", &[("username", "ada"), ("password", guess)])
                .await?
                .status,
            401
        );
    }
    let right = guesser
        .post(
            "/login",
            &[("username", "ada"), ("password", "apricot jam")],
        )
        .await?;
    assert_eq!(right.status, 401);
    let another = guesser
        .post(
            "/login",
            &[("username", "bruno"), ("password", "rum and raisins")],
        )
        .await?;
    assert_eq!(another.status, 303, "another name is not locked");

    // Events wait until the counts of what came so fast are written.
    let _events = shop.events().await?;
    let attempts = shop.attempts().await?;
    let of_ada = attempts.iter().filter(|row| row.username == "ada");
    let mut of_ada: Vec<_> = of_ada
        .map(|row| {
            (
                row.status.as_str(),
                row.failure_reason.as_deref(),
                row.attempts,
            )
        })
        .collect();
    of_ada.sort_unstable();
    assert_eq!(
        of_ada,
        [
            (Status::Blocked.as_str(), Some("too many failures"), 1),
            (Status::Failed.as_str(), Some("wrong password"), 1),
            (Status::Failed.as_str(), Some("wrong password"), 4),
        ]
    );
    Ok(())
}

/// Whatever a stranger types as a name, the login answers that it is wrong, and records it.
pub async fn any_name_can_fail_to_log_in(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let mut stranger = shop.client();
    let long = "x".repeat(100_000);
    let names = [
        "",
        "a\0b",
        long.as_str(),
        "😀\u{202e}nimda",
        "' OR 1=1 --",
        "<script>alert(1)</script>",
    ];
    for name in names {
        let answer = stranger
            .post("/login", &[("username", name), ("password", "any")])
            .await?;
        assert_eq!(answer.status, 401, "{name:.20}");
    }
    let attempts = shop.attempts().await?;
    let recorded: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt.username.as_str())
        .collect();
    let cut = &long[..150];
    assert_eq!(
        recorded,
        [
            "",
            "a\u{fffd}b",
            cut,
            "😀\u{fffd}nimda",
            "' OR 1=1 --",
            "<script>alert(1)</script>"
        ]
    );
    assert!(
        attempts
            .iter()
            .all(|attempt| attempt.failure_reason.as_deref() == Some("unknown user"))
    );
    Ok(())
}
