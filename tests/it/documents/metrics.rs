//! The page of metrics, and the files for Prometheus and Grafana, which name only metrics that exist.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use jeton::domain::api_selection::Selection;
use jeton::domain::expiry::ExpirySpec;
use jeton::domain::method::MethodId;
use jeton::verbs::tokens::CreateToken;
use regex::Regex;
use serde_json::Value;

use super::check;
use super::reference::{GENERATED, cell};
use crate::support::fakes::{OWNER, TestInstall, create};
use crate::support::http::bearer;
use crate::support::service_process::ServiceProcess;

fn asset(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name)).unwrap()
}

/// Returns the metrics of a service, with every metric there is.
fn metrics_text() -> String {
    let install = TestInstall::new();
    install.fakes.clock.set(jeton::platform::adapters().clock.now());
    let selection = Selection::Custom(MethodId::parse("jeton.tokens.read-all").into_iter().collect());
    let expires = Some(ExpirySpec::parse("20d").unwrap());
    let issued = install.create(OWNER, CreateToken { selection, expires, ..create("prometheus") });
    let service = ServiceProcess::start(&install.temp_store.path());
    let secret = issued.secret.expose(bearer);
    service.management_client().request("GET", "/metrics", &[&secret]).body
}

/// A rule of `assets/prometheus/alerts.yaml`, with its fields as written.
type Alert = BTreeMap<String, String>;

fn alerts() -> Vec<Alert> {
    let text = asset("prometheus/alerts.yaml");
    let mut alerts: Vec<Alert> = Vec::new();
    let mut open = String::new();
    for line in text.lines() {
        let field = line.trim_start().trim_start_matches("- ");
        match field.split_once(':') {
            Some((name, value))
                if ["alert", "expr", "for", "labels", "annotations", "summary", "description"].contains(&name) =>
            {
                if name == "alert" {
                    alerts.push(Alert::new());
                }
                open = name.to_owned();
                let value = value.trim().trim_matches(['|', '"']);
                if let Some(alert) = alerts.last_mut() {
                    alert.insert(open.clone(), value.to_owned());
                }
            }
            // A further line of the expression.
            _ if open == "expr" => {
                let expression = alerts.last_mut().unwrap().get_mut("expr").unwrap();
                *expression = format!("{expression} {}", line.trim()).trim().to_owned();
            }
            _ => {}
        }
    }
    alerts
}

#[test]
fn page_of_metrics() {
    let text = metrics_text();
    let mut page = format!(
        "# Metrics\n\n{GENERATED}\nYou will find every figure that `GET /metrics` of the management listener gives \
         here, in Prometheus' text format,\nand every alert of `assets/prometheus/alerts.yaml`. \
         [Monitor with Prometheus](how-to/monitor.md) shows how to use them.\n\nThe figures from `jeton_store_readable` \
         on come from the store. They are up to a minute old, usually 5 seconds.\n\n| metric | type | meaning | labels \
         |\n|---|---|---|---|\n"
    );
    let lines: Vec<&str> = text.lines().collect();
    for line in &lines {
        let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) else { continue };
        let kind = lines.iter().find_map(|l| l.strip_prefix(&format!("# TYPE {name} "))).unwrap();
        let labels: Vec<String> = lines
            .iter()
            .filter_map(|l| l.strip_prefix(&format!("{name}{{"))?.split_once('}'))
            // Values that change with each release or installation are of no use here.
            .flat_map(|(labels, _)| match name.ends_with("_info") || name.contains("_expires_") {
                true => names_of(labels),
                false => vec![format!("`{labels}`")],
            })
            .collect();
        let _ = writeln!(page, "| `{name}` | {kind} | {} | {} |", cell(help), labels.join(" "));
    }
    page.push_str("\n## Alerts\n\n| alert | severity | condition | meaning |\n|---|---|---|---|\n");
    for alert in alerts() {
        let severity = alert["labels"].trim_matches(['{', '}']).trim_start_matches("severity: ").to_owned();
        let lasts = alert.get("for").map(|time| format!(" for {time}")).unwrap_or_default();
        let meaning = [&*alert["summary"], &*alert["description"]].join(". ");
        let _ = writeln!(
            page,
            "| {} | {severity} | `{}`{lasts} | {} |",
            alert["alert"],
            cell(&alert["expr"]),
            cell(&meaning)
        );
    }
    check("metrics.md", &page);
}

fn names_of(labels: &str) -> Vec<String> {
    let names = labels.split('"').step_by(2).map(|name| name.trim_matches([',', '=']));
    names.filter(|name| !name.is_empty()).map(|name| format!("`{name}`")).collect()
}

/// Returns the samples in `text`: each name with its labels.
fn samples(text: &str) -> Vec<(&str, &str)> {
    let samples = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '));
    samples.map(|(sample, _)| sample.split_once('{').unwrap_or((sample, ""))).collect()
}

fn expressions_of_dashboard(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("expr" | "definition", Value::String(text)) => found.push(text.clone()),
                    _ => expressions_of_dashboard(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| expressions_of_dashboard(value, found)),
        _ => {}
    }
}

/// Every metric, and every label's value, in an alert or a panel is one of the service.
#[test]
fn alerts_and_dashboard_name_metrics_that_exist() {
    let text = metrics_text();
    let samples = samples(&text);
    let mut expressions: Vec<String> = alerts().iter().map(|alert| alert["expr"].clone()).collect();
    assert!(expressions.len() >= 14, "{expressions:?}");
    let board: Value = serde_json::from_str(&asset("grafana/dashboard.json")).unwrap();
    let alerts = expressions.len();
    expressions_of_dashboard(&board, &mut expressions);
    assert!(expressions.len() > alerts + 14, "{expressions:?}");
    let metric = Regex::new(r"\b(jeton_[a-z_]+)(?:\{([^}]*)\})?").unwrap();
    let matcher = Regex::new(r#"([a-z]+)(?:=|!=)"([^"$]*)""#).unwrap();
    let grouping = Regex::new(r"\bby \(([a-z, ]+)\)").unwrap();
    for expression in &expressions {
        let mut labels_of_all = String::from("instance job le ");
        for found in metric.captures_iter(expression) {
            let of_name: Vec<&str> = samples.iter().filter(|(name, _)| *name == &found[1]).map(|(_, l)| *l).collect();
            assert!(!of_name.is_empty(), "no metric {} in {expression}", &found[1]);
            labels_of_all.push_str(&of_name.join(" "));
            for wanted in matcher.captures_iter(found.get(2).map_or("", |labels| labels.as_str())) {
                let label = format!("{}=\"{}\"", &wanted[1], &wanted[2]);
                assert!(of_name.iter().any(|labels| labels.contains(&label)), "no {label} in {expression}");
            }
        }
        for label in
            grouping.captures_iter(expression).flat_map(|by| by[1].split(", ").map(str::to_owned).collect::<Vec<_>>())
        {
            assert!(labels_of_all.contains(&label), "no label {label} in {expression}");
        }
    }
    // Nothing that an operator must know is left without an alert.
    for name in [
        "jeton_store_older",
        "jeton_fault",
        "jeton_ledger_lost_total",
        "jeton_panics_total",
        "jeton_log_lines_lost_total",
    ] {
        assert!(expressions[..alerts].iter().any(|expression| expression.contains(name)), "{name}");
    }
}

/// Runs Prometheus' own checker with `input`. Returns `None` if it isn't installed.
fn promtool(args: &[&str], input: &str) -> Option<(bool, String)> {
    let started =
        Command::new("promtool").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = started else {
        println!("skipped: promtool not found");
        return None;
    };
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Some((output.status.success(), text))
}

#[test]
fn prometheus_accepts_metrics_and_rules() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/prometheus/alerts.yaml");
    for (args, input) in
        [(&["check", "metrics"][..], metrics_text()), (&["check", "rules", file.to_str().unwrap()], String::new())]
    {
        if let Some((accepted, text)) = promtool(args, &input) {
            assert!(accepted && !text.contains("error"), "{args:?}: {text}");
        }
    }
}

/// A scraper without the right to read all tokens sees no owner's token.
#[test]
fn token_without_a_name_raises_an_alert_beside_a_named_one() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/prometheus/alerts.yaml");
    let raised = |hidden_expires: &str| {
        let test = format!(
            r#"{{"rule_files": [{rules:?}], "tests": [{{
                "input_series": [
                    {{"series": "jeton_tokens_next_expiry_timestamp_seconds{{instance=\"a\"}}", "values": "{hidden_expires}"}},
                    {{"series": "jeton_token_expires_timestamp_seconds{{instance=\"a\",account=\"ci\",token=\"t\"}}",
                      "values": "500000"}}],
                "alert_rule_test": [{{"eval_time": "0s", "alertname": "JetonTokensExpire", "exp_alerts": []}}]}}]}}"#
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.yaml");
        std::fs::write(&file, test).unwrap();
        promtool(&["test", "rules", file.to_str().unwrap()], "").map(|(accepted, text)| {
            assert!(accepted || text.contains("JetonTokensExpire"), "{text}");
            !accepted
        })
    };
    if let Some(is_raised) = raised("400000") {
        assert!(is_raised, "another token expires first");
        assert_eq!(raised("500000"), Some(false), "the named token is the first");
    }
}
