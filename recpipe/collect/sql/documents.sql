-- Rows of an items or users file, as JSON whatever the file's format.
CREATE OR REPLACE TEMP TABLE documents (row_number BIGINT, document JSON, reason VARCHAR, content VARCHAR);
