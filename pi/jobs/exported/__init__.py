"""What `export` writes."""
