"""What others do with titles: BM25 of bm25s and of tantivy, with the stemmer of the language."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.search.sets import Set

_SNOWBALL = {"fr": "french", "en": "english", "de": "german", "it": "italian", "es": "spanish"}
_DEEP = 1000


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
    best = tantivy_best(tested.titles, tested.lang or "en")

    def scores(query: str) -> Any:
        out = np.zeros(len(tested.titles))
        for score, row in best(query, _DEEP):
            out[row] = score
        return out

    return scores


def tantivy_best(texts: Sequence[str], lang: str) -> Callable[[str, int], list[tuple[float, int]]]:
    """Index texts with tantivy; return what finds its best scores, each with its row."""
    import tantivy as library

    analyzer = (
        library.TextAnalyzerBuilder(library.Tokenizer.simple())
        .filter(library.Filter.lowercase())
        .filter(library.Filter.stemmer(_SNOWBALL.get(lang, "english")))
        .filter(library.Filter.ascii_fold())
        .build()
    )
    builder = library.SchemaBuilder()
    builder.add_integer_field("row", stored=True, fast=True, indexed=True)
    builder.add_text_field("text", tokenizer_name="ours")
    index = library.Index(builder.build())
    index.register_tokenizer("ours", analyzer)
    writer = index.writer(30_000_000, 1)
    for row, text in enumerate(texts):
        writer.add_document(library.Document(row=row, text=text))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def best(query: str, count: int) -> list[tuple[float, int]]:
        words = " ".join(word for word in query.replace("/", " ").split() if word.isalnum())
        if not words:
            return []
        asked, _ = index.parse_query_lenient(words.lower(), ["text"])
        hits = searcher.search(asked, count).hits
        return [(score, searcher.doc(address)["row"][0]) for score, address in hits]

    return best
