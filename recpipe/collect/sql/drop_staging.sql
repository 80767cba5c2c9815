DROP TABLE staged_events;

DROP TABLE staged_items;

DROP TABLE staged_users;
