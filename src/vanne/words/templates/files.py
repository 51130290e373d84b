"""What is said of files and folders, and of words that were misspelt."""

from vanne.words.message import Template

FILES: dict[str, Template] = {
    "did-you-mean": "did you mean `%(word)s`?",
    "use-one-of": "use one of %(words)s",
    "disk-full": "no space left on the disk while writing %(what)s",
    "free-space": "free some space and run this again; what was there before is whole",
    "no-such-file": "no such file: %(where)s",
    "check-path": "check the path",
    "is-folder": "%(where)s is a folder, or lies in a file",
    "name-a-file": "name a file",
    "no-permission": "no permission for %(where)s",
    "check-owner": "check its owner and mode",
    "system-refused": "%(what)s: %(why)s (%(where)s)",
    "check-disk": "check the disk",
    "no-such-folder": "no such folder: %(where)s",
    "make-folder": "make it, or check the path",
    "name-too-long": "file name too long",
    "file-too-large": "file too large",
    "input-output-error": "input/output error",
    "no-such-device": "no such device or address",
    "too-many-links": "too many levels of symbolic links",
    "too-many-open-files": "too many open files",
}
