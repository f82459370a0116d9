"""Words and units that people read. Knows nothing but the standard library, so that every layer may import it."""
