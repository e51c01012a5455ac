-- Rows of release 'ranker-ab-7' for `Part::from_rows`, in any order.
WITH sw_seen AS (
    SELECT e.unit AS sw_unit, MIN(e.arm) AS sw_first, MAX(e.arm) AS sw_last,
        MIN(e.at_ms) AS sw_since, MIN(e.unit_group) AS sw_group, COUNT(*) AS sw_requests
    FROM exposure e
    WHERE e.release = 'ranker-ab-7' AND e.arm IN ('v1', 'v2')
    GROUP BY e.unit
),
sw_pairs AS (
    SELECT e.arm AS sw_arm, e.unit AS sw_of
    FROM exposure e JOIN sw_seen s ON s.sw_unit = e.unit
    WHERE e.release = 'ranker-ab-7' AND e.arm IN ('v1', 'v2') AND s.sw_first <> s.sw_last
    GROUP BY e.arm, e.unit
),
sw_totals AS (
    SELECT o.metric AS sw_metric, o.unit AS sw_id, s.sw_first AS sw_first,
        s.sw_last AS sw_last, s.sw_group AS sw_group, COUNT(*) AS sw_n,
        SUM(o.value * 1e0) AS sw_x, COUNT(*) * 1e0 AS sw_y
    FROM outcome o JOIN sw_seen s ON s.sw_unit = o.unit
    WHERE o.metric IN ('clicks', 'errors') AND o.value IS NOT NULL AND o.at_ms >= s.sw_since
    GROUP BY o.metric, o.unit, s.sw_first, s.sw_last, s.sw_group
),
sw_records AS (
    SELECT o.unit AS sw_whose, COUNT(*) AS sw_some
    FROM outcome o
    WHERE o.metric IN ('clicks', 'errors') AND o.value IS NOT NULL
    GROUP BY o.unit
),
sw_known AS (
    SELECT s.sw_unit AS sw_one, 1 AS sw_is_seen, 0 AS sw_many FROM sw_seen s
    UNION ALL
    SELECT r.sw_whose, 0, r.sw_some FROM sw_records r
),
sw_each AS (
    SELECT k.sw_one AS sw_any, MAX(k.sw_is_seen) AS sw_ever, SUM(k.sw_many) AS sw_all
    FROM sw_known k
    GROUP BY k.sw_one
)
SELECT 'units' AS counted, s.sw_first AS arm, '' AS metric, s.sw_group AS unit_group, COUNT(*) AS units, 0 AS events, 0e0 AS numerator, 0e0 AS denominator, SUM(s.sw_requests) AS records, 'key' AS grouped_by
FROM sw_seen s WHERE s.sw_first = s.sw_last GROUP BY s.sw_first, s.sw_group
UNION ALL
SELECT 'values', t.sw_first, t.sw_metric, t.sw_group, SUM(CASE WHEN t.sw_y > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN t.sw_x > 0 THEN 1 ELSE 0 END), SUM(t.sw_x), SUM(t.sw_y), SUM(t.sw_n), 'key'
FROM sw_totals t WHERE t.sw_first = t.sw_last GROUP BY t.sw_first, t.sw_metric, t.sw_group
UNION ALL
SELECT 'crossed', '', '', 0, COUNT(*), 0, 0e0, 0e0, COALESCE(SUM(s.sw_requests), 0), 'key'
FROM sw_seen s WHERE s.sw_first <> s.sw_last
UNION ALL
SELECT 'crossed', '', t.sw_metric, 0, SUM(CASE WHEN t.sw_y > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN t.sw_x > 0 THEN 1 ELSE 0 END), SUM(t.sw_x), SUM(t.sw_y), SUM(t.sw_n), 'key'
FROM sw_totals t WHERE t.sw_first <> t.sw_last GROUP BY t.sw_metric
UNION ALL
SELECT 'crossed', p.sw_arm, '', 0, COUNT(*), 0, 0e0, 0e0, 0, 'key'
FROM sw_pairs p GROUP BY p.sw_arm
UNION ALL
SELECT 'crossed', p.sw_arm, t.sw_metric, 0, SUM(CASE WHEN t.sw_y > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN t.sw_x > 0 THEN 1 ELSE 0 END), SUM(t.sw_x), SUM(t.sw_y), SUM(t.sw_n), 'key'
FROM sw_totals t JOIN sw_pairs p ON p.sw_of = t.sw_id GROUP BY p.sw_arm, t.sw_metric
UNION ALL
SELECT 'never', '', '', 0, COUNT(*), 0, 0e0, 0e0, COALESCE(SUM(n.sw_all), 0), 'key'
FROM sw_each n WHERE n.sw_ever = 0
