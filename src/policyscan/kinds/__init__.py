"""Kinds: JSON Schemas to the decoding, the validation and the types of documents."""
