"""A simulated study: phantoms scanned at two doses, written as DICOM."""
