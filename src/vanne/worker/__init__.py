"""Do by itself what the choices of members ask for: a worker hears the ledger and forgets.

tasks     the table of what waits, runs, is done or has failed; which worker is alive
commands  what a person does by a command, in the same table
steps     what each kind of task does, and when the next one is due
loop      the worker: hear, claim, do, record
"""

from vanne.worker.commands import recorded
from vanne.worker.loop import Worker, beside
from vanne.worker.tasks import Pulse, Task, alive, next_for, recent

__all__ = ["Pulse", "Task", "Worker", "alive", "beside", "next_for", "recent", "recorded"]
