"""Database reads. Rows are selected by their owner: other users' rows don't exist."""
