"""Reads. Rows are fetched through their owner: what is not yours does not exist."""
