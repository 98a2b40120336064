//! A database with a table for each side, where the sides take turns.

use std::time::Duration;

use audit_sea_orm::{Actor, AuditContext};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};
use sea_orm_migration::MigratorTrait;

use crate::{
    backend::{Backend, Isolated},
    operation::{Operation, Shape},
    side::{self, Side},
};

/// The time that each side took for the same batch, one right after the other, in the order of [`side::all`].
pub(crate) type Turn = Vec<Duration>;

pub(crate) struct Arena {
    isolated: Isolated,
    db: DatabaseConnection,
    sides: Vec<Box<dyn Side>>,
}

impl Arena {
    pub(crate) async fn open(backend: Backend, shape: Shape) -> Result<Self, DbErr> {
        let name = format!("audit_bench_{}", std::process::id());
        let isolated = Isolated::create(backend, &name).await?;
        // One connection: the sides never compete, and all know every statement already.
        let db = isolated.connect(1).await?;
        audit_migration::Migrator::up(&db, None).await?;
        let sides = side::all(shape);
        for side in &sides {
            side.create_table(&db).await?;
        }
        Ok(Self {
            isolated,
            db,
            sides,
        })
    }

    pub(crate) async fn remove(self) -> Result<(), DbErr> {
        self.db.close().await?;
        self.isolated.remove().await
    }

    /// Times that many batches of each side, in turns, as a request of a user's.
    pub(crate) async fn turns(
        &mut self,
        shape: Shape,
        operation: Operation,
        count: usize,
    ) -> Result<Vec<Turn>, DbErr> {
        let context = AuditContext::new()
            .actor(Actor::new(42).with_name("Ada Lovelace"))
            .ip([192, 0, 2, 7])
            .request_id("0d9f2c1e-6f2b-4c7e-9b57-3f1f6f0a7c11");
        context
            .scope(self.take_turns(shape, operation, count))
            .await
    }

    async fn take_turns(
        &mut self,
        shape: Shape,
        operation: Operation,
        count: usize,
    ) -> Result<Vec<Turn>, DbErr> {
        for side in &mut self.sides {
            side.prepare(&self.db, shape, operation, count).await?;
        }
        let mut turns = Vec::with_capacity(count);
        for number in 0..count {
            let sides = self.sides.len();
            let mut turn = vec![Duration::ZERO; sides];
            // Who goes first alternates, and after whom.
            for place in 0..sides {
                let place = (number + place) % sides;
                let is_reversed = number / sides % 2 == 1;
                let side = if is_reversed {
                    sides - 1 - place
                } else {
                    place
                };
                self.settle().await?;
                turn[side] = self.sides[side]
                    .take_turn(&self.db, shape, operation)
                    .await?;
            }
            turns.push(turn);
        }
        Ok(turns)
    }

    /// Lets nobody pay for what another side left: SQLite brings what the log holds into the database when a commit
    /// finds it long enough.
    async fn settle(&self) -> Result<(), DbErr> {
        if self.db.get_database_backend() == DbBackend::Sqlite {
            let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
            self.db.execute_unprepared(checkpoint).await?;
        }
        Ok(())
    }
}
