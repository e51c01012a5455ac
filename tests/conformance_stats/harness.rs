//! Runs files of vectors through adapters.
//!
//! # Adding a method
//! 1. Write `conformance_stats/<method>.rs`, named after the file of vectors, with
//!    ```text
//!    pub(crate) fn adapt(case: &Case) -> Outcome {
//!        let n = case.input.count("n")?;              // readers of `Fields` name what is wrong
//!        match method(n) {
//!            Ok(r) => Ok(object([("z", r.z.into()), ("ci", (r.low, r.high).into())])),
//!            Err(Refusal::ZeroVariance { .. }) => Ok(Produced::refused("zero_variance")),
//!            Err(other) => Err(other.to_string()),
//!        }
//!    }
//!    ```
//!    `None` stands for `null`, vectors and arrays for lists. Every key that the case expects
//!    must be produced; a key more is not looked at.
//! 2. In `adapters.rs` add `mod <method>;` and one line of the table `ADAPTERS`, both sorted by
//!    name, and take the name out of `WITHOUT_ADAPTER`.
//!
//! Numbers agree within 1e-12 relative; logarithms (`ln_...`) and test statistics (see
//! [`is_statistic`]) also within 1e-12 absolute. A method whose file states another tolerance
//! has its own function of the case and the value's path in the table.

use crate::adapters::{ADAPTERS, EXEMPTIONS, WITHOUT_ADAPTER};
use crate::comparison::{Outcome, Tolerance, mismatches};
use crate::reading::Case;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Connects a file of vectors with the code under test.
pub(crate) struct Adapter {
    /// Name of the file, without its ending.
    pub(crate) method: &'static str,
    /// Runs one case.
    pub(crate) run: fn(&Case) -> Outcome,
    /// Returns the tolerance at a path such as `welch.ci[0]`; [`standard`] suits most files.
    pub(crate) tolerance: fn(&Case, &str) -> Tolerance,
}

/// Excuses one value of one case, for a reason that is printed.
pub(crate) struct Exemption {
    /// Id of the case.
    pub(crate) case: &'static str,
    /// Path of the value; empty for the whole case.
    pub(crate) path: &'static str,
    /// Why the value cannot agree.
    pub(crate) reason: &'static str,
}

/// What a run found.
#[derive(Default)]
pub(crate) struct Report {
    /// One line per method.
    pub(crate) lines: Vec<String>,
    /// Everything that must not be.
    pub(crate) failures: Vec<String>,
}

/// Most mismatches of one method that are printed in full.
const SHOWN: usize = 20;

/// Returns the tolerance of files that state none of their own.
pub(crate) fn standard(_: &Case, path: &str) -> Tolerance {
    let tolerance = Tolerance::relative(1e-12);
    if is_statistic(path) {
        tolerance.or_absolute(1e-12)
    } else {
        tolerance
    }
}

/// Tells whether the value is a logarithm or a test statistic.
pub(crate) fn is_statistic(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    let name = name.split('[').next().unwrap_or(name);
    let of_normal = name == "z" || name.starts_with("z_") || name.ends_with("_z");
    of_normal || name.contains("ln_") || ["t", "chi2", "g", "statistic"].contains(&name)
}

/// Returns the folder of the vectors that come with the crate.
pub(crate) fn default_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/stats")
}

/// Runs all files of a folder. In the default one every known method must have its file.
pub(crate) fn run(folder: &Path, is_default: bool) -> Report {
    let mut report = Report::default();
    check_tables(&mut report);
    let files = match files(folder) {
        Ok(files) => files,
        Err(error) => {
            report
                .failures
                .push(format!("{}: {error}", folder.display()));
            return report;
        }
    };
    if files.is_empty() {
        report
            .failures
            .push(format!("{}: there are no vectors here", folder.display()));
    }
    for (method, path) in &files {
        let adapter = ADAPTERS.iter().find(|adapter| adapter.method == method);
        match (adapter, WITHOUT_ADAPTER.contains(&method.as_str())) {
            (Some(adapter), _) => match cases(path) {
                Ok(cases) => run_method(adapter, &cases, &mut report),
                Err(error) => report.failures.push(format!("{}: {error}", path.display())),
            },
            (None, true) => report
                .lines
                .push(format!("{method:<24} has no adapter yet")),
            (None, false) => report
                .failures
                .push(format!("{method}: nobody knows this method")),
        }
    }
    if is_default {
        let known = ADAPTERS.iter().map(|adapter| adapter.method);
        for method in known.chain(WITHOUT_ADAPTER.iter().copied()) {
            if !files.contains_key(method) {
                report
                    .failures
                    .push(format!("{method}: its file of vectors is missing"));
            }
        }
        for exemption in EXEMPTIONS {
            let is_used = |line: &String| line.starts_with(&excuse(exemption, exemption.path));
            if !report.lines.iter().any(is_used) {
                report.failures.push(format!(
                    "{} {}: exempted, but nothing disagrees there",
                    exemption.case, exemption.path
                ));
            }
        }
    }
    report
}

/// Checks that the tables are sorted, and that none of them contradicts the other.
fn check_tables(report: &mut Report) {
    let with: Vec<_> = ADAPTERS.iter().map(|adapter| adapter.method).collect();
    for (name, table) in [
        ("ADAPTERS", &with[..]),
        ("WITHOUT_ADAPTER", WITHOUT_ADAPTER),
    ] {
        if !table.is_sorted() {
            report
                .failures
                .push(format!("{name} is not sorted by name"));
        }
    }
    for method in with
        .iter()
        .filter(|method| WITHOUT_ADAPTER.contains(method))
    {
        report.failures.push(format!(
            "{method}: has an adapter and stands in WITHOUT_ADAPTER"
        ));
    }
}

fn files(folder: &Path) -> std::io::Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if let (Some("json"), Some(stem)) = (
            path.extension().and_then(|e| e.to_str()),
            path.file_stem().and_then(|s| s.to_str()),
        ) {
            files.insert(stem.to_owned(), path.clone());
        }
    }
    Ok(files)
}

fn cases(path: &Path) -> Result<Vec<Case>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let file: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if file.get("format") != Some(&Value::from(1)) {
        return Err(format!("format is {:?}, expected 1", file.get("format")));
    }
    let cases = file
        .get("cases")
        .and_then(Value::as_array)
        .ok_or("there is no array `cases`")?;
    if cases.is_empty() {
        return Err("there is no case".to_owned());
    }
    cases.iter().map(Case::read).collect()
}

/// How the line begins that excuses a value.
fn excuse(exemption: &Exemption, path: &str) -> String {
    format!("    {} {path} exempted: ", exemption.case)
}

fn run_method(adapter: &Adapter, cases: &[Case], report: &mut Report) {
    let mut passed = 0;
    let mut exempted = Vec::new();
    let mut failures = Vec::new();
    for case in cases {
        let outcome = std::panic::catch_unwind(|| (adapter.run)(case))
            .unwrap_or_else(|_| Err("the adapter panicked".to_owned()));
        let found = match outcome {
            Ok(produced) => mismatches(&case.expected, &produced, &|path| {
                (adapter.tolerance)(case, path)
            }),
            Err(error) => vec![(String::new(), error)],
        };
        let mut failed = false;
        let mut excused = false;
        for (path, message) in found {
            let exemption = EXEMPTIONS
                .iter()
                .find(|e| e.case == case.id && (e.path.is_empty() || e.path == path));
            if let Some(exemption) = exemption {
                excused = true;
                exempted.push(format!("{}{}", excuse(exemption, &path), exemption.reason));
            } else {
                failed = true;
                let tags = case.tags.join(",");
                failures.push(format!("{} [{tags}] {path}: {message}", case.id));
            }
        }
        passed += usize::from(!failed && !excused);
    }
    report
        .lines
        .push(format!("{:<24} {passed}/{}", adapter.method, cases.len()));
    report.lines.append(&mut exempted);
    let more = failures.len().saturating_sub(SHOWN);
    report.failures.extend(failures.into_iter().take(SHOWN));
    if more > 0 {
        report
            .failures
            .push(format!("{}: and {more} more mismatches", adapter.method));
    }
}
