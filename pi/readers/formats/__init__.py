"""One module per file format, found by being here: its READER is a `pi.readers.reader.Reader`."""
