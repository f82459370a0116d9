"""What all stages share: captures, datasets, degradations and samples as values."""
