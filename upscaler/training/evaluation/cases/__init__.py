"""Where evaluation cases come from: old clips with their truth, and held-out captures."""
