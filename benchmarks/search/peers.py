"""What others do with titles: BM25 of bm25s and of tantivy, with the stemmer of the language."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.search.sets import Set

_SNOWBALL = {"fr": "french", "en": "english", "de": "german", "it": "italian"}


def bm25s(tested: Set) -> Callable[[str], Any]:
    """Return the scores of bm25s."""
    import bm25s as library
    import Stemmer

    stemmer = Stemmer.Stemmer(_SNOWBALL.get(tested.lang or "en", "english"))
    quiet = {"stemmer": stemmer, "stopwords": [], "show_progress": False}
    retriever = library.BM25()
    retriever.index(library.tokenize(tested.titles, **quiet), show_progress=False)

    def scores(query: str) -> Any:
        tokens = library.tokenize([query], return_ids=False, **quiet)[0]
        known = [token for token in tokens if token in retriever.vocab_dict]
        return retriever.get_scores(known) if known else np.zeros(len(tested.titles))

    return scores


def tantivy(tested: Set) -> Callable[[str], Any]:
    """Return the scores of tantivy: of its best 1,000, none of the others."""
    import tantivy as library

    analyzer = (
        library.TextAnalyzerBuilder(library.Tokenizer.simple())
        .filter(library.Filter.lowercase())
        .filter(library.Filter.stemmer(_SNOWBALL.get(tested.lang or "en", "english")))
        .filter(library.Filter.ascii_fold())
        .build()
    )
    builder = library.SchemaBuilder()
    builder.add_integer_field("row", stored=True, fast=True, indexed=True)
    builder.add_text_field("title", tokenizer_name="ours")
    index = library.Index(builder.build())
    index.register_tokenizer("ours", analyzer)
    writer = index.writer(30_000_000, 1)
    for row, title in enumerate(tested.titles):
        writer.add_document(library.Document(row=row, title=title))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def scores(query: str) -> Any:
        out = np.zeros(len(tested.titles))
        words = " ".join(word for word in query.replace("/", " ").split() if word.isalnum())
        if not words:
            return out
        asked, _ = index.parse_query_lenient(words.lower(), ["title"])
        for score, address in searcher.search(asked, 1000).hits:
            out[searcher.doc(address)["row"][0]] = score
        return out

    return scores
