"""Where media lies: on the file system, or in object storage with local copies. Knows keys, no rows."""
