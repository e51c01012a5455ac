//! The text of the query.
//!
//! What makes it portable: no alias is the name of a column that is aggregated (ClickHouse takes
//! the alias for the column); no outer join (ClickHouse fills 0, not NULL), as units without an
//! outcome add 0 to every sum and only their number is needed; no NULL in a result, whose type
//! PostgreSQL would have to guess; `* 1e0` in the place of a cast (`DOUBLE` and `DOUBLE PRECISION`
//! are each refused by one engine, and `REAL` has 4 bytes in four of them, so that sums stop
//! growing at 2^24); `MIN` and `MAX` in the place of `COUNT(DISTINCT ..)`.

mod rows;

use super::{Column, Log, LogError, column};
use crate::experiment::{Kind, Metric, Setup};

pub(super) fn write(setup: &Setup, log: &Log) -> Result<String, LogError> {
    Ok(Query::of(setup, log)?.text())
}

/// The parts of the text that are used in several places.
struct Query<'a> {
    log: &'a Log,
    release: String,
    arms: String,
    metrics: String,
    ratios: Option<String>,
    quantiles: Option<String>,
    /// Quantiles over requests.
    requests: Option<String>,
    /// Metrics that count each id once.
    once: Option<String>,
    /// The column of each division, and the segments that it names.
    divisions: Vec<(String, Vec<String>)>,
    /// Metrics with a window of their own, and its steps of the clock.
    windows: Vec<(String, u128)>,
}

impl<'a> Query<'a> {
    fn of(setup: &Setup, log: &'a Log) -> Result<Query<'a>, LogError> {
        let names = |wanted: fn(&Metric) -> bool| -> Result<Option<String>, LogError> {
            let metrics = setup.metrics().iter();
            let metrics = metrics.filter(|metric| wanted(metric));
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
        let divisions = setup.divisions.iter().map(|division| {
            let mut named = log.divisions.iter().rev();
            let named = named.find(|(name, _)| *name == division.name);
            let name = named.map_or(&division.name, |(_, column)| column);
            let segments = division.segments.iter();
            let segments = segments.map(|segment| quoted("segment", segment));
            let column = column::checked("column of a division", name, false)?;
            Ok((column, segments.collect::<Result<_, LogError>>()?))
        });
        Ok(Query {
            windows: own.collect::<Result<_, LogError>>()?,
            log,
            release: quoted("release", setup.release())?,
            arms: list("arm", setup.arms().map(|(label, _)| label))?,
            metrics: names(|metric| metric.kind() != Kind::Gauge)?.ok_or(none)?,
            ratios: names(|metric| metric.kind() == Kind::Ratio)?,
            quantiles: names(|metric| matches!(metric.kind(), Kind::Quantile { .. }))?,
            requests: names(|metric| matches!(metric.kind(), Kind::RequestQuantile { .. }))?,
            once: names(Metric::is_once)?,
            divisions: divisions.collect::<Result<_, LogError>>()?,
        })
    }

    fn text(&self) -> String {
        let mut tables = self.outcomes();
        tables.extend([self.seen(), self.pairs(), self.totals()]);
        tables.extend(self.firsts());
        tables.extend(self.values());
        tables.extend([self.records(), self.known(), self.each()]);
        tables.extend(self.again());
        let mut rows = self.of_units(None);
        rows.push(
            self.row("never", "''", "''", "0")
                .counting("COUNT(*)", "0", "0e0", "0e0", "COALESCE(SUM(n.sw_all), 0)")
                .from("sw_each n WHERE n.sw_ever = 0"),
        );
        rows.extend(self.left_out());
        for division in 0..self.divisions.len() {
            rows.extend(self.of_units(Some(division)));
        }
        let rows = rows.join("\nUNION ALL\n");
        format!(
            "-- Rows of release {} for `Part::from_rows`, in any order.\nWITH {}\n{rows}",
            self.release,
            tables.join(",\n")
        )
    }

    /// The columns of all divisions, as they are carried on, each after a comma.
    fn carried(&self, of: &str) -> String {
        let places = 0..self.divisions.len();
        places.map(|place| format!(", {of}.sw_d{place}")).collect()
    }

    /// Outcomes with each id once, and how often it came.
    fn outcomes(&self) -> Vec<String> {
        let Some(once) = &self.once else {
            return Vec::new();
        };
        let [unit, metric, value, at, id] = [
            Column::Unit,
            Column::Metric,
            Column::Value,
            Column::At,
            Column::Id,
        ]
        .map(|name| self.column(name));
        let of = self.column(Column::Denominator);
        let (of, order) = match self.ratios {
            Some(_) => (format!(", o.{of}"), format!("o.{at}, o.{value}, o.{of}")),
            None => (String::new(), format!("o.{at}, o.{value}")),
        };
        let table = &self.log.outcome;
        let columns = format!("o.{unit}, o.{metric}, o.{value}, o.{at}{of}");
        let same = format!("PARTITION BY o.{metric}, o.{unit}, o.{id}");
        vec![
            format!(
                "sw_ranked AS (\n    \
                 SELECT {columns},\n        \
                 ROW_NUMBER() OVER ({same} ORDER BY {order}) AS sw_nth,\n        \
                 COUNT(*) OVER ({same}) AS sw_times\n    \
                 FROM {table} o\n    \
                 WHERE o.{metric} IN ({once}) AND o.{value} IS NOT NULL AND o.{id} IS NOT NULL\n)"
            ),
            format!(
                "sw_outcome AS (\n    \
                 SELECT {columns}, 1 AS sw_times FROM {table} o WHERE o.{metric} NOT IN ({once})\n    \
                 UNION ALL\n    \
                 SELECT {columns}, o.sw_times FROM sw_ranked o WHERE o.sw_nth = 1\n)"
            ),
        ]
    }

    /// The table of outcomes, each id once.
    fn outcome(&self) -> &str {
        match self.once {
            Some(_) => "sw_outcome",
            None => &self.log.outcome,
        }
    }

    /// Ids that count and how often they came: of exposed units, and of those that never were.
    fn again(&self) -> Option<String> {
        let counted = self.is_counted(self.once.as_ref()?);
        Some(format!(
            "sw_again AS (\n    \
             SELECT 1 AS sw_ids, o.sw_times AS sw_came\n    {}\n    WHERE {counted}\n    \
             UNION ALL\n    \
             SELECT n.sw_all, n.sw_came FROM sw_each n WHERE n.sw_ever = 0\n)",
            self.joined()
        ))
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
             MIN(e.{at}) AS sw_since, {group} AS sw_group, COUNT(*) AS sw_requests{}\n    \
             FROM {} e\n    WHERE {}\n    GROUP BY e.{unit}\n)",
            self.segments(),
            self.log.exposure,
            self.is_ours()
        )
    }

    /// The number that is added to the group of a unit, for each segment of each division.
    fn segments(&self) -> String {
        let mut raised = 0;
        let mut columns = String::new();
        for (place, (column, segments)) in self.divisions.iter().enumerate() {
            let mut cases = String::new();
            for segment in segments {
                raised += 256;
                cases.push_str(&format!(" WHEN e.{column} = {segment} THEN {raised}"));
            }
            if !cases.is_empty() {
                columns.push_str(&format!(
                    ",\n        MAX(CASE{cases} ELSE 0 END) AS sw_d{place}"
                ));
            } else {
                columns.push_str(&format!(",\n        0 AS sw_d{place}"));
            }
        }
        columns
    }

    /// Each arm that a unit of several was exposed to.
    fn pairs(&self) -> String {
        let (unit, arm) = (self.column(Column::Unit), self.column(Column::Arm));
        let carried = self.carried("s");
        format!(
            "sw_pairs AS (\n    \
             SELECT e.{arm} AS sw_arm, e.{unit} AS sw_of{carried}\n    \
             FROM {} e JOIN sw_seen s ON s.sw_unit = e.{unit}\n    \
             WHERE {} AND s.sw_first <> s.sw_last\n    \
             GROUP BY e.{arm}, e.{unit}{carried}\n)",
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
        let carried = self.carried("s");
        format!(
            "sw_totals AS (\n    \
             SELECT o.{metric} AS sw_metric, o.{unit} AS sw_id, s.sw_first AS sw_first,\n        \
             s.sw_last AS sw_last, s.sw_group AS sw_group, COUNT(*) AS sw_n,\n        \
             SUM(o.{value} * 1e0) AS sw_x, {weight} AS sw_y{carried}\n    \
             {}\n    WHERE {}\n    \
             GROUP BY o.{metric}, o.{unit}, s.sw_first, s.sw_last, s.sw_group{carried}\n)",
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
             ROW_NUMBER() OVER (PARTITION BY o.{metric}, o.{unit} ORDER BY o.{at}, o.{value}) AS sw_place{}\n    \
             {}\n    WHERE {} AND s.sw_first = s.sw_last\n)",
            self.carried("s"),
            self.joined(),
            self.is_counted(self.quantiles.as_ref()?)
        ))
    }

    /// Each value of each quantile over requests.
    fn values(&self) -> Option<String> {
        let [metric, value] = [Column::Metric, Column::Value].map(|name| self.column(name));
        Some(format!(
            "sw_values AS (\n    \
             SELECT o.{metric} AS sw_metric, s.sw_first AS sw_first, s.sw_group AS sw_group,\n        \
             o.{value} * 1e0 AS sw_value{}\n    \
             {}\n    WHERE {} AND s.sw_first = s.sw_last\n)",
            self.carried("s"),
            self.joined(),
            self.is_counted(self.requests.as_ref()?)
        ))
    }

    /// Each unit's number of outcomes, whether it was exposed or not.
    fn records(&self) -> String {
        let unit = self.column(Column::Unit);
        let came = match self.once {
            Some(_) => ", SUM(o.sw_times) AS sw_more",
            None => "",
        };
        format!(
            "sw_records AS (\n    \
             SELECT o.{unit} AS sw_whose, COUNT(*) AS sw_some{came}\n    \
             FROM {} o\n    WHERE {}\n    GROUP BY o.{unit}\n)",
            self.outcome(),
            self.is_value(&self.metrics)
        )
    }

    fn known(&self) -> String {
        let [none, more] = match self.once {
            Some(_) => [", 0 AS sw_more", ", r.sw_more"],
            None => ["", ""],
        };
        format!(
            "sw_known AS (\n    \
             SELECT s.sw_unit AS sw_one, 1 AS sw_is_seen, 0 AS sw_many{none} FROM sw_seen s\n    \
             UNION ALL\n    \
             SELECT r.sw_whose, 0, r.sw_some{more} FROM sw_records r\n)"
        )
    }

    fn each(&self) -> String {
        let came = match self.once {
            Some(_) => ",\n        SUM(k.sw_more) AS sw_came",
            None => "",
        };
        format!(
            "sw_each AS (\n    \
             SELECT k.sw_one AS sw_any, MAX(k.sw_is_seen) AS sw_ever, SUM(k.sw_many) AS sw_all{came}\n    \
             FROM sw_known k\n    GROUP BY k.sw_one\n)"
        )
    }

    fn joined(&self) -> String {
        let unit = self.column(Column::Unit);
        format!(
            "FROM {} o JOIN sw_seen s ON s.sw_unit = o.{unit}",
            self.outcome()
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
