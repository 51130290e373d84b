"""The settings of an operator: each has one name, in the environment and in `HOME/vanne.toml`.

The variable `VANNE_READERS` and the key `readers` are the same setting. The environment overrides
the file, and the file overrides the default. A secret comes from the environment, or from the file
that a variable such as `VANNE_API_TOKEN_FILE` names; `vanne.toml` may not hold a secret. `vanne
config show` prints each value and where it was set. The code that uses a value checks it.
"""

import os
import tomllib
from ipaddress import ip_address
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from vanne.config import Home, secret_in
from vanne.errors import ConfigError, did_you_mean, storing

FILE = "vanne.toml"
PREFIX = "VANNE_"


class Settings(BaseSettings):
    """The settings of a deployment. An empty value is none, except of a secret and of `plugins`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )
    ONLY_ENVIRONMENT: ClassVar = ("home", "debug", "plugins", "database_url")
    """What is needed before the home is known."""
    RENAMED: ClassVar = {"workers": "readers"}
    """What an operator may still say by its old name, and is told the new one."""

    home: str = Field("vanne-home", description="The folder of the deployment.")
    database_url: SecretStr | None = Field(
        None,
        description="The PostgreSQL database for the ledger and other data that changes. "
        "Without one, two SQLite files in the home.",
    )
    plugins: str | None = Field(
        None,
        description="The plug-ins to attach: names, with commas. Empty: none. "
        "Not set: all that are installed.",
    )
    packs: str = Field(
        "",
        description="Network packs to use besides those that are installed: their folders, with "
        "commas. In `vanne.toml` a folder lies in the home.",
    )
    debug: bool = Field(False, description="Print the traceback of a fault of ours.")
    processes: int = Field(
        1,
        ge=1,
        le=256,
        description="In how many processes `vanne corpus build`, `refresh` and `screen`, `run` and "
        "`worker` go through many data files.",
    )
    readers: int = Field(2, ge=1, le=64, description="How many requests read texts at once.")
    work_seconds: int = Field(
        20, ge=1, le=3600, description="How many CPU seconds one request may take."
    )
    train_at: str = Field(
        "02:00",
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="When the worker trains what takes longer than `train_soon_seconds` (UTC).",
    )
    train_soon_seconds: float = Field(
        0,
        ge=0,
        description="How long a training may be expected to take that begins directly. 0: every "
        "training waits for `train_at`, and all who left on a day leave the model together.",
    )
    leavers_together: int = Field(
        1,
        ge=1,
        le=100_000,
        description="How many people must leave the model together, unless something is due within "
        "two days; 1: nobody waits for others.",
    )
    log: Literal["text", "json"] = Field(
        "text", description="How `vanne serve`, `worker` and `run` log: json is one object a line."
    )
    network_name: str = Field("", description="The name of the network, as its members say it.")
    time_zone: str = Field(
        "UTC",
        description="The time zone of the pages for a browser that does not say its own, such as "
        "`Europe/Zurich`.",
    )
    train_hours: float = Field(
        4,
        gt=0,
        description="How many hours the worker trains at a time: what is whole serves then, and "
        "the rest goes on at the next `train_at`.",
    )
    rate_limit: str = Field(
        "6000/minute",
        description="How often a token, or an address without one, may ask the API, or `off`.",
    )
    model_engine: str = Field(
        "",
        description="The command that serves the model, if not llama.cpp: a server of OpenAI's "
        "API. `{gguf}` or `{model}` (safetensors) is what it reads, `{socket}` where it listens.",
    )
    # a page and what it loads are up to six requests; many people may share an address
    pages_limit: str = Field(
        "1200/minute", description="How often one client may ask for pages, or `off`."
    )
    proxy: str = Field(
        "", description="The proxies that name the client: addresses or networks, with commas."
    )
    public_origin: str = Field("", description="The origin of the pages, as browsers see it.")
    oidc_issuer: str = Field("", description="The identity provider at which people sign in.")
    oidc_client_id: str = Field("", description="The name by which the provider knows the pages.")
    oidc_client_secret: SecretStr | None = Field(
        None, description="The pages' secret at the provider. A public client has none."
    )
    oidc_member_claim: str = Field("sub", description="The claim that holds the member's id.")
    oidc_roles_claim: str = Field("roles", description="The claim that holds the roles.")
    api_token: SecretStr | None = Field(None, description="A token with every scope of the API.")
    smtp_url: SecretStr | None = Field(
        None, description="The mail server. Without one, messages go to `HOME/outbox`."
    )
    mail_from: str = Field("", description="The sender of messages.")
    backup_passphrase: SecretStr | None = Field(
        None,
        description="What `vanne backup --with-key` encrypts the secrets with: 12 characters or "
        "more. `vanne restore` needs it again.",
    )
    spark_master: str = Field(
        "local[*]", description="The cluster in which `vanne decide --engine spark` decides."
    )

    @classmethod
    def of(cls, home: Home | None = None) -> Self:
        """Return what holds in a deployment; without one, what the environment says.

        Raises:
            ConfigError: a value cannot be one, a name is an old one, or `vanne.toml` has an
                unknown key or a secret.
            StorageError: a file cannot be read.
        """
        for old, new in cls.RENAMED.items():
            if os.environ.get(PREFIX + old.upper()):
                raise _renamed(f"`{PREFIX}{old.upper()}`", PREFIX + new.upper())
        try:
            return cls(**cls._in_file(home) if home else {})
        except ValidationError as error:
            raise cls._wrong(str(error.errors()[0]["loc"][0])) from None

    @classmethod
    def _in_file(cls, home: Home) -> dict[str, Any]:
        """Return what `vanne.toml` sets."""
        file = home.root / FILE
        if not file.exists():
            return {}
        with storing(f"`{file}`"):
            text = file.read_bytes().decode(errors="replace")
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{FILE}: not valid TOML", todo="mend its syntax") from error
        allowed = [name for name in cls.model_fields if name not in cls.ONLY_ENVIRONMENT]
        for key in values:
            if key in cls.RENAMED:
                raise _renamed(f"{FILE}: `{key}`", cls.RENAMED[key])
            if key not in allowed:
                raise ConfigError(f"{FILE}: unknown key `{key}`", todo=did_you_mean(key, allowed))
            if is_secret(key):
                variable = PREFIX + key.upper()
                raise ConfigError(
                    f"{FILE}: `{key}` is a secret", todo=f"set {variable}, or {variable}_FILE"
                )
        return values

    @classmethod
    def _wrong(cls, name: str) -> ConfigError:
        """Name the setting whose value has not its type or lies outside its limits."""
        variable = variable_of(name)
        place = f"`{variable}`" if variable else f"{FILE}: `{name}`"
        schema = cls.model_json_schema()["properties"][name]
        if "minimum" not in schema:
            wanted = "neither true nor false" if schema.get("type") == "boolean" else "no text"
            return ConfigError(f"{place} is {wanted}", todo="see `vanne config show`")
        wanted = f"no whole number from {schema['minimum']} to {schema['maximum']}"
        return ConfigError(f"{place} is {wanted}", todo=f"say {schema['default']}")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the secrets, then the environment, then what `of` read of `vanne.toml`."""
        return _Secrets(settings_cls), env_settings, init_settings

    def origin_of(self, name: str, home: Home) -> str:
        """Say where a setting was set: a variable, `vanne.toml` or `default`."""
        return variable_of(name) or (FILE if name in self._in_file(home) else "default")


class _Secrets(PydanticBaseSettingsSource):
    """What counts even where it is empty: secrets, from their variables or files, and `plugins`."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        secret = secret_in(os.environ, PREFIX + field_name.upper())
        return secret[0] if secret else None, field_name, False

    def __call__(self) -> dict[str, Any]:
        secrets = {n: f for n, f in Settings.model_fields.items() if is_secret(n)}
        values = {name: self.get_field_value(f, name)[0] for name, f in secrets.items()}
        values["plugins"] = os.environ.get(PREFIX + "PLUGINS")  # empty: no plug-in, unset: all
        return {name: value for name, value in values.items() if value is not None}


def _renamed(place: str, new: str) -> ConfigError:
    return ConfigError(f"{place} has another name now", todo=f"say `{new}`")


def is_secret(name: str) -> bool:
    """Say whether a setting is a secret."""
    field = Settings.model_fields.get(name)
    return field is not None and "SecretStr" in str(field.annotation)


def variable_of(name: str) -> str | None:
    """Return the variable of the environment that sets a setting, if one does."""
    variable = PREFIX + name.upper()
    if is_secret(name):
        secret = secret_in(os.environ, variable)
        return secret[1] if secret else None
    is_set = variable in os.environ if name == "plugins" else os.environ.get(variable)
    return variable if is_set else None


def unknown_variables() -> list[str]:
    """Return the variables of the environment that begin like settings and are none."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in Settings.model_fields if is_secret(name)}
    return sorted(v for v in os.environ if v.startswith(PREFIX) and v not in known)


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address.

    >>> [is_loopback(host) for host in ("localhost", "127.8.8.8", "::1", "0.0.0.0", "example.org")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
