"""Network packs: all that makes a network, as one folder of TOML.

    NETWORK/
    ├─ pack.toml         its names, the policy by which its archives are judged, marks of an archive
    ├─ readers/*.toml    what the files of an archive are (`vanne.sources`)
    ├─ policies/*.toml   its policies by date (`vanne.policy`)
    ├─ guide.toml        how its members opt out (`vanne.report.guide`)
    └─ examples/         archives with what must come out of them (`vanne pack test`)

The name of the folder is the network's name in Vanne. A pack needs `pack.toml` and may leave out
the rest. Packs come from three places, all in one way:

* the folders in this package;
* the folders in a package that a distribution names under the entry point group `vanne.networks`;
* the folders that `--pack`, `VANNE_PACKS` or the setting `packs` names.

Always true: a pack is data. Nothing in it is executed or used as a pattern, no file of it is
larger than a megabyte, and no name in it leads out of its folder. A pack that somebody named and
that is wrong ends the command; one that is only installed is left out with a warning.

* `pack`: a pack, and its files
* `finding`: the packs of this process, by name
* `schema`: the keys of `pack.toml`
"""

from vanne.packs.finding import attach, attach_of_home, named, packs, policies, shared, working
from vanne.packs.pack import Pack

__all__ = ["Pack", "attach", "attach_of_home", "named", "packs", "policies", "shared", "working"]
