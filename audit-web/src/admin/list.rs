use askama::Template;
use audit_sea_orm::TrailCursor;
use axum::response::Html;
use sea_orm::IdenStatic;

use super::{
    admitted::Visit,
    cell::{Cell, Moment},
    distinct,
    failure::Failure,
    field::{Choice, Control, Kind},
    filter::TENANT,
    hierarchy::{self, Hierarchy},
    layout::Layout,
    listed::Listed,
    page::{ListQuery, Page, filter_names},
    params::{Params, link},
    range::Ends,
    value,
};

/// A list, whatever its table.
#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    layout: Layout,
    slug: &'static str,
    title: &'static str,
    noun: &'static str,
    notice: String,
    token: String,
    query: String,
    search: String,
    search_words: &'static str,
    controls: Vec<Control>,
    from: String,
    until: String,
    date: String,
    is_filtered: bool,
    /// The pages of the request and the transaction that were asked for.
    together: Vec<(String, &'static str)>,
    hierarchy: Hierarchy,
    heads: &'static [&'static str],
    rows: Vec<RowView>,
    can_resolve: bool,
    older: String,
    newer: String,
    newest: String,
    looked_to: Option<Moment>,
}

impl ListPage {
    /// Whether rows can be chosen, as there is something to do with them.
    fn is_selectable(&self) -> bool {
        !self.rows.is_empty() && (self.layout.is_superuser || self.can_resolve)
    }
}

struct RowView {
    id: i64,
    name: String,
    time: Moment,
    cells: Vec<Cell>,
}

pub(super) async fn page<E: Listed>(visit: Visit) -> Result<Html<String>, Failure> {
    let db = &visit.shared.db;
    let query = ListQuery::<E>::read(&visit, Ends::Near).await?;
    let page = query.page(db, visit.shared.settings.page_size).await?;
    let params = visit.params.keeping(filter_names::<E>());
    let hierarchy = hierarchy::load(&query, &params, db).await?;
    let controls = controls::<E>(&visit).await?;
    visit.record_view().await?;
    let html = view(&visit, &params, &page, hierarchy, controls).render()?;
    Ok(Html(html))
}

fn view<E: Listed>(
    visit: &Visit,
    params: &Params,
    page: &Page<E>,
    hierarchy: Hierarchy,
    controls: Vec<Control>,
) -> ListPage {
    let layout = visit.layout();
    let text = |name| params.get(name).unwrap_or_default().to_owned();
    let to = |name: &str, cursor: Option<TrailCursor>| {
        cursor.map_or_else(String::new, |cursor| {
            params.with(name, Some(cursor.to_string())).to_query()
        })
    };
    ListPage {
        slug: E::SLUG,
        title: E::NAMES.0,
        noun: E::NAMES.1,
        notice: notice(visit),
        token: visit.token(),
        query: params.to_query(),
        search: text("q"),
        search_words: E::SEARCHED_WORDS,
        controls,
        from: text("from"),
        until: text("until"),
        date: text("date"),
        is_filtered: !params.is_empty(),
        together: together(params, page),
        hierarchy,
        heads: E::HEADS,
        can_resolve: page.rows.iter().any(E::is_open),
        rows: page
            .rows
            .iter()
            .map(|row| row_view::<E>(row, &layout.base))
            .collect(),
        older: to("before", page.older),
        newer: to("after", page.newer),
        newest: page.newer.map_or_else(String::new, |_| params.to_query()),
        looked_to: page.looked_to.map(Moment::from),
        layout,
    }
}

fn together<E: Listed>(params: &Params, page: &Page<E>) -> Vec<(String, &'static str)> {
    let pages = [
        ("request", "This request as one page"),
        ("transaction", "This transaction as one page"),
    ];
    let is_shown = |name| !page.rows.is_empty() && E::FIELDS.iter().any(|field| field.name == name);
    let asked = pages.into_iter().filter(|(name, _)| is_shown(*name));
    let links = asked.filter_map(|(name, text)| {
        let id = params.get(name)?;
        Some((link(name, &[("id", id)]), text))
    });
    links.collect()
}

fn row_view<E: Listed>(row: &E::Model, base: &str) -> RowView {
    RowView {
        id: E::id(row),
        name: value::cut(&E::name(row), 80),
        time: E::time(row).into(),
        cells: E::cells(row, base),
    }
}

/// What an action before this page did. Only a number comes from the URL.
fn notice(visit: &Visit) -> String {
    let number = |name| {
        visit
            .params
            .get(name)
            .and_then(|text| text.parse::<u32>().ok())
    };
    match (number("deleted"), number("resolved-now")) {
        (Some(count), _) => format!("Deleted: {count}. The deletion is recorded."),
        (None, Some(count)) => format!("Marked resolved: {count}."),
        (None, None) => String::new(),
    }
}

async fn controls<E: Listed>(visit: &Visit) -> Result<Vec<Control>, Failure> {
    let mut controls = Vec::new();
    let tenant = &visit.viewer.tenant;
    for field in E::FIELDS {
        if tenant.is_some() && field.name == TENANT {
            continue;
        }
        let value = visit.params.get(field.name).unwrap_or_default();
        let value = E::present(field.name, value.to_owned());
        let known: &[&str] = match field.kind {
            Kind::Flag => &["yes", "no"],
            Kind::Choice(choices) => choices,
            Kind::Typed | Kind::Object | Kind::Held => &[],
        };
        let mut options: Vec<String> = known.iter().map(ToString::to_string).collect();
        if matches!(field.kind, Kind::Held | Kind::Choice(_)) {
            // Which values there are is known of all tenants together.
            let held = match tenant {
                Some(_) => Vec::new(),
                None => distinct::values(&visit.shared.db, E::TABLE, field.column.as_str()).await?,
            };
            // A page without rows still shows what it was asked for.
            let asked = (!value.is_empty()).then(|| value.clone());
            for option in held.into_iter().chain(asked) {
                let option = E::present(field.name, option);
                if !options.contains(&option) {
                    options.push(option);
                }
            }
        }
        let options = options.into_iter().map(|option| Choice {
            is_chosen: option == value,
            value: option,
        });
        controls.push(Control {
            name: field.name,
            label: field.label,
            options: options.collect(),
            is_typed: matches!(field.kind, Kind::Typed | Kind::Object),
            value,
        });
    }
    Ok(controls)
}
