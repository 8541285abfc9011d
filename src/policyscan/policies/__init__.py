"""Policy files to checked, compiled policies; packs, definitions and parameters.

In: folders of YAML files and the kinds. Out: packs of checked `Policy`s, or everything that is wrong with
them, each at its place. It knows nothing of documents.
"""
