//! Prints the results of `cargo bench --bench route` as multiples of one hash.
//!
//! `cargo run --example bench_table` reads what criterion left under `target/criterion` and
//! prints a Markdown table: nanoseconds per decision (the median), the multiple of the row
//! `hash`, and the most that each row may cost. All rows must come from one run on a quiet
//! machine; nanoseconds of two machines cannot be compared, the multiples can.

#![expect(clippy::print_stdout, reason = "a program prints")]

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// Rows in the order of the table, what each is measured against, and the most it may cost.
const ROWS: &[(&str, &str, Option<f64>)] = &[
    (HASH, HASH, None),
    ("plan.route even", HASH, Some(1.4)),
    ("router.route even", HASH, Some(2.0)),
    ("reader.route even", HASH, Some(1.6)),
    ("router.route rule and canary", HASH, Some(3.0)),
    ("plan.route 2 arms", HASH, None),
    ("plan.route 64 arms", "plan.route 2 arms", Some(1.5)),
    ("router.predict no-op", HASH, Some(4.5)),
    ("router.admit and drop", HASH, Some(4.5)),
    ("router.admit with 1 % shadow", HASH, Some(6.0)),
    ("batch of 1,000 by arm", HASH, Some(1.4)),
];

/// The row that is the unit of the table: SipHash-1-3 of a key of 16 bytes.
const HASH: &str = "hash";

/// One row that was measured.
struct Measured {
    name: String,
    nanos: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    let group = target.join("criterion").join("route");
    let rows = measured(&group)?;
    let nanos = |name: &str| {
        rows.iter()
            .find(|row| row.name == name)
            .map(|row| row.nanos)
    };
    let hash = nanos(HASH).ok_or("there is no row `hash`: run `cargo bench --bench route`")?;

    println!("| row | ns | × hash | at most | |");
    println!("|---|---:|---:|---:|---|");
    for (name, against, limit) in ROWS {
        let Some(own) = nanos(name) else { continue };
        let (bound, verdict) = match (limit, nanos(against)) {
            (Some(limit), Some(unit)) => {
                let ratio = own / unit;
                let verdict = if ratio <= *limit { "met" } else { "over" };
                let bound = match *against {
                    HASH => format!("{limit}"),
                    _ => format!("{ratio:.2} of {limit} × `{against}`"),
                };
                (bound, verdict)
            }
            _ => ("-".to_owned(), ""),
        };
        println!(
            "| {name} | {own:.2} | {:.2} | {bound} | {verdict} |",
            own / hash
        );
    }
    for row in rows
        .iter()
        .filter(|row| ROWS.iter().all(|(name, ..)| *name != row.name))
    {
        println!(
            "| {} | {:.2} | {:.2} | - | |",
            row.name,
            row.nanos,
            row.nanos / hash
        );
    }
    Ok(())
}

/// Reads all rows of a group, in the order of their names.
fn measured(group: &Path) -> Result<Vec<Measured>, Box<dyn Error>> {
    let entries = fs::read_dir(group).map_err(|e| {
        format!(
            "{}: {e}: run `cargo bench --bench route` first",
            group.display()
        )
    })?;
    let mut rows = Vec::new();
    for entry in entries {
        let new = entry?.path().join("new");
        if let Some(row) = read(&new)? {
            rows.push(row);
        }
    }
    rows.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(rows)
}

fn read(new: &Path) -> Result<Option<Measured>, Box<dyn Error>> {
    let (estimates, benchmark) = (new.join("estimates.json"), new.join("benchmark.json"));
    if !estimates.exists() {
        return Ok(None);
    }
    let estimates: Value = serde_json::from_str(&fs::read_to_string(estimates)?)?;
    let benchmark: Value = serde_json::from_str(&fs::read_to_string(benchmark)?)?;
    let number = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_f64);
    let median = number(&estimates, "/median/point_estimate").ok_or("no median")?;
    let elements = number(&benchmark, "/throughput/Elements").unwrap_or(1.0);
    let name = benchmark.get("function_id").and_then(Value::as_str);
    Ok(Some(Measured {
        name: name.ok_or("no name")?.to_owned(),
        nanos: median / elements,
    }))
}
