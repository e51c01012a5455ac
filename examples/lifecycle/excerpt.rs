//! The lines that the front pages quote from the story.

use std::{error::Error, fs, path::Path};

const BEGIN: &str = "<!-- story: begin -->\n\n```text\n";
const END: &str = "```\n\n<!-- story: end -->\n";

/// How many characters name a line; the figures come after them.
const NAME: usize = 36;

/// Tells whether the front pages quote lines that were printed, in their order; `write` renews the
/// figures of lines whose names are still there.
///
/// # Errors
/// A page that cannot be read or written, or has no quotation.
pub(crate) fn compare(printed: &[String], write: bool) -> Result<bool, Box<dyn Error>> {
    let mut same = true;
    for name in ["README.md", "README.es.md"] {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(name);
        let page = fs::read_to_string(&path)?;
        let marks = || format!("{name} has no marks around the story");
        let (before, rest) = page.split_once(BEGIN).ok_or_else(marks)?;
        let (quoted, after) = rest.split_once(END).ok_or_else(marks)?;
        let renewed = renew(quoted, printed);
        if write {
            fs::write(&path, format!("{before}{BEGIN}{renewed}{END}{after}"))?;
        } else {
            same &= renewed == quoted;
        }
    }
    Ok(same)
}

/// Returns the lines as they were printed; one that was not is marked, so that nobody overlooks it.
fn renew(quoted: &str, printed: &[String]) -> String {
    let mut printed = printed.iter();
    let mut renewed = String::new();
    for line in quoted.lines() {
        let indent = line.len() - line.trim_start().len();
        let found = printed
            .by_ref()
            .find(|printed| name(printed) == name(line.trim()));
        let found = found.map_or("NOT PRINTED", String::as_str);
        renewed.push_str(&format!("{:indent$}{found}\n", ""));
    }
    renewed
}

fn name(line: &str) -> &str {
    line.char_indices()
        .nth(NAME)
        .map_or(line, |(end, _)| line.get(..end).unwrap_or(line))
        .trim_end()
}
