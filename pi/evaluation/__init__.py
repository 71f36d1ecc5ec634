"""How good a denoised slice is: protocols, metrics, and one row per slice."""
