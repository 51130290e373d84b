"""Does the model of photos learn anything? Strangers' headlines with their photo, another's, none.

    python -m benchmarks.photos --members 400 --epochs 6 --shards 1

Trains on the photos and headlines of the demo network's members, whatever they said, and measures
on people who are in no network. Prints JSON: loss in nats per token, and some headlines.
"""

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from vanne.corpus import Document
from vanne.corpus.photos import Pixels, pixels_of
from vanne.demo.items import profile_fields, profile_text
from vanne.demo.people import DemoPerson, person
from vanne.demo.photos import photo
from vanne.train.captioner import load_photo_model
from vanne.train.fit import fit
from vanne.train.settings import TrainingSettings

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


def people(space: str, seed: int, count: int) -> Iterator[DemoPerson]:
    return (person(space, seed, number, AS_OF) for number in range(1, count + 1))  # type: ignore[arg-type]


def headline(who: DemoPerson) -> str:
    return profile_fields(who, profile_text(who, who.dice("about"), AS_OF))["headline"]


def pair(who: DemoPerson, folder: Path) -> Document:
    data, path = photo(who.dice("paint", 1), who.occupation), folder / f"{who.member_id}.png"
    path.write_bytes(data)
    shown = (str(path), pixels_of(data).digest.hex())
    name = who.member_id
    return Document(name, name, headline(who), None, "photo", False, shown)


@click.command()
@click.option("--members", default=400, show_default=True)
@click.option("--strangers", default=48, show_default=True)
@click.option("--epochs", default=6, show_default=True)
@click.option("--shards", default=1, show_default=True)
@click.option("--slices", default=1, show_default=True)
@click.option("--batch", default=8, show_default=True)
@click.option("--rate", default=1e-2, show_default=True)
@click.option("--base", help="Another base model than the packaged one, as in train.toml.")
def main(base: str | None, members: int, strangers: int, epochs: int, **numbers: float) -> None:
    settings = TrainingSettings.of(
        {
            "encoder": "efficientnet-lite0",
            "base": base,
            "epochs": epochs,
            "shards": numbers["shards"],
            "slices": numbers["slices"],
            "batch_size": numbers["batch"],
            "learning_rate": numbers["rate"],
        }
    )
    with tempfile.TemporaryDirectory(prefix="vanne-photos-") as name:
        folder = Path(name)
        rows = [pair(who, folder) for who in people("network", 1, members)]
        found = fit(rows, folder / "store", settings, corpus_version="0" * 64, ground=())
        model = load_photo_model(folder / "store", found)
    others = list(people("held-out", 2, strangers))
    texts = [headline(who) for who in others]
    photos: list[Pixels] = [pixels_of(photo(w.dice("paint", 1), w.occupation)) for w in others]
    answer = {
        "members": members,
        "settings": settings.as_dict(),
        "cpu_seconds": found.run.cpu_seconds,
        "losses": [note.losses for notes in found.shards.values() for note in notes],
        "loss_right": round(model.loss(texts, photos), 4),
        "loss_another": round(model.loss(texts, photos[7:] + photos[:7]), 4),
        "loss_none": round(model.loss(texts, ()), 4),
        "headlines": [
            {"trade": who.occupation, "theirs": text, "model": model.headline(shown)}
            for who, text, shown in list(zip(others, texts, photos, strict=True))[:12]
        ],
    }
    click.echo(json.dumps(answer, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
