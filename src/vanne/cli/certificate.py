"""`vanne certificate`: check what proves that a model forgot."""

import json
from pathlib import Path

import click

from vanne.cli.options import answer, as_json
from vanne.cli.options import home as home_option
from vanne.config import Home


@click.group()
def command() -> None:
    """Verify a certificate of forgetting."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@home_option
@as_json
def verify(file: Path, home: Home, as_json: bool) -> None:
    """Check the signature, the digests of the model's files, and that the old ones are gone."""
    from vanne.errors import InputError, storing
    from vanne.forget import Certificate, verify_certificate

    with storing(f"`{file}`"):
        data = file.read_bytes()
    try:
        document = json.loads(data)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise InputError(f"{file}: not a certificate in JSON", todo="check the file")
    certificate = Certificate(document)
    verify_certificate(certificate, home.model)
    if as_json:
        answer(
            {
                "schema": "vanne/certificate-verification/1",
                "certificate": certificate.id,
                "ok": True,
            }
        )
        return
    click.echo(f"certificate {certificate.id[:16]} holds: {certificate.document['claim']}")
