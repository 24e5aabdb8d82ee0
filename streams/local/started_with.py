"""What a stack was started with, and which settings of now its workers do not have: as fingerprints, without values."""

import json
import secrets
from collections.abc import Iterator, Mapping
from hashlib import blake2b, scrypt
from typing import Final, NamedTuple

from pydantic import AliasChoices, BaseModel, ConfigDict
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from streams.settings import Settings

LEFT_OUT: Final = frozenset({"kafka", "clickhouse", "state_dir"})
"""Where things are: the stack itself says so."""
SLOWLY: Final = {"n": 1 << 12, "r": 8, "p": 1, "dklen": 16}
"""For secrets: whoever reads the file shall not find a short one by trying."""


class Setting(NamedTuple):
    """One setting by the name of its variable."""

    name: str
    value: str
    is_secret: bool


class StartedWith(BaseModel):
    """Fingerprints by the names of settings."""

    model_config = ConfigDict(frozen=True)

    salt: str
    settings: Mapping[str, str]


def started_with(settings: Settings) -> StartedWith:
    """Another one each time: it is good for `differing` only."""
    salt = secrets.token_hex(16)
    return StartedWith(salt=salt, settings={one.name: _fingerprint(one, salt) for one in _each(settings)})


def differing(started: StartedWith, settings: Settings) -> list[str]:
    """Names of the settings that are not what they were, or that a stack of another version did not know."""
    return [one.name for one in _each(settings) if started.settings.get(one.name) != _fingerprint(one, started.salt)]


def _each(settings: BaseSettings) -> Iterator[Setting]:
    for field, about in type(settings).model_fields.items():
        value = getattr(settings, field)
        if isinstance(value, BaseSettings):
            yield from _each(value)
        elif field not in LEFT_OUT:
            yield Setting(_name(settings, field, about), _text(settings, field), is_secret=not about.repr)


def _name(settings: BaseSettings, field: str, about: FieldInfo) -> str:
    if isinstance(about.validation_alias, AliasChoices):
        return str(about.validation_alias.choices[-1])
    return f"{type(settings).model_config['env_prefix']}{field}".upper()


def _text(settings: BaseSettings, field: str) -> str:
    value = settings.model_dump(mode="json", include={field})[field]
    if isinstance(getattr(settings, field), frozenset):
        value = sorted(value)
    return json.dumps(value, sort_keys=True)


def _fingerprint(setting: Setting, salt: str) -> str:
    named = f"{setting.name}={setting.value}".encode()
    if setting.is_secret:
        return scrypt(named, salt=salt.encode(), **SLOWLY).hex()
    return blake2b(named, key=salt.encode(), digest_size=16).hexdigest()
