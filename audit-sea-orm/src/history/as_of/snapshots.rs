use std::{collections::VecDeque, fmt, pin::Pin};

use sea_orm::{ConnectionTrait, DbErr};

use super::{super::Snapshot, AsOf, moment::Moment, rebuilt, source::Source};
use crate::{
    Audited, AuditedWrite,
    connection::own_transaction::{self, Own},
};

/// After how many batches it is asked once whether clocks differed, instead of each time.
const MANY: usize = 4;

/// A walk through a table as it was: see [`AsOf::walk`].
pub struct Snapshots<'db, E: Audited, C: AuditedWrite> {
    asked: AsOf<E>,
    moment: Moment,
    ready: VecDeque<Snapshot<E>>,
    /// Where more are found; `None` at the end.
    source: Option<Source>,
    batches: usize,
    /// The transaction of the walk; `None` where it reads in that of the caller, and at the end.
    ours: Option<C::Ours>,
    going: Option<Going<'db, E, C::Ours>>,
    db: &'db C,
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A batch that is being read. It goes on where a call is dropped: with sqlx 0.9.0 a connection of MariaDB and MySQL is out of
/// step after an answer that is left half read.
enum Going<'db, E: Audited, O> {
    /// In the transaction of the walk, which it has until its end.
    InOurs(Boxed<'static, (O, Result<Step<E>, DbErr>)>),
    InTheirs(Boxed<'db, Result<Step<E>, DbErr>>),
}

impl<E: Audited, O> Going<'_, E, O> {
    async fn step(&mut self) -> (Option<O>, Result<Step<E>, DbErr>) {
        match self {
            Self::InOurs(step) => {
                let (ours, step) = step.await;
                (Some(ours), step)
            }
            Self::InTheirs(step) => (None, step.await),
        }
    }
}

/// What a batch came to.
struct Step<E: Audited> {
    snapshots: Vec<Snapshot<E>>,
    next: Option<Source>,
    may_be_early: bool,
}

impl<'db, E: Audited, C: AuditedWrite> Snapshots<'db, E, C> {
    pub(super) async fn of(asked: AsOf<E>, db: &'db C) -> Result<Self, DbErr> {
        let options = own_transaction::to_read(db.get_database_backend());
        let ours = db.begin_ours_with(options).await?;
        let time = asked.time;
        let (ours, moment) = match ours {
            Some(ours) => {
                let asked = async move {
                    let moment = Moment::of::<E, _>(time, ours.connection()).await;
                    (Some(ours), moment)
                };
                own_transaction::shielded(asked, |_| async {}).await
            }
            None => (None, Moment::of::<E, _>(time, db).await),
        };
        let moment = moment?;
        Ok(Self {
            source: Some(Source::of(asked.keys.as_ref())),
            asked,
            moment,
            ready: VecDeque::new(),
            batches: 0,
            ours,
            going: None,
            db,
        })
    }

    /// The next row as it was; `None` at the end, where the walk's transaction ends too. A call that is dropped loses none.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn try_next(&mut self) -> Result<Option<Snapshot<E>>, DbErr> {
        loop {
            if let Some(snapshot) = self.ready.pop_front() {
                return Ok(Some(snapshot));
            }
            let going = match &mut self.going {
                Some(going) => going,
                None => {
                    let Some(source) = self.source.clone() else {
                        self.end().await?;
                        return Ok(None);
                    };
                    let (moment, ours) = (self.moment.clone(), self.ours.take());
                    let asks = moment.may_be_early && self.batches == MANY;
                    let going = match ours {
                        Some(ours) => Going::InOurs(Box::pin(in_ours(source, moment, asks, ours))),
                        None => Going::InTheirs(Box::pin(step(source, moment, asks, self.db))),
                    };
                    self.going.insert(going)
                }
            };
            let (ours, step) = going.step().await;
            (self.going, self.ours) = (None, ours);
            let step = step?;
            self.moment.may_be_early = step.may_be_early;
            self.source = step.next;
            self.batches += 1;
            let snapshots = step.snapshots.into_iter();
            self.ready = snapshots.filter(|then| self.asked.keeps(then)).collect();
        }
    }

    /// Ends the transaction of the walk.
    pub(super) async fn end(&mut self) -> Result<(), DbErr> {
        self.source = None;
        match self.ours.take() {
            Some(ours) => ours.end(true).await,
            None => Ok(()),
        }
    }
}

/// One that is dropped in the middle of a batch reads it to its end in a task, before its transaction ends.
impl<E: Audited, C: AuditedWrite> Drop for Snapshots<'_, E, C> {
    fn drop(&mut self) {
        if let Some(Going::InOurs(step)) = self.going.take() {
            own_transaction::finished_in_a_task(async move {
                let (ours, _unread) = step.await;
                // OK to ignore: it changed nothing, and a connection that cannot end it is not used again.
                let _ended = ours.end(false).await;
            });
        }
    }
}

/// Reads a batch in the transaction of the walk, and gives that back.
async fn in_ours<E: Audited, O: Own>(
    source: Source,
    moment: Moment,
    asks: bool,
    ours: O,
) -> (O, Result<Step<E>, DbErr>) {
    let step = step(source, moment, asks, ours.connection()).await;
    (ours, step)
}

async fn step<E: Audited, C: ConnectionTrait>(
    source: Source,
    mut moment: Moment,
    asks: bool,
    db: &C,
) -> Result<Step<E>, DbErr> {
    if asks {
        moment.may_be_early = moment.has_early(db).await?;
    }
    let (candidates, next) = source.next(&moment, db).await?;
    Ok(Step {
        snapshots: rebuilt::all(candidates, &moment, db).await?,
        next,
        may_be_early: moment.may_be_early,
    })
}

impl<E: Audited, C: AuditedWrite> fmt::Debug for Snapshots<'_, E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshots")
            .field("asked", &self.asked)
            .field("is_at_end", &self.source.is_none())
            .finish_non_exhaustive()
    }
}
