//! The chapter *Errors* of the guide has the message of each variant of each public error.
//!
//! ```text
//! WRITE_ERRORS=1 cargo test --all-features --test documents errors    writes the chapter
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod evidence;
mod routing;
#[cfg(feature = "testing")]
mod testing;

use std::{collections::BTreeMap, env, fs, path::Path};

use switchstand::{Share, release::Fingerprint};

const CHAPTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/errors.md");
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

const HEAD: &str =
    "Lists the message of each error, each with its cure, as the test `errors` made \
                    them from one value of each variant.

A message says what is wrong, where, what was found, what would be allowed, and what to do. The
values here are examples. A variant that only hands on another error has that error's message, and
no line here.
";

/// By type, by variant: the message.
type Rows = BTreeMap<&'static str, Vec<(&'static str, String)>>;

macro_rules! says {
    ($rows:ident; $($type:ident :: $variant:ident $fields:tt;)+) => {$(
        let message = $type::$variant $fields.to_string();
        $rows.entry(stringify!($type)).or_default().push((stringify!($variant), message));
    )+};
}
use says;

fn text(text: &str) -> String {
    text.to_owned()
}

fn percent(percent: u32) -> Share {
    Share::percent(percent).unwrap()
}

fn fingerprint(number: u128) -> Fingerprint {
    format!("{number:032x}").parse().unwrap()
}

fn rows() -> Rows {
    let mut rows = Rows::new();
    routing::add(&mut rows);
    evidence::add(&mut rows);
    #[cfg(feature = "testing")]
    testing::add(&mut rows);
    rows
}

#[test]
fn the_chapter_has_the_message_of_each_variant() {
    let rows = rows();
    let section = |name: &str, rows: &[(&str, String)]| {
        let mut text = format!("\n# `{name}`\n\n| variant | message |\n|---|---|\n");
        for (variant, message) in rows {
            text += &format!("| `{variant}` | {} |\n", escaped(message));
        }
        text
    };
    if env::var_os("WRITE_ERRORS").is_some() {
        // What this build does not have stays as it is.
        let before = fs::read_to_string(CHAPTER).unwrap();
        let kept = before.split("\n# `").skip(1);
        let kept = kept.filter_map(|kept| Some((kept.split_once('`')?.0, format!("\n# `{kept}"))));
        let mut sections: BTreeMap<&str, String> = kept.collect();
        for (name, rows) in &rows {
            sections.insert(name, section(name, rows));
        }
        let all: String = sections.into_values().collect();
        fs::write(CHAPTER, format!("{HEAD}{all}")).unwrap();
    }
    let chapter = fs::read_to_string(CHAPTER).unwrap();
    for (name, rows) in &rows {
        let section = section(name, rows);
        assert!(
            chapter.contains(&section),
            "src/guide/errors.md should have:\n{section}"
        );
    }
}

#[test]
fn each_variant_in_the_sources_is_in_the_chapter() {
    let chapter = fs::read_to_string(CHAPTER).unwrap();
    let mut found = 0;
    let mut missing = Vec::new();
    each_variant(Path::new(SOURCES), &mut |name, variant| {
        found += 1;
        let section = chapter
            .split(&format!("\n# `{name}`\n"))
            .nth(1)
            .unwrap_or_default();
        let section = section.split("\n# ").next().unwrap_or_default();
        if !section.contains(&format!("\n| `{variant}` |")) {
            missing.push(format!("{name}::{variant}"));
        }
    });
    assert!(
        missing.is_empty(),
        "not in src/guide/errors.md: {missing:?}"
    );
    assert!(found > 150, "{found} variants were read");
}

#[test]
fn no_message_ends_with_a_full_stop() {
    for (name, rows) in rows() {
        for (variant, message) in rows {
            assert!(!message.ends_with('.'), "{name}::{variant}: {message}");
        }
    }
}

#[test]
fn each_message_says_what_to_do() {
    // The test of these words is coarse: the cure itself is for a reader to judge.
    let cures = [
        ": ",
        "; ",
        ". ",
        "expected ",
        ", by `",
        " takes ",
        "such as",
    ];
    let mut without = Vec::new();
    for (name, rows) in rows() {
        for (variant, message) in rows {
            if !cures.iter().any(|cure| message.contains(cure)) {
                without.push(format!("{name}::{variant}: {message}"));
            }
        }
    }
    assert!(without.is_empty(), "no cure:\n{}", without.join("\n"));
}

/// Returns a text as Markdown shows it in a cell: a bracket would begin a link.
fn escaped(message: &str) -> String {
    message.replace('|', "\\|").replace('[', "\\[")
}

/// Hands over each variant with a message of its own of each public enum that derives `Error`.
fn each_variant(folder: &Path, each: &mut impl FnMut(&str, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_variant(&path, each);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            variants_of(&text, each);
        }
    }
}

fn variants_of(text: &str, each: &mut impl FnMut(&str, &str)) {
    let (mut is_error, mut name, mut has_message) = (false, None, false);
    for line in text.lines() {
        if line.starts_with("#[derive(") {
            is_error = line.contains("Error");
        } else if let Some(rest) = line.strip_prefix("pub enum ").filter(|_| is_error) {
            name = rest.split(|c: char| !c.is_alphanumeric()).next();
        } else if line == "}" {
            (is_error, name) = (false, None);
        } else if let (Some(name), Some(line)) = (name, line.strip_prefix("    ")) {
            if line.starts_with("#[error(") {
                has_message = !line.contains("transparent");
            } else if line.starts_with(char::is_uppercase) && has_message {
                let variant = line.split(|c: char| !c.is_alphanumeric()).next();
                each(name, variant.unwrap_or_default());
                has_message = false;
            }
        }
    }
}
