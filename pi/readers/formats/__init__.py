"""One module a file format, found by being here: each holds a `pi.readers.reader.Reader`, READER."""
