//! What criterion and the threads' benchmark left behind.

use std::{error::Error, fs, path::Path};

use serde_json::Value;

/// One row that was measured.
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) nanos: f64,
}

/// Calls from two threads beside those from one.
pub(crate) struct Threads {
    pub(crate) name: String,
    /// Whether a publisher was at work meanwhile.
    pub(crate) with_publisher: bool,
    pub(crate) on_two: f64,
    pub(crate) ratio: f64,
    pub(crate) limit: f64,
}

/// Reads what calls from two threads cost, nothing if the system does not tell a thread's time.
pub(crate) fn threads(criterion: &Path) -> Result<Vec<Threads>, Box<dyn Error>> {
    let path = criterion.join("threads.txt");
    let lines = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut threads = Vec::new();
    for line in lines.lines() {
        let of = || format!("{}: not understood: {line}", path.display());
        let (name, figures) = line.split_once(": ").ok_or_else(of)?;
        let with_publisher = name.contains("publisher");
        let name = name.split_once(',').map_or(name, |(name, _)| name);
        let figures: Vec<f64> = figures
            .split(|c: char| c != '.' && !c.is_ascii_digit())
            .filter_map(|figure| figure.parse().ok())
            .collect();
        let &[_, on_two, ratio, limit] = figures.as_slice() else {
            return Err(of().into());
        };
        let name = name.to_owned();
        threads.push(Threads {
            name,
            with_publisher,
            on_two,
            ratio,
            limit,
        });
    }
    Ok(threads)
}

/// Reads all rows of a group, in the order of their names.
pub(crate) fn rows(group: &Path) -> Result<Vec<Measured>, Box<dyn Error>> {
    let entries = fs::read_dir(group).map_err(|e| {
        format!(
            "{}: {e}: run `cargo bench -p switchstand-benches --bench route` first",
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
