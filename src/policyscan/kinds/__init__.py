"""Kinds: JSON Schemas to the decoding, the validation and the types of documents.

In: JSON Schemas. Out: a `Kind` for each: its decoder, what explains a wrong document, and the types for
expressions. It knows nothing of documents and policies.
"""
