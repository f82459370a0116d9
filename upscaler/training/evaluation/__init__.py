"""Score models on clips whose truth is known."""
