"""What is said of an archive that cannot be read."""

from vanne.words.message import Template

ARCHIVES: dict[str, Template] = {
    "neither-file-nor-folder": "neither a file nor a folder: %(where)s",
    "give-zip-or-folder": "give the zip that you were sent, or its unpacked folder",
    "archive-empty": "%(where)s is empty",
    "zip-cut-off": "damaged zip archive: %(where)s is cut off",
    "zip-is-page": "not a zip archive but a web page: %(where)s",
    "sign-in-and-download": "sign in to the network and download it again",
    "packed-otherwise": "packed, but not as zip: %(where)s",
    "unpack-it": "unpack it and give the folder",
    "not-a-zip": "not a zip archive: %(where)s",
    "give-zip-folder-or-file": (
        "give the zip that you were sent, its unpacked folder, or one file of it"
    ),
    "only-archives": "%(where)s holds only other archives",
    "unpack-and-give-those": "unpack it once and give those",
    "inner-archive-large": "the archive %(where)s is larger than 512 MiB",
    "unpack-and-give-that": "unpack it once and give that",
    "many-entries": "more than %(n)s entries",
    "more-bytes-than-said": "%(where)s holds more bytes than it says",
    "absolute-path": "an entry with an absolute path",
    "path-leads-out": "an entry whose path leads out of it with `..`",
    "symbolic-link": "a symbolic link",
    "archive-encrypted": "%(where)s is encrypted",
    "unpack-with-password": "unpack it with its password and give the folder",
    "give-export-alone": "give the export alone",
    "many-files": "%(where)s holds more than %(n)s files",
    "entry-large": "%(where)s is larger than 4 GiB",
    "packed-like-bomb": "%(where)s is packed more than %(n)s:1, as only a zip bomb is",
    "unpacked-large": "%(where)s is more than 16 GiB once unpacked",
    "do-not-use-archive": "do not use this archive; download it again",
    "download-again": "download it again",
    "file-in-archive": "%(file)s in %(where)s",
    "archive-refused": "%(where)s holds %(what)s: nothing was read",
    "zip-damaged": "damaged zip archive: %(where)s cannot be read",
    "give-zips": "give the zip that the network sent; several may be given one after the other",
    "entries-overlap": "entries that overlap, as only a zip bomb has",
    "headers-disagree": "an entry whose two headers disagree",
}
