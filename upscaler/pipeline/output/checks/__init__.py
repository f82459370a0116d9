"""Checks of a result against its source. Both are measured again; earlier measurements aren't reused."""
