"""Figures: for each its data, then its drawing."""
