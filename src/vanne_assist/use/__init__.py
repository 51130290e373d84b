"""Does it help? Use is counted in the open, of those who said yes, and nobody is in the numbers.

In come events (`vanne_assist.use.events`: a draft was kept, a suggestion accepted) of people whose
switch is on; out go numbers by day, and the result of experiments that were registered before they
began. Always true: nothing is counted without a yes, which is asked for at every event; what is
kept names nobody, holds no text and no time finer than a day; of an experiment nobody sees how it
goes before its last day is over.
"""

from vanne_assist.use.consent import PURPOSE, Account, Who, said_yes
from vanne_assist.use.counting import count, look_of
from vanne_assist.use.events import Event, Task
from vanne_assist.use.parts import Part

__all__ = ["PURPOSE", "Account", "Event", "Part", "Task", "Who", "count", "look_of", "said_yes"]
