"""Scanner files to paired slices in Hounsfield units. Knows numpy and pydicom, no network."""
