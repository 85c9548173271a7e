//! Measures parsing of an OpenAPI document. `JETON_SPEC=FILE cargo bench --bench openapi` also parses that file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::fmt::Write;
use std::sync::LazyLock;

use divan::{Bencher, black_box};
use jeton::import::openapi::{ImportOptions, ImportResult, import};

const OPERATIONS: usize = 1_200;

/// A document as large as that of a big provider: tags, scopes, and schemas in every operation.
static YAML: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::from(
        "openapi: 3.1.0\ninfo:\n  title: Large\n  version: '1'\nservers:\n- url: https://api.example.com/v1\ncomponents:\n  \
         securitySchemes:\n    oauth:\n      type: oauth2\n      flows:\n        implicit:\n          scopes:\n            \
         read: Looks at things\n            write: Changes things\npaths:\n",
    );
    for n in 0..OPERATIONS / 2 {
        let tag = n % 40;
        let _ = writeln!(text, "  /area{tag}/things{n}/{{id}}:");
        for (verb, scope) in [("get", "read"), ("put", "write")] {
            let _ = write!(
                text,
                "    {verb}:\n      operationId: area{tag}/{verb}-things{n}\n      summary: The {verb} of thing {n}\n      \
                 tags:\n      - area {tag}\n      security:\n      - oauth: [{scope}]\n      parameters:\n      - name: id\n        \
                 in: path\n        required: true\n        schema:\n          type: string\n      responses:\n"
            );
            for status in [200, 400, 404] {
                let _ = write!(
                    text,
                    "        '{status}':\n          description: Answer {status}\n          content:\n            application/json:\n              \
                     schema:\n                type: object\n                properties:\n"
                );
                for property in 0..12 {
                    let _ = writeln!(text, "                  property{property}:\n                    type: string");
                }
            }
        }
    }
    text
});

static SPEC: LazyLock<Option<String>> =
    LazyLock::new(|| std::env::var_os("JETON_SPEC").map(|path| std::fs::read_to_string(path).unwrap()));

fn main() {
    let report = |name: &str, text: &str| match read(text) {
        Ok(done) => println!(
            "{name}: {} KiB, {} methods, {} groups, {} sets, {} warnings, {}",
            text.len() / 1024,
            done.catalogue.methods().count(),
            done.catalogue.groups.len(),
            done.catalogue.sets.len(),
            done.warnings.len(),
            peak()
        ),
        Err(e) => println!("{name}: {e}"),
    };
    report("generated", &YAML);
    if let Some(text) = &*SPEC {
        report("JETON_SPEC", text);
        if std::env::var_os("JETON_SPEC_WARNINGS").is_some() {
            read(text).unwrap().warnings.iter().for_each(|w| println!("  {w}"));
        }
    }
    divan::main();
}

/// Returns the peak memory, if the system reports it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or("VmHWM: unknown").to_owned()
}

fn read(text: &str) -> jeton::error::Result<ImportResult> {
    import(text, &ImportOptions { name: "bench".to_owned(), ..ImportOptions::default() })
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn generated_1200_operations(bencher: Bencher<'_, '_>) {
    bencher.bench(|| read(black_box(&YAML)).unwrap());
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn spec_of_the_environment(bencher: Bencher<'_, '_>) {
    if let Some(text) = &*SPEC {
        bencher.bench(|| read(black_box(text)).unwrap());
    }
}
