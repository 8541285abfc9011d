"""Sources: a module for each tool, which says what its exports mean.

In: exports and what is known of the client. Out: parts of an inventory. A new one is one file with an
`IMPORTER`, and a sample in `tests/data/exports`.
"""
