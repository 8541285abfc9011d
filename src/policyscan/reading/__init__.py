"""Reading: the text of a YAML or JSON file to a tree of plain values that knows where each of them stands.

In: bytes or text of files. Out: `Tree`s, and a problem at its place for whatever cannot be read. Nothing
here knows what a key means.
"""
