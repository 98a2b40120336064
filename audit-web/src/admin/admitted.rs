//! Who is at the door, and what was asked.

use std::sync::Arc;

use audit_sea_orm::Action;
use axum::{
    extract::{FromRequest, FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{Method, Uri, request::Parts};

use super::{
    Access, Authorize, failure::Failure, layout::Layout, params::Params, settings::Shared, token,
    viewer::Viewer,
};

/// Asks the authoriser, and shows what went wrong behind it.
pub(super) async fn admit<A: Authorize>(
    State((shared, authorizer)): State<(Arc<Shared>, A)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let is_api = parts.uri.path().starts_with("/api/");
    let layout = |viewer: Option<&Viewer>| Layout::new(&shared, &parts.uri, viewer);
    let (access, tenant) = authorizer.authorize(parts.clone()).await.into_parts();
    let viewer = match access {
        Access::Denied | Access::OfTenant(..) => {
            let failure = Failure::forbidden("You may not see the audit trail.");
            return failure.show(layout(None), is_api);
        }
        Access::Redirect(url) => return Redirect::to(&url).into_response(),
        Access::Viewer(actor) => Viewer {
            actor,
            is_superuser: false,
            tenant,
        },
        Access::Superuser(actor) => Viewer {
            actor,
            is_superuser: true,
            tenant,
        },
    };
    let layout = layout(Some(&viewer));
    if parts.method == Method::POST && token::is_foreign(&parts.headers) {
        let failure = Failure::forbidden("The form was sent from another site.");
        return failure.show(layout, is_api);
    }
    parts.extensions.insert(viewer);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    match response.extensions_mut().remove::<Failure>() {
        Some(failure) => failure.show(layout, is_api),
        None => response,
    }
}

/// A request that was let in.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) shared: Arc<Shared>,
    pub(super) viewer: Viewer,
    pub(super) uri: Uri,
    pub(super) params: Params,
}

impl Visit {
    pub(super) fn layout(&self) -> Layout {
        Layout::new(&self.shared, &self.uri, Some(&self.viewer))
    }

    pub(super) fn token(&self) -> String {
        token::make(&self.shared.settings.token_key, &self.viewer.actor)
    }

    /// Records that a page was looked at, where the application wants it.
    pub(super) async fn record_view(&self) -> Result<(), Failure> {
        if self.shared.settings.record_views {
            let page = self.uri.path();
            let seen = serde_json::json!({"page": page, "query": self.params.to_json()});
            self.viewer
                .event(Action::View)
                .metadata(seen)
                .record(&self.shared.db)
                .await?;
        }
        Ok(())
    }
}

impl FromRequestParts<Arc<Shared>> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        let viewer = parts.extensions.get::<Viewer>().cloned();
        // The routes stand behind `admit`; if one ever did not, it must stay closed.
        let viewer =
            viewer.ok_or_else(|| Failure::forbidden("You may not see the audit trail."))?;
        Ok(Self {
            shared: Arc::clone(shared),
            viewer,
            uri: parts.uri.clone(),
            params: Params::parse(parts.uri.query().unwrap_or_default())?,
        })
    }
}

/// A form that was let in, and has the right token.
#[derive(Debug)]
pub(super) struct Submitted {
    pub(super) visit: Visit,
    pub(super) form: Params,
}

impl Submitted {
    /// The numbers of the rows that were chosen.
    pub(super) fn ids(&self) -> Result<Vec<i64>, Failure> {
        let ids: Result<Vec<i64>, _> = self.form.all("id").map(str::parse).collect();
        let mut ids =
            ids.map_err(|_| Failure::bad_request("The number of a row is not a number."))?;
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Err(Failure::bad_request(
                "No row was chosen: go back and tick those you mean.",
            ));
        }
        Ok(ids)
    }
}

impl FromRequest<Arc<Shared>> for Submitted {
    type Rejection = Failure;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, shared).await?;
        let text = String::from_request(Request::from_parts(parts, body), &()).await;
        let text = text.map_err(|_| Failure::bad_request("The form cannot be read."))?;
        let form = Params::parse(&text)?;
        let token = form.get("token").unwrap_or_default();
        if !token::is_valid(&shared.settings.token_key, &visit.viewer.actor, token) {
            return Err(Failure::forbidden(
                "The form is too old, or not one of this admin's: go back, reload the page and send it again.",
            ));
        }
        Ok(Self { visit, form })
    }
}
