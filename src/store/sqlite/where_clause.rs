//! Conditions that narrow lists of rows.

use rusqlite::ToSql;

/// Conditions and their values.
#[derive(Default)]
pub(super) struct WhereClause {
    pub sql: String,
    pub values: Vec<Box<dyn ToSql>>,
}

impl WhereClause {
    /// Adds `value` and returns its placeholder in the statement.
    pub fn bind(&mut self, value: impl ToSql + 'static) -> String {
        self.values.push(Box::new(value));
        format!("?{}", self.values.len())
    }

    pub fn and(&mut self, condition: &str) {
        self.sql.push_str(if self.sql.is_empty() { "WHERE " } else { " AND " });
        self.sql.push_str(condition);
    }

    /// Returns the condition that one of `columns` contains `text`. Case is ignored.
    pub fn contains_text(&mut self, columns: &[&str], text: &str) -> String {
        // SQLite folds the case of ASCII only.
        let conditions: Vec<String> = if text.is_ascii() {
            let like = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            let like = self.bind(format!("%{like}%"));
            columns.iter().map(|column| format!("{column} LIKE {like} ESCAPE '\\'")).collect()
        } else {
            let text = self.bind(text.to_lowercase());
            columns.iter().map(|column| format!("instr(jeton_lower({column}), {text}) > 0")).collect()
        };
        format!("({})", conditions.join(" OR "))
    }

    /// Adds the condition of [`WhereClause::contains_text`].
    pub fn and_contains(&mut self, columns: &[&str], text: &str) {
        let condition = self.contains_text(columns, text);
        self.and(&condition);
    }

    pub fn params(&self) -> Vec<&dyn ToSql> {
        self.values.iter().map(|v| &**v).collect()
    }
}
