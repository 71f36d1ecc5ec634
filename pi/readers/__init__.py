"""Files to slices: what a file holds, whose slice it is, and its values in Hounsfield units."""
