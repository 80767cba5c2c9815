-- Bad rows, of events, items and users. A file that was read anew is judged anew; a row from elsewhere that
-- was refused before is told once, under the newest ingestion.
CREATE OR REPLACE TEMP TABLE refused AS
SELECT 'events' AS table_name, ingestion_id, file, row_number, user_id, reason, bad_column, bad_value, content
FROM staged_events
WHERE reason IS NOT NULL
UNION ALL
SELECT 'items' AS table_name, ingestion_id, file, row_number, NULL AS user_id, reason, bad_column, bad_value, content
FROM staged_items
WHERE reason IS NOT NULL
UNION ALL
SELECT 'users' AS table_name, ingestion_id, file, row_number, user_id, reason, bad_column, bad_value, content
FROM staged_users
WHERE reason IS NOT NULL;

DELETE FROM quarantine
USING staged_files
WHERE quarantine.file = staged_files.file AND quarantine.table_name = staged_files.table_name AND is_read;

DELETE FROM quarantine
USING refused
WHERE quarantine.table_name = refused.table_name
    AND quarantine.file = refused.file
    AND quarantine.row_number = refused.row_number
    AND quarantine.reason = refused.reason
    AND quarantine.content IS NOT DISTINCT FROM refused.content;

-- What is asked for in spans that overlap comes with other row numbers each time.
DELETE FROM quarantine
USING refused, staged_files
WHERE staged_files.table_name = refused.table_name
    AND staged_files.file = refused.file
    AND quarantine.table_name = refused.table_name
    AND quarantine.file = refused.file
    AND quarantine.reason = refused.reason
    AND quarantine.content IS NOT DISTINCT FROM refused.content;

INSERT INTO quarantine BY NAME
FROM refused;
