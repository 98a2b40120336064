//! Where the admin is mounted, and behind what: every link that a browser makes of a page leads to another.

use std::collections::BTreeSet;

use audit_sea_orm::Actor;
use audit_tests::{Outcome, Test, entity::tart, http::Server, suite::admin::seed};
use audit_web::admin::Access;
use axum::{Router, body::Body, extract::Request, http::Uri, response::IntoResponse};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::{Result, chromium::Browser, served};

/// Where the application mounts it, and under which prefix the proxy before it shows that.
const MOUNTS: [(&str, Option<&str>); 7] = [
    ("", None),
    ("/audit", None),
    ("/a/b/", None),
    ("", Some("/tools/audit")),
    ("/audit", Some("")),
    ("/audit", Some("/tools/trail")),
    ("/a/b", Some("/audit")),
];

/// Pages of every kind.
const PAGES: [&str; 12] = [
    "dashboard",
    "records?action=UPDATE&q=pastry",
    "records?date=2026-01-01",
    "records/3",
    "logins/3",
    "exports",
    "events",
    "history?table=tart&object=2",
    "request?id=request-1",
    "undo",
    "undo?request=request-1",
    "nowhere",
];

/// What a page leads to, as the browser understands it.
const LINKS: &str = "return [...document.querySelectorAll('a, link, form, button[formaction]')]
    .flatMap(element => ['href', 'action', 'formaction'].map(name => element.getAttribute(name)))
    .filter(address => address !== null && !address.startsWith('#'))
    .map(address => new URL(address, document.baseURI).href)";

/// Every link of every page leads to a page of the admin's, through the proxy too, and forms come back to it.
pub async fn every_link_leads_to_a_page(t: &mut Test) -> Outcome {
    seed(t, 15).await?;
    // A plan reads the rows.
    t.create_table(tart::Entity).await?;
    let browser = Browser::start().await?;
    for (mount, shown) in MOUNTS {
        let ada = Access::Superuser(Actor::new("ada"));
        let admin = served::admin(&t.db, ada);
        let router = match mount {
            "" => admin,
            mount => Router::new().nest(mount, admin),
        };
        let (upstream, mut address) = served::serve(router).await?;
        let mut proxied = None;
        if let Some(shown) = shown {
            let (server, of_proxy) = served::serve(proxy(address, mount, shown)).await?;
            (proxied, address) = (Some(server), of_proxy);
        }
        let server = proxied.as_ref().unwrap_or(&upstream);
        // A proxy that rewrites the path leads to the overview: what is at its own root, only the proxy knows.
        let entrance = shown.map_or_else(|| mount.to_owned(), |shown| format!("{shown}/dashboard"));
        browser.open(&format!("{address}{entrance}")).await?;
        assert_eq!(browser.text("h1").await?, "Overview", "{mount} {shown:?}");
        let root = shown.unwrap_or(mount).trim_end_matches('/');
        every_link_works(&browser, server, &format!("{address}{root}")).await?;
    }
    browser.close().await
}

async fn every_link_works(browser: &Browser, server: &Server, root: &str) -> Outcome {
    let mut links = BTreeSet::new();
    for page in PAGES {
        browser.open(&format!("{root}/{page}")).await?;
        let found: Vec<String> = serde_json::from_value(browser.run(LINKS, vec![]).await?)?;
        links.extend(found);
    }
    assert!(links.len() >= 60, "{root}: {}", links.len());
    for link in &links {
        assert!(
            link.starts_with(&format!("{root}/")),
            "{link} is outside {root}"
        );
        let path = link.replacen(&format!("http://{}", server.address), "", 1);
        let status = server.client().get(&path).await?.status;
        let expected = match path.rsplit('/').next() {
            // These are for forms, and the form of a history says of which object.
            Some("delete" | "resolve") => 405,
            Some("history") => 400,
            _ => 200,
        };
        assert_eq!(status.as_u16(), expected, "{link}");
    }
    comes_back(browser, root).await
}

/// An event is marked resolved, and the browser sees the list of events again.
async fn comes_back(browser: &Browser, root: &str) -> Outcome {
    browser.open(&format!("{root}/events")).await?;
    browser
        .run("document.querySelector('[name=id]').checked = true", vec![])
        .await?;
    browser.press("Mark resolved").await?;
    let url = browser.client.current_url().await?;
    assert!(
        url.as_str()
            .starts_with(&format!("{root}/events?resolved-now=")),
        "{url}"
    );
    Ok(())
}

/// A reverse proxy that shows what an application has at one prefix under another.
fn proxy(upstream: String, mount: &'static str, shown: &'static str) -> Router {
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    Router::new().fallback(move |request: Request| {
        let forwarded = forward(client.clone(), request, upstream.clone(), mount, shown);
        async move {
            // What cannot be forwarded is a fault of the test's.
            forwarded
                .await
                .unwrap_or_else(|error| error.to_string().into_response())
        }
    })
}

async fn forward(
    client: Client<HttpConnector, Body>,
    mut request: Request,
    upstream: String,
    mount: &str,
    shown: &str,
) -> Result<axum::response::Response> {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let path = path.strip_prefix(shown).ok_or("not shown")?;
    *request.uri_mut() = format!("{upstream}{mount}{path}").parse::<Uri>()?;
    Ok(client.request(request).await?.into_response())
}
