#!/usr/bin/env python3
"""Asks an engine for the rows of an experiment over a log in Parquet, one JSON object a line.

    python3 parquet.py FOLDER [duckdb | datafusion] > rows

FOLDER has exposure.parquet, outcome.parquet and query.sql, which `Setup::sql` has written. The
rows are what `Part::from_rows` reads: `cargo run -p switchstand-sql -- read < rows`.
"""

import json
import sys
from pathlib import Path

NAMES = [
    "counted", "arm", "metric", "unit_group", "units", "events",
    "numerator", "denominator", "records", "grouped_by",
]
COUNTS = {"unit_group", "units", "events", "records"}


def write(rows, out):
    """Writes rows in the order of the query's columns; engines differ in their types of numbers."""
    for row in rows:
        fields = dict(zip(NAMES, row, strict=True))
        for name, value in fields.items():
            if name in COUNTS:
                fields[name] = int(value)
            elif name in ("numerator", "denominator"):
                fields[name] = float(value)
        out.write(json.dumps(fields) + "\n")


def duckdb(folder, query):
    import duckdb

    engine = duckdb.connect()
    for table in ("exposure", "outcome"):
        engine.execute(f"CREATE VIEW {table} AS SELECT * FROM '{folder / table}.parquet'")
    return engine.execute(query).fetchall()


def datafusion(folder, query):
    from datafusion import SessionContext

    engine = SessionContext()
    for table in ("exposure", "outcome"):
        engine.register_parquet(table, str(folder / f"{table}.parquet"))
    batches = engine.sql(query).collect()
    return [row for batch in batches for row in zip(*(column.to_pylist() for column in batch.columns))]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    engine = {"duckdb": duckdb, "datafusion": datafusion}[(sys.argv[2:] or ["duckdb"])[0]]
    write(engine(folder, (folder / "query.sql").read_text()), sys.stdout)
