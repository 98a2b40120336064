use sea_orm::DbErr;

/// Why a table gets no triggers.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is not, or not yet, what its entity says.
    Unready(String),
    Failed(DbErr),
}

impl From<DbErr> for Refused {
    fn from(error: DbErr) -> Self {
        Self::Failed(error)
    }
}

impl From<Refused> for DbErr {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unready(why) => Self::Custom(why),
            Refused::Failed(error) => error,
        }
    }
}
