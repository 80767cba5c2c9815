-- The names of what is known of users.
SELECT DISTINCT unnest(json_keys(attributes)) AS name
FROM read_parquet($interactions)
WHERE attributes IS NOT NULL
ORDER BY name
