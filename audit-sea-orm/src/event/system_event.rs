use std::{fmt, panic::Location};

use audit_core::{Actor, AuditContext, text};
use sea_orm::{ConnectionTrait, DbErr, Set, TryIntoModel};

use super::{boxed, id_and_name, json, line, quoted_values::without_quoted_values, recording};
use crate::{
    Result, clock,
    connection::{AnyConnection, context_of},
    entity::{
        self,
        system_event::{ActiveModel, Column, EventType, Model},
    },
    write::{self, insert::insert},
};

/// The table of events, which a skip list may name.
const TABLE: &str = "audit_system_event";

/// The most characters of a description or stack trace: what fits a column of 64 kilobytes in any script.
const MAX_BLOCK: usize = 16_000;

/// Something that went wrong, or is worth knowing, in the system itself.
///
/// Notes the source file and line that made it, and takes actor, tenant, address, request and metadata from the
/// current [`AuditContext`]. Texts are cleaned and cut to their columns by the rule of [`text`](crate::text), and values
/// that a database quotes in its errors become `***`, as the column may be a masked one:
/// `Duplicate entry '***' for key 'pin'`.
/// A skip list of actions may name its type, such as `INFO`.
///
/// # Example
/// ```
/// # use sea_orm::{ConnectionTrait, Database, DbBackend, Schema};
/// use audit_sea_orm::prelude::*;
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// # let schema = Schema::new(DbBackend::Sqlite);
/// # db.execute(&schema.create_table_from_entity(system_event::Entity)).await?;
/// let event = SystemEvent::error("payment gateway refused")
///     .code("GW-402")
///     .description("HTTP 402 for order 1815")
///     .record_with_returning(&db)
///     .await?
///     .expect("errors are not skipped");
///
/// let event = event.mark_resolved("ada", &db).await?;
/// assert!(event.resolved && event.line_number.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "an event is written by `record`"]
pub struct SystemEvent {
    event_type: EventType,
    title: String,
    description: Option<String>,
    module: Option<String>,
    function: Option<String>,
    line: Option<u32>,
    code: Option<String>,
    stack_trace: Option<String>,
    context: AuditContext,
}

impl SystemEvent {
    /// An event of that type, for who learns the type at run time.
    #[track_caller]
    pub fn new(event_type: EventType, title: impl Into<String>) -> Self {
        let caller = Location::caller();
        Self {
            event_type,
            title: title.into(),
            description: None,
            module: Some(caller.file().to_owned()),
            function: None,
            line: Some(caller.line()),
            code: None,
            stack_trace: None,
            context: AuditContext::new(),
        }
    }

    /// Something failed.
    #[track_caller]
    pub fn error(title: impl Into<String>) -> Self {
        Self::new(EventType::Error, title)
    }

    /// Something may fail.
    #[track_caller]
    pub fn warning(title: impl Into<String>) -> Self {
        Self::new(EventType::Warning, title)
    }

    /// Something is worth knowing.
    #[track_caller]
    pub fn info(title: impl Into<String>) -> Self {
        Self::new(EventType::Info, title)
    }

    /// Somebody may be attacking.
    #[track_caller]
    pub fn security(title: impl Into<String>) -> Self {
        Self::new(EventType::Security, title)
    }

    /// Something was slow.
    #[track_caller]
    pub fn performance(title: impl Into<String>) -> Self {
        Self::new(EventType::Performance, title)
    }

    /// Somebody worked on the system.
    #[track_caller]
    pub fn maintenance(title: impl Into<String>) -> Self {
        Self::new(EventType::Maintenance, title)
    }

    /// Sets the description; cut to 16,000 characters.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the module; cut to 255 characters. Default: the source file that made the event.
    pub fn module(mut self, module: impl Into<String>) -> Self {
        self.module = Some(module.into());
        self
    }

    /// Sets the function; cut to 255 characters.
    pub fn function(mut self, function: impl Into<String>) -> Self {
        self.function = Some(function.into());
        self
    }

    /// Sets the line of the source file. Default: that which made the event.
    pub fn line(mut self, line: u32) -> Self {
        self.line = Some(line);
        self
    }

    /// Leaves out module, function and line, for an event that no line of the application's source made.
    pub fn without_source(mut self) -> Self {
        self.module = None;
        self.function = None;
        self.line = None;
        self
    }

    /// Sets the application's code for it; cut to 50 characters.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Sets the stack; cut to 16,000 characters.
    pub fn stack_trace(mut self, stack_trace: impl Into<String>) -> Self {
        self.stack_trace = Some(stack_trace.into());
        self
    }

    /// Sets who was served; the current context's actor where it is not set.
    pub fn actor(mut self, actor: impl Into<Actor>) -> Self {
        self.context = self.context.actor(actor);
        self
    }

    /// Sets for whom the actor acts; the current context's where it is not set.
    pub fn on_behalf_of(mut self, actor: impl Into<Actor>) -> Self {
        self.context = self.context.on_behalf_of(actor);
        self
    }

    /// Sets the tenant; the current context's where it is not set. Cut to 128 characters.
    pub fn tenant_id(mut self, tenant_id: impl fmt::Display) -> Self {
        self.context = self.context.tenant_id(tenant_id);
        self
    }

    /// Sets anything else worth recording; the current context's where it is not set.
    pub fn metadata(mut self, metadata: impl Into<serde_json::Value>) -> Self {
        self.context = self.context.metadata(metadata);
        self
    }

    /// Writes the event, unless a skip list names its type or table.
    ///
    /// # Errors
    /// [`Error::Write`](crate::Error::Write) where the database refuses it; under
    /// [`OnFailure::Log`](crate::OnFailure::Log) that is counted instead.
    pub async fn record<C: ConnectionTrait>(self, db: &C) -> Result<(), DbErr> {
        self.record_with_returning(db).await.map(drop)
    }

    /// As [`record`](Self::record), and returns the event; `None` where it is skipped, or a loss that is counted.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub async fn record_with_returning<C: ConnectionTrait>(
        self,
        db: &C,
    ) -> Result<Option<Model>, DbErr> {
        boxed(self.settled(db)).await
    }

    async fn settled<C: ConnectionTrait>(self, db: &C) -> Result<Option<Model>> {
        let any = AnyConnection::of(db);
        let Some(config) = recording(&any, self.event_type.as_str(), Some(TABLE))? else {
            return Ok(None);
        };
        let event_type = self.event_type.clone();
        let name = || format!("system event {event_type}");
        let context = self
            .context
            .clone()
            .or(AuditContext::clone(&context_of(&any)));
        let event = Self { context, ..self }.into_active_model();
        let inserted = async {
            let id = Set(insert(db, &event).await?);
            ActiveModel { id, ..event }.try_into_model()
        };
        write::guarded(&any, &config, name, inserted).await
    }

    fn into_active_model(self) -> ActiveModel {
        let context = self.context;
        let (actor_id, actor_name) =
            id_and_name([Column::ActorId, Column::ActorName], context.actor.as_ref());
        let (on_behalf_of_id, on_behalf_of_name) = id_and_name(
            [Column::OnBehalfOfId, Column::OnBehalfOfName],
            context.on_behalf_of.as_ref(),
        );
        let block = |text: Option<&str>| {
            let text = without_quoted_values(text?);
            Some(text::block(&text, MAX_BLOCK).into_owned())
        };
        ActiveModel {
            occurred_at: Set(clock::now()),
            event_type: Set(self.event_type),
            title: Set(entity::line(
                Column::Title,
                &without_quoted_values(&self.title),
            )),
            description: Set(block(self.description.as_deref())),
            module: Set(line(Column::Module, self.module.as_deref())),
            function_name: Set(line(Column::FunctionName, self.function.as_deref())),
            line_number: Set(self
                .line
                .map(|line| i32::try_from(line).unwrap_or(i32::MAX))),
            error_code: Set(line(Column::ErrorCode, self.code.as_deref())),
            stack_trace: Set(block(self.stack_trace.as_deref())),
            actor_id: Set(actor_id),
            actor_name: Set(actor_name),
            on_behalf_of_id: Set(on_behalf_of_id),
            on_behalf_of_name: Set(on_behalf_of_name),
            tenant_id: Set(line(Column::TenantId, context.tenant_id.as_deref())),
            ip_address: Set(context.ip.map(|ip| ip.to_string())),
            request_id: Set(line(Column::RequestId, context.request_id.as_deref())),
            resolved: Set(false),
            resolved_at: Set(None),
            resolved_by: Set(None),
            metadata: Set(json(context.metadata.as_ref())),
            ..Default::default()
        }
    }
}
