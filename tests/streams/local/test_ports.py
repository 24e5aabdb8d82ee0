"""Ports are kept from one start to the next while they are free."""

import socket
from pathlib import Path

import pytest

from streams.errors import LocalModeError
from streams.local.ports import CHOICE, find_free_ports, is_free, keep_ports


def test_free_ports_are_different_and_out_of_the_way_of_outgoing_connections() -> None:
    ports = find_free_ports(20)
    assert len(set(ports)) == 20
    assert all(port in CHOICE for port in ports)


def test_ports_are_the_same_the_next_time(tmp_path: Path) -> None:
    first = keep_ports(tmp_path / "ports.json", wanted=[None, None])
    assert keep_ports(tmp_path / "ports.json", wanted=[None, None]) == first


def test_a_port_that_was_taken_meanwhile_is_replaced(tmp_path: Path) -> None:
    one, two = keep_ports(tmp_path / "ports.json", wanted=[None, None])
    with socket.create_server(("127.0.0.1", one)):
        assert not is_free(one)
        other, same = keep_ports(tmp_path / "ports.json", wanted=[None, None])
    assert (other != one, same) == (True, two)


def test_a_wanted_port_that_is_taken_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(LocalModeError, match="is taken"):
        keep_ports(tmp_path / "ports.json", wanted=[server.getsockname()[1]])


@pytest.mark.parametrize("text", ["", "[1]", "{}", '["a", "b"]'])
def test_a_spoilt_note_is_ignored(tmp_path: Path, text: str) -> None:
    (tmp_path / "ports.json").write_text(text)
    assert len(keep_ports(tmp_path / "ports.json", wanted=[None, None])) == 2
