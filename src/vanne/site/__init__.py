"""The page for a browser: a person opens their archive in it, and nothing leaves the page.

In goes what `vanne inspect` is made of: the readers, policies, guides, words and page templates of
this package. Out come the same answers, in Python that runs in the browser (Pyodide), which has no
compiled package: no Arrow, no pydantic, no server.

* `packs`: the network packs, checked here for where nothing can check them
* `build`: the page, from its words, the Python that it needs, and Pyodide, which runs it
* `bridge`: what the page asks of Python
"""
