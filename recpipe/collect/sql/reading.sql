-- How the rows of a source are meant, for the life of the connection: the zone of times that tell none, and
-- our name for each of their event types (NULL: theirs are ours).
SET VARIABLE time_zone = $time_zone::VARCHAR;
SET VARIABLE event_types = CASE WHEN len($theirs) > 0 THEN map($theirs::VARCHAR[], $ours::VARCHAR[]) END;
