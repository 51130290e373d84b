"""Which policy judges what a network holds: the one that the network itself has published.

The reader of a file names its network (`linkedin/positions`, `x/tweets`), so each item is judged by
the policy of the network that it lies with. A file of no network, such as a CV, is judged as if it
lay with LinkedIn: that is where people hand CVs in. A network of which no use for training is known
is judged by a policy that lists nothing. A picture, and a message in the form that Meta's networks
share, lie with the network of the archive around them. See docs/adr/0030-a-policy-per-network.md.

>>> network_of("x/tweets").policy, network_of("cv/pdf").key, network_of(None).key
('x-2026-07-16', 'none', 'none')
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vanne.terms import Category, Item


@dataclass(frozen=True, slots=True)
class ArchiveNetwork:
    """A network whose archives are read. `guide` is the name of its guide, if it has one.

    `followers` are the categories that only followers see where the member closed the account.
    """

    key: str
    name: str
    policy: str
    guide: str | None = None
    followers: frozenset[Category] = frozenset()


NO_NETWORK = ArchiveNetwork("none", "", "linkedin-2025-11-03")
"""Files of no network; they have no name but what a language calls them."""

_POSTED = frozenset((Category.POST, Category.PHOTO))
_NETWORKS = (
    ArchiveNetwork("linkedin", "LinkedIn", "linkedin-2025-11-03", "linkedin"),
    ArchiveNetwork("facebook", "Facebook", "facebook-2025-05-27", "facebook"),
    ArchiveNetwork("instagram", "Instagram", "instagram-2025-05-27", "instagram", _POSTED),
    ArchiveNetwork("x", "X", "x-2026-07-16", "x", _POSTED | {Category.COMMENT}),
    ArchiveNetwork("snapchat", "Snapchat", "snapchat-2026-08-05", "snapchat"),
    ArchiveNetwork("tiktok", "TikTok", "tiktok-2024-12-04", "tiktok"),
    ArchiveNetwork("pinterest", "Pinterest", "pinterest-2025-04-30", "pinterest"),
    ArchiveNetwork("reddit", "Reddit", "reddit-2026-07-02", "reddit"),
    ArchiveNetwork("slack", "Slack", "slack-2024-05-17", "slack"),
    ArchiveNetwork("bluesky", "Bluesky", "bluesky-2024-11-15"),
    ArchiveNetwork("mastodon", "Mastodon", "mastodon-2025-07-01"),
    ArchiveNetwork("discourse", "Discourse", "other-2026-11-26"),
)
NETWORKS = {network.key: network for network in _NETWORKS} | {NO_NETWORK.key: NO_NETWORK}

READ = ("linkedin", "facebook", "instagram", "x", "mastodon", "bluesky", "discourse")
"""The networks whose archives have readers."""


def network_of(source: str | None) -> ArchiveNetwork:
    """Return the network of an item or a file, by the reader that it came through."""
    return NETWORKS.get((source or "").partition("/")[0], NO_NETWORK)


@dataclass(frozen=True, slots=True)
class NetworkOfRows:
    """The networks of what no reader names one for: pictures, by path, and Meta's messages."""

    pictures: Mapping[str, str] = field(default_factory=dict)
    messages: str = "facebook"

    def network(self, item: Item) -> ArchiveNetwork:
        """Return the network of an item."""
        kind = (item.source or "").partition("/")[0]
        if kind == "media":
            return NETWORKS[self.pictures.get(item.media or "", NO_NETWORK.key)]
        return NETWORKS[self.messages] if kind == "meta" else network_of(item.source)


def homes_of(files: Iterable[tuple[str, str, str]]) -> NetworkOfRows:
    """Find the homes in the files: the archive, the path and the reader of each."""
    files = list(files)
    seen: dict[str, Counter[str]] = {}
    for archive, _, reader in files:
        seen.setdefault(archive, Counter())[network_of(reader).key] += 1
    homes = {archive: _most(counts) for archive, counts in seen.items()}
    pictures = {
        path: homes[archive]
        for archive, path, reader in files
        if reader.partition("/")[0] == "media"
    }
    both = {"facebook", "instagram"} & set(homes.values())
    return NetworkOfRows(pictures, "instagram" if both == {"instagram"} else "facebook")


def _most(counts: Counter[str]) -> str:
    named = [key for key, _ in counts.most_common() if key != NO_NETWORK.key]
    return named[0] if named else NO_NETWORK.key
