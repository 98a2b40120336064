//! The plan of an undo, shown, confirmed and run.

mod asked;
mod views;

use askama::Template;
use audit_sea_orm::{
    AuditConfig, AuditConnectionExt, AuditContext, AuditDbErrExt, AuditedConnection, Error,
    undo::{UndoConflict, UndoPlan, Undone},
};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::StatusCode;
use sha2::{Digest, Sha256};

use super::{
    admitted::{Submitted, Visit},
    cell::Cell,
    failure::Failure,
    layout::Layout,
    params::link,
};
use asked::Asked;
use views::{ConflictView, StepView};

/// The most steps and the most conflicts that a page shows.
const MOST: usize = 500;

/// A plan, or the form that asks for one.
#[derive(Template)]
#[template(path = "undo.html")]
struct UndoPage {
    layout: Layout,
    title: String,
    notice: String,
    asked: Asked,
    plan: Option<PlanView>,
}

/// A plan as it is shown.
struct PlanView {
    token: String,
    /// By which the plan is known that somebody confirms.
    digest: String,
    note: &'static str,
    lacks_reason: bool,
    reason: String,
    /// Where the records are that it undoes.
    records: String,
    steps: Vec<StepView>,
    step_count: usize,
    conflicts: Vec<ConflictView>,
    conflict_count: usize,
}

impl PlanView {
    fn more_steps(&self) -> usize {
        self.step_count - self.steps.len()
    }

    fn more_conflicts(&self) -> usize {
        self.conflict_count - self.conflicts.len()
    }
}

/// Why a plan is shown once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    Changed,
    Refused,
    LacksReason,
}

impl Again {
    fn note(self) -> &'static str {
        match self {
            Self::Changed => {
                "The plan is no longer the one that you saw, and nothing was written. This is the present one."
            }
            Self::Refused => "The undo is refused, and nothing was written.",
            Self::LacksReason => "",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Changed | Self::Refused => StatusCode::CONFLICT,
            Self::LacksReason => StatusCode::OK,
        }
    }
}

/// Shows a plan, or asks for what one is to be made.
pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    admit(&visit)?;
    let asked = Asked::read(&visit.params)?;
    let plan = match asked.query() {
        Some(query) => {
            asked.refuse_too_many(&visit.shared.db).await?;
            let plan = query.plan(&connection(&visit)).await?;
            Some(view(&plan, plan.conflicts(), &asked, &visit))
        }
        None => None,
    };
    visit.record_view().await?;
    page(&visit, asked, plan)
}

/// Runs the plan that was shown, if it is still the same; else shows what it is now.
pub(super) async fn run(submitted: Submitted) -> Result<Response, Failure> {
    let (visit, form) = (&submitted.visit, &submitted.form);
    admit(visit)?;
    let asked = Asked::read(form)?;
    let Some(query) = asked.query() else {
        return Err(Failure::bad_request("Undo what? Name it."));
    };
    asked.refuse_too_many(&visit.shared.db).await?;
    let db = connection(visit);
    let plan = query.clone().plan(&db).await?;
    let reason = form.get("reason").unwrap_or_default();
    if form.get("plan") != Some(digest(&plan).as_str()) {
        return again(Again::Changed, &plan, plan.conflicts(), asked, &submitted);
    }
    if !plan.is_possible() {
        return again(Again::Refused, &plan, plan.conflicts(), asked, &submitted);
    }
    if reason.trim().is_empty() {
        return again(Again::LacksReason, &plan, &[], asked, &submitted);
    }
    // Whatever the application leaves out of its trail: an undo is never left out.
    let undone = AuditConfig::new().scope(plan.run(reason, &db)).await;
    let error = match undone {
        Ok(undone) => return Ok(done(&undone).into_response()),
        Err(error) => error,
    };
    let Some(Error::Undo { conflicts, .. }) = error.audit_err() else {
        return Err(Failure::refused(error));
    };
    let conflicts: Vec<_> = conflicts.iter().cloned().collect();
    let present = query.plan(&db).await?;
    again(Again::Refused, &present, &conflicts, asked, &submitted)
}

fn admit(visit: &Visit) -> Result<(), Failure> {
    if visit.viewer.may_undo() {
        return Ok(());
    }
    Err(Failure::forbidden(
        "Only a superuser who sees the whole trail may undo.",
    ))
}

/// The connection on which this person undoes.
fn connection(visit: &Visit) -> AuditedConnection {
    let context = AuditContext::new()
        .actor(visit.viewer.actor.clone())
        .module("audit admin");
    visit.shared.db.audited_as(context)
}

/// What a plan comes down to: with it comes which one somebody saw.
fn digest(plan: &UndoPlan) -> String {
    hex::encode(Sha256::digest(plan.to_string()))
}

fn done(undone: &Undone) -> Redirect {
    let rows = undone.rows.to_string();
    Redirect::to(&match &undone.transaction_id {
        Some(id) => link("transaction", &[("id", id), ("undone", &rows)]),
        None => link("undo", &[("undone", &rows)]),
    })
}

fn again(
    why: Again,
    plan: &UndoPlan,
    conflicts: &[UndoConflict],
    asked: Asked,
    submitted: &Submitted,
) -> Result<Response, Failure> {
    let visit = &submitted.visit;
    let shown = PlanView {
        note: why.note(),
        lacks_reason: why == Again::LacksReason,
        reason: submitted.form.get("reason").unwrap_or_default().to_owned(),
        ..view(plan, conflicts, &asked, visit)
    };
    let page = page(visit, asked, Some(shown))?;
    Ok((why.status(), page).into_response())
}

fn view(plan: &UndoPlan, conflicts: &[UndoConflict], asked: &Asked, visit: &Visit) -> PlanView {
    let (steps, base) = (plan.steps(), visit.layout().base);
    PlanView {
        token: visit.token(),
        digest: digest(plan),
        note: "",
        lacks_reason: false,
        reason: String::new(),
        records: asked.records(),
        steps: steps
            .iter()
            .take(MOST)
            .map(|step| StepView::new(step, &base))
            .collect(),
        step_count: steps.len(),
        conflicts: conflicts
            .iter()
            .take(MOST)
            .map(|conflict| ConflictView::new(conflict, &base))
            .collect(),
        conflict_count: conflicts.len(),
    }
}

fn page(visit: &Visit, asked: Asked, plan: Option<PlanView>) -> Result<Response, Failure> {
    let undone = visit.params.get("undone");
    let undone = undone.and_then(|count| count.parse::<u32>().ok());
    let page = UndoPage {
        layout: visit.layout(),
        title: asked.title(),
        notice: undone.map_or_else(String::new, |count| {
            format!("Undone, rows written: {count}.")
        }),
        asked,
        plan,
    };
    Ok(Html(page.render()?).into_response())
}
