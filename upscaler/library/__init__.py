"""Finds videos among thousands, and describes them."""
