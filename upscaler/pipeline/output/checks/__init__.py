"""Looks at a result as its viewer does, and at the source again: nothing that was measured before is believed."""
