"""What lasts: the database and the sidecars."""
