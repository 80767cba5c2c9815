-- Note once that a folder still holds an erased user.
INSERT INTO carriers
SELECT $user_hash, $shelf, $folder, $now
WHERE NOT EXISTS (FROM carriers WHERE user_hash = $user_hash AND shelf = $shelf AND name = $folder);
