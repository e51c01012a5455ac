//! The text of the query.
//!
//! What makes it portable: no alias is the name of a column that is aggregated (ClickHouse takes
//! the alias for the column); no outer join (ClickHouse fills 0, not NULL), as units without an
//! outcome add 0 to every sum and only their number is needed; no NULL in a result, whose type
//! PostgreSQL would have to guess; `* 1e0` in the place of a cast (`DOUBLE` and `DOUBLE PRECISION`
//! are each refused by one engine, and `REAL` has 4 bytes in four of them, so that sums stop
//! growing at 2^24); `MIN` and `MAX` in the place of `COUNT(DISTINCT ..)`.

use super::{Column, Log, LogError};
use crate::experiment::{Kind, Setup};

pub(super) fn write(setup: &Setup, log: &Log) -> Result<String, LogError> {
    Ok(Query::of(setup, log)?.text())
}

/// What stands in several places of the text.
struct Query<'a> {
    log: &'a Log,
    release: String,
    arms: String,
    metrics: String,
    ratios: Option<String>,
    quantiles: Option<String>,
    /// Metrics with a window of their own, and its steps of the clock.
    windows: Vec<(String, u128)>,
}

impl<'a> Query<'a> {
    fn of(setup: &Setup, log: &'a Log) -> Result<Query<'a>, LogError> {
        let names = |wanted: fn(Kind) -> bool| -> Result<Option<String>, LogError> {
            let metrics = setup.metrics().iter();
            let metrics = metrics.filter(|metric| wanted(metric.kind()));
            let names = list("metric", metrics.map(|metric| metric.name()))?;
            Ok((!names.is_empty()).then_some(names))
        };
        if let Some((metric, what)) = setup.beyond_sums() {
            let metric = metric.to_owned();
            return Err(LogError::Beyond { metric, what });
        }
        let none = LogError::NoMetric {
            release: setup.release().to_owned(),
        };
        let own = setup.metrics().iter().filter_map(|metric| {
            let window = metric.window()?.as_nanos() * u128::from(log.steps) / 1_000_000_000;
            Some(quoted("metric", metric.name()).map(|name| (name, window)))
        });
        Ok(Query {
            windows: own.collect::<Result<_, LogError>>()?,
            log,
            release: quoted("release", setup.release())?,
            arms: list("arm", setup.arms().map(|(label, _)| label))?,
            metrics: names(|kind| kind != Kind::Gauge)?.ok_or(none)?,
            ratios: names(|kind| kind == Kind::Ratio)?,
            quantiles: names(|kind| matches!(kind, Kind::Quantile { .. }))?,
        })
    }

    fn text(&self) -> String {
        let mut tables = vec![self.seen(), self.pairs(), self.totals()];
        tables.extend(self.firsts());
        tables.extend([self.records(), self.known(), self.each()]);
        let mut rows = vec![
            self.row("units", "s.sw_first", "''", "s.sw_group")
                .counting("COUNT(*)", "0", "0e0", "0e0", "SUM(s.sw_requests)")
                .from("sw_seen s WHERE s.sw_first = s.sw_last GROUP BY s.sw_first, s.sw_group"),
            self.row("values", "t.sw_first", "t.sw_metric", "t.sw_group")
                .counting(UNITS, EVENTS, "SUM(t.sw_x)", "SUM(t.sw_y)", "SUM(t.sw_n)")
                .from(
                    "sw_totals t WHERE t.sw_first = t.sw_last \
                     GROUP BY t.sw_first, t.sw_metric, t.sw_group",
                ),
            self.row("crossed", "''", "''", "0")
                .counting(
                    "COUNT(*)",
                    "0",
                    "0e0",
                    "0e0",
                    "COALESCE(SUM(s.sw_requests), 0)",
                )
                .from("sw_seen s WHERE s.sw_first <> s.sw_last"),
            self.row("crossed", "''", "t.sw_metric", "0")
                .counting(UNITS, EVENTS, "SUM(t.sw_x)", "SUM(t.sw_y)", "SUM(t.sw_n)")
                .from("sw_totals t WHERE t.sw_first <> t.sw_last GROUP BY t.sw_metric"),
            self.row("crossed", "p.sw_arm", "''", "0")
                .counting("COUNT(*)", "0", "0e0", "0e0", "0")
                .from("sw_pairs p GROUP BY p.sw_arm"),
            self.row("crossed", "p.sw_arm", "t.sw_metric", "0")
                .counting(UNITS, EVENTS, "SUM(t.sw_x)", "SUM(t.sw_y)", "SUM(t.sw_n)")
                .from(
                    "sw_totals t JOIN sw_pairs p ON p.sw_of = t.sw_id \
                     GROUP BY p.sw_arm, t.sw_metric",
                ),
            self.row("never", "''", "''", "0")
                .counting("COUNT(*)", "0", "0e0", "0e0", "COALESCE(SUM(n.sw_all), 0)")
                .from("sw_each n WHERE n.sw_ever = 0"),
        ];
        rows.extend(self.left_out());
        if self.quantiles.is_some() {
            rows.push(
                self.row("quantile", "q.sw_first", "q.sw_metric", "0")
                    .counting("COUNT(*)", "0", "q.sw_value", "0e0", "0")
                    .from(
                        "sw_firsts q WHERE q.sw_place = 1 \
                         GROUP BY q.sw_first, q.sw_metric, q.sw_value",
                    ),
            );
        }
        let rows = rows.join("\nUNION ALL\n");
        format!(
            "-- Rows of release {} for `Part::from_rows`, in any order.\nWITH {}\n{rows}",
            self.release,
            tables.join(",\n")
        )
    }

    fn column(&self, column: Column) -> &str {
        self.log.columns.name(column)
    }

    /// Each unit that was exposed, its arms, its first exposure and its group.
    fn seen(&self) -> String {
        let [unit, arm, at] = [Column::Unit, Column::Arm, Column::At].map(|name| self.column(name));
        let group = match &self.log.own_group {
            Some(expression) => format!("MIN({expression})"),
            None => format!("MIN(e.{})", self.column(Column::Group)),
        };
        format!(
            "sw_seen AS (\n    \
             SELECT e.{unit} AS sw_unit, MIN(e.{arm}) AS sw_first, MAX(e.{arm}) AS sw_last,\n        \
             MIN(e.{at}) AS sw_since, {group} AS sw_group, COUNT(*) AS sw_requests\n    \
             FROM {} e\n    WHERE {}\n    GROUP BY e.{unit}\n)",
            self.log.exposure,
            self.is_ours()
        )
    }

    /// Each arm that a unit of several was exposed to.
    fn pairs(&self) -> String {
        let (unit, arm) = (self.column(Column::Unit), self.column(Column::Arm));
        format!(
            "sw_pairs AS (\n    \
             SELECT e.{arm} AS sw_arm, e.{unit} AS sw_of\n    \
             FROM {} e JOIN sw_seen s ON s.sw_unit = e.{unit}\n    \
             WHERE {} AND s.sw_first <> s.sw_last\n    \
             GROUP BY e.{arm}, e.{unit}\n)",
            self.log.exposure,
            self.is_ours()
        )
    }

    /// Each unit's sums of each metric, of outcomes in its window.
    fn totals(&self) -> String {
        let [unit, metric, value] =
            [Column::Unit, Column::Metric, Column::Value].map(|name| self.column(name));
        let weight = match &self.ratios {
            None => "COUNT(*) * 1e0".to_owned(),
            Some(ratios) => format!(
                "SUM(CASE WHEN o.{metric} IN ({ratios}) THEN o.{} * 1e0 ELSE 1e0 END)",
                self.column(Column::Denominator)
            ),
        };
        format!(
            "sw_totals AS (\n    \
             SELECT o.{metric} AS sw_metric, o.{unit} AS sw_id, s.sw_first AS sw_first,\n        \
             s.sw_last AS sw_last, s.sw_group AS sw_group, COUNT(*) AS sw_n,\n        \
             SUM(o.{value} * 1e0) AS sw_x, {weight} AS sw_y\n    \
             {}\n    WHERE {}\n    \
             GROUP BY o.{metric}, o.{unit}, s.sw_first, s.sw_last, s.sw_group\n)",
            self.joined(),
            self.is_counted(&self.metrics)
        )
    }

    /// Each unit's values of each quantile, the first one first.
    fn firsts(&self) -> Option<String> {
        let [unit, metric, value, at] =
            [Column::Unit, Column::Metric, Column::Value, Column::At].map(|name| self.column(name));
        Some(format!(
            "sw_firsts AS (\n    \
             SELECT o.{metric} AS sw_metric, s.sw_first AS sw_first, o.{value} * 1e0 AS sw_value,\n        \
             ROW_NUMBER() OVER (PARTITION BY o.{metric}, o.{unit} ORDER BY o.{at}, o.{value}) AS sw_place\n    \
             {}\n    WHERE {} AND s.sw_first = s.sw_last\n)",
            self.joined(),
            self.is_counted(self.quantiles.as_ref()?)
        ))
    }

    /// Each unit's number of outcomes, whether it was exposed or not.
    fn records(&self) -> String {
        let unit = self.column(Column::Unit);
        format!(
            "sw_records AS (\n    \
             SELECT o.{unit} AS sw_whose, COUNT(*) AS sw_some\n    \
             FROM {} o\n    WHERE {}\n    GROUP BY o.{unit}\n)",
            self.log.outcome,
            self.is_value(&self.metrics)
        )
    }

    fn known(&self) -> String {
        "sw_known AS (\n    \
         SELECT s.sw_unit AS sw_one, 1 AS sw_is_seen, 0 AS sw_many FROM sw_seen s\n    \
         UNION ALL\n    \
         SELECT r.sw_whose, 0, r.sw_some FROM sw_records r\n)"
            .to_owned()
    }

    fn each(&self) -> String {
        "sw_each AS (\n    \
         SELECT k.sw_one AS sw_any, MAX(k.sw_is_seen) AS sw_ever, SUM(k.sw_many) AS sw_all\n    \
         FROM sw_known k\n    GROUP BY k.sw_one\n)"
            .to_owned()
    }

    fn joined(&self) -> String {
        let unit = self.column(Column::Unit);
        format!(
            "FROM {} o JOIN sw_seen s ON s.sw_unit = o.{unit}",
            self.log.outcome
        )
    }

    fn is_ours(&self) -> String {
        let (release, arm) = (self.column(Column::Release), self.column(Column::Arm));
        format!(
            "e.{release} = {} AND e.{arm} IN ({})",
            self.release, self.arms
        )
    }

    fn is_value(&self, metrics: &str) -> String {
        let (metric, value) = (self.column(Column::Metric), self.column(Column::Value));
        format!("o.{metric} IN ({metrics}) AND o.{value} IS NOT NULL")
    }

    fn is_counted(&self, metrics: &str) -> String {
        let at = self.column(Column::At);
        let limit = self.limit();
        let is_in_time = match (self.log.window, &limit) {
            (None, None) => String::new(),
            (Some(window), None) => format!(" AND o.{at} <= s.sw_since + {window}"),
            (Some(window), Some(limit)) => {
                format!(" AND o.{at} <= s.sw_since + CASE {limit} ELSE {window} END")
            }
            (None, Some(limit)) => format!(
                " AND (o.{} NOT IN ({}) OR o.{at} <= s.sw_since + CASE {limit} END)",
                self.column(Column::Metric),
                self.windowed()
            ),
        };
        format!(
            "{} AND o.{at} >= s.sw_since{is_in_time}",
            self.is_value(metrics)
        )
    }

    /// The window of each metric that has one.
    fn limit(&self) -> Option<String> {
        let metric = self.column(Column::Metric);
        let cases = self.windows.iter();
        let cases = cases.map(|(name, window)| format!("WHEN o.{metric} = {name} THEN {window}"));
        let cases: Vec<String> = cases.collect();
        (!cases.is_empty()).then(|| cases.join(" "))
    }

    fn windowed(&self) -> String {
        let names = self.windows.iter().map(|(name, _)| name.as_str());
        names.collect::<Vec<_>>().join(", ")
    }

    /// Outcomes of exposed units outside of the windows of their metrics.
    fn left_out(&self) -> Vec<String> {
        let Some(limit) = self.limit() else {
            return Vec::new();
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
                .counting("0", "0", "0e0", "0e0", "COUNT(*)")
                .from(&format!("{source} WHERE {is_value} AND {is_out}"))
        };
        sides.into_iter().map(row).collect()
    }

    fn row(&self, counted: &str, arm: &str, metric: &str, group: &str) -> RowText {
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
            is_first: counted == "units",
        }
    }
}

/// Units whose denominator is above 0: all that have an outcome, but for ratios.
const UNITS: &str = "SUM(CASE WHEN t.sw_y > 0 THEN 1 ELSE 0 END)";
const EVENTS: &str = "SUM(CASE WHEN t.sw_x > 0 THEN 1 ELSE 0 END)";

/// The columns of a row; their names stand in the first `SELECT` of the union.
struct RowText {
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
    fn counting(self, units: &str, events: &str, x: &str, y: &str, records: &str) -> RowText {
        let numbers = [units, events, x, y, records].map(str::to_owned);
        RowText { numbers, ..self }
    }

    fn from(self, source: &str) -> String {
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

fn list<'a>(what: &'static str, names: impl Iterator<Item = &'a str>) -> Result<String, LogError> {
    let names: Result<Vec<String>, LogError> = names.map(|name| quoted(what, name)).collect();
    Ok(names?.join(", "))
}

pub(super) fn quoted(what: &'static str, name: &str) -> Result<String, LogError> {
    let is_plain = |letter: char| letter != '\'' && letter != '\\' && !letter.is_control();
    match name.chars().all(is_plain) {
        true => Ok(format!("'{name}'")),
        false => Err(LogError::Text {
            what,
            name: name.to_owned(),
        }),
    }
}
