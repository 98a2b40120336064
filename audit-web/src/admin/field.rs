/// What a list can be filtered by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<C: 'static> {
    /// Its name in the URL.
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) column: C,
    pub(super) kind: Kind,
}

/// How a value is chosen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Typed, and equal to the whole value.
    Typed,
    /// The key of an object: typed, and looked up with the tables.
    Object,
    /// One of the values that the column holds, which an index tells.
    Held,
    /// One of these, or of what a newer version wrote, which an index tells.
    Choice(&'static [&'static str]),
    /// `yes` or `no`.
    Flag,
}

/// A filter as a page shows it.
#[derive(Clone, Debug)]
pub(super) struct Control {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) is_typed: bool,
    pub(super) options: Vec<Choice>,
}

/// One option of a filter.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) is_chosen: bool,
}
