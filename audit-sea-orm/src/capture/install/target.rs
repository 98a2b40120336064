use sea_orm::{ConnectionTrait, DbErr};

use super::{TableInstallation, plan, refused::Refused, send_each};
use crate::{
    AuditedWrite,
    capture::{
        catalog::{self, Dialect, Place},
        contention::{TRIES, met_another, pause},
        installed::{self, Installed},
        options::CaptureOptions,
        state::State,
        table::Table,
        trigger,
    },
    connection::{
        ConnectionKind,
        own_transaction::{self, Own as _},
    },
};

/// A table whose triggers are to be brought up to date.
pub(super) struct Target {
    /// As the entity says.
    wanted: Table,
    /// Those that were asked for.
    options: Option<CaptureOptions>,
    /// With those columns only that the database has, and with options.
    table: Table,
    place: Place,
    /// The other columns.
    left_out: Vec<String>,
}

impl Target {
    /// With the options that its triggers have, where it is given none.
    pub(super) fn new(
        wanted: Table,
        place: Place,
        installed: &[Installed],
        options: Option<CaptureOptions>,
    ) -> Result<Self, Refused> {
        wanted.refuse_the_trail()?;
        if let Some(why) = wanted.lacks_key(&place) {
            return Err(Refused::Unready(why));
        }
        let (mut table, left_out) = wanted.clone().within(&place);
        let here = installed::on(installed, &place.table_schema, &table.name);
        table.options = options
            .or_else(|| installed::options(&here))
            .unwrap_or_default();
        Ok(Self {
            wanted,
            options,
            table,
            place,
            left_out,
        })
    }

    pub(super) fn audit_name(&self) -> &str {
        &self.table.audit_name
    }

    pub(super) async fn bring_up_to_date<C>(
        &self,
        db: &C,
        installed: &[Installed],
    ) -> Result<TableInstallation, Refused>
    where
        C: AuditedWrite,
    {
        let state = self.state(installed);
        if state == State::Behind {
            self.refuse(db).await?;
            self.make(db, installed).await?;
        }
        Ok(TableInstallation::new(&self.table, state, &self.left_out))
    }

    /// Whether triggers on other tables have the names that its own are to have.
    pub(super) fn wants_names_of_others(&self, installed: &[Installed]) -> bool {
        !plan::in_the_way(&self.table, &self.place, installed).is_empty()
            && self.state(installed) == State::Behind
    }

    fn state(&self, installed: &[Installed]) -> State {
        let here = installed::on(installed, &self.place.table_schema, &self.table.name);
        State::of(&self.table, &self.place, &here)
    }

    /// Fails where no trigger can spell a column.
    async fn refuse<C: ConnectionTrait>(&self, db: &C) -> Result<(), Refused> {
        if let Some(probe) = trigger::probe(&self.table, &self.place) {
            probe_alone(db, &probe).await.map_err(|error| {
                let why = "has a column that is not of the type its entity says";
                Refused::Unready(format!("`{}` {why}: {error}", self.table.name))
            })?;
        }
        let refusal = trigger::refusal(&self.table, &self.place);
        refusal.map_or(Ok(()), |why| Err(Refused::Unready(why)))
    }

    fn statements(&self, installed: &[Installed]) -> Vec<String> {
        plan::statements(&self.table, &self.place, installed)
    }

    /// All triggers or none, where the database has transactions for its schema.
    async fn make<C>(&self, db: &C, installed: &[Installed]) -> Result<(), Refused>
    where
        C: AuditedWrite,
    {
        match self.place.dialect {
            Dialect::Postgres | Dialect::Sqlite => match db.begin_ours().await? {
                Some(ours) => {
                    let made = self.make_alone(ours.connection(), installed).await;
                    own_transaction::end(ours, made, Refused::from).await
                }
                None => {
                    let made = self.make_alone(db, installed);
                    own_transaction::in_savepoint(db, Refused::from, made).await
                }
            },
            Dialect::MySql | Dialect::MariaDb => Ok(self.make_each(db, installed).await?),
        }
    }

    /// Makes them in a transaction that nobody else's installation, or alteration of the table, runs beside.
    async fn make_alone<C>(&self, transaction: &C, installed: &[Installed]) -> Result<(), Refused>
    where
        C: ConnectionTrait,
    {
        if self.place.dialect == Dialect::Postgres {
            let locks = plan::locks(&self.table, &self.place, installed);
            send_each(transaction, &locks).await?;
        }
        // Somebody else may have been first, while this one waited.
        let installed = installed::all(transaction, self.place.dialect).await?;
        let Some(now) = self.read_anew(transaction, &installed).await? else {
            return Ok(());
        };
        if now.state(&installed) == State::Behind {
            send_each(transaction, &now.statements(&installed)).await?;
        }
        Ok(())
    }

    /// `None` where the table has gone.
    async fn read_anew<C: ConnectionTrait>(
        &self,
        db: &C,
        installed: &[Installed],
    ) -> Result<Option<Self>, Refused> {
        let (schema, table) = (self.place.table_schema.as_str(), self.table.name.as_str());
        let described = catalog::describe(db, self.place.dialect, Some(schema), table).await?;
        let Some(described) = described else {
            return Ok(None);
        };
        let place = Place::new(described, &self.place.log_schema);
        Self::new(self.wanted.clone(), place, installed, self.options).map(Some)
    }

    /// Where another installation makes the same triggers at the same time, MySQL refuses one of them; where the table is locked to
    /// be altered, who has it waits for the name of a trigger, and who has that for the table.
    async fn make_each<C: ConnectionTrait>(
        &self,
        db: &C,
        installed: &[Installed],
    ) -> Result<(), DbErr> {
        let mut sent = send_each(db, &self.statements(installed)).await;
        // Each time they are read anew.
        for tried in 1..TRIES {
            if !sent.as_ref().is_err_and(met_another) {
                break;
            }
            pause(tried).await;
            let installed = installed::all(db, self.place.dialect).await?;
            if self.state(&installed) != State::Behind {
                return Ok(());
            }
            sent = send_each(db, &self.statements(&installed)).await;
        }
        sent
    }
}

/// Sends a statement that may fail, and a transaction goes on then: a migration's, for one.
async fn probe_alone<C: ConnectionTrait>(db: &C, probe: &str) -> Result<(), DbErr> {
    let probed = async { db.execute_unprepared(probe).await.map(drop) };
    if ConnectionKind::of_value(db).is_autocommit() {
        return probed.await;
    }
    own_transaction::in_savepoint(db, |error| error, probed).await
}
