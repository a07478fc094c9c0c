"""A Python whose network is cut off: put this folder on PYTHONPATH and every Python started from there reaches this machine only.

Python loads a module of this name at its start, so it is in force before the first line of a notebook. Kernels talk to their front end over
loopback by ZeroMQ, which does not pass here.
"""

import _socket
import errno
import ipaddress
import socket

WHY = "the network is cut off in this test"


def is_here(host: object) -> bool:
    """True for a host that is this machine."""
    if isinstance(host, bytes | bytearray):
        host = bytes(host).decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _guard(sock: socket.socket, address: object) -> None:
    if sock.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple) and not is_here(address[0]):
        raise OSError(errno.ENETUNREACH, WHY)


def _connect(self, address):
    _guard(self, address)
    return _socket.socket.connect(self, address)


def _connect_ex(self, address):
    try:
        _guard(self, address)
    except OSError as error:
        return error.errno
    return _socket.socket.connect_ex(self, address)


def _sendto(self, data, *rest):
    _guard(self, rest[-1])
    return _socket.socket.sendto(self, data, *rest)


def _offline(look_up):
    def resolve(host, *rest, **named):
        if not is_here(host) and not _is_number(host):
            raise socket.gaierror(socket.EAI_NONAME, WHY)
        return look_up(host, *rest, **named)

    return resolve


def _is_number(host: object) -> bool:
    try:
        ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return True


socket.socket.connect = _connect
socket.socket.connect_ex = _connect_ex
socket.socket.sendto = _sendto
for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    setattr(socket, name, _offline(getattr(socket, name)))
