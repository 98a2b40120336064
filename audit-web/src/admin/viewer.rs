use audit_sea_orm::{Action, Actor, AuditEvent, TrailEntity};
use sea_orm::{ColumnTrait, Condition};

/// Whoever the authoriser let in.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    pub(super) actor: Actor,
    pub(super) is_superuser: bool,
    /// Whose rows alone are to be seen.
    pub(super) tenant: Option<String>,
}

impl Viewer {
    /// What the rows must fulfil that are to be seen.
    pub(super) fn sees<E: TrailEntity>(&self) -> Condition {
        let tenant = self.tenant.as_deref();
        Condition::all().add_option(tenant.map(|tenant| E::TENANT_ID.eq(tenant)))
    }

    /// Whether they may undo. A plan shows rows of everybody.
    pub(super) fn may_undo(&self) -> bool {
        self.is_superuser && self.tenant.is_none()
    }

    /// An event that this person causes.
    pub(super) fn event(&self, action: Action) -> AuditEvent {
        let event = AuditEvent::new(action)
            .actor(self.actor.clone())
            .module("audit admin");
        match &self.tenant {
            Some(tenant) => event.tenant_id(tenant),
            None => event,
        }
    }
}
