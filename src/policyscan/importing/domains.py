"""Domains: by which of them a client is known, and in which of them the addresses of an export are.

In: addresses, sites and names of domains. Out: domains in small letters. Those in which anybody may have an
address tell nothing of whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_ANYBODYS = frozenset(
    (
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com",
        "icloud.com", "me.com", "aol.com", "gmx.com", "gmx.net", "gmx.de", "web.de", "t-online.de",
        "proton.me", "protonmail.com", "btinternet.com", "hotmail.co.uk", "yahoo.co.uk", "outlook.de",
    )
)  # fmt: skip
_LISTS = (("people", ("x-email",)), ("accounts", ("x-login", "id")), ("websites", ("url",)))


def domain_of(address: Any) -> str:
    """The domain of an address, of a site, or of what is one itself; empty where there is none that says
    whose it is: of guests, and of the names that Microsoft gives to tenants."""
    said = str(address or "").strip().casefold()
    if "#ext#" in said or said.endswith(".onmicrosoft.com"):
        return ""
    if "://" in said:
        said = said.partition("://")[2].partition("/")[0].partition(":")[0].removeprefix("www.")
    else:
        said = said.rpartition("@")[2]
    return said if "." in said.strip(".") and " " not in said and said not in _ANYBODYS else ""


def known_domains(values: Mapping[str, Any]) -> frozenset[str]:
    """The domains that are a client's by what its inventory says, section by section: those of its mail,
    and of the addresses of its people, logins and websites."""
    return frozenset(filter(None, map(domain_of, _addresses(values))))


def _addresses(values: Mapping[str, Any]) -> Iterator[Any]:
    email = values.get("email")
    for one in _dicts(email.get("domains")) if email.__class__ is dict else ():
        yield one.get("name")
    for section, keys in _LISTS:
        for one in _dicts(values.get(section)):
            yield from (said for key in keys if "." in (said := str(one.get(key) or "")) and _has_one(said))


def _has_one(said: str) -> bool:
    """Whether a text is an address or a site, and no name with a dot in it."""
    return "@" in said or "://" in said


def _dicts(value: Any) -> Iterable[dict[str, Any]]:
    return [one for one in value if one.__class__ is dict] if value.__class__ is list else []


def is_within(domain: str, others: Iterable[str]) -> bool:
    """Whether a domain is one of some, or below one of them."""
    return any(domain == other or domain.endswith(f".{other}") for other in others)


def related(domain: str, others: Iterable[str]) -> bool:
    """Whether a domain is one of some, below one of them, or above one."""
    return any(is_within(domain, (other,)) or is_within(other, (domain,)) for other in others)
