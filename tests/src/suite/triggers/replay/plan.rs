//! What may be written, and in which transactions: sequences that proptest makes, and makes smaller.

use proptest::{collection::vec, prelude::*};

/// So few keys that writes meet.
const KEYS: std::ops::RangeInclusive<i32> = 1..=8;

/// A part of what is done.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A write through the audited connection or transaction.
    Write(Write),
    /// A write past the audited connection, in no transaction.
    Plain(Write),
    /// A transaction, or a savepoint in one.
    Scope(Vec<Self>, End),
}

/// How a transaction ends, where no write in it is refused.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Commit,
    RollBack,
    Drop,
}

/// A row of the table of accounts.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) id: i32,
    pub(super) name: i32,
    pub(super) balance: i64,
    pub(super) note: Option<String>,
    pub(super) pin: i32,
    pub(super) draft: i32,
}

/// A row of the table of entries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) id: i32,
    pub(super) account: i32,
    pub(super) cents: i32,
}

/// One call of SeaORM's.
#[derive(Clone, Debug)]
pub(super) enum Write {
    Insert(Account),
    InsertMany(Vec<Account>),
    InsertOrIgnore(Vec<Account>),
    Upsert(Vec<Account>),
    Replace(Vec<Account>),
    Update(Account),
    Raise {
        below: i32,
        by: i64,
    },
    Delete(i32),
    DeleteFrom(i32),
    MoveAccount {
        from: i32,
        to: i32,
    },
    MoveAccounts {
        by: i32,
    },
    Enter(Vec<Entry>),
    EditEntries {
        account: i32,
        cents: i32,
    },
    RemoveEntries {
        account: i32,
    },
    SwapEntries(i32, i32),
    ShiftEntries {
        from: i32,
    },
    TakeOverEntry {
        from: i32,
        to: i32,
    },
    Script {
        account: i32,
        cents: i32,
    },
    Found(i32),
    Join(i32, Option<String>),
    Link {
        club: i32,
        members: Vec<i32>,
        replaces: bool,
    },
    Close {
        club: i32,
        nested: bool,
    },
    Leave(i32),
}

impl Write {
    /// Whether it gives accounts other keys.
    pub(super) fn moves_accounts(&self) -> bool {
        matches!(self, Self::MoveAccount { .. } | Self::MoveAccounts { .. })
    }
}

/// Everything that is done in one case.
pub(super) fn plan() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => write().prop_map(Step::Plain),
        5 => write().prop_map(Step::Write),
        6 => scope(),
    ];
    vec(step, 1..14)
}

/// Up to three deep.
fn scope() -> impl Strategy<Value = Step> {
    let step = write().prop_map(Step::Write);
    let inner = step.prop_recursive(2, 12, 4, |inner| {
        (vec(inner, 1..5), end()).prop_map(|(steps, end)| Step::Scope(steps, end))
    });
    (vec(inner, 1..6), end()).prop_map(|(steps, end)| Step::Scope(steps, end))
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        4 => Just(End::Commit),
        1 => Just(End::RollBack),
        1 => Just(End::Drop),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        5 => on_accounts(),
        3 => on_entries(),
        2 => on_clubs(),
    ]
}

fn on_accounts() -> impl Strategy<Value = Write> {
    prop_oneof![
        3 => account().prop_map(Write::Insert),
        2 => accounts().prop_map(Write::InsertMany),
        1 => accounts().prop_map(Write::InsertOrIgnore),
        2 => accounts().prop_map(Write::Upsert),
        1 => accounts().prop_map(Write::Replace),
        2 => account().prop_map(Write::Update),
        2 => (KEYS, -2..3_i64).prop_map(|(below, by)| Write::Raise { below, by }),
        1 => KEYS.prop_map(Write::Delete),
        1 => KEYS.prop_map(Write::DeleteFrom),
        2 => (KEYS, KEYS).prop_map(|(from, to)| Write::MoveAccount { from, to }),
        1 => (1..30).prop_map(|by| Write::MoveAccounts { by }),
    ]
}

fn on_entries() -> impl Strategy<Value = Write> {
    let entry = (KEYS, KEYS, 0..4);
    let entry = entry.prop_map(|(id, account, cents)| Entry { id, account, cents });
    prop_oneof![
        4 => vec(entry, 1..5).prop_map(Write::Enter),
        1 => (KEYS, 0..4).prop_map(|(account, cents)| Write::EditEntries { account, cents }),
        1 => KEYS.prop_map(|account| Write::RemoveEntries { account }),
        1 => (KEYS, KEYS).prop_map(|(a, b)| Write::SwapEntries(a, b)),
        1 => KEYS.prop_map(|from| Write::ShiftEntries { from }),
        1 => (KEYS, KEYS).prop_map(|(from, to)| Write::TakeOverEntry { from, to }),
        1 => (KEYS, 0..4).prop_map(|(account, cents)| Write::Script { account, cents }),
    ]
}

fn on_clubs() -> impl Strategy<Value = Write> {
    let few = || 1..4;
    let link = (few(), vec(few(), 0..4), any::<bool>());
    prop_oneof![
        2 => few().prop_map(Write::Found),
        3 => (few(), text()).prop_map(|(id, name)| Write::Join(id, name)),
        4 => link.prop_map(|(club, members, replaces)| Write::Link { club, members, replaces }),
        1 => (few(), any::<bool>()).prop_map(|(club, nested)| Write::Close { club, nested }),
        1 => few().prop_map(Write::Leave),
    ]
}

fn account() -> impl Strategy<Value = Account> {
    let values = (KEYS, KEYS, -2..3_i64, text(), 0..2, 0..2);
    values.prop_map(|(id, name, balance, note, pin, draft)| Account {
        id,
        // Mostly the key's own name, so that most inserts succeed.
        name: if name > 6 { name } else { id },
        balance,
        note,
        pin,
        draft,
    })
}

/// Some with different keys, as no upsert may touch a row twice.
fn accounts() -> impl Strategy<Value = Vec<Account>> {
    vec(account(), 1..5).prop_map(|mut rows| {
        rows.sort_by_key(|row| row.id);
        rows.dedup_by_key(|row| row.id);
        rows
    })
}

fn text() -> impl Strategy<Value = Option<String>> {
    prop_oneof![Just(None), "(null|[ab\"'\\\\\né]{0,3})".prop_map(Some)]
}
