-- A file that this ingestion reads, or has found again under another name or time.
INSERT INTO staged_files (ingestion_id, table_name, file, fingerprint, content_hash, reading, is_read)
VALUES ($ingestion_id, $table_name, $file, $fingerprint, $content_hash, $reading, $is_read);
