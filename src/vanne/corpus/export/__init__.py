"""Export the allowed items as a data set for an external trainer.

In comes a version of the corpus. Out comes a folder of Parquet shards named by their content, with
a dataset card. Always true: an export is whole or does not exist; it holds no denied item; it is
refused while the corpus lacks a choice of the ledger; an opt-out takes its rows out of every later
export, and that export lists them.

* `exporting`: the rows, and the shards that hold them
* `earlier`: the keys of rows, and the rows of an earlier export that are gone
* `card`: the dataset card, its Croissant, and the summary of training content
* `folder`: a folder that is written atomically
"""

from vanne.corpus.export.exporting import Export, ExportOptions, export, language

__all__ = ["Export", "ExportOptions", "export", "language"]
