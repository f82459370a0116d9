"""Media storage: the file system, or object storage with local copies. It knows keys, not database rows."""
