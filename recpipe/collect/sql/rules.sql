-- What judged_events holds rows against, for the life of the connection. `latest` is a moment in UTC.
SET VARIABLE earliest = $earliest::TIMESTAMP;
SET VARIABLE latest = $latest::TIMESTAMP;
SET VARIABLE value_limit = $value_limit::DOUBLE;
SET VARIABLE known_types = $known_types::VARCHAR[];
