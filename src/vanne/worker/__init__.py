"""Do by itself what the choices of members ask for: a worker hears the ledger and forgets.

tasks    the table of what waits, runs, is done or has failed
steps    what each kind of task does, and when the next one is due
loop     the worker: hear, claim, do, record
"""

from vanne.worker.loop import Worker, beside
from vanne.worker.tasks import Task, recent

__all__ = ["Task", "Worker", "beside", "recent"]
