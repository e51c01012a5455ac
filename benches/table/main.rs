//! Turns the results of `cargo bench -p switchstand-benches --bench route` into the table of the front pages.
//!
//! `cargo run -p switchstand-benches` reads what the benchmark left under `target/criterion` and
//! prints a Markdown table: nanoseconds per decision (the median), the multiple of the row
//! `hash`, the most that each row may cost, and allocations, which are counted here. With
//! `-- --write` it replaces the table in `README.md` and `README.es.md`. All rows must come from
//! one run on a quiet machine; nanoseconds of two machines cannot be compared, the multiples can.

#![expect(clippy::print_stdout, reason = "a program prints")]

mod allocations;
mod measured;

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The row that is the unit of the table: SipHash-1-3 of a key of 16 bytes.
const HASH: &str = "hash";

/// Rows in the order of the table, what each is measured against, and the most it may cost.
const ROWS: &[(&str, &str, Option<f64>)] = &[
    (HASH, HASH, None),
    ("plan.route even", HASH, Some(1.4)),
    ("router.route even", HASH, Some(2.0)),
    ("reader.route even", HASH, Some(1.6)),
    ("router.route rule and canary", HASH, Some(3.0)),
    ("router.route with a million listed", HASH, None),
    (
        "router.route with 64 routers",
        "router.route even",
        Some(1.5),
    ),
    ("plan.route 2 arms", HASH, None),
    ("plan.route 64 arms", "plan.route 2 arms", Some(1.5)),
    ("router.partition of 1000", HASH, Some(1.4)),
    ("router.predict no-op", HASH, Some(4.5)),
    ("router.predict, an observer counts", HASH, Some(8.0)),
    ("router.predict, a roll-out's evidence", HASH, Some(10.0)),
    ("router.predict, an experiment", HASH, Some(20.0)),
    ("router.admit and drop", HASH, Some(4.5)),
    (
        "router.admit with 64 routers",
        "router.admit and drop",
        Some(1.5),
    ),
    ("router.admit with 1 % shadow", HASH, Some(6.0)),
];

const BEGIN: &str = "<!-- costs: begin -->\n";
const END: &str = "<!-- costs: end -->\n";

fn main() -> Result<(), Box<dyn Error>> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    let criterion = target.join("criterion");
    let table = table(&criterion)?;
    print!("{table}");
    if env::args().nth(1).as_deref() == Some("--write") {
        for page in ["README.md", "README.es.md"] {
            write_into(
                &Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(page),
                &table,
            )?;
        }
    }
    Ok(())
}

fn table(criterion: &Path) -> Result<String, Box<dyn Error>> {
    let rows = measured::rows(&criterion.join("route"))?;
    let allocations = allocations::of_rows()?;
    let nanos = |name: &str| {
        rows.iter()
            .find(|row| row.name == name)
            .map(|row| row.nanos)
    };
    let hash = nanos(HASH)
        .ok_or("there is no row `hash`: run `cargo bench -p switchstand-benches --bench route`")?;

    let mut table = String::from("| row | ns | × hash | at most | | allocations of 1,000 |\n");
    table.push_str("|---|---:|---:|---:|---|---:|\n");
    for (name, against, limit) in ROWS {
        let own = nanos(name).ok_or_else(|| format!("the row {name} was not measured"))?;
        let unit = nanos(against).ok_or_else(|| format!("the row {against} was not measured"))?;
        let (bound, verdict) = match limit {
            Some(limit) => {
                let ratio = own / unit;
                let verdict = if ratio <= *limit { "met" } else { "over" };
                let bound = match *against {
                    HASH => format!("{limit}"),
                    _ => format!("{ratio:.2} of {limit} × {against}"),
                };
                (bound, verdict)
            }
            None => ("-".to_owned(), ""),
        };
        let counted = allocations.iter().find(|(row, _)| row == name);
        let counted = counted.map_or("-".to_owned(), |(_, count)| count.to_string());
        writeln!(
            table,
            "| {name} | {own:.2} | {:.2} | {bound} | {verdict} | {counted} |",
            own / hash
        )?;
    }
    table.push('\n');
    for line in measured::threads(criterion)? {
        writeln!(table, "- {line}")?;
    }
    Ok(table)
}

/// Replaces what stands between the two marks of a page.
fn write_into(page: &Path, table: &str) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(page)?;
    let marks = || format!("{} has no marks for the table", page.display());
    let (before, rest) = text.split_once(BEGIN).ok_or_else(marks)?;
    let (_, after) = rest.split_once(END).ok_or_else(marks)?;
    fs::write(page, format!("{before}{BEGIN}\n{table}\n{END}{after}"))?;
    Ok(())
}
