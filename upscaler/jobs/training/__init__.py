"""Training runs: their samples on the CPU queue, then their training on the GPU queue."""
