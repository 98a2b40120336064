//! The rows of a filter as a file, read and sent batch by batch.

mod format;
mod receipt;

use std::sync::Arc;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::header;
use sea_orm::DbErr;

use super::{
    admitted::Visit,
    failure::Failure,
    listed::Listed,
    page::{ListQuery, filter_names},
    position::Position,
    range::Ends,
    settings::Shared,
};
use format::Format;
use receipt::Receipt;

/// How many rows are in memory at a time.
const BATCH: u64 = 500;

pub(super) async fn csv<E: Listed>(visit: Visit) -> Result<Response, Failure> {
    export::<E>(&visit, Format::Csv).await
}

pub(super) async fn json_lines<E: Listed>(visit: Visit) -> Result<Response, Failure> {
    export::<E>(&visit, Format::JsonLines).await
}

async fn export<E: Listed>(visit: &Visit, format: Format) -> Result<Response, Failure> {
    // It reads all rows of a period anyway.
    let query = ListQuery::<E>::read(visit, Ends::Exact).await?;
    let filters = visit.params.keeping(filter_names::<E>()).to_json();
    let file = File {
        shared: Arc::clone(&visit.shared),
        query,
        format,
        next: Next::Head,
        receipt: Receipt::new(visit, E::TABLE, format, filters),
    };
    let pieces = stream::try_unfold(file, |mut file| async move {
        let piece = file.piece().await?;
        Ok::<_, DbErr>(piece.map(|piece| (piece, file)))
    });
    let name = format!(
        "attachment; filename=\"{}.{}\"",
        E::TABLE,
        format.extension()
    );
    let headers = [
        (header::CONTENT_TYPE, format.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// A file on its way.
struct File<E: Listed> {
    shared: Arc<Shared>,
    query: ListQuery<E>,
    format: Format,
    next: Next,
    receipt: Receipt,
}

/// What comes next of a file.
enum Next {
    Head,
    Rows,
    End,
}

impl<E: Listed> File<E> {
    async fn piece(&mut self) -> Result<Option<Vec<u8>>, DbErr> {
        let (piece, rows) = match self.next {
            Next::Head => {
                self.next = Next::Rows;
                (self.format.head::<E>(), 0)
            }
            Next::Rows => self.rows().await?,
            Next::End => {
                self.receipt.write().await?;
                return Ok(None);
            }
        };
        self.receipt.add(rows, piece.len());
        Ok(Some(piece))
    }

    async fn rows(&mut self) -> Result<(Vec<u8>, usize), DbErr> {
        let page = self.query.page(&self.shared.db, BATCH).await?;
        match page.older {
            Some(cursor) => self.query.position = Position::Older(cursor),
            None => self.next = Next::End,
        }
        let rows = page.rows.into_iter().map(E::with_present_names);
        let rows: Vec<_> = rows.collect();
        Ok((self.format.rows::<E>(&rows), rows.len()))
    }
}
