"""Which layers are kept: those that are in use, then those that were used last, as far as there is room."""

from __future__ import annotations

from node.application import layer_book
from node.application.layer_book import LayerBook
from node.domain.layers import KeptLayer, Layer


def layer(name: str, size: int = 10) -> Layer:
    return Layer(name, size, (f"{name}==1",))


def a_book(max_bytes: int, *names: str) -> LayerBook:
    book = LayerBook(max_bytes)
    for at_s, name in enumerate(names):
        book.keep(f"key of {name}", layer(name), at_s)
    return book


def test_what_was_not_used_for_longest_makes_room() -> None:
    book = a_book(20, "a", "b", "c")
    assert book.find("key of a") is not None
    assert book.let_go() == (["b"], ["key of b"])
    assert book.let_go() == ([], [])
    assert (book.size, book.layers) == (20, 2)
    assert book.find("key of b") is None


def test_what_is_used_again_outlives_a_stream_of_sets_that_are_used_once() -> None:
    book = a_book(20, "a")
    assert book.find("key of a") is not None
    for number in range(5):
        book.keep(f"key {number}", layer(f"once{number}"), 10 + number)
        gone, _ = book.let_go()
        assert gone == ([f"once{number - 1}"] if number else [])
    assert book.find("key of a") is not None


def test_what_is_in_use_stays_however_little_room_there_is() -> None:
    book = a_book(0, "a", "b")
    with book.held(layer("a")), book.held(layer("a")):
        assert book.let_go() == (["b"], ["key of b"])
    assert book.let_go() == (["a"], ["key of a"])


def test_a_layer_counts_once_however_many_orders_lead_to_it() -> None:
    book = a_book(20, "a", "b")
    book.keep("another key of a", layer("a"), 9)
    assert (book.size, book.layers) == (20, 2)
    book.keep("key of c", layer("c"), 10)
    assert book.let_go() == (["b"], ["key of b"])
    book.keep("key of d", layer("d"), 11)
    assert book.let_go() == (["a"], ["key of a", "another key of a"])


def test_what_an_earlier_life_kept_is_older_than_what_came_since() -> None:
    book = a_book(20, "new")
    book.fill(
        {"k2": KeptLayer(layer("b"), 2.0), "k1": KeptLayer(layer("a"), 1.0), "key of new": KeptLayer(layer("x"), 0)}
    )
    found = book.find("key of new")
    assert found is not None
    assert found.layer.name == "new"
    assert book.let_go()[0] == ["a"]


def test_a_layer_in_whose_place_a_newer_one_came_goes_once_nobody_uses_it() -> None:
    book = a_book(1_000, "a")
    with book.held(layer("a")):
        book.keep("key of a", layer("newer"), 5)
        assert book.let_go() == ([], [])
    assert book.let_go() == (["a"], [])
    book.keep("key of a", layer("newest"), 6)
    book.keep("another", layer("newer"), 7)
    assert book.let_go() == ([], [])


def test_orders_are_bounded_like_layers() -> None:
    book = LayerBook(1 << 20)
    for number in range(layer_book._MAX_ORDERS + 2):
        book.keep(f"key {number}", layer(f"l{number // 50}"), number)
    assert book.let_go() == ([], ["key 0", "key 1"])
    for number in range(50):
        book.keep(f"key of b {number}", layer("b"), 1e9)
    layers, keys = book.let_go()
    assert (layers, len(keys), keys[0]) == (["l0"], 50, "key 2")


def test_only_so_many_orders_lead_to_one_layer_and_the_oldest_are_forgotten() -> None:
    book = a_book(1_000, "a")
    for number in range(70):
        book.keep(f"key {number}", layer("b"), number)
    assert book.let_go() == ([], [f"key {number}" for number in range(6)])
    assert book.find("key 5") is None
    assert (book.find("key 6"), book.layers) == (KeptLayer(layer("b"), 6), 2)
    book.keep("key of a", layer("b"), 99)
    book.keep("key 7", layer("b"), 100)
    assert book.let_go() == (["a"], ["key 8"])
