"""Scanner files: what one is, whose slice it holds, and its values in Hounsfield units."""
