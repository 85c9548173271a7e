//! Conditions that narrow lists of rows.

use rusqlite::types::Value;

/// The SQL function that folds the case of every script. SQLite itself folds the case of ASCII only.
pub(super) const LOWER_FUNCTION: &str = "jeton_lower";

/// Conditions and their values.
#[derive(Debug, Clone, Default)]
pub(super) struct WhereClause {
    pub conditions: String,
    pub values: Vec<Value>,
}

impl WhereClause {
    /// Adds a condition in which each `?` is one of `values`.
    pub fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.conditions.push_str(if self.conditions.is_empty() { "" } else { " AND " });
        let mut values = values.into_iter();
        for (i, part) in condition.split('?').enumerate() {
            if i > 0 {
                self.values.extend(values.next());
                self.conditions.push_str(&format!("?{}", self.values.len()));
            }
            self.conditions.push_str(part);
        }
    }

    /// Adds the condition that one of `columns` contains `text`.
    pub fn and_contains(&mut self, columns: &[&str], text: &str) {
        let (condition, values) = contains_text(columns, text);
        self.and(&condition, values);
    }

    /// Returns the clause; empty without conditions.
    pub fn sql(&self) -> String {
        if self.conditions.is_empty() { String::new() } else { format!("WHERE {}", self.conditions) }
    }
}

/// Returns the condition that one of `columns` contains `text`, with its values. Case is ignored.
pub(super) fn contains_text(columns: &[&str], text: &str) -> (String, Vec<Value>) {
    let (conditions, value): (Vec<String>, String) = if text.is_ascii() {
        let like = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        (columns.iter().map(|column| format!("{column} LIKE ? ESCAPE '\\'")).collect(), format!("%{like}%"))
    } else {
        let holds = |column: &&str| format!("instr({LOWER_FUNCTION}({column}), ?) > 0");
        (columns.iter().map(holds).collect(), text.to_lowercase())
    };
    (format!("({})", conditions.join(" OR ")), vec![Value::from(value); columns.len()])
}
