//! Schemas of the parts of a request: the text in its path, its query and its body.

use serde_json::{Map, Value, json};

use super::parameter;
use crate::verbs::request::Endpoint;

/// The parts of a call, as OpenAPI describes them.
pub(super) struct CallForm {
    /// The path, with the first name of each field: `{token}` for `{token.reference.text}`.
    pub path: String,
    pub parameters: Vec<Value>,
    pub body: Option<Value>,
}

impl CallForm {
    /// Divides the schema of a request.
    pub fn new(endpoint: Endpoint, mut request: Value) -> Self {
        let mut path = String::new();
        let mut parameters = Vec::new();
        for segment in endpoint.path.split('/').skip(1) {
            path.push('/');
            let Some(field) = parameter(segment) else {
                path.push_str(segment);
                continue;
            };
            let name = field.split('.').next().unwrap_or(field);
            path.push_str(&format!("{{{name}}}"));
            let mut schema = take_field(&mut request, field).unwrap_or_default();
            if let Some(schema) = schema.as_object_mut() {
                schema.entry("minLength").or_insert(1.into());
            }
            parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        }
        let has_fields = request["properties"].as_object().is_some_and(|fields| !fields.is_empty());
        let mut body = None;
        if endpoint.has_body() {
            body = has_fields.then_some(request);
        } else {
            let required = required_fields(&request);
            for (name, schema) in take_properties(&mut request) {
                parameters.push(query_parameter(&name, required.contains(&name), schema));
            }
        }
        CallForm { path, parameters, body }
    }
}

/// Returns `true` if a call must have a body.
pub(super) fn is_required(body: &Value) -> bool {
    !required_fields(body).is_empty()
}

fn required_fields(schema: &Value) -> Vec<String> {
    let required = schema["required"].as_array().into_iter().flatten();
    required.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn take_properties(schema: &mut Value) -> Map<String, Value> {
    schema.get_mut("properties").and_then(Value::as_object_mut).map(std::mem::take).unwrap_or_default()
}

/// Takes the schema of a field, such as `token.reference.text`, out of that of an object. An alternative among several
/// takes all of them with it, because an object can't have two.
fn take_field(schema: &mut Value, field: &str) -> Option<Value> {
    let (first, rest) = field.split_once('.').map_or((field, None), |(first, rest)| (first, Some(rest)));
    if let Some(forms) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        let taken = forms.iter_mut().find_map(|form| take_field(form, field))?;
        *schema = json!({});
        return Some(taken);
    }
    let inner = schema.get_mut("properties").and_then(Value::as_object_mut)?.get_mut(first)?;
    let (taken, is_empty, is_needed) = match rest {
        None => (inner.take(), true, false),
        Some(rest) => {
            let taken = take_field(inner, rest)?;
            let is_empty = inner["properties"].as_object().is_none_or(Map::is_empty);
            (taken, is_empty, is_required(inner))
        }
    };
    if is_empty {
        schema.get_mut("properties").and_then(Value::as_object_mut)?.remove(first);
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut).filter(|_| !is_needed) {
        required.retain(|name| name != first);
    }
    Some(taken)
}

/// Describes a field in a query: itself, or the JSON of a value that is no text or number.
fn query_parameter(name: &str, required: bool, mut schema: Value) -> Value {
    remove_null(&mut schema);
    let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    let mut parameter = json!({ "name": name, "in": "query", "required": required });
    match is_scalar(&schema) {
        true => parameter["schema"] = schema,
        false => parameter["content"] = json!({ "application/json": { "schema": schema } }),
    }
    if let Some(description) = description {
        parameter["description"] = description;
    }
    parameter
}

/// Removes `null` from the types: a query leaves such a field out.
fn remove_null(schema: &mut Value) {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(forms) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        forms.retain(|form| form["type"] != "null");
        if let [only] = forms.as_mut_slice() {
            let only = only.take();
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            *schema = only;
            if let Some(description) = description {
                schema["description"] = description;
            }
        }
    }
}

fn is_scalar(schema: &Value) -> bool {
    match schema["oneOf"].as_array() {
        Some(forms) => forms.iter().all(is_scalar),
        None => matches!(schema["type"].as_str(), Some("string" | "integer" | "boolean")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_path_is_no_part_of_body() {
        let reference = json!({ "oneOf": [
            { "properties": { "id": { "type": "integer" } }, "required": ["id"] },
            { "properties": { "text": { "type": "string" } }, "required": ["text"] },
        ] });
        let target = json!({ "properties": { "reference": reference, "revision": {} }, "required": ["reference"] });
        let request = json!({ "properties": { "token": target, "name": {} }, "required": ["token", "name"] });
        let endpoint = Endpoint { http_method: "POST", path: "/v1/tokens/{token.reference.text}/copy" };
        let form = CallForm::new(endpoint, request);
        assert_eq!(form.path, "/v1/tokens/{token}/copy");
        let schema = json!({ "type": "string", "minLength": 1 });
        assert_eq!(form.parameters, [json!({ "name": "token", "in": "path", "required": true, "schema": schema })]);
        let token = json!({ "properties": { "revision": {} }, "required": [] });
        let body = json!({ "properties": { "token": token, "name": {} }, "required": ["name"] });
        assert_eq!(form.body, Some(body));
    }

    #[test]
    fn query_has_json_of_objects_only() {
        let request = json!({ "properties": {
            "limit": { "type": ["integer", "null"] },
            "filter": { "type": "object", "description": "d" },
            "owner": { "oneOf": [{ "type": "string", "const": "mine" }, { "type": "object" }] },
        }, "required": ["owner"] });
        let form = CallForm::new(Endpoint { http_method: "GET", path: "/v1/tokens" }, request);
        let [filter, limit, owner] = form.parameters.as_slice() else { panic!("{:?}", form.parameters) };
        assert_eq!(filter["content"]["application/json"]["schema"], json!({ "type": "object" }));
        assert_eq!((&filter["description"], &filter["required"]), (&json!("d"), &json!(false)));
        assert_eq!(limit["schema"], json!({ "type": "integer" }));
        assert_eq!((owner["content"].is_object(), &owner["required"]), (true, &json!(true)));
        assert_eq!(form.body, None);
    }
}
