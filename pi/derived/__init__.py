"""Scans that were denoised, written as they came: readers give, this room writes."""
