//! Turns the results of `cargo bench -p switchstand-benches --bench route` into the table of the front pages.
//!
//! `cargo run -p switchstand-benches` reads what the benchmark left under `target/criterion` and
//! prints a Markdown table: nanoseconds per decision (the median), the multiple of the row
//! `hash` or of the row that its words name, the most that it may cost, and allocations, which are
//! counted here. With `-- --write` it replaces the tables of `README.md` and `README.es.md`. All rows must come from
//! one run on a quiet machine; nanoseconds of two machines cannot be compared, the multiples can.

#![expect(clippy::print_stdout, reason = "a program prints")]

mod allocations;
mod line;
mod measured;

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use line::{Language, Line, Row};

/// The row that is the unit of the table: SipHash-1-3 of a key of 16 bytes.
const HASH: &str = "hash";

/// Rows in the order of the table. A row without words is only what others are measured against.
const ROWS: &[Row] = &[
    Row::unit(
        HASH,
        [
            "SipHash-1-3 of a key of 16 bytes, the unit",
            "SipHash-1-3 de una clave de 16 bytes, la unidad",
        ],
    ),
    Row::of(
        "plan.route even",
        [
            "`plan.route`, two equal arms",
            "`plan.route`, dos brazos iguales",
        ],
        1.4,
    ),
    Row::of(
        "router.route even",
        [
            "`router.route`, two equal arms",
            "`router.route`, dos brazos iguales",
        ],
        2.0,
    ),
    Row::of(
        "reader.route even",
        [
            "`reader.route`, two equal arms",
            "`reader.route`, dos brazos iguales",
        ],
        1.6,
    ),
    Row::of(
        "router.route rule and canary",
        [
            "`router.route`, a rule and a canary",
            "`router.route`, una regla y un canario",
        ],
        3.0,
    ),
    Row::unit(
        "router.route with a million listed",
        [
            "`router.route`, a million listed units",
            "`router.route`, un millón de unidades en la lista",
        ],
    ),
    Row::against(
        "router.route with 64 routers",
        "router.route even",
        [
            "`router.route` on 64 routers in turn, against one",
            "`router.route` en 64 routers por turno, frente a uno",
        ],
        1.5,
    ),
    Row::against(
        "plan.route 64 arms",
        "plan.route 2 arms",
        [
            "`plan.route`, 64 arms, against two",
            "`plan.route`, 64 brazos, frente a dos",
        ],
        1.5,
    ),
    Row::of(
        "router.partition of 1000",
        [
            "`router.partition` of 1,000 units, for each",
            "`router.partition` de 1.000 unidades, por cada una",
        ],
        1.4,
    ),
    Row::of(
        "router.predict no-op",
        [
            "`router.predict` around an empty model",
            "`router.predict` con un modelo vacío",
        ],
        4.5,
    ),
    Row::of(
        "router.predict, an observer counts",
        [
            "the same, with an observer that counts",
            "lo mismo, con un observador que cuenta",
        ],
        8.0,
    ),
    Row::of(
        "router.predict, a roll-out's evidence",
        [
            "the same, with the evidence of a roll-out",
            "lo mismo, con los datos de una puesta a disposición progresiva",
        ],
        10.0,
    ),
    Row::of(
        "router.predict, an experiment",
        [
            "the same, with an experiment",
            "lo mismo, con un experimento",
        ],
        20.0,
    ),
    Row::of(
        "router.admit and drop",
        ["`router.admit`, and drop", "`router.admit`, y soltar"],
        4.5,
    ),
    Row::against(
        "router.admit with 64 routers",
        "router.admit and drop",
        [
            "`router.admit` on 64 routers in turn, against one",
            "`router.admit` en 64 routers por turno, frente a uno",
        ],
        1.5,
    ),
    Row::of(
        "router.admit with 1 % shadow",
        [
            "`router.admit`, with a shadow of 1 %",
            "`router.admit`, con una sombra del 1 %",
        ],
        6.0,
    ),
];

const BEGIN: &str = "<!-- costs: begin -->\n";
const END: &str = "<!-- costs: end -->\n";

fn main() -> Result<(), Box<dyn Error>> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    let criterion = target.join("criterion");
    let lines = lines(&criterion)?;
    print!("{}", Language::English.table(&lines));
    if env::args().nth(1).as_deref() == Some("--write") {
        for (page, language) in [
            ("README.md", Language::English),
            ("README.es.md", Language::Spanish),
        ] {
            write_into(
                &Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(page),
                &language.table(&lines),
            )?;
        }
    }
    Ok(())
}

/// Returns what was measured, in the order of the table.
fn lines(criterion: &Path) -> Result<Vec<Line>, Box<dyn Error>> {
    let rows = measured::rows(&criterion.join("route"))?;
    let allocations = allocations::of_rows()?;
    let nanos = |name: &str| {
        rows.iter()
            .find(|row| row.name == name)
            .map(|row| row.nanos)
            .ok_or_else(|| {
                format!(
                    "the row {name} was not measured: run `cargo bench -p switchstand-benches \
                     --bench route`"
                )
            })
    };
    let mut lines = Vec::new();
    for row in ROWS {
        let own = nanos(row.name)?;
        let counted = allocations.iter().find(|(name, _)| *name == row.name);
        lines.push(Line {
            words: row.words.map(str::to_owned),
            nanos: own,
            cost: own / nanos(row.against)?,
            limit: row.limit,
            allocations: counted.map(|(_, count)| *count),
        });
    }
    for threads in measured::threads(criterion)? {
        let name = threads.name.trim_end_matches(" and drop");
        let [english, spanish] = match threads.with_publisher {
            true => [
                ", 1,000 publications a second",
                ", 1.000 publicaciones por segundo",
            ],
            false => ["", ""],
        };
        lines.push(Line {
            words: [
                format!("`{name}` on two threads{english}, against one thread"),
                format!("`{name}` en dos hilos{spanish}, frente a un hilo"),
            ],
            nanos: threads.on_two,
            cost: threads.ratio,
            limit: Some(threads.limit),
            allocations: None,
        });
    }
    Ok(lines)
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
