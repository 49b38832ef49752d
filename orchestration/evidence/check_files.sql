-- Holds every file of this pack against manifest.json: ok, altered, missing or added.
-- Plain DuckDB; run it in the unpacked folder: duckdb -c ".read check_files.sql"
WITH said AS (
  SELECT unnest(files, recursive := true) FROM read_json('manifest.json', maximum_object_size = 100000000)
), found AS (
  SELECT replace(filename, '\', '/') AS path, sha256(content) AS sha256 FROM read_blob('**')
)
SELECT coalesce(said.path, found.path) AS path,
       CASE WHEN found.path IS NULL THEN 'missing'
            WHEN said.path IS NULL THEN 'added'
            WHEN said.sha256 = found.sha256 THEN 'ok'
            ELSE 'altered' END AS state
FROM said FULL JOIN found ON said.path = found.path
WHERE coalesce(found.path, '') <> 'manifest.json'
ORDER BY state <> 'ok' DESC, path;
