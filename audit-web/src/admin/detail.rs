use askama::Template;
use axum::{extract::Path, response::Html};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    admitted::Visit,
    cell::{Cell, Section},
    failure::Failure,
    layout::Layout,
    listed::Listed,
};

/// A row, whatever its table.
#[derive(Template)]
#[template(path = "detail.html")]
struct DetailPage {
    layout: Layout,
    slug: &'static str,
    list: &'static str,
    noun: &'static str,
    id: i64,
    name: String,
    token: String,
    can_resolve: bool,
    sections: Vec<Section>,
}

pub(super) async fn page<E: Listed>(
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Html<String>, Failure> {
    let row = row::<E>(&visit, &id).await?;
    visit.record_view().await?;
    let layout = visit.layout();
    let page = DetailPage {
        slug: E::SLUG,
        list: E::NAMES.0,
        noun: E::NAMES.1,
        id: E::id(&row),
        name: super::value::cut(&E::name(&row), 120),
        token: visit.token(),
        can_resolve: E::is_open(&row),
        sections: E::sections(&row, &layout.base),
        layout,
    };
    Ok(Html(page.render()?))
}

/// The row of that number in a URL.
pub(super) async fn row<E: Listed>(visit: &Visit, id: &str) -> Result<E::Model, Failure> {
    let missing = || Failure::not_found(format!("There is no such {}.", E::NAMES.1));
    let id: i64 = id.parse().map_err(|_| missing())?;
    let row = E::find()
        .filter(E::ID.eq(id))
        .filter(visit.viewer.sees::<E>());
    let row = row.one(&visit.shared.db).await?;
    row.ok_or_else(missing)
}
