//! The OpenAPI 3.1 description of the management API, from the table of verbs and the types of requests and replies.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::problem::{self, Problem};
use super::repeated::{KEY_HEADER, RepeatedReply};
use super::request_schema::{self, CallForm};
use super::service_endpoint::{ActiveToken, AuditPosition, Health, REVOKE_PATH, ServiceEndpoint, WorkingSecret};
use super::sign_in::{Confirm, Confirmed, LOGIN_PATH, PROOF_HEADER, PasswordLogin};
use super::{CHANGED_TOKEN, parameter};
use crate::verbs::AuthLevel;
use crate::verbs::keyed_calls::ACCEPT_KEY;
use crate::verbs::request::{Endpoint, Request, Response, VERBS, VerbInfo};
use crate::verbs::required_scope::RequiredScope;

const FORM: &str = "application/x-www-form-urlencoded";

/// The statuses of errors, with their meaning.
const ERRORS: [(u16, &str); 9] = [
    (400, "The request is malformed or has an invalid value."),
    (401, "No proof of identity was given, or it was refused."),
    (403, "The caller is not permitted to do this."),
    (404, "Nothing has the given name."),
    (
        409,
        "The state of the store does not permit the change. Examples: a name is taken, a limit is reached, a confirmation is wrong.",
    ),
    (412, "The token or other data was changed after the caller read it."),
    (429, "The caller must wait: the last sign-in failed or is not finished."),
    (500, "The server failed."),
    (503, "The server is busy with other calls."),
];

/// Builds the document.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12();
    let mut requests = settings.clone().with(|settings| settings.inline_subschemas = true).into_generator();
    let settings = settings.with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut replies = settings.for_serialize().into_generator();
    let request_schemas = variants(Request::json_schema(&mut requests));
    let reply_schemas = variants(Response::json_schema(&mut replies));
    let mut paths = Map::new();
    for verb in VERBS {
        let Some(endpoint) = verb.endpoint else { continue };
        let schema = |of: &Map<String, Value>| of.get(verb.name).cloned().unwrap_or_default();
        let mut request = schema(&request_schemas);
        let description = request.as_object_mut().and_then(|request| request.remove("description"));
        let form = CallForm::new(endpoint, request);
        let path = form.path.clone();
        let mut operation = verb_operation(verb, endpoint, form, schema(&reply_schemas), &mut replies);
        operation["description"] = json!(description);
        if path == LOGIN_PATH {
            allow_password(&mut operation, &mut requests);
        }
        if path == REVOKE_PATH {
            allow_form(&mut operation);
        }
        insert(&mut paths, &path, endpoint.http_method, operation);
    }
    for endpoint in ServiceEndpoint::ALL {
        let operation = service_operation(endpoint, &mut requests, &mut replies);
        insert(&mut paths, endpoint.as_str(), endpoint.http_method(), operation);
    }
    let problem = replies.subschema_for::<Problem<'_>>();
    let responses: Map<String, Value> = ERRORS.iter().map(|error| problem_response(error, &problem)).collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "jeton",
            "summary": "The management API of jeton serve",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "paths": paths,
        "components": {
            "schemas": replies.take_definitions(true),
            "responses": responses,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of a login, or an API token. The API token must have one of the methods that the operation lists.",
                },
                "proof": {
                    "type": "apiKey",
                    "in": "header",
                    "name": PROOF_HEADER,
                    "description": "The proof that POST /v1/confirm returned. A proof can be used once, within a minute.",
                },
            },
        },
    });
    mend(&mut document);
    document
}

/// Returns the schemas of the variants of an enum, by name.
fn variants(mut schema: Schema) -> Map<String, Value> {
    let forms = schema.get_mut("oneOf").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    forms.into_iter().filter_map(|mut form| form["properties"].as_object_mut().map(std::mem::take)).flatten().collect()
}

fn insert(paths: &mut Map<String, Value>, path: &str, http_method: &str, operation: Value) {
    paths.entry(path).or_insert_with(|| json!({}))[http_method.to_lowercase()] = operation;
}

fn verb_operation(
    verb: &VerbInfo,
    endpoint: Endpoint,
    mut form: CallForm,
    mut reply: Value,
    replies: &mut SchemaGenerator,
) -> Value {
    let names_token = endpoint.path.split('/').filter_map(parameter).any(|field| field.starts_with("token."));
    let mut errors = vec![400, 401, 403, 500, 503];
    if endpoint.path.split('/').any(|segment| parameter(segment) == Some(CHANGED_TOKEN)) {
        errors.push(412);
        form.parameters.push(header(
            "If-Match",
            "The expected ETag of the token before the change, or * for any ETag.",
            r#"^(\*|"[0-9]{1,18}")$"#,
        ));
    }
    if ACCEPT_KEY.contains(&verb.name) {
        form.parameters.push(header(
            KEY_HEADER,
            "A key that the caller chooses. A repeated call with the same key makes no second change.",
            "^[!-~]([ -~]{0,62}[!-~])?$",
        ));
        reply = json!({ "anyOf": [reply, replies.subschema_for::<RepeatedReply>()] });
    }
    let has_fields = !form.parameters.is_empty() || form.body.is_some();
    if has_fields {
        errors.extend([404, 409]);
    }
    if verb.is_change {
        errors.extend([409, 412]);
    }
    let mut done = json_response("The reply.", &reply);
    if names_token {
        done["headers"] = json!({ "ETag": {
            "description": "The revision of the token, if the reply is about the token itself.",
            "schema": { "type": "string", "pattern": "^\"[0-9]+\"$" },
        } });
    }
    let mut operation = json!({
        "operationId": verb.name,
        "tags": [verb.name.split('.').next()],
        "parameters": form.parameters,
        "security": security(verb),
        "responses": responses(done, &errors),
    });
    if let Some(body) = form.body {
        let required = request_schema::is_required(&body);
        operation["requestBody"] =
            json!({ "required": required, "content": { "application/json": { "schema": body } } });
    }
    operation
}

fn header(name: &str, description: &str, pattern: &str) -> Value {
    let schema = json!({ "type": "string", "pattern": pattern });
    json!({ "name": name, "in": "header", "description": description, "schema": schema })
}

/// Lets a password in the body stand for the proof.
fn allow_password(operation: &mut Value, requests: &mut SchemaGenerator) {
    let confirmed = operation["requestBody"]["content"]["application/json"]["schema"].take();
    let with_password = PasswordLogin::json_schema(requests);
    operation["requestBody"]["content"]["application/json"]["schema"] = json!({ "anyOf": [with_password, confirmed] });
    operation["security"] = json!([{}, { "proof": [] }]);
    operation["responses"]["429"] = reference(429);
}

/// Accepts the form of RFC 7009, which is answered in its own way.
fn allow_form(operation: &mut Value) {
    operation["requestBody"]["content"][FORM] = json!({ "schema": token_form() });
    let done = &mut operation["responses"]["200"]["content"]["application/json"]["schema"];
    *done = json!({ "anyOf": [done.take(), { "const": {} }] });
    operation["responses"]["400"] = json!({
        "description": "The request can't be accepted.",
        "content": {
            problem::MEDIA_TYPE: { "schema": { "$ref": "#/components/schemas/Problem" } },
            "application/json": { "schema": invalid_form() },
        },
    });
}

fn security(verb: &VerbInfo) -> Value {
    let proof = json!({ "proof": [] });
    match (verb.auth_level, verb.scope) {
        (AuthLevel::Possession, _) => json!([]),
        (AuthLevel::Password, RequiredScope::PasswordOnly) => json!([proof]),
        (_, scope) if scope.methods().is_empty() => json!([{ "token": [] }, proof]),
        (_, scope) => {
            let tokens = scope.methods().iter().map(|method| json!({ "token": [method] }));
            tokens.chain([proof]).collect()
        }
    }
}

fn json_response(description: &str, schema: &Value) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

fn responses(done: Value, errors: &[u16]) -> Value {
    let mut all = json!({ "200": done });
    for status in errors {
        all[status.to_string()] = reference(*status);
    }
    all
}

fn reference(status: u16) -> Value {
    json!({ "$ref": format!("#/components/responses/{status}") })
}

fn problem_response((status, description): &(u16, &str), problem: &Schema) -> (String, Value) {
    let mut response = json!({ "description": description, "content": { problem::MEDIA_TYPE: { "schema": problem } } });
    if matches!(status, 429 | 503) {
        response["headers"] = json!({ "Retry-After": {
            "description": "Seconds to wait.",
            "required": true,
            "schema": { "type": "integer", "minimum": 1 },
        } });
    }
    if *status == 401 {
        response["headers"] = json!({ "WWW-Authenticate": { "required": true, "schema": { "type": "string" } } });
    }
    (status.to_string(), response)
}

fn service_operation(
    endpoint: ServiceEndpoint,
    requests: &mut SchemaGenerator,
    replies: &mut SchemaGenerator,
) -> Value {
    let undecided = json_response("The service can't read the store.", &constant(&json!({ "result": 4 })));
    let mut operation = match endpoint {
        ServiceEndpoint::Health => {
            let health = json!(replies.subschema_for::<Health>());
            let ok = json_response("Tokens can be verified.", &health);
            json!({ "responses": { "200": ok, "503": json_response("Tokens can't be verified.", &health) } })
        }
        ServiceEndpoint::AuditPosition => {
            let position = json!(replies.subschema_for::<AuditPosition>());
            json!({ "responses": { "200": json_response("The position.", &position), "503": undecided } })
        }
        ServiceEndpoint::Metrics => {
            let text = json!({ "text/plain": { "schema": { "type": "string" } } });
            json!({ "responses": { "200": { "description": "The metrics.", "content": text } } })
        }
        ServiceEndpoint::OpenApi => {
            json!({ "responses": { "200": json_response("The document.", &json!({ "type": "object" })) } })
        }
        ServiceEndpoint::Introspect => introspection(&json!(replies.subschema_for::<ActiveToken<'_>>()), undecided),
        ServiceEndpoint::Myself => {
            let secret = json!(replies.subschema_for::<WorkingSecret<'_>>());
            json!({
                "security": [{ "token": [] }],
                "responses": {
                    "200": json_response("The secret.", &secret),
                    "401": refused("No secret was given, or it doesn't work.", &[1, 2]),
                    "503": undecided,
                },
            })
        }
        ServiceEndpoint::Confirm => {
            let confirmed = json_response("The proof.", &json!(replies.subschema_for::<Confirmed>()));
            json!({
                "requestBody": {
                    "required": true,
                    "content": { "application/json": { "schema": Confirm::json_schema(requests) } },
                },
                "responses": responses(confirmed, &[400, 401, 403, 429, 500, 503]),
            })
        }
    };
    operation["operationId"] = json!(endpoint.as_str().rsplit('/').next().and_then(|name| name.split('.').next()));
    operation["description"] = json!(description(endpoint, requests));
    operation["tags"] = json!(["service"]);
    operation
}

/// Returns the documentation of an endpoint.
fn description(endpoint: ServiceEndpoint, requests: &mut SchemaGenerator) -> Option<Value> {
    let schema = ServiceEndpoint::json_schema(requests).to_value();
    let of_endpoint = |form: &&Value| form["const"] == endpoint.as_str();
    schema["oneOf"].as_array()?.iter().find(of_endpoint).map(|form| form["description"].clone())
}

fn token_form() -> Value {
    json!({
        "type": "object",
        "properties": { "token": { "type": "string", "minLength": 1, "description": "The secret of the token." } },
        "required": ["token"],
    })
}

/// The answer of RFC 6749, section 5.2.
fn invalid_form() -> Value {
    json!({
        "type": "object",
        "properties": { "error": { "const": "invalid_request" }, "error_description": { "type": "string" } },
        "required": ["error", "error_description"],
    })
}

fn refused(description: &str, results: &[u8]) -> Value {
    let schema = json!({ "properties": { "result": { "enum": results } }, "required": ["result"], "type": "object" });
    json_response(description, &schema)
}

fn introspection(active: &Value, undecided: Value) -> Value {
    json!({
        "requestBody": { "required": true, "content": { FORM: { "schema": token_form() } } },
        "security": [{ "token": ["jeton.introspect"] }],
        "responses": {
            "200": json_response("The token.", &json!({ "anyOf": [active, constant(&json!({ "active": false }))] })),
            "400": json_response("The form can't be accepted.", &invalid_form()),
            "401": refused("No token was given, or it was refused.", &[1, 2]),
            "403": refused("The caller's token is not permitted to call the method jeton.introspect.", &[3]),
            "503": undecided,
        },
    })
}

fn constant(value: &Value) -> Value {
    json!({ "const": value })
}

/// Gives integers the limits of their format, and takes the links of this program's documentation out of descriptions.
fn mend(value: &mut Value) {
    let limits = match value["format"].as_str() {
        Some("int64") => Some((i64::MIN, i64::MAX)),
        Some("uint64" | "uint") => Some((0, i64::MAX)),
        Some("uint32") => Some((0, u32::MAX.into())),
        _ => None,
    };
    if let Some((least, most)) = limits {
        value["minimum"] = least.into();
        value["maximum"] = most.into();
    }
    match value {
        Value::Array(values) => values.iter_mut().for_each(mend),
        Value::Object(fields) => {
            if let Some(Value::String(text)) = fields.get_mut("description") {
                *text = without_links(text);
            }
            fields.values_mut().for_each(mend);
        }
        _ => {}
    }
}

fn without_links(text: &str) -> String {
    let text = text.replace("[`", "`").replace("`]", "`").replace("`None`", "`null`");
    let mut parts = text.split("crate::");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for mut path in parts {
        while let Some((_, rest)) = path.split_once("::").filter(|(module, _)| module.starts_with(char::is_lowercase)) {
            path = rest;
        }
        plain.push_str(path);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_described() {
        let document = document();
        let described: usize =
            document["paths"].as_object().unwrap().values().map(|p| p.as_object().unwrap().len()).sum();
        let verbs = VERBS.iter().filter(|verb| verb.endpoint.is_some()).count();
        assert_eq!(described, verbs + ServiceEndpoint::ALL.len());
        let text = document.to_string();
        for bad in ["\"description\":null", "crate::", "$defs"] {
            assert!(!text.contains(bad), "{bad}");
        }
    }
}
