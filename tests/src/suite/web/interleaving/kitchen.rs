//! The application: each handler bakes cakes named after the id that its request was sent with.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use audit_sea_orm::prelude::*;
use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::{StreamExt, stream};
use sea_orm::{ActiveModelTrait, DatabaseConnection, DbErr};
use tokio::task::{JoinHandle, yield_now};

use crate::{Outcome, entity::cake};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Panics,
    Fails,
    Streams,
    Spawns,
    Late,
    Dropped,
    CutOff,
}

pub(super) const KINDS: [Kind; 8] = [
    Kind::Plain,
    Kind::Panics,
    Kind::Fails,
    Kind::Streams,
    Kind::Spawns,
    Kind::Late,
    Kind::Dropped,
    Kind::CutOff,
];

impl Kind {
    pub(super) fn path(self) -> String {
        format!("{self:?}")
    }

    /// How many cakes it makes; `None` where that depends on when the client went away.
    pub(super) fn cakes(self) -> Option<usize> {
        match self {
            Self::Plain | Self::Streams | Self::Spawns => Some(2),
            Self::Panics | Self::Fails | Self::Late | Self::CutOff => Some(1),
            Self::Dropped => None,
        }
    }
}

type Spawned = JoinHandle<Result<(), DbErr>>;

#[derive(Clone, Debug)]
pub(super) struct Kitchen {
    db: DatabaseConnection,
    // Tasks that go on after their request.
    spawned: Arc<Mutex<Vec<Spawned>>>,
}

/// The id of the request as it was sent, whatever the context says.
struct Sent(String);

impl<S: Sync> FromRequestParts<S> for Sent {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let header = |name| {
            parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        // Who is known by a token alone becomes known here.
        if let Some(user) = header("x-late") {
            yield_now().await;
            AuditContext::set_actor(Actor::new(user));
        }
        let id = header("x-request-id").ok_or(StatusCode::BAD_REQUEST)?;
        Ok(Self(id.to_owned()))
    }
}

impl Kitchen {
    pub(super) fn new(db: DatabaseConnection) -> Self {
        Self {
            db,
            spawned: Arc::default(),
        }
    }

    pub(super) fn router(&self) -> Router {
        let path = |kind: Kind| format!("/{}", kind.path());
        Router::new()
            .route(&path(Kind::Plain), get(plain))
            .route(&path(Kind::Panics), get(panics))
            .route(&path(Kind::Fails), get(fails))
            .route(&path(Kind::Streams), get(streams))
            .route(&path(Kind::Spawns), get(spawns))
            .route(&path(Kind::Late), get(late))
            .route(&path(Kind::Dropped), get(dropped))
            .route(&path(Kind::CutOff), get(cut_off))
            .with_state(self.clone())
    }

    /// Waits for what handlers spawned.
    pub(super) async fn finish(self) -> Outcome {
        let spawned =
            std::mem::take(&mut *self.spawned.lock().unwrap_or_else(PoisonError::into_inner));
        for task in spawned {
            task.await??;
        }
        Ok(())
    }

    fn keep(&self, task: Spawned) {
        let mut spawned = self.spawned.lock().unwrap_or_else(PoisonError::into_inner);
        spawned.push(task);
    }

    async fn bake(&self, request: &str, step: u32) -> Result<(), DbErr> {
        cake::named(&format!("{request}/{step}"))
            .insert(&self.db)
            .await?;
        yield_now().await;
        Ok(())
    }
}

fn answer(result: Result<(), DbErr>) -> Response {
    match result {
        Ok(()) => "baked".into_response(),
        Err(error) => (StatusCode::IM_A_TEAPOT, error.to_string()).into_response(),
    }
}

async fn plain(State(kitchen): State<Kitchen>, Sent(id): Sent) -> Response {
    let first = kitchen.bake(&id, 1).await;
    answer(first.and(kitchen.bake(&id, 2).await))
}

#[expect(clippy::panic, reason = "what is tested")]
async fn panics(State(kitchen): State<Kitchen>, Sent(id): Sent) -> Response {
    match kitchen.bake(&id, 1).await {
        Ok(()) => panic!("expected by the test"),
        error => answer(error),
    }
}

async fn fails(State(kitchen): State<Kitchen>, Sent(id): Sent) -> Response {
    match kitchen.bake(&id, 1).await {
        Ok(()) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        error => answer(error),
    }
}

async fn streams(State(kitchen): State<Kitchen>, Sent(id): Sent) -> Body {
    let chunks = stream::iter(1..=2).then(move |step| {
        let (kitchen, id) = (kitchen.clone(), id.clone());
        async move { kitchen.bake(&id, step).await.map(|()| "chunk") }
    });
    Body::from_stream(chunks)
}

async fn spawns(State(kitchen): State<Kitchen>, Sent(id): Sent) -> Response {
    let bake = |step| {
        let (kitchen, id) = (kitchen.clone(), id.clone());
        audit_sea_orm::task::spawn(async move { kitchen.bake(&id, step).await })
    };
    let (awaited, outlives) = (bake(1), bake(2));
    kitchen.keep(outlives);
    answer(
        awaited
            .await
            .unwrap_or_else(|error| Err(DbErr::Custom(error.to_string()))),
    )
}

async fn late(State(kitchen): State<Kitchen>, Sent(id): Sent) -> Response {
    answer(kitchen.bake(&id, 1).await)
}

async fn dropped(State(kitchen): State<Kitchen>, Sent(id): Sent) -> Response {
    for step in 1..=5 {
        if let Err(error) = kitchen.bake(&id, step).await {
            return answer(Err(error));
        }
    }
    std::future::pending().await
}

async fn cut_off(State(kitchen): State<Kitchen>, Sent(id): Sent) -> Body {
    let first = stream::once(async move {
        let _told_by_the_count_of_records = kitchen.bake(&id, 1).await;
        Ok::<_, Infallible>("first")
    });
    Body::from_stream(first.chain(stream::pending()))
}
