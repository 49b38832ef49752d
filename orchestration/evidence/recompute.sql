-- Recomputes every figure of this pack from its rows, and holds it against figures.csv.
-- Plain DuckDB: it reads files beside it and nothing else. Run it in the unpacked folder:
--
--     duckdb -c ".read recompute.sql"
--     python -c "import duckdb; print(duckdb.sql(open('recompute.sql', encoding='utf-8').read()))"
--
-- Numbers have twelve decimals at most. They are reckoned here as whole numbers of 0.000000000001, so that no
-- digit is lost. A quotient is rounded half to even at the twelfth decimal.

-- A number as a whole number of 0.000000000001.
CREATE OR REPLACE TEMP MACRO units(x) AS
  CAST(replace(CAST(CAST(x AS DECIMAL(38, 12)) AS VARCHAR), '.', '') AS HUGEINT);

-- Such a whole number as text, without needless zeros: 331577400000 is 0.3315774.
CREATE OR REPLACE TEMP MACRO told(u) AS
  CASE WHEN u < 0 THEN '-' ELSE '' END
  || CAST(abs(u) // 1000000000000 AS VARCHAR)
  || rtrim(rtrim('.' || lpad(CAST(abs(u) % 1000000000000 AS VARCHAR), 12, '0'), '0'), '.');

-- n divided by d in long division, six decimals at a time.
CREATE OR REPLACE TEMP MACRO remainder6(n, d) AS ((n % d) * 1000000) % d;
CREATE OR REPLACE TEMP MACRO remainder12(n, d) AS (remainder6(n, d) * 1000000) % d;
CREATE OR REPLACE TEMP MACRO cut12(n, d) AS
  (n // d) * 1000000000000 + (((n % d) * 1000000) // d) * 1000000 + (remainder6(n, d) * 1000000) // d;
CREATE OR REPLACE TEMP MACRO even12(n, d) AS
  cut12(n, d)
  + CASE WHEN 2 * remainder12(n, d) > d
           OR (2 * remainder12(n, d) = d AND cut12(n, d) % 2 = 1) THEN 1 ELSE 0 END;
CREATE OR REPLACE TEMP MACRO quotient(n, d) AS
  CASE WHEN d = 0 OR d IS NULL OR n IS NULL THEN NULL
       ELSE CASE WHEN (n < 0) <> (d < 0) THEN -1 ELSE 1 END * even12(abs(n), abs(d)) END;

-- Rounded half away from zero to whole steps, as figures are printed.
CREATE OR REPLACE TEMP MACRO steps(u, step) AS
  CASE WHEN u < 0 THEN -1 ELSE 1 END * ((2 * abs(u) + step) // (2 * step));

CREATE OR REPLACE TEMP TABLE figures AS
SELECT * FROM read_csv('figures.csv', header = true, all_varchar = true);

CREATE OR REPLACE TEMP TABLE lists AS
SELECT * FROM read_csv('lists.csv', header = true, all_varchar = true);

CREATE OR REPLACE TEMP TABLE rows_of_lists AS
SELECT * FROM read_parquet('rows/*.parquet', union_by_name = true);

-- What each list comes to: its rows, and what the bank reports as a whole. Only of complete lists.
CREATE OR REPLACE TEMP TABLE sums AS
WITH added AS (
  SELECT list, sum(units(amount)) AS u FROM rows_of_lists GROUP BY list
  UNION ALL
  SELECT list, sum(units(amount) * units(factor) // 1000000000000) AS u
  FROM read_csv('reported.csv', header = true, all_varchar = true) GROUP BY list
)
SELECT l.list, CAST(coalesce(sum(a.u), 0) AS HUGEINT) AS u
FROM lists l LEFT JOIN added a ON a.list = l.list
WHERE l.complete = 'true'
GROUP BY l.list;

-- An index: ten thousand times the sum of the squared shares of its members, in six decimals.
CREATE OR REPLACE TEMP TABLE indices AS
WITH held AS (
  SELECT list, member, CAST(sum(units(amount)) // 10000000000 AS HUGEINT) AS cents
  FROM rows_of_lists WHERE member IS NOT NULL GROUP BY list, member
)
SELECT list,
       units(CAST(round(CAST(CAST(sum(cents * cents) AS HUGEINT) AS DOUBLE)
                        / CAST(CAST(sum(cents) * sum(cents) AS HUGEINT) AS DOUBLE) * 10000, 6)
                  AS DECIMAL(18, 6))) AS u
FROM held GROUP BY list HAVING sum(cents) > 0;

-- Numerator, denominator and value of everything that is no gap.
CREATE OR REPLACE TEMP TABLE plain_figures AS
WITH sides AS (
  SELECT f.figure, f.kind, f.denominator_must_be AS needs,
         CAST(f.times AS HUGEINT) AS times,
         n.u AS above, d.u AS below, i.u AS idx,
         CAST(month(CAST(f.as_of_date AS DATE)) AS HUGEINT) * 1000000000000 AS months,
         units(f.limit_value) AS lim
  FROM figures f
  LEFT JOIN sums n ON n.list = f.numerator_list
  LEFT JOIN sums d ON d.list = f.denominator_list
  LEFT JOIN indices i ON i.list = f.denominator_list
  WHERE f.kind <> 'gap'
), taken AS (
  SELECT * REPLACE (
    CASE kind
      WHEN 'index' THEN CASE WHEN below = 0 THEN 0
        -- what the average member holds, in cents
        ELSE steps(quotient(idx // 10000 * below, CAST(1000000000000 AS HUGEINT) * 1000000000000),
                   CAST(10000000000 AS HUGEINT)) * 10000000000 END
      ELSE above END AS above,
    CASE WHEN kind = 'average' THEN months ELSE below END AS below)
  FROM sides
)
SELECT figure, above, below,
  CASE
    WHEN kind IN ('total', 'count_distinct') THEN above
    WHEN kind IN ('increment', 'increment_difference') THEN above - below
    WHEN kind = 'index' THEN idx
    -- the ratio in percent is rounded to two decimals first, as it is printed
    WHEN kind = 'tolerance' THEN
      lim - steps(quotient(above * 100, below), CAST(10000000000 AS HUGEINT)) * 10000000000
    WHEN needs = 'positive' AND below <= 0 THEN NULL
    ELSE quotient(above * times, below)
  END AS value
FROM taken;

-- A gap is one figure less another; what the reader may not see is taken as published.
CREATE OR REPLACE TEMP TABLE recomputed AS
SELECT * FROM plain_figures
UNION ALL
SELECT f.figure,
       coalesce(a.value, units(f.numerator)) AS above,
       coalesce(b.value, units(f.denominator)) AS below,
       (coalesce(a.value, units(f.numerator)) - coalesce(b.value, units(f.denominator)))
         * CAST(f.times AS HUGEINT) AS value
FROM figures f
LEFT JOIN plain_figures a ON a.figure = f.minuend
LEFT JOIN plain_figures b ON b.figure = f.subtrahend
WHERE f.kind = 'gap';

-- The result: TRUE where the rows give the published digits, empty where a list is not wholly in the pack.
CREATE OR REPLACE TEMP TABLE figure_check AS
SELECT f.figure, f.metric_id, f.reading, f.branch_id, f.member, f.as_of_date,
       f.numerator AS numerator_published, told(r.above) AS numerator_recomputed,
       f.denominator AS denominator_published, told(r.below) AS denominator_recomputed,
       f.value AS value_published, told(r.value) AS value_recomputed,
       CASE
         WHEN f.rows_in_pack <> 'true' THEN NULL
         ELSE units(f.numerator) IS NOT DISTINCT FROM r.above
          AND (f.denominator IS NULL OR units(f.denominator) = r.below)
          AND units(f.value) IS NOT DISTINCT FROM CASE WHEN f.value IS NULL THEN NULL ELSE r.value END
       END AS same
FROM figures f LEFT JOIN recomputed r ON r.figure = f.figure
ORDER BY f.figure;

SELECT * FROM figure_check ORDER BY figure;
