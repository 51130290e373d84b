"""llama.cpp's own server for one file: `python -m vanne.inference.llama FILE SOCKET [THREADS]`.

It answers many questions at once: a new one joins the batch between two tokens of the others. It
listens on a Unix socket alone, and keeps no question for the next one to begin with.
"""

import signal
import sys

SLOTS = 16
"""How many questions are answered at once; more wait inside llama.cpp."""

CONTEXT = 2048
"""Tokens of a question and its answer together, where the model reads as many."""


def main(path: str, socket: str, threads: str = "-1") -> None:
    """Serve until told to stop, in so many threads; else in one for each core."""
    import xllamacpp

    wanted = xllamacpp.CommonParams()
    wanted.model.path, wanted.hostnames = path, [socket]
    wanted.n_parallel, wanted.n_ctx = SLOTS, SLOTS * CONTEXT
    wanted.sampling.top_k, wanted.sampling.top_p, wanted.sampling.min_p = 0, 1.0, 0.0  # OpenAI's
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = int(threads)
    wanted.cache_prompt, wanted.cache_idle_slots, wanted.cache_ram_mib = False, False, 0
    wanted.endpoint_slots = wanted.endpoint_metrics = wanted.ui = False
    wanted.verbosity = 0
    server = xllamacpp.Server(wanted)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    del server


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main(*sys.argv[1:])
