-- What was read before, newest first: file, how it was read, and what it was then.
SELECT ingestion_id, table_name, file, fingerprint, content_hash, reading
FROM ingested_files
ORDER BY ingestion_id DESC, rowid DESC;
