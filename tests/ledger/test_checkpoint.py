"""Checkpoints are C2SP signed notes: strict to read, and others' tools read ours."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.table import every
from vanne.errors import InputError, VerificationError
from vanne.ledger.checkpoint import (
    Checkpoint,
    Signer,
    Verifier,
    is_key_name,
    is_signed,
    signer_of,
    verify_checkpoint,
)

SIGNER = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
CHECKPOINT = Checkpoint("example.org/log", 3, bytes(range(32)))
NOTE = SIGNER.sign(CHECKPOINT)
TEXT, SIGNATURE = NOTE.split("\n\n")

# A note that Go's golang.org/x/mod/sumdb/note signed, and its key.
GO_NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAl"
    "TgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
GO_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


def sign(text: str, signer: Signer = SIGNER) -> str:
    """Sign any text, as `Signer.sign` signs a checkpoint."""
    data = signer.verifier.key_id + signer.private.sign(text.encode())
    return f"{text}\n— {signer.name} {base64.b64encode(data).decode()}\n"


def test_a_checkpoint_comes_back_from_its_note() -> None:
    assert verify_checkpoint(NOTE, SIGNER.verifier) == CHECKPOINT


def test_the_text_is_origin_size_and_root_each_on_its_line() -> None:
    root = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert CHECKPOINT.text == f"example.org/log\n3\n{root}\n" == TEXT + "\n"
    assert SIGNATURE.startswith("— example.org/log ")


def test_a_key_that_go_wrote_is_read_and_written_the_same() -> None:
    assert Verifier.parse(GO_VKEY).vkey == GO_VKEY


def test_the_signature_of_a_note_that_go_signed_holds() -> None:
    with pytest.raises(VerificationError, match="not a checkpoint of three lines"):
        verify_checkpoint(GO_NOTE, Verifier.parse(GO_VKEY))
    with pytest.raises(VerificationError, match="signature of the checkpoint is wrong"):
        verify_checkpoint(GO_NOTE.replace("example m", "Example m"), Verifier.parse(GO_VKEY))


@every(
    "vkey",
    [
        "",
        None,
        "example.com/foo",
        GO_VKEY.replace("530d903a", "530d903b"),
        GO_VKEY.replace("530d903a", "530D903A"),
        GO_VKEY.replace("foo", "fop"),
        GO_VKEY[:-1] + "l",
        GO_VKEY + " ",
        "a b" + GO_VKEY[15:],
        GO_VKEY.replace("+A", "+B"),
    ],
)
def test_a_mistyped_key_is_refused(vkey: object) -> None:
    with pytest.raises(InputError, match="not a verifier key"):
        Verifier.parse(vkey)


@every("at", range(len(NOTE.encode())))
def test_a_note_with_any_byte_changed_is_refused(at: int) -> None:
    data = bytearray(NOTE.encode())
    data[at] ^= 1
    with pytest.raises(VerificationError):
        verify_checkpoint(data.decode("utf-8", errors="surrogateescape"), SIGNER.verifier)


@every(
    "note",
    [
        "",
        TEXT,
        TEXT + "\n\n",
        NOTE[:-1],
        NOTE + "\n",
        NOTE + "no signature\n",
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("— ", "- "),
        NOTE.replace("— ", "—  "),
        "\0" + NOTE,
        NOTE + SIGNATURE * 100,
    ],
)
def test_what_is_no_signed_note_is_refused(note: str) -> None:
    with pytest.raises(VerificationError, match="not a signed note"):
        verify_checkpoint(note, SIGNER.verifier)


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("\n3\n", "\n03\n") + "\n",
        TEXT.replace("\n3\n", "\n-3\n") + "\n",
        TEXT.replace("\n3\n", "\n9223372036854775808\n") + "\n",
        TEXT.replace("\n3\n", "\n３\n") + "\n",
        TEXT + "\nextension\n",
        TEXT.rpartition("\n")[0] + "\n",
        TEXT.replace("Hh8=", "Hh9=") + "\n",
        TEXT.replace("HR4fHw==", "") + "=\n",
        "\n" + TEXT + "\n",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused_even_if_signed(text: str) -> None:
    with pytest.raises(VerificationError, match="three lines"):
        verify_checkpoint(sign(text), SIGNER.verifier)


def test_signatures_of_other_keys_are_ignored() -> None:
    witness = Signer("witness.example/w", Ed25519PrivateKey.generate())
    namesake = Signer("example.org/log", Ed25519PrivateKey.generate())
    others = sign(CHECKPOINT.text, witness).split("\n\n")[1]
    others += sign(CHECKPOINT.text, namesake).split("\n\n")[1]
    assert verify_checkpoint(f"{TEXT}\n\n{others}{SIGNATURE}", SIGNER.verifier) == CHECKPOINT
    with pytest.raises(VerificationError, match="not signed with the key"):
        verify_checkpoint(f"{TEXT}\n\n{others}", SIGNER.verifier)


def test_a_note_is_checked_with_the_key_that_it_names_else_with_the_first() -> None:
    first, second, other = (
        Signer("example.org/log", Ed25519PrivateKey.generate()) for _ in range(3)
    )
    keys = [first.verifier, second.verifier]
    for signer, verifier in ((first, first), (second, second), (other, first)):
        assert signer_of(signer.sign(CHECKPOINT), keys) == verifier.verifier
    for note in ("", "no note", TEXT, NOTE[:-2]):
        assert not is_signed(note, SIGNER.verifier)
        assert signer_of(note, keys) == first.verifier


@every("signatures", [1, 16, 99, 100])
def test_a_note_may_bear_a_hundred_signatures(signatures: int) -> None:
    note = NOTE + SIGNATURE * (signatures - 1)
    assert verify_checkpoint(note, SIGNER.verifier) == CHECKPOINT


def test_one_wrong_signature_of_the_key_spoils_the_note() -> None:
    wrong = sign("another text\n").split("\n\n")[1]
    with pytest.raises(VerificationError, match="is wrong"):
        verify_checkpoint(f"{TEXT}\n\n{SIGNATURE}{wrong}", SIGNER.verifier)


def test_the_checkpoint_of_another_log_is_refused() -> None:
    with pytest.raises(VerificationError, match="another log"):
        verify_checkpoint(sign(TEXT.replace("org", "com") + "\n"), SIGNER.verifier)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\0", "\ud800"])
def test_a_key_name_has_no_spaces_plus_or_control_characters(name: str) -> None:
    assert not is_key_name(name)
    assert is_key_name("exämple.org/log")
