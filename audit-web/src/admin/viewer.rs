use audit_sea_orm::Actor;

/// Whoever the authoriser let in.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    pub(super) actor: Actor,
    pub(super) is_superuser: bool,
}
