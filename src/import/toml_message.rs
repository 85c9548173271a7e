//! Errors of TOML files in plain words. The parsers of TOML and serde word them for programmers.

use crate::domain::untrusted_text::excerpt;

/// Maximum length of a quoted key or value, in characters.
const MAX_QUOTED: usize = 64;

/// Returns the `message` of an error of `toml` or `toml_edit` in plain words. A message that is not known stays.
pub fn plain_words(message: &str) -> String {
    let (problem, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let named = |start: &str| Some(excerpt(problem.strip_prefix(start)?.strip_suffix('`')?, MAX_QUOTED));
    let choices = || expected.trim_start_matches("one of ").replace("` or `", ", ").replace('`', "");
    if let Some(key) = named("missing field `") {
        return format!("the key {key} is missing");
    }
    if let Some(key) = named("duplicate field `") {
        return format!("the key {key} occurs twice, in two spellings");
    }
    if let Some(key) = named("unknown field `").filter(|_| !expected.is_empty()) {
        return format!("the key \"{key}\" is unknown. The known keys here are: {}", choices());
    }
    if let Some(value) = named("unknown variant `").filter(|_| !expected.is_empty()) {
        return format!("\"{value}\" is not possible here. Use: {}", choices());
    }
    let is_other_type = problem.starts_with("invalid type: ") || problem.starts_with("invalid value: ");
    if let Some(value) = expected_value(expected).filter(|_| is_other_type) {
        return format!("{value} is expected here");
    }
    if message == "wanted string or table" {
        return "a text in quotes is expected here".to_owned();
    }
    syntax(problem).map_or_else(|| message.replace('\n', ", "), str::to_owned)
}

/// Returns the most frequent mistakes of syntax, as the parser names them, in plain words. Almost all values of jeton's
/// files are texts, so a word that looks like the start of another value is a text without quotes.
fn syntax(problem: &str) -> Option<&'static str> {
    Some(match problem {
        "string values must be quoted"
        | "missing opening quote"
        | "invalid boolean"
        | "invalid integer number"
        | "integers with a radix cannot be signed"
        | "radix must be lowercase"
        | "unexpected leading zero"
        | "unexpected sign"
        | "redundant numeric sign"
        | "redundant integer number prefix"
        | "integer number overflowed"
        | "floating-point number overflowed"
        | "`_` may only go between digits"
        | "invalid value"
        | "invalid float"
        | "invalid date-time" => "the value is not valid: a text must be in quotes",
        "invalid basic string" | "invalid literal string" => {
            "the closing quote is missing on this line, or the text contains a control character"
        }
        "duplicate key" => "a key or table with this name already exists above",
        "invalid unquoted key" => "a key with other characters than A-Z a-z 0-9 _ - must be in quotes",
        "key with no value" => "the key has no value: write KEY = VALUE",
        "missing value" | "missing value for key" => "there is no value after the equals sign",
        "unexpected key or value" => "this text is not expected here: each key needs its own line",
        "missing comma between array elements" => "a comma is missing between two values of the list",
        "missing comma between key-value pairs" => "a comma is missing between two keys of the table",
        "extra comma in array" => "the list has two commas without a value between them",
        "extra comma in inline table" => "the table has two commas without a key between them",
        "unexpected `=` in array" => "an equals sign is not expected in a list",
        "extra `=`" | "extra assignment between key-value pairs" => {
            "there is a second equals sign: write KEY = VALUE once"
        }
        "missing assignment between key-value pairs" | "invalid key-value pair" | "invalid inline table element" => {
            "the equals sign is missing: write KEY = VALUE"
        }
        "missing key for inline table element" | "unquoted keys cannot be empty" => {
            "there is no key before the equals sign"
        }
        "keys cannot be multi-line basic strings" | "keys cannot be multi-line literal strings" => {
            "a key in quotes must be on one line"
        }
        "missing escaped value" | "too few unicode value digits" => {
            "the text has an incomplete escape after a backslash; write \\\\ for one backslash"
        }
        "unexpected content" | "unexpected content between comment and newline" => "this text is not expected here",
        "invalid comment character" => "the comment contains a control character",
        "carriage return must be followed by newline" => "a line ends in a carriage return alone; use line feeds",
        "recursion limit" | "cannot recurse further; max recursion depth met" => {
            "lists and tables are nested too deeply"
        }
        "cannot extend value of type array with a dotted key" => "a list with this name already exists above",
        "cannot extend value of type inline table with a dotted key" => "a table with this name was closed above",
        "unclosed array" => "the list has no closing bracket ]",
        "unclosed inline table" => "the table has no closing brace }",
        "unclosed table" => "the name of the table has no closing bracket ]",
        "unclosed array table" => "the name of the table has no closing brackets ]]",
        _ => return None,
    })
}

/// Returns the value that serde expects. `None` for one that jeton's files don't have.
fn expected_value(expected: &str) -> Option<&'static str> {
    match expected {
        "a string" | "path string" => Some("a text in quotes"),
        "a sequence" => Some("a list such as [\"a\", \"b\"] or [[group]]"),
        "u32" => Some("a whole number"),
        _ if expected == "a map" || expected.starts_with("struct ") => Some("a table"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(rename = "title")]
        _title: String,
        #[serde(default, rename = "entry", alias = "entry_")]
        _entry: Vec<Entry>,
    }

    #[derive(Debug, Deserialize)]
    enum Entry {
        #[serde(rename = "one")]
        One,
        #[serde(rename = "two")]
        Two,
    }

    #[test]
    fn messages_of_serde_and_toml_get_plain_words() {
        for (text, expected) in [
            ("", "the key title is missing"),
            ("title = ''\nentry = []\nentry_ = []", "the key entry occurs twice, in two spellings"),
            ("title = ''\nname = 1", "the key \"name\" is unknown. The known keys here are: title, entry, entry_"),
            ("title = ''\nentry = ['six']", "\"six\" is not possible here. Use: one, two"),
            ("title = 1", "a text in quotes is expected here"),
            ("title = ''\nentry = [1]", "a text in quotes is expected here"),
            ("title = ''\n[entry]\n", "a list such as [\"a\", \"b\"] or [[group]] is expected here"),
            ("title = ''\ntitle = ''", "a key or table with this name already exists above"),
            ("title = word", "the value is not valid: a text must be in quotes"),
            ("title = test", "the value is not valid: a text must be in quotes"),
        ] {
            assert_eq!(plain_words(toml::from_str::<File>(text).unwrap_err().message()), expected, "{text}");
        }
        assert_eq!(plain_words("other,\nexpected 1"), "other,, expected 1");
    }
}
