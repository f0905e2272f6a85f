//! Columns: the members of a list's items that stand in a table, such as a spreadsheet.

/// A column of a list as a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The path of the member in an item, with dots: `budget.ceiling`.
    pub path: &'static str,
    /// The kind of its cells.
    pub kind: ColumnKind,
}

/// The kind of a column's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// A text, as it is. Numbers that nobody adds up are texts too, such as a NIK.
    Text,
    /// A code that has a label, such as `active`.
    Code,
    /// A text in both languages, `{"id","en"}`.
    Sentence,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// A time, RFC 3339 in UTC.
    Time,
    /// A number, or a decimal string.
    Number,
    /// An amount in Rupiah, a decimal string.
    Money,
    /// Yes or no.
    YesNo,
    /// The number of items of an inner list.
    Count,
}

impl Column {
    const fn of(path: &'static str, kind: ColumnKind) -> Self {
        Self { path, kind }
    }

    /// A column of [`ColumnKind::Text`].
    pub const fn text(path: &'static str) -> Self {
        Self::of(path, ColumnKind::Text)
    }

    /// A column of [`ColumnKind::Code`].
    pub const fn code(path: &'static str) -> Self {
        Self::of(path, ColumnKind::Code)
    }

    /// A column of [`ColumnKind::Sentence`].
    pub const fn sentence(path: &'static str) -> Self {
        Self::of(path, ColumnKind::Sentence)
    }

    /// A column of [`ColumnKind::Date`].
    pub const fn date(path: &'static str) -> Self {
        Self::of(path, ColumnKind::Date)
    }

    /// A column of [`ColumnKind::Time`].
    pub const fn time(path: &'static str) -> Self {
        Self::of(path, ColumnKind::Time)
    }

    /// A column of [`ColumnKind::Number`].
    pub const fn number(path: &'static str) -> Self {
        Self::of(path, ColumnKind::Number)
    }

    /// A column of [`ColumnKind::Money`].
    pub const fn money(path: &'static str) -> Self {
        Self::of(path, ColumnKind::Money)
    }

    /// A column of [`ColumnKind::YesNo`].
    pub const fn yes_no(path: &'static str) -> Self {
        Self::of(path, ColumnKind::YesNo)
    }

    /// A column of [`ColumnKind::Count`].
    pub const fn count(path: &'static str) -> Self {
        Self::of(path, ColumnKind::Count)
    }
}
