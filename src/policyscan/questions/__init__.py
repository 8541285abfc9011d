"""What to find out next: which questions settle the most controls, who can answer them, and how.

In: a report with its gaps, the kinds and the inventories that it is about. Out: questions in the order in
which they are worth asking, as plain values, and as text, Markdown or CSV to send. Nothing here reads a file
or prints.
"""
