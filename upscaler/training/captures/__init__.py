"""Captures: what a recording is, whether it is fit as truth, and its frames."""
