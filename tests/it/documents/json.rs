//! Generates `docs/json.md`: the schemas of all JSON answers, from the printed types.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jeton::cli::answer_schemas::answer_schemas;
use serde_json::Value;

use super::check;
use super::reference::{GENERATED, cell};

#[test]
fn json() {
    let mut page = format!(
        "# JSON\n\n{GENERATED}\nYou will find the shape of every answer that `--json` prints here. Fields are added, never \
         changed or removed: `\"schema\": 1`.\n\nTimes are RFC 3339 in UTC, and `null` is *never* or *not known*. An answer is \
         one object on stdout, with the number of the schema. Ids: `t:7` is a token, `a:3` an account.\n\n## Answers\n"
    );
    let mut objects: BTreeMap<String, Value> = BTreeMap::new();
    for answer in answer_schemas() {
        let schema = answer.schema.to_value();
        let _ = write!(page, "\n### {}\n\n", answer.answer);
        table(&mut page, &schema);
        for (name, object) in schema["$defs"].as_object().into_iter().flatten() {
            objects.insert(name.clone(), object.clone());
        }
    }
    page.push_str("\n## Objects\n");
    for (name, object) in &objects {
        let _ = write!(page, "\n### {name}\n\n");
        table(&mut page, object);
    }
    check("json.md", &page);
}

fn table(page: &mut String, schema: &Value) {
    let forms = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    let is_word = |form: &Value| form["const"].is_string() || form["enum"].is_array();
    if forms.is_some_and(|forms| forms.iter().all(is_word)) {
        page.push_str("| value | meaning |\n|---|---|\n");
        for word in forms.into_iter().flatten() {
            let _ = writeln!(page, "| {} | {} |", kind(word), meaning(word));
        }
        return;
    }
    for (at, form) in forms.into_iter().flatten().enumerate() {
        page.push_str(if at == 0 { "" } else { "\nor\n\n" });
        table(page, form);
    }
    let Some(fields) = schema["properties"].as_object() else {
        if forms.is_none() {
            let _ = writeln!(page, "{}", kind(schema));
        }
        return;
    };
    page.push_str(if forms.is_some() { "\nand\n\n" } else { "" });
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    page.push_str("| field | value | meaning |\n|---|---|---|\n");
    for (name, field) in fields.iter().filter(|(name, _)| *name != "schema") {
        let optional = if required.contains(&name.as_str()) { "" } else { "; may be absent" };
        let _ = writeln!(page, "| `{name}` | {}{optional} | {} |", kind(field), meaning(field));
    }
}

/// Returns the documentation of a field, for readers of JSON.
fn meaning(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    cell(&text.replace(['[', ']'], "").replace("`None`", "`null`"))
}

/// Describes a value's type in words.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(forms) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return forms.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    if !schema["const"].is_null() {
        return format!("`{}`", schema["const"]);
    }
    let one = |word: &str| match word {
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("object of {}", kind(&schema["additionalProperties"]))
        }
        other => other.to_owned(),
    };
    match &schema["type"] {
        Value::String(word) => one(word),
        Value::Array(words) => words.iter().filter_map(Value::as_str).map(one).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    }
}
