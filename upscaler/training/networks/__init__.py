"""Networks that are trained: Real-ESRGAN's Compact and RRDBNet, in any width and depth."""
