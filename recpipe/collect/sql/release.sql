-- Forget that the files of quarantined rows were read, so that the next reading judges them anew. The rows
-- stay in the quarantine until then; what of them is still bad is told again. A database is asked
-- from the beginning.
CREATE OR REPLACE TEMP TABLE released AS
SELECT DISTINCT table_name, file FROM quarantine WHERE $reason IN ('', reason);

UPDATE ingested_files
SET content_hash = '', fingerprint = ''
WHERE content_hash IN (
    SELECT content_hash
    FROM ingested_files
    JOIN released USING (table_name, file)
);

SELECT
    (SELECT count(*) FROM released) AS files,
    (SELECT count(*) FROM quarantine WHERE $reason IN ('', reason)) AS refused_rows;
