//! Generates `docs/json.md`: the schemas of all JSON answers, from the printed types.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jeton::cli::json_schemas::answer_schemas;
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
    for one_of in ["anyOf", "oneOf"] {
        if let Some(forms) = schema[one_of].as_array().filter(|_| schema["properties"].is_null()) {
            for form in forms {
                table(page, form);
                page.push('\n');
            }
            return;
        }
    }
    let Some(fields) = schema["properties"].as_object() else {
        let _ = writeln!(page, "{}", kind(schema));
        return;
    };
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    page.push_str("| field | value | meaning |\n|---|---|---|\n");
    for (name, field) in fields.iter().filter(|(name, _)| *name != "schema") {
        let optional = if required.contains(&name.as_str()) { "" } else { "; may be absent" };
        let meaning = field["description"].as_str().unwrap_or_default().replace(['[', ']'], "");
        let _ = writeln!(page, "| `{name}` | {}{optional} | {} |", kind(field), cell(&meaning));
    }
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
