#!/usr/bin/env python3
"""Asks several engines for the same rows over one log, and says how long each took.

    python3 engines.py FOLDER ENGINE ..      duckdb datafusion clickhouse postgresql spark
    python3 engines.py FOLDER --rows N       a log of N exposures and N outcomes, DuckDB beside Spark

FOLDER is what `cargo run -p switchstand-sql -- write FOLDER` has written; `rows-ENGINE.jsonl` is
written into it for `cargo run -p switchstand-sql -- check`. Spark is a master and two workers on
loopback, which end with the script.
"""

import csv
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import parquet

PORT = 17077


def convert(folder):
    """Writes the log as Parquet; the viewer's views are generated here."""
    import duckdb

    engine = duckdb.connect()
    views = next(csv.DictReader((folder / "views.csv").open()))
    text = "columns={'release': 'VARCHAR', 'unit': 'BIGINT', 'arm': 'VARCHAR', 'unit_group': 'INTEGER', 'at_ms': 'BIGINT', 'tier': 'VARCHAR', 'town': 'VARCHAR'}"
    engine.execute(
        f"COPY (SELECT release, unit, NULLIF(arm, '') AS arm, unit_group, at_ms, tier, town"
        f" FROM read_csv('{folder}/exposure.csv', header=true, {text}))"
        f" TO '{folder}/exposure.parquet' (FORMAT PARQUET)"
    )
    text = "columns={'unit': 'BIGINT', 'metric': 'VARCHAR', 'value': 'DOUBLE', 'denominator': 'DOUBLE', 'at_ms': 'BIGINT', 'outcome_id': 'BIGINT'}"
    engine.execute(
        f"COPY (SELECT * FROM read_csv('{folder}/outcome.csv', header=true, {text}) UNION ALL"
        f" SELECT CAST({views['unit']} AS BIGINT), '{views['metric']}', CAST(1 AS DOUBLE),"
        f" CAST(1 AS DOUBLE), CAST({views['at_ms']} AS BIGINT), CAST(NULL AS BIGINT) FROM range({views['times']}))"
        f" TO '{folder}/outcome.parquet' (FORMAT PARQUET)"
    )
    engine.execute(
        f"COPY (SELECT * FROM read_csv('{folder}/bad_event.csv', header=true))"
        f" TO '{folder}/bad_event.parquet' (FORMAT PARQUET)"
    )


def duckdb(folder, queries):
    import duckdb

    engine = duckdb.connect()
    for table in ("exposure", "outcome", "bad_event"):
        if (folder / f"{table}.parquet").exists():
            engine.execute(f"CREATE VIEW {table} AS SELECT * FROM '{folder / table}.parquet'")
    return [engine.execute(query).fetchall() for query in queries]


def datafusion(folder, queries):
    from datafusion import SessionContext

    engine = SessionContext()
    for table in ("exposure", "outcome", "bad_event"):
        engine.register_parquet(table, str(folder / f"{table}.parquet"))
    found = []
    for query in queries:
        batches = engine.sql(query).collect()
        columns = [zip(*(column.to_pylist() for column in batch.columns)) for batch in batches]
        found.append([row for rows in columns for row in rows])
    return found


def clickhouse(folder, queries):
    from chdb.session import Session

    engine = Session()
    engine.query("CREATE DATABASE log ENGINE = Atomic")
    engine.query("USE log")
    for table in ("exposure", "outcome", "bad_event"):
        engine.query(f"CREATE VIEW {table} AS SELECT * FROM file('{folder / table}.parquet', Parquet)")
    answers = [engine.query(query, "JSONCompactEachRow").bytes().decode() for query in queries]
    return [[json.loads(line) for line in answer.splitlines()] for answer in answers]


def postgresql(folder, queries):
    """A cluster of its own in a folder of its own; PostgreSQL does not run as root."""
    place = folder / "postgresql"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    path = os.pathsep.join([*(str(found) for found in programs), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "PGHOST": str(place), "PGUSER": "log", "PGDATABASE": "postgres"}
    user = {}
    if os.getuid() == 0:
        user = {"user": "postgres"}
        shutil.chown(place, "postgres")
    settings = ["listen_addresses=", f"unix_socket_directories={place}", "fsync=off"]
    options = [word for setting in settings for word in ("-c", setting)]

    def run(*command, text=None):
        done = subprocess.run(command, env=env, input=text, text=True, capture_output=True, **user)
        if done.returncode != 0:
            sys.exit(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    run("initdb", "-D", str(place / "data"), "-U", "log", "-A", "trust")
    server = subprocess.Popen(
        ["postgres", "-D", str(place / "data"), *options],
        env=env, stdout=(place / "log").open("w"), stderr=subprocess.STDOUT, **user,
    )
    try:
        for _ in range(100):
            if subprocess.run(["pg_isready", "-q"], env=env, **user).returncode == 0:
                break
            time.sleep(0.2)
        views = next(csv.DictReader((folder / "views.csv").open()))
        tables = {
            "exposure": "release text, unit bigint, arm text, unit_group int, at_ms bigint, tier text, town text",
            "outcome": "unit bigint, metric text, value double precision, denominator double precision, at_ms bigint, outcome_id bigint",
            "bad_event": "release text, unit bigint, side text, share double precision, at_ms bigint",
        }
        for table, columns in tables.items():
            run("psql", "-qc", f"CREATE TABLE {table} ({columns})")
            text = (folder / f"{table}.csv").read_text()
            run("psql", "-qc", f"COPY {table} FROM STDIN (FORMAT csv, HEADER)", text=text)
        run(
            "psql", "-qc",
            f"INSERT INTO outcome SELECT {views['unit']}, 'views', 1, 1, {views['at_ms']}"
            f" FROM generate_series(1, {views['times']})",
            "-c", "ANALYZE",
        )
        started = time.time()
        answers = [run("psql", "--csv", "-tc", query) for query in queries]
        print(f"postgresql without loading: {time.time() - started:.1f} s")
        return [list(csv.reader(io.StringIO(answer))) for answer in answers]
    finally:
        server.terminate()
        server.wait()


class Spark:
    """A master and two workers of one core each on loopback."""

    def __enter__(self):
        import pyspark

        home = Path(pyspark.__file__).parent
        work = Path(self.folder) / "spark"
        work.mkdir(exist_ok=True)
        env = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
        env |= {"SPARK_WORKER_DIR": str(work), "PYSPARK_PYTHON": sys.executable}
        os.environ |= {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
        start = lambda name, *arguments: subprocess.Popen(
            [str(home / "bin/spark-class"), f"org.apache.spark.deploy.{name}", *arguments],
            env=env, stdout=(work / f"{name}.log").open("a"), stderr=subprocess.STDOUT,
        )
        ends = ["--host", "127.0.0.1"]
        self.processes = [start("master.Master", *ends, "--port", str(PORT), "--webui-port", "0")]
        time.sleep(8)
        for _ in range(2):
            memory = ["--cores", "1", "--memory", "2g", "--webui-port", "0"]
            url = f"spark://127.0.0.1:{PORT}"
            self.processes.append(start("worker.Worker", *ends, *memory, url))
        from pyspark.sql import SparkSession

        self.session = (
            SparkSession.builder.master(f"spark://127.0.0.1:{PORT}")
            .config("spark.executor.memory", "2g")
            .config("spark.ui.enabled", "false")
            # Its bar ends in no line, and takes the next figure with it.
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.shuffle.partitions", "8")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .getOrCreate()
        )
        self.session.sparkContext.setLogLevel("ERROR")
        return self

    def __init__(self, folder):
        self.folder = folder

    def __exit__(self, *_):
        self.session.stop()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()

    def ask(self, folder, queries):
        for table in ("exposure", "outcome", "bad_event"):
            if (folder / f"{table}.parquet").exists():
                self.session.read.parquet(str(folder / f"{table}.parquet")).createOrReplaceTempView(table)
        return [[tuple(row) for row in self.session.sql(query).collect()] for query in queries]


def spark(folder, queries):
    with Spark(folder) as cluster:
        return cluster.ask(folder, queries)


def same_tally(folder, rows):
    """Fails unless the first bad events are those of the library's guard."""
    expected = {
        (stage["share"], side): stage[side]
        for stage in json.loads((folder / "tally.json").read_text())
        for side in ("candidate", "control")
        if stage[side]
    }
    found = {(float(share), side): int(units) for share, side, units in rows}
    if found != expected:
        sys.exit(f"first bad events {found}, expected {expected}")


def ask(folder, names):
    queries = [(folder / name).read_text() for name in ("query.sql", "guard.sql")]
    convert(folder)
    for name in names:
        started, used = time.time(), resource.getrusage(resource.RUSAGE_SELF)
        rows, events = globals()[name](folder, queries)
        with (folder / f"rows-{name}.jsonl").open("w") as out:
            parquet.write(rows, out)
        same_tally(folder, events)
        now = resource.getrusage(resource.RUSAGE_SELF)
        cpu = now.ru_utime - used.ru_utime + now.ru_stime - used.ru_stime
        print(f"{name}: {len(rows)} rows, {time.time() - started:.1f} s, {cpu:.1f} CPU-s here", flush=True)


def large(folder, rows):
    """A log of so many rows of each table, a fifth as many units: DuckDB, then Spark."""
    import duckdb as engine

    place = folder / f"log-{rows}"
    place.mkdir(exist_ok=True)
    units = rows // 5
    engine.execute(
        f"COPY (SELECT 'ranker-ab-7' AS release, CAST(hash(i) % {units} AS BIGINT) AS unit,"
        f" CASE WHEN hash(hash(i) % {units} + 7) % 2 = 0 THEN 'v1' ELSE 'v2' END AS arm,"
        f" CAST(hash(hash(i) % {units} + 9) % 256 AS INTEGER) AS unit_group, 20000 + i % 1000 AS at_ms,"
        f" CASE hash(hash(i) % {units} + 3) % 2 WHEN 0 THEN 'free' ELSE 'paid' END AS tier, 'north' AS town"
        f" FROM range({rows}) t(i)) TO '{place}/exposure.parquet' (FORMAT PARQUET, COMPRESSION ZSTD)"
    )
    engine.execute(
        f"COPY (SELECT CAST(hash(i + 5) % {units} AS BIGINT) AS unit,"
        f" CASE i % 3 WHEN 0 THEN 'clicks' WHEN 1 THEN 'visits' ELSE 'per_page' END AS metric,"
        f" CAST(CASE i % 3 WHEN 0 THEN hash(i) % 2 ELSE hash(i) % 8 END AS DOUBLE) AS value,"
        f" CAST(1 + i % 3 AS DOUBLE) AS denominator, 20500 + i % 2000 AS at_ms,"
        f" CAST(NULL AS BIGINT) AS outcome_id"
        f" FROM range({rows}) t(i)) TO '{place}/outcome.parquet' (FORMAT PARQUET, COMPRESSION ZSTD)"
    )
    query = (folder / "query.sql").read_text()
    started, used = time.time(), resource.getrusage(resource.RUSAGE_SELF)
    [by_duckdb] = duckdb(place, [query])
    now = resource.getrusage(resource.RUSAGE_SELF)
    cpu = now.ru_utime - used.ru_utime + now.ru_stime - used.ru_stime
    print(f"duckdb, {rows} + {rows} rows: {time.time() - started:.1f} s, {cpu:.1f} CPU-s", flush=True)
    with Spark(folder) as cluster:
        started = time.time()
        [by_spark] = cluster.ask(place, [query])
        print(f"spark, master and 2 workers: {time.time() - started:.1f} s", flush=True)
    texts = []
    for rows_of in (by_duckdb, by_spark):
        text = io.StringIO()
        parquet.write(rows_of, text)
        texts.append(sorted(text.getvalue().splitlines()))
    if texts[0] != texts[1]:
        sys.exit("the rows differ")
    print(f"{len(by_spark)} equal rows")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if sys.argv[2] == "--rows":
        large(folder, int(sys.argv[3]))
    else:
        ask(folder, sys.argv[2:])
