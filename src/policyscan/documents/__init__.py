"""Documents: inventories as policies see them, from their files to values that know where they stand.

In: files, and the kinds that there are. Out: documents, linked to those that they refer to, and what is wrong
with each file. It knows nothing of policies.
"""
