"""The training loop: losses, moving average, checkpoints, guard and time budget, on Hugging Face accelerate."""
