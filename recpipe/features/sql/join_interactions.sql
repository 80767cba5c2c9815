-- The histories of all ranges of users in one file, row groups as in interactions.sql.
COPY (FROM read_parquet($parts::VARCHAR[])) TO $path (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)
