-- Summary rows of an experiment, one for each metric and arm.
--
-- exposure(unit, arm): who got an arm's answer; arm is NULL where no draw has placed the unit.
-- outcome(unit, metric, value): what came of it, now or weeks later.
--
-- Units count, not events: the outcomes of one unit are summed first. A unit that was exposed to
-- both arms counts in neither, and one without outcomes counts with sums of 0.
WITH placed AS (
    SELECT unit, MIN(arm) AS arm
    FROM exposure
    WHERE arm IS NOT NULL
    GROUP BY unit
    HAVING COUNT(DISTINCT arm) = 1
),
metrics AS (
    SELECT DISTINCT metric FROM outcome
),
totals AS (
    SELECT metrics.metric, placed.arm, placed.unit,
           COALESCE(SUM(outcome.value), 0.0) AS x,
           CAST(COUNT(outcome.value) AS REAL) AS y
    FROM placed
    CROSS JOIN metrics
    LEFT JOIN outcome ON outcome.unit = placed.unit AND outcome.metric = metrics.metric
    GROUP BY metrics.metric, placed.arm, placed.unit
)
SELECT metric, arm,
       COUNT(*)   AS units,
       SUM(x)     AS sum_x,   -- of the units' sums
       SUM(y)     AS sum_y,   -- of the units' numbers of events
       SUM(x * x) AS sum_xx,
       SUM(y * y) AS sum_yy,
       SUM(x * y) AS sum_xy
FROM totals
GROUP BY metric, arm
ORDER BY metric, arm;
