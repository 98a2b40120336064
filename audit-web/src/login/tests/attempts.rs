use super::*;

#[tokio::test]
async fn every_attempt_is_recorded_with_what_came_of_it() {
    let db = database().await;
    let backend = audited(&db);
    assert_eq!(
        backend
            .authenticate(typed("ada", "right"))
            .await
            .unwrap()
            .unwrap()
            .id,
        1
    );
    for (name, password) in [("ada", "wrong"), ("eve", "any"), ("banned", "any")] {
        assert!(
            backend
                .authenticate(typed(name, password))
                .await
                .unwrap()
                .is_none()
        );
    }
    for name in ["broken", "locked"] {
        let error = backend.authenticate(typed(name, "any")).await.unwrap_err();
        assert!(matches!(error, AuditedBackendError::Backend(_)));
    }

    let attempts: Vec<_> = attempts(&db)
        .await
        .into_iter()
        .map(|attempt| (attempt.username, attempt.status, attempt.failure_reason))
        .collect();
    let expected = [
        ("ada", Status::Success, None),
        ("ada", Status::Failed, Some("wrong credentials")),
        ("eve", Status::Failed, Some("unknown user")),
        ("banned", Status::Blocked, Some("banned for life")),
        ("broken", Status::Failed, Some("out of order")),
        ("locked", Status::Blocked, Some("locked")),
    ];
    assert_eq!(
        attempts,
        expected.map(|(name, status, reason)| {
            (name.to_owned(), status, reason.map(ToOwned::to_owned))
        })
    );
    assert_eq!(
        story(&db).await[..2],
        [
            told("LOGIN", "ada", Some("1")),
            told("LOGIN_FAILED", "ada", None)
        ]
    );
}

#[tokio::test]
async fn an_error_is_not_quoted_unless_asked() {
    let db = database().await;
    let backend = AuditedBackend::new(Backend::default(), db.clone(), |typed: &Credentials| {
        typed.username.clone()
    });
    backend
        .authenticate(typed("broken", "any"))
        .await
        .unwrap_err();
    let reason = attempts(&db).await.remove(0).failure_reason;
    assert_eq!(reason.as_deref(), Some("the backend reported an error"));
}

#[tokio::test]
async fn any_name_a_stranger_types_is_recorded_clean_and_cut() {
    let db = database().await;
    let backend = audited(&db);
    let long = "x".repeat(1_000_000);
    for (name, recorded) in [
        ("", String::new()),
        (long.as_str(), "x".repeat(150)),
        ("a\0d\na\u{202E}", "a\u{FFFD}d\u{FFFD}a\u{FFFD}".to_owned()),
        (
            "'; DROP TABLE audit_log; --",
            "'; DROP TABLE audit_log; --".to_owned(),
        ),
        (&"🦀".repeat(200), "🦀".repeat(150)),
    ] {
        assert!(
            backend
                .authenticate(typed(name, "any"))
                .await
                .unwrap()
                .is_none()
        );
        assert_eq!(attempts(&db).await.pop().unwrap().username, recorded);
    }
}

#[tokio::test]
async fn address_and_place_stand_in_the_attempt() {
    let db = database().await;
    let backend = audited(&db).locator(|ip: std::net::IpAddr| {
        ip.is_ipv4().then(|| GeoPlace {
            country: Some("Austria".to_owned()),
            city: Some("Wien".to_owned()),
        })
    });
    let context = AuditContext::new().ip([192, 0, 2, 7]).user_agent("browser");
    let after = context
        .scope(async {
            backend.authenticate(typed("ada", "right")).await.unwrap();
            AuditContext::current().actor
        })
        .await;
    assert_eq!(
        after,
        Some(Actor::new(1).with_name("ada")),
        "who is in acts from then on"
    );

    let attempt = attempts(&db).await.remove(0);
    assert_eq!(attempt.ip_address.as_deref(), Some("192.0.2.7"));
    assert_eq!(attempt.user_agent.as_deref(), Some("browser"));
    assert_eq!(
        (attempt.country.as_deref(), attempt.city.as_deref()),
        (Some("Austria"), Some("Wien"))
    );
}

#[tokio::test]
async fn nobody_is_let_in_whose_login_cannot_be_recorded() {
    let db = database().await;
    let backend = audited(&db);
    db.execute_unprepared("DROP TABLE audit_login_attempt")
        .await
        .unwrap();
    let refused = backend
        .authenticate(typed("ada", "right"))
        .await
        .unwrap_err();
    assert!(matches!(refused, AuditedBackendError::Audit(_)));
    let broken = backend
        .authenticate(typed("broken", "right"))
        .await
        .unwrap_err();
    assert!(matches!(
        broken,
        AuditedBackendError::Backend(BackendError::Broken)
    ));

    let config = AuditConfig::new().on_failure(OnFailure::Log);
    let let_in = config
        .scope(backend.authenticate(typed("ada", "right")))
        .await;
    assert!(let_in.unwrap().is_some());
}

#[tokio::test]
async fn an_attempt_that_is_abandoned_is_recorded() {
    let db = database().await;
    let backend = audited(&db);
    let context = AuditContext::new().request_id("r1");
    let attempt = tokio::spawn({
        let backend = backend.clone();
        async move { drop(backend.authenticate(typed("slow", "right")).await) }
            .with_audit_context(context)
    });
    backend.is_reached.notified().await;
    attempt.abort();
    attempt.await.unwrap_err();

    let attempt = eventually(async || attempts(&db).await.pop()).await;
    assert_eq!(
        attempt.failure_reason.as_deref(),
        Some("abandoned before it ended")
    );
    assert_eq!(records(&db).await[0].request_id.as_deref(), Some("r1"));
}

#[tokio::test]
async fn permissions_are_those_of_the_backend() {
    let backend = audited(&database().await);
    let (ada, bob) = (user("ada").unwrap(), user("bob").unwrap());
    assert!(backend.has_perm(&ada, "bake").await.unwrap());
    assert!(!backend.has_perm(&bob, "bake").await.unwrap());
    assert!(backend.get_all_permissions(&ada).await.unwrap().is_empty());
}
