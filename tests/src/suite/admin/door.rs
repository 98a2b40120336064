use http::{Method, StatusCode};

use super::{LISTS, seed};
use crate::{
    Outcome, Test,
    site::{self, Site},
};

/// Every path, and the methods that it answers, beside `HEAD`.
fn paths() -> Vec<(String, &'static str)> {
    let mut paths: Vec<(String, &str)> = [
        ("/", "GET"),
        ("/dashboard", "GET"),
        ("/history?table=tart&object=2", "GET"),
        ("/request?id=request-1", "GET"),
        ("/transaction?id=transaction-1", "GET"),
        ("/timeline?table=tart&object=2", "GET"),
        ("/undo", "GET POST"),
        ("/events/resolve", "POST"),
        ("/api/summary", "GET"),
        ("/api/history?table=tart&object=2", "GET"),
        ("/api/request?id=request-1", "GET"),
        ("/api/transaction?id=transaction-1", "GET"),
        ("/api/openapi.json", "GET"),
    ]
    .map(|(path, method)| (path.to_owned(), method))
    .to_vec();
    for list in LISTS {
        for end in ["", "/1", "/export.csv", "/export.jsonl"] {
            paths.push((format!("/{list}{end}"), "GET"));
        }
        paths.push((format!("/{list}/delete"), "POST"));
        paths.push((format!("/api/{list}"), "GET"));
        paths.push((format!("/api/{list}/1"), "GET"));
    }
    paths
}

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Without leave there is a 403, or the way to the login, on every path and for every method.
pub async fn whoever_is_not_admitted_sees_nothing(t: &mut Test) -> Outcome {
    seed(t, 20).await?;
    let site = Site::new(&t.db);
    for (path, _) in paths()
        .into_iter()
        .chain([("/no/such/page".to_owned(), "GET")])
    {
        for method in METHODS {
            let method: Method = method.parse()?;
            for user in ["", "eve", "Ada"] {
                let answer = site.seen_by(user);
                let answer = answer.send(method.clone(), &path, &[], String::new()).await;
                assert_eq!(
                    answer.status,
                    StatusCode::FORBIDDEN,
                    "{user} {method} {path}"
                );
                assert!(!answer.text.contains("Pastry"), "{method} {path}");
                assert!(!answer.text.contains("<nav"), "{method} {path}");
            }
            let lost = site
                .seen_by("lost")
                .send(method.clone(), &path, &[], String::new())
                .await;
            assert_eq!(lost.status, StatusCode::SEE_OTHER, "{method} {path}");
            assert_eq!(lost.location(), "/login");
        }
    }
    assert_eq!(
        t.records().await?.len(),
        20,
        "nothing was recorded or deleted"
    );
    Ok(())
}

/// The right method answers, another is 405, an unknown path or row 404; and in JSON where the API is asked.
pub async fn every_path_and_method_answers_as_it_should(t: &mut Test) -> Outcome {
    seed(t, 20).await?;
    let site = Site::new(&t.db).seen_by("ada");
    for (path, right) in paths() {
        for method in METHODS {
            let answer = site.send(method.parse()?, &path, &[], String::new()).await;
            let asked = if method == "HEAD" { "GET" } else { method };
            let is_right = right.split(' ').any(|right| right == asked);
            let expected = match (is_right, asked) {
                (false, _) => StatusCode::METHOD_NOT_ALLOWED,
                // No token.
                (true, "POST") => StatusCode::FORBIDDEN,
                (true, _) if path == "/" => StatusCode::SEE_OTHER,
                (true, _) => StatusCode::OK,
            };
            assert_eq!(answer.status, expected, "{method} {path}: {}", answer.text);
        }
    }
    for path in [
        "/records/999999",
        "/records/x",
        "/records/1/x",
        "/records/",
        "/nowhere",
        "/logins/-1",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(
            answer.text.contains("<h1>Not Found</h1>"),
            "{path}: {}",
            answer.text
        );
    }
    let missing = site.get("/api/records/999999").await;
    assert_eq!(missing.text, "{\"error\":\"There is no such record.\"}");
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(
        site.get("/assets/other.css").await.status,
        StatusCode::NOT_FOUND
    );
    let style = site.seen_by("").get("/assets/audit.css").await;
    assert_eq!(style.status, StatusCode::OK);
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
    Ok(())
}

/// Off, looking leaves no trace; on, each page leaves one `VIEW` that names it.
pub async fn views_are_recorded_where_that_is_wanted(t: &mut Test) -> Outcome {
    seed(t, 4).await?;
    let pages = [
        "/dashboard",
        "/records?q=x",
        "/records/1",
        "/history?record=1",
        "/api/records",
    ];
    let site = Site::new(&t.db);
    for page in pages {
        site.page(page).await;
    }
    assert_eq!(t.records().await?.len(), 4);

    let admin = site::admin(&t.db).record_views(true);
    let site = Site::of(admin.authorize(site::authorize).into_router());
    for page in pages {
        site.page(page).await;
    }
    let views = t.records().await?.split_off(4);
    let seen: Vec<_> = views
        .iter()
        .map(|view| {
            assert_eq!(
                (view.action.as_str(), view.actor_id.as_deref()),
                ("VIEW", Some("vera"))
            );
            view.metadata.clone().unwrap_or_default()
        })
        .collect();
    assert_eq!(seen.len(), pages.len());
    assert_eq!(
        seen[1],
        serde_json::json!({"page": "/records", "query": {"q": "x"}})
    );
    Ok(())
}
