"""Scanner files in DICOM."""
