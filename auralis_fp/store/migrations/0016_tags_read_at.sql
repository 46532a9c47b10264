-- The time of the latest change of tags is looked up for every request of points.
CREATE INDEX tags_by_read_at ON tags (read_at);
