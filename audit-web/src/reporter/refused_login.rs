//! Attempts to log in that failed, of which strangers can make as many as they like.

use audit_sea_orm::{
    AuditContext, LoginAttempt, SharedContext, entity::login_attempt::Status, text,
};
use sea_orm::{DatabaseConnection, DbErr};

use super::collapse::{Client, Collapsible, Counted};

/// A failed or blocked attempt.
#[derive(Clone, Debug)]
pub(super) struct RefusedLogin {
    attempt: LoginAttempt,
    /// As it is recorded: a stranger may type a name of any length.
    username: String,
    status: Status,
    /// Who and from where, as it was then.
    context: AuditContext,
    /// The configuration that was in force then.
    scope: SharedContext,
}

/// What makes two attempts the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Same {
        username: String,
        status: Status,
        reason: Option<String>,
        client: Client,
    },
    Further {
        status: Status,
        client: Option<Client>,
    },
}

impl RefusedLogin {
    /// The attempt, where it is one that was refused.
    pub(super) fn of(attempt: &LoginAttempt) -> Option<Self> {
        let status = attempt.status()?;
        let context = attempt.context();
        matches!(status, Status::Failed | Status::Blocked).then(|| Self {
            attempt: attempt.clone(),
            username: text::line(attempt.username(), 150).into_owned(),
            status,
            scope: SharedContext::new(context.clone()),
            context,
        })
    }

    pub(super) async fn record(&self, db: &DatabaseConnection) -> Result<(), DbErr> {
        self.attempt.clone().record(db).await
    }

    /// The context and the configuration to record it in.
    pub(super) fn scope(&self) -> &SharedContext {
        &self.scope
    }
}

impl Collapsible for RefusedLogin {
    type Key = Key;
    /// All of them: whoever makes one makes the others.
    type Kind = ();

    fn key(&self) -> Key {
        Key::Same {
            username: self.username.clone(),
            status: self.status.clone(),
            reason: self.attempt.failure_reason().map(ToOwned::to_owned),
            client: self.client(),
        }
    }

    fn further_key(&self, client: Option<Client>) -> Key {
        Key::Further {
            status: self.status.clone(),
            client,
        }
    }

    fn kind(&self) {}

    fn title(&self) -> &str {
        &self.username
    }

    fn context(&self) -> &AuditContext {
        &self.context
    }

    fn counted(self, counted: Counted<Key>) -> Self {
        let attempt = match (counted.key, &*counted.titles) {
            (Key::Same { .. }, _) => self.attempt,
            (Key::Further { .. }, [name]) => refused(&self.status, name).reason("further attempts"),
            (Key::Further { .. }, names) => {
                let names = names.join(", ");
                refused(&self.status, "").reason(format!("at several names, first at {names}"))
            }
        };
        Self {
            attempt: attempt.standing_for(counted.count, counted.context.clone()),
            scope: self.scope.apart(counted.context.clone()),
            context: counted.context,
            username: self.username,
            status: self.status,
        }
    }
}

fn refused(status: &Status, username: &str) -> LoginAttempt {
    match status {
        Status::Blocked => LoginAttempt::blocked(username),
        _ => LoginAttempt::failed(username),
    }
}
