-- The population stability index of each numeric column, at the moment now: bins are tenths of the other
-- snapshot; half a row is added to each bin, so that an empty one does not make the index infinite.
WITH
wide_here AS (
    SELECT COLUMNS(lambda name: list_contains($names::VARCHAR[], name))::DOUBLE FROM read_parquet($here) WHERE moment = 'now'
),
here AS (
    FROM wide_here UNPIVOT INCLUDE NULLS (number FOR feature IN (COLUMNS(*)))
),
wide_there AS (
    SELECT COLUMNS(lambda name: list_contains($names::VARCHAR[], name))::DOUBLE FROM read_parquet($there) WHERE moment = 'now'
),
there AS (
    FROM wide_there UNPIVOT INCLUDE NULLS (number FOR feature IN (COLUMNS(*)))
),
edges AS (
    SELECT
        feature,
        list_distinct(quantile_disc(number, [tenth / $bins FOR tenth IN range(1, $bins)])) AS edges
    FROM there
    GROUP BY feature
),
counted AS (
    SELECT
        feature,
        -- how many edges lie below; no value is a bin of its own
        coalesce(len(list_filter(edges, lambda edge: edge < number)), -1) AS bin,
        count(*) FILTER (is_here) AS rows_here,
        count(*) FILTER (NOT is_here) AS rows_there
    FROM (SELECT *, true AS is_here FROM here UNION ALL SELECT *, false FROM there)
    JOIN edges USING (feature)
    GROUP BY ALL
),
shares AS (
    SELECT
        feature,
        (rows_here + 0.5) / sum(rows_here + 0.5) OVER (PARTITION BY feature) AS share_here,
        (rows_there + 0.5) / sum(rows_there + 0.5) OVER (PARTITION BY feature) AS share_there
    FROM counted
)
SELECT feature, sum((share_here - share_there) * ln(share_here / share_there)) AS psi
FROM shares
GROUP BY feature
ORDER BY feature
