"""Write what is allowed for a trainer that is not ours.

In comes a version of the corpus; out goes a folder of Parquet shards named by their content, with a
dataset card. Always true: an export is whole or not there; nothing that is denied is in it; it is
refused while a choice has not reached the corpus; an opt-out takes its rows out of every later
export, which says so.

* `exporting`: the rows, and the shards that they lie in
* `earlier`: their keys, and which rows of an earlier export are gone
* `copies`: which texts say nearly the same
* `card`: what an export says about itself, in words
* `folder`: a folder that is whole or not there
"""

from vanne.corpus.export.exporting import Export, ExportOptions, export, language

__all__ = ["Export", "ExportOptions", "export", "language"]
