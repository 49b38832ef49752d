
-- The cells of the report: what each takes of its figure, what adjustments changed of it, and what is printed.
CREATE OR REPLACE TEMP TABLE cells AS
SELECT * FROM read_csv('report/cells.csv', header = true, all_varchar = true);

-- Cells reckoned from other cells: sums of rows, differences and quotients of columns.
CREATE OR REPLACE TEMP TABLE reckoned AS
WITH parts AS (
  SELECT p.data_point, p.operation, CAST(p.place AS INTEGER) AS place, units(c.exact) AS u
  FROM read_csv('report/reckoned.csv', header = true, all_varchar = true) p
  LEFT JOIN cells c ON c.data_point = p.part
)
SELECT data_point,
       CASE any_value(operation)
         WHEN 'sum' THEN CASE WHEN count(u) = count(*) THEN CAST(sum(u) AS HUGEINT) END
         WHEN 'difference' THEN max(u) FILTER (place = 1) - max(u) FILTER (place = 2)
         ELSE quotient(max(u) FILTER (place = 1), max(u) FILTER (place = 2)) END AS u
FROM parts GROUP BY data_point;

-- taken_same: the rows give the published figure. exact_same: with its adjustment, or reckoned from other
-- cells, it is the exact figure. printed_same: rounded, it is what stands on paper.
CREATE OR REPLACE TEMP TABLE cell_check AS
SELECT c.data_point, c.figure, c.take, c.published_value,
       told(CASE c.take WHEN 'value' THEN r.value WHEN 'numerator' THEN r.above
                        WHEN 'denominator' THEN r.below END) AS recomputed,
       c.adjustment, c.exact, c.printed, c.printed_in,
       CASE WHEN f.rows_in_pack = 'true' AND c.take IN ('value', 'numerator', 'denominator')
             AND c.published_value IS NOT NULL
            THEN units(c.published_value) IS NOT DISTINCT FROM
                 CASE c.take WHEN 'value' THEN r.value WHEN 'numerator' THEN r.above
                             ELSE r.below END END AS taken_same,
       CASE WHEN k.data_point IS NOT NULL THEN units(c.exact) IS NOT DISTINCT FROM k.u
            WHEN c.exact IS NOT NULL AND c.published_value IS NOT NULL
            THEN units(c.exact) = units(c.published_value) + coalesce(units(c.adjustment), 0)
       END AS exact_same,
       CASE WHEN c.printed IS NOT NULL
            THEN steps(units(c.exact), units(c.step)) * 1000000000000
                 = units(c.printed) * CAST(pow(10, CAST(c.decimals AS INTEGER)) AS HUGEINT)
       END AS printed_same
FROM cells c
LEFT JOIN figures f ON f.figure = c.figure
LEFT JOIN recomputed r ON r.figure = c.figure
LEFT JOIN reckoned k ON k.data_point = c.data_point
ORDER BY c.data_point;

SELECT * FROM cell_check ORDER BY data_point;

-- All of them at a glance; `SELECT * FROM cell_check WHERE NOT printed_same` and the like name single ones.
SELECT count(*) AS cells,
       count(*) FILTER (taken_same) AS recomputed_from_rows,
       count(*) FILTER (taken_same = false) AS rows_disagree,
       count(*) FILTER (exact_same) AS exact_agree,
       count(*) FILTER (exact_same = false) AS exact_disagree,
       count(*) FILTER (printed_same) AS printed_agree,
       count(*) FILTER (printed_same = false) AS printed_disagree
FROM cell_check;
