"""How truths become old clips: scaled, captured and encoded as clips were in 2001 to 2008, and old clips as models."""
