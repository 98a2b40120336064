use askama::Template;
use audit_sea_orm::{Action, AuditConfig, AuditTransactionExt};
use axum::response::{Html, IntoResponse, Redirect, Response};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    admitted::{Submitted, Visit},
    cell::Moment,
    failure::Failure,
    layout::Layout,
    listed::Listed,
    params::link,
    value,
};

/// The most rows that one confirmation can show so that somebody reads them.
const MOST: usize = 500;

/// Says what is going to be deleted, and asks why.
#[derive(Template)]
#[template(path = "delete.html")]
struct DeletePage {
    layout: Layout,
    slug: &'static str,
    list: &'static str,
    noun: &'static str,
    token: String,
    lacks_reason: bool,
    rows: Vec<Doomed>,
}

struct Doomed {
    id: i64,
    name: String,
    time: Moment,
}

/// Asks for confirmation, and deletes where the form has it.
pub(super) async fn delete<E: Listed>(submitted: Submitted) -> Result<Response, Failure> {
    let visit = &submitted.visit;
    if !visit.viewer.is_superuser {
        return Err(Failure::forbidden(
            "Only a superuser may delete from the trail.",
        ));
    }
    let ids = submitted.ids()?;
    if ids.len() > MOST {
        return Err(Failure::bad_request(format!(
            "Choose at most {MOST} rows at a time."
        )));
    }
    let is_confirmed = submitted.form.get("confirm") == Some("yes");
    match submitted
        .form
        .get("reason")
        .filter(|reason| !reason.trim().is_empty())
    {
        Some(reason) if is_confirmed => {
            // Whatever the application leaves out of its trail: that evidence was deleted is never left out.
            let deleted = AuditConfig::new()
                .scope(remove::<E>(visit, &ids, reason))
                .await?;
            let list = link(
                &format!("../{}", E::SLUG),
                &[("deleted", &deleted.to_string())],
            );
            Ok(Redirect::to(&list).into_response())
        }
        _ => confirmation::<E>(visit, &ids, is_confirmed).await,
    }
}

async fn confirmation<E: Listed>(
    visit: &Visit,
    ids: &[i64],
    lacks_reason: bool,
) -> Result<Response, Failure> {
    let rows = E::find()
        .filter(E::ID.is_in(ids.iter().copied()))
        .filter(visit.viewer.sees::<E>());
    let rows = rows.all(&visit.shared.db).await?;
    if rows.is_empty() {
        return Err(Failure::not_found("These rows are gone already."));
    }
    let doomed = rows.iter().map(|row| Doomed {
        id: E::id(row),
        name: value::cut(&E::name(row), 120),
        time: E::time(row).into(),
    });
    let page = DeletePage {
        layout: visit.layout(),
        slug: E::SLUG,
        list: E::NAMES.0,
        noun: E::NAMES.1,
        token: visit.token(),
        lacks_reason,
        rows: doomed.collect(),
    };
    Ok(Html(page.render()?).into_response())
}

/// Deletes the rows and records each deletion, all or nothing. What the rows held is not recorded: the reason
/// for a deletion may be just that.
async fn remove<E: Listed>(visit: &Visit, ids: &[i64], reason: &str) -> Result<u64, Failure> {
    let transaction = visit.shared.db.begin_write().await?;
    let chosen = || {
        let sees = visit.viewer.sees::<E>();
        sees.add(E::ID.is_in(ids.iter().copied()))
    };
    let rows = E::find().filter(chosen()).all(&transaction).await?;
    let deleted = E::delete_many()
        .filter(chosen())
        .exec(&transaction)
        .await?
        .rows_affected;
    if usize::try_from(deleted) != Ok(ids.len()) {
        transaction.rollback().await?;
        return Err(Failure::not_found(
            "Somebody else deleted some of these rows meanwhile: nothing was deleted now.",
        ));
    }
    for row in &rows {
        visit
            .viewer
            .event(Action::Delete)
            .on_object(E::TABLE, E::id(row).to_string())
            .repr(E::name(row))
            .reason(reason)
            .record(&transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(deleted)
}
