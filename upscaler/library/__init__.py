"""Finding videos among thousands, and saying what they are."""
