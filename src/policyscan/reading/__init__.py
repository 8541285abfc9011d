"""Reading: the text of a YAML or JSON file to a tree of plain values that knows where each of them stands."""
