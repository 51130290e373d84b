"""Write what is allowed for a trainer that is not ours.

In comes a version of the corpus; out goes a folder of shards named by their content, with a dataset
card. Always true: an export is whole or not there; nothing that is denied is in it; it is refused
while a choice has not reached the corpus; an opt-out takes its rows out of every later export,
which says so.
"""

from vanne.corpus.export.exporting import Export, ExportOptions, export, language

__all__ = ["Export", "ExportOptions", "export", "language"]
