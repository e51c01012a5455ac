//! The pictures of the documentation, which the examples draw.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Where they are kept, seen from the folder of an example.
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/pictures");

/// Compares a picture with that of the repository, or writes it there; for rustdoc, which has no
/// files beside its pages, as a link that holds all of it too.
///
/// # Errors
/// A file that cannot be read or written.
pub(crate) fn keep(name: &str, svg: &str, write: bool) -> Result<bool, Box<dyn Error>> {
    let forms = [("svg", svg.to_owned()), ("link", link(svg)?)];
    let mut same = true;
    for (ending, text) in forms {
        let path = Path::new(PICTURES).join(format!("{name}.{ending}"));
        if write {
            fs::create_dir_all(PICTURES)?;
            fs::write(&path, text)?;
        } else {
            same &= fs::read_to_string(&path).is_ok_and(|kept| kept == text);
        }
    }
    Ok(same)
}

fn link(svg: &str) -> Result<String, Box<dyn Error>> {
    let mut link = String::from("data:image/svg+xml,");
    for byte in svg.trim().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'/' | b':' | b'=' | b',' => {
                link.push(char::from(byte));
            }
            _ => write!(link, "%{byte:02X}")?,
        }
    }
    Ok(link)
}
