-- Bad rows, of events, items and users. A row that was refused before is told once, under the newest.
CREATE OR REPLACE TEMP TABLE refused AS
SELECT ingestion_id, file, row_number, reason, content FROM staged_events WHERE reason IS NOT NULL
UNION ALL
SELECT ingestion_id, file, row_number, reason, content FROM staged_items WHERE reason IS NOT NULL
UNION ALL
SELECT ingestion_id, file, row_number, reason, content FROM staged_users WHERE reason IS NOT NULL;

DELETE FROM quarantine
USING refused
WHERE quarantine.file = refused.file
    AND quarantine.row_number = refused.row_number
    AND quarantine.reason = refused.reason
    AND quarantine.content IS NOT DISTINCT FROM refused.content;

INSERT INTO quarantine BY NAME
FROM refused;
