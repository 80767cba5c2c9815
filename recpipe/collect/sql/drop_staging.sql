DROP TABLE IF EXISTS staged_events;

DROP TABLE IF EXISTS staged_items;

DROP TABLE IF EXISTS staged_users;

DROP TABLE IF EXISTS staged_files;

DROP TABLE IF EXISTS staged_reasons;

DROP TABLE IF EXISTS staged_figures;
