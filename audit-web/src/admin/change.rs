//! A changed column as the pages show it.

use std::time::Duration;

use audit_sea_orm::{Change, Changes};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::value;

/// One changed column.
#[derive(Clone, Debug)]
pub(super) struct ChangeView {
    pub(super) column: String,
    pub(super) old: Side,
    pub(super) new: Side,
}

/// A column's value before or after.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    /// Whether the column was there.
    pub(super) is_there: bool,
    /// Whether it held nothing.
    pub(super) is_null: bool,
    pub(super) parts: Vec<Part>,
}

/// A piece of a value.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) text: String,
    /// Whether the other side lacks it.
    pub(super) is_marked: bool,
}

/// The changes in a row of a list: the first few, and the rest folded.
#[derive(Clone, Debug)]
pub(super) struct ChangesView {
    pub(super) shown: Vec<Line>,
    pub(super) folded: Vec<Line>,
}

/// One change in a line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) column: String,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

/// Shorter values are taken in at a glance, whole.
const LONG: usize = 24;

/// What a comparison may cost before it is made coarser.
const PATIENCE: Duration = Duration::from_millis(50);

pub(super) fn views(changes: &Changes) -> Vec<ChangeView> {
    let views = changes.iter();
    views.map(|(column, change)| view(column, change)).collect()
}

pub(super) fn view(column: &str, change: &Change) -> ChangeView {
    let (mut old, mut new) = (side(change.old.as_ref()), side(change.new.as_ref()));
    if let ([before], [after]) = (old.parts.as_slice(), new.parts.as_slice())
        && before.text.chars().count().max(after.text.chars().count()) > LONG
    {
        let (before, after) = compare(&before.text, &after.text);
        (old.parts, new.parts) = (before, after);
    }
    ChangeView {
        column: column.to_owned(),
        old,
        new,
    }
}

pub(super) fn side(value: Option<&Value>) -> Side {
    let Some(value) = value else {
        return Side::default();
    };
    let is_null = value.is_null();
    let whole = (!is_null).then(|| Part {
        text: value::whole(value),
        is_marked: false,
    });
    Side {
        is_there: true,
        is_null,
        parts: whole.into_iter().collect(),
    }
}

/// Both texts in pieces, word by word, those marked that the other lacks.
fn compare(old: &str, new: &str) -> (Vec<Part>, Vec<Part>) {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_words(old, new);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Equal => {
                push(&mut before, change.value(), false);
                push(&mut after, change.value(), false);
            }
            ChangeTag::Delete => push(&mut before, change.value(), true),
            ChangeTag::Insert => push(&mut after, change.value(), true),
        }
    }
    (before, after)
}

fn push(parts: &mut Vec<Part>, text: &str, is_marked: bool) {
    match parts.last_mut() {
        Some(last) if last.is_marked == is_marked => last.text.push_str(text),
        _ => parts.push(Part {
            text: text.to_owned(),
            is_marked,
        }),
    }
}

/// The changes in a row of a list.
pub(super) fn in_row(changes: &Changes) -> ChangesView {
    let line = |(column, change): (&str, &Change)| Line {
        column: column.to_owned(),
        old: change.old.as_ref().map(value::short),
        new: change.new.as_ref().map(value::short),
    };
    let mut shown: Vec<Line> = changes.iter().map(line).collect();
    // One more than three in its place takes no more room than "1 more".
    let folded = if shown.len() > 4 {
        shown.split_off(3)
    } else {
        Vec::new()
    };
    ChangesView { shown, folded }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(parts: &[Part], marked: bool) -> String {
        let kept = parts.iter().filter(|part| !marked || part.is_marked);
        kept.map(|part| part.text.as_str()).collect()
    }

    #[test]
    fn a_long_value_marks_what_differs_and_loses_nothing() {
        let old = "a rich chocolate cake with apricot jam";
        let new = "a rich chocolate torte with cherry jam";
        let change = Change {
            old: Some(old.into()),
            new: Some(new.into()),
        };
        let view = view("text", &change);
        assert_eq!(text(&view.old.parts, false), old);
        assert_eq!(text(&view.new.parts, false), new);
        assert_eq!(text(&view.old.parts, true), "cakeapricot");
        assert_eq!(text(&view.new.parts, true), "tortecherry");
    }

    #[test]
    fn a_short_value_is_not_marked() {
        let change = Change {
            old: Some("2.50".into()),
            new: Some(Value::Null),
        };
        let view = view("price", &change);
        assert_eq!(text(&view.old.parts, true), "");
        assert!(view.new.is_null && view.new.is_there);
    }

    #[test]
    fn a_row_folds_what_is_beyond_three() {
        let changes = |count: u8| {
            let entries = (0..count).map(|n| (n.to_string(), Change::default()));
            in_row(&entries.collect())
        };
        assert_eq!((changes(4).shown.len(), changes(4).folded.len()), (4, 0));
        assert_eq!((changes(5).shown.len(), changes(5).folded.len()), (3, 2));
    }
}
