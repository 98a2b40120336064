use http::Uri;

use super::{asset, settings::Shared, viewer::Viewer};

/// What stands around every page.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// What leads from the page to the admin's root: `""`, `"../"` …
    pub(super) base: String,
    pub(super) site: String,
    pub(super) viewer: Option<String>,
    pub(super) is_superuser: bool,
    pub(super) style: String,
    pub(super) nav: Vec<NavItem>,
}

/// A link at the top.
#[derive(Clone, Debug)]
pub(super) struct NavItem {
    pub(super) page: &'static str,
    pub(super) label: &'static str,
    pub(super) is_current: bool,
}

const PAGES: [(&str, &str); 5] = [
    ("dashboard", "Overview"),
    ("records", "Records"),
    ("logins", "Logins"),
    ("exports", "Exports"),
    ("events", "Events"),
];

const UNDO: (&str, &str) = ("undo", "Undo");

impl Layout {
    pub(super) fn new(shared: &Shared, uri: &Uri, viewer: Option<&Viewer>) -> Self {
        let path = uri.path();
        let first = path.split('/').nth(1).unwrap_or_default();
        let first = match first {
            "history" | "request" | "timeline" | "transaction" => "records",
            first => first,
        };
        let undo = viewer.is_some_and(Viewer::may_undo).then_some(UNDO);
        Self {
            base: base(path),
            site: shared.settings.title.clone(),
            viewer: viewer.map(|viewer| viewer.actor.to_string()),
            is_superuser: viewer.is_some_and(|viewer| viewer.is_superuser),
            style: format!("assets/audit.css?v={}", asset::STYLE_VERSION),
            nav: PAGES
                .into_iter()
                .chain(undo)
                .map(|(page, label)| NavItem {
                    page,
                    label,
                    is_current: page == first,
                })
                .collect(),
        }
    }
}

/// What leads from a path to the root, for a browser that knows neither prefix nor proxy.
pub(super) fn base(path: &str) -> String {
    "../".repeat(path.matches('/').count().saturating_sub(1))
}
