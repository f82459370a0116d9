"""Publish a trained network: weights for this app and for other tools, its card, and what it was made of."""
