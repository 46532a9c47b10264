-- How many results lack parts: after an upgrade all of them do, and every status asks.
CREATE TABLE parts_due_count (number INTEGER NOT NULL);
INSERT INTO parts_due_count SELECT count(*) FROM parts_due;
CREATE TRIGGER counted_new_part_due AFTER INSERT ON parts_due BEGIN
    UPDATE parts_due_count SET number = number + 1;
END;
CREATE TRIGGER counted_part_no_longer_due AFTER DELETE ON parts_due BEGIN
    UPDATE parts_due_count SET number = number - 1;
END;
