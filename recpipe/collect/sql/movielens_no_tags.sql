-- A release without tags.
CREATE OR REPLACE TEMP TABLE tags (user_id VARCHAR, item_id VARCHAR, tag VARCHAR, seconds VARCHAR);
