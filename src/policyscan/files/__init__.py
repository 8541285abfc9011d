"""Files: which files there are to read, and which of them git ignores.

In: paths. Out: `File`s with the names that people see, what git ignores, and the commit that they are of.
Nothing is written, and git is never run.
"""
