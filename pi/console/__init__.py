"""The command ``perceptual-influence NAME ...``: every entry point under one name."""
