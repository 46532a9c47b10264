-- Tags are also read again if only ctime or the inode has changed: taggers may set back the modification time.
DROP TRIGGER tags_of_changed_file;
CREATE TRIGGER tags_of_changed_file AFTER UPDATE OF size, mtime_ns, ctime_ns, inode ON files
WHEN old.size != new.size OR old.mtime_ns != new.mtime_ns
    OR (old.ctime_ns IS NOT NULL AND (old.ctime_ns IS NOT new.ctime_ns OR old.inode IS NOT new.inode)) BEGIN
    DELETE FROM tags_due WHERE file_id = new.id;
    INSERT INTO tags_due (file_id, priority) VALUES (new.id, 2);
END;
