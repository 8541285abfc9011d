"""Files: which files there are to read, and which of them git ignores."""
