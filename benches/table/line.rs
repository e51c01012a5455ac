//! A line of the table, in the languages of the front pages.

use crate::HASH;

/// A row of the benchmark, what it is measured against, and the most that it may cost.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) against: &'static str,
    /// In English and in Spanish.
    pub(crate) words: [&'static str; 2],
    pub(crate) limit: Option<f64>,
}

impl Row {
    pub(crate) const fn unit(name: &'static str, words: [&'static str; 2]) -> Row {
        Row {
            name,
            against: HASH,
            words,
            limit: None,
        }
    }

    pub(crate) const fn of(name: &'static str, words: [&'static str; 2], limit: f64) -> Row {
        Row::against(name, HASH, words, limit)
    }

    pub(crate) const fn against(
        name: &'static str,
        against: &'static str,
        words: [&'static str; 2],
        limit: f64,
    ) -> Row {
        Row {
            name,
            against,
            words,
            limit: Some(limit),
        }
    }
}

/// What was measured of a row.
pub(crate) struct Line {
    /// In English and in Spanish.
    pub(crate) words: [String; 2],
    pub(crate) nanos: f64,
    pub(crate) cost: f64,
    pub(crate) limit: Option<f64>,
    pub(crate) allocations: Option<u64>,
}

/// A language of a front page.
#[derive(Clone, Copy)]
pub(crate) enum Language {
    English,
    Spanish,
}

impl Language {
    /// Returns the table.
    pub(crate) fn table(self, lines: &[Line]) -> String {
        let mut table = String::from(match self {
            Language::English => "| decision | ns | cost | at most | allocations of 1,000 |\n",
            Language::Spanish => {
                "| decisión | ns | coste | como mucho | asignaciones de memoria en 1.000 |\n"
            }
        });
        table.push_str("|---|---:|---:|---:|---:|\n");
        for line in lines {
            let [english, spanish] = &line.words;
            let (words, over) = match self {
                Language::English => (english, "**over**"),
                Language::Spanish => (spanish, "**de más**"),
            };
            let is_over = line.limit.is_some_and(|limit| line.cost > limit);
            let cost = match is_over {
                true => format!("{:.2} {over}", line.cost),
                false => format!("{:.2}", line.cost),
            };
            let limit = line.limit.map_or(String::new(), |limit| limit.to_string());
            let allocations = line
                .allocations
                .map_or(String::new(), |count| count.to_string());
            let numbers = format!("{:.1} | {cost} | {limit} | {allocations}", line.nanos);
            let numbers = match self {
                Language::English => numbers,
                Language::Spanish => numbers.replace('.', ","),
            };
            table.push_str(&format!("| {words} | {numbers} |\n"));
        }
        table
    }
}
