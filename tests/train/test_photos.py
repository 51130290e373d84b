"""A model of photos forgets as a model of texts does: on a tiny language model, a real encoder."""

import io
import random
from pathlib import Path

import pytest
from PIL import Image

from tests.train.encoder import needs_encoder
from tests.train.tiny import SALT, save_tiny_model, tiny_settings
from vanne.corpus import Document
from vanne.corpus.photos import pixels_of
from vanne.errors import BusyError
from vanne.forget import ForgetRequest
from vanne.forget.forgetting import forget
from vanne.train import fit as training
from vanne.train.captioner import FEATURES, features_of, load_encoder, load_photo_model
from vanne.train.fit import FitOptions, fit
from vanne.train.model import Model
from vanne.train.settings import TrainingSettings

pytestmark = [pytest.mark.model, needs_encoder]

COLOURS = ("red", "blue", "green", "black")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("base"))


@pytest.fixture
def settings(base: Path) -> TrainingSettings:
    return tiny_settings(base, encoder="efficientnet-lite0")


def pairs(folder: Path, members: range = range(8)) -> list[Document]:
    """A photo of one colour for each member, and a headline that names the colour."""
    found = []
    for member in members:
        colour, path = COLOURS[member % 4], folder / f"{member}.png"
        file = io.BytesIO()
        Image.new("RGB", (8 + member, 8), colour).save(file, "PNG")
        path.write_bytes(file.getvalue())
        photo = (str(path), pixels_of(file.getvalue()).digest.hex())
        row = Document(f"photo-{member}", f"member-{member}", f"I am {colour}", "en", "photo", False, photo)  # fmt: skip
        found.append(row)
    return found


def trained(rows: list[Document], store: Path, settings: TrainingSettings) -> Model:
    return fit(
        rows, store, settings, corpus_version="c" * 64, ground=(), options=FitOptions(salt=SALT)
    )


def test_who_left_was_never_there(tmp_path: Path, settings: TrainingSettings) -> None:
    from datetime import UTC, datetime

    rows = pairs(tmp_path)
    store = tmp_path / "store"
    store.mkdir()
    (store / "salt").write_bytes(SALT)
    before = fit(rows, store, settings, corpus_version="b" * 64, ground=())
    left = [row for row in rows if row.owner != "member-3"]
    done = forget(
        left,
        store,
        ForgetRequest("b" * 64, "a" * 64, lambda: datetime(2026, 1, 1, tzinfo=UTC)),
        ground=(),
    )
    never = trained(left, tmp_path / "never", settings)
    assert done.after != before.version
    from vanne.train.model import current

    assert current(store).digests == never.digests != before.digests


def test_the_order_of_documents_and_a_kill_change_no_bit(
    tmp_path: Path, settings: TrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pairs(tmp_path)
    once = trained(rows, tmp_path / "a", settings)
    monkeypatch.setattr(training, "SECONDS", 0.0)

    def killed(done: int, total: int, label: str) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    mixed = random.Random(1).sample(rows, len(rows))
    with pytest.raises(KeyboardInterrupt):
        fit(mixed, tmp_path / "b", settings, corpus_version="c" * 64, ground=(), progress=killed, options=FitOptions(salt=SALT))  # fmt: skip
    assert trained(mixed, tmp_path / "b", settings).digests == once.digests


def test_another_picture_under_the_same_headline_is_another_model(
    tmp_path: Path, settings: TrainingSettings
) -> None:
    rows = pairs(tmp_path)
    before = trained(rows, tmp_path / "a", settings)
    path = Path(rows[0].photo[0])  # type: ignore[index]
    Image.new("RGB", (8, 8), "yellow").save(path)
    with pytest.raises(BusyError, match="a photo was changed"):
        trained(rows, tmp_path / "b", settings)
    photo = (str(path), pixels_of(path.read_bytes()).digest.hex())
    first = Document(rows[0].item_id, rows[0].owner, rows[0].text, "en", "photo", False, photo)
    after = trained([first, *rows[1:]], tmp_path / "a", settings)
    assert after.keys != before.keys and after.digests != before.digests


def test_it_learns_to_tell_colours_apart(tmp_path: Path, base: Path) -> None:
    settings = tiny_settings(
        base, encoder="efficientnet-lite0", shards=1, slices=1, epochs=10, batch_size=2
    )
    rows = pairs(tmp_path)
    model = load_photo_model(tmp_path / "s", trained(rows, tmp_path / "s", settings))
    photos = [pixels_of(Path(row.photo[0]).read_bytes()) for row in rows[:4]]  # type: ignore[index]
    texts = [row.text for row in rows[:4]]
    right, wrong, none = (
        model.loss(texts, photos),
        model.loss(texts, photos[1:] + photos[:1]),
        model.loss(texts, ()),
    )
    assert right < wrong and right < none


def test_features_of_a_photo_do_not_depend_on_others() -> None:
    encoder = load_encoder()
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGBA").save(file, "PNG")
    found = features_of(encoder, pixels_of(file.getvalue()))
    assert found.shape == (1, FEATURES) and not found.requires_grad
    assert (found == features_of(encoder, pixels_of(file.getvalue()))).all()
    assert all(not weight.requires_grad for weight in encoder.values())
