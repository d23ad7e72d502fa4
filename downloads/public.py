"""Downloads from public addresses only, also after redirects: for addresses that a stranger wrote."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from downloads.errors import DownloadError


def session(*, public_only: bool) -> requests.Session:
    """A session for http(s). With `public_only` it refuses, at every hop, hosts that are on this machine or network,
    and sends nobody the user's credentials.

    The address is looked up before the connection looks it up again: a name server that answers differently the second
    time is not caught.
    """
    if not public_only:
        return requests.Session()
    made = _WithoutCredentials()
    for scheme in ("http://", "https://"):
        made.mount(scheme, _PublicOnly())
    return made


_UNICAST_V6 = ipaddress.ip_network("2000::/3")


def is_public(address: str) -> bool:
    """Whether a numeric address is one of the public internet's hosts.

    IPv6 addresses that contain one of IPv4 (mapped, NAT64, 6to4, Teredo) count as not public, because that one may be
    an address of this network.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and (found not in _UNICAST_V6 or found.sixtofour or found.teredo):
        return False
    return found.is_global and not found.is_multicast


class _WithoutCredentials(requests.Session):
    """Never sends the user's passwords of ~/.netrc to a host that a stranger named, nor after a redirect. Proxies of
    the environment are used all the same.
    """

    def __init__(self) -> None:
        super().__init__()
        self.auth = lambda request: request  # requests looks into .netrc where there is none

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        prepared_request.headers.pop("Authorization", None)


class _PublicOnly(HTTPAdapter):
    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        url = request.url or ""
        host = urlsplit(url).hostname or ""
        try:
            found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
        except (OSError, UnicodeError) as error:
            raise DownloadError(f"{url}: there is no host {host!r}") from error
        for address in found:
            if not is_public(str(address)):
                raise DownloadError(f"{url}: {host} is not a public address, and --untrusted grids may name no other")
        return super().send(request, *arguments, **options)
