"""Datasets: frames harvested of captures, their split into training and held-out, and what they cover."""
