//! The rows that are asked for, of all units and of each segment.

use super::{Column, Query};

impl Query<'_> {
    /// Rows of all units, or of those of each segment of a division.
    pub(super) fn of_units(&self, division: Option<usize>) -> Vec<String> {
        // The group of a segment's units is raised by what its column has.
        let raised = |of: &str, group: &str| match division {
            None => group.to_owned(),
            Some(place) => format!("{group} + {of}.sw_d{place}"),
        };
        let own = |of: &str| raised(of, "0");
        let only = |of: &str| match division {
            None => String::new(),
            Some(place) => format!(" AND {of}.sw_d{place} > 0"),
        };
        let grouped = |of: &str, by: &str| match (division, by) {
            (None, "") => String::new(),
            (None, by) => format!(" GROUP BY {by}"),
            (Some(place), "") => format!(" GROUP BY {of}.sw_d{place}"),
            (Some(place), by) => format!(" GROUP BY {by}, {of}.sw_d{place}"),
        };
        let sums =
            |row: RowText| row.counting(UNITS, EVENTS, "SUM(t.sw_x)", "SUM(t.sw_y)", "SUM(t.sw_n)");
        let requests = match division {
            None => "COALESCE(SUM(s.sw_requests), 0)",
            Some(_) => "SUM(s.sw_requests)",
        };
        let is_whole = division.is_none();
        let units = RowText {
            is_first: is_whole,
            ..self.row("units", "s.sw_first", "''", &raised("s", "s.sw_group"))
        };
        let mut rows = vec![
            units
                .counting("COUNT(*)", "0", "0e0", "0e0", "SUM(s.sw_requests)")
                .from(&format!(
                    "sw_seen s WHERE s.sw_first = s.sw_last{}{}",
                    only("s"),
                    grouped("s", "s.sw_first, s.sw_group")
                )),
            sums(self.row(
                "values",
                "t.sw_first",
                "t.sw_metric",
                &raised("t", "t.sw_group"),
            ))
            .from(&format!(
                "sw_totals t WHERE t.sw_first = t.sw_last{}{}",
                only("t"),
                grouped("t", "t.sw_first, t.sw_metric, t.sw_group")
            )),
            self.row("crossed", "''", "''", &own("s"))
                .counting("COUNT(*)", "0", "0e0", "0e0", requests)
                .from(&format!(
                    "sw_seen s WHERE s.sw_first <> s.sw_last{}{}",
                    only("s"),
                    grouped("s", "")
                )),
            sums(self.row("crossed", "''", "t.sw_metric", &own("t"))).from(&format!(
                "sw_totals t WHERE t.sw_first <> t.sw_last{}{}",
                only("t"),
                grouped("t", "t.sw_metric")
            )),
            self.row("crossed", "p.sw_arm", "''", &own("p"))
                .counting("COUNT(*)", "0", "0e0", "0e0", "0")
                .from(&format!(
                    "sw_pairs p{}{}",
                    only("p").replacen(" AND ", " WHERE ", 1),
                    grouped("p", "p.sw_arm")
                )),
            sums(self.row("crossed", "p.sw_arm", "t.sw_metric", &own("p"))).from(&format!(
                "sw_totals t JOIN sw_pairs p ON p.sw_of = t.sw_id{}{}",
                only("p").replacen(" AND ", " WHERE ", 1),
                grouped("p", "p.sw_arm, t.sw_metric")
            )),
        ];
        if self.quantiles.is_some() {
            rows.push(
                self.row("quantile", "q.sw_first", "q.sw_metric", &own("q"))
                    .counting("COUNT(*)", "0", "q.sw_value", "0e0", "0")
                    .from(&format!(
                        "sw_firsts q WHERE q.sw_place = 1{}{}",
                        only("q"),
                        grouped("q", "q.sw_first, q.sw_metric, q.sw_value")
                    )),
            );
        }
        if self.requests.is_some() {
            let group = raised("v", "v.sw_group");
            rows.push(
                self.row("quantile", "v.sw_first", "v.sw_metric", &group)
                    .counting("0", "0", "v.sw_value", "0e0", "COUNT(*)")
                    .from(&format!(
                        "sw_values v{}{}",
                        only("v").replacen(" AND ", " WHERE ", 1),
                        grouped("v", "v.sw_first, v.sw_metric, v.sw_group, v.sw_value")
                    )),
            );
        }
        rows
    }

    /// Outcomes of exposed units outside of the windows of their metrics, and ids that came again.
    pub(super) fn left_out(&self) -> Vec<String> {
        let again = self.once.as_ref().map(|_| {
            let [ids, came] =
                ["sw_ids", "sw_came"].map(|name| format!("COALESCE(SUM(a.{name}), 0)"));
            self.row("repeated", "''", "''", "0")
                .counting(&ids, "0", "0e0", "0e0", &came)
                .from("sw_again a")
        });
        let Some(limit) = self.limit() else {
            return again.into_iter().collect();
        };
        let all = match self.once {
            Some(_) => "COALESCE(SUM(o.sw_times), 0)",
            None => "COUNT(*)",
        };
        let at = self.column(Column::At);
        let sides = [
            ("early", format!("o.{at} < s.sw_since")),
            ("late", format!("o.{at} > s.sw_since + CASE {limit} END")),
        ];
        let row = |(counted, is_out): (&str, String)| {
            let source = self.joined();
            let source = source.strip_prefix("FROM ").unwrap_or(&source);
            let is_value = self.is_value(&self.windowed());
            self.row(counted, "''", "''", "0")
                .counting("0", "0", "0e0", "0e0", all)
                .from(&format!("{source} WHERE {is_value} AND {is_out}"))
        };
        sides.into_iter().map(row).chain(again).collect()
    }

    pub(super) fn row(&self, counted: &str, arm: &str, metric: &str, group: &str) -> RowText {
        let grouping = match self.log.own_group {
            Some(_) => "engine",
            None => "key",
        };
        RowText {
            head: [
                format!("'{counted}'"),
                arm.into(),
                metric.into(),
                group.into(),
            ],
            numbers: Default::default(),
            grouping,
            is_first: false,
        }
    }
}

/// Units whose denominator is above 0: all that have an outcome, but for ratios.
const UNITS: &str = "SUM(CASE WHEN t.sw_y > 0 THEN 1 ELSE 0 END)";
const EVENTS: &str = "SUM(CASE WHEN t.sw_x > 0 THEN 1 ELSE 0 END)";

/// The columns of a row; their names stand in the first `SELECT` of the union.
pub(super) struct RowText {
    head: [String; 4],
    numbers: [String; 5],
    grouping: &'static str,
    is_first: bool,
}

/// The names of the columns, which are those of the fields of a `LogRow`.
const NAMES: [&str; 10] = [
    "counted",
    "arm",
    "metric",
    "unit_group",
    "units",
    "events",
    "numerator",
    "denominator",
    "records",
    "grouped_by",
];

impl RowText {
    pub(super) fn counting(
        self,
        units: &str,
        events: &str,
        x: &str,
        y: &str,
        records: &str,
    ) -> RowText {
        let numbers = [units, events, x, y, records].map(str::to_owned);
        RowText { numbers, ..self }
    }

    pub(super) fn from(self, source: &str) -> String {
        let grouping = format!("'{}'", self.grouping);
        let columns = self.head.into_iter().chain(self.numbers).chain([grouping]);
        let columns: Vec<String> = columns
            .zip(NAMES)
            .map(|(column, name)| match self.is_first {
                true => format!("{column} AS {name}"),
                false => column,
            })
            .collect();
        format!("SELECT {}\nFROM {source}", columns.join(", "))
    }
}
