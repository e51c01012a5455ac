//! What two policy files say of one another.

use std::{
    collections::BTreeSet,
    fmt::{Display, Write as _},
    fs,
};

use switchstand::{
    Audience, Policy,
    testing::{LIVE, find_loss_while_live, find_reached},
};

/// The new file is good.
pub(crate) const GOOD: u8 = 0;
/// The new file would be refused, whatever is deployed.
pub(crate) const REFUSED: u8 = 1;
/// A file is not there, or is no policy.
pub(crate) const UNREADABLE: u8 = 2;

/// What is printed, and the exit code.
pub(crate) struct Report {
    pub(crate) text: String,
    pub(crate) code: u8,
}

/// Reads both files and compares them, while the version `live` is the live one.
pub(crate) fn compare(old: &str, new: &str, live: &str) -> Report {
    let (text, code) = match (read(old), read(new)) {
        (Ok(old), Ok(new)) => told(&old, &new, live),
        (old, new) => {
            let problems = [old.err(), new.err()].into_iter().flatten();
            (problems.collect(), UNREADABLE)
        }
    };
    Report { text, code }
}

fn read(path: &str) -> Result<Policy, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}\n"))?;
    if path.ends_with(".json") {
        return serde_json::from_str(&text).map_err(|error| format!("{path}: {error}\n"));
    }
    toml::from_str(&text).map_err(|error| format!("{path}: {error}"))
}

fn told(old: &Policy, new: &Policy, live: &str) -> (String, u8) {
    if let Err(refusal) = check(new, live) {
        return (format!("refused: {refusal}\n"), REFUSED);
    }
    let mut lines = vec![format!("{} -> {}", old.fingerprint(), new.fingerprint())];
    // A refusal of the old file is no fault of the new one.
    let old = match check(old, live) {
        Ok(()) => Some(old),
        Err(refusal) => {
            lines.push(format!("the old file would be refused: {refusal}"));
            None
        }
    };
    if let Some(old) = old {
        lines.push("moves:".to_owned());
        let moves = match old.diff_while_live(new, live) {
            Ok(diff) => diff.to_string(),
            Err(refusal) => format!("not known: {refusal}"),
        };
        lines.extend(moves.lines().map(indented));
        lines.push("loses a version:".to_owned());
        lines.push(indented(match find_loss_while_live(old, new, live) {
            Ok(None) => "nobody".to_owned(),
            Ok(Some(loss)) => loss.to_string(),
            Err(reason) => format!("not known: {reason}"),
        }));
    }
    lines.push("can get:".to_owned());
    lines.extend(reach(old, new, live).iter().map(indented));
    (lines.join("\n") + "\n", GOOD)
}

fn indented(line: impl Display) -> String {
    format!("  {line}")
}

/// Compiles the policy while every version that it names is ready: which are, only a server knows.
fn check(policy: &Policy, live: &str) -> Result<(), String> {
    let versions = versions(policy);
    let others = versions.iter().map(String::as_str);
    let compiled = policy.compile(live, others.filter(|version| *version != live));
    compiled.map(drop).map_err(|refusal| refusal.to_string())
}

/// Says for everyone, and for each segment, which versions they can get, whatever is drawn.
fn reach(old: Option<&Policy>, new: &Policy, live: &str) -> Vec<String> {
    let everyone = Audience::everyone();
    let segments = new.segments();
    let segments = segments.map(|(name, audience)| (format!("segment {name:?}"), audience));
    let mut versions = versions(new);
    versions.insert(live.to_owned());
    let mut rows = Vec::new();
    for (who, audience) in [("everyone".to_owned(), &everyone)]
        .into_iter()
        .chain(segments)
    {
        let mut row = format!("{who}:");
        let mut comma = "";
        for version in &versions {
            let now = can_get(new, audience, version, live);
            let before = old.map(|old| can_get(old, audience, version, live));
            let note = match (now, before) {
                (Ok(false), Some(Ok(true))) => "no longer ",
                (Ok(false), _) => continue,
                (Ok(true), Some(Ok(false))) => "newly ",
                (Ok(true), _) => "",
                (Err(reason), _) => {
                    let _ = write!(row, "{comma} perhaps {version} ({reason})");
                    comma = ",";
                    continue;
                }
            };
            let role = if version == live { " (live)" } else { "" };
            let _ = write!(row, "{comma} {note}{version}{role}");
            comma = ",";
        }
        if comma.is_empty() {
            row.push_str(" nobody is in it");
        }
        rows.push(row);
    }
    rows
}

fn can_get(
    policy: &Policy,
    audience: &Audience,
    version: &str,
    live: &str,
) -> Result<bool, String> {
    // A policy may also name the version that happens to be live.
    let names = [Some(version), (version == live).then_some(LIVE)];
    for name in names.into_iter().flatten() {
        match find_reached(policy, audience, name) {
            Ok(None) => {}
            Ok(Some(_)) => return Ok(true),
            Err(reason) => return Err(reason.to_string()),
        }
    }
    Ok(false)
}

/// Returns the versions that the policy names, as its file spells them.
fn versions(policy: &Policy) -> BTreeSet<String> {
    fn walk(value: &toml::Value, found: &mut BTreeSet<String>) {
        match value {
            toml::Value::Table(table) => {
                for (field, value) in table {
                    match (field.as_str(), value) {
                        ("segments" | "audience" | "within" | "or_for", _) => {}
                        ("version", toml::Value::String(version)) => {
                            found.insert(version.clone());
                        }
                        ("versions", toml::Value::Array(list)) => {
                            let named = list.iter().filter_map(toml::Value::as_str);
                            found.extend(named.map(str::to_owned));
                        }
                        (_, value) => walk(value, found),
                    }
                }
            }
            toml::Value::Array(list) => list.iter().for_each(|one| walk(one, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    if let Ok(value) = toml::Value::try_from(policy) {
        walk(&value, &mut found);
    }
    found
}
