"""Which layers are kept: those that are in use, then those that were used last, as far as there is room."""

from __future__ import annotations

import pytest

from node.application import layer_book
from node.application.layer_book import LayerBook
from node.domain.layers import KeptLayer, Layer


def layer(name: str, size: int = 10) -> Layer:
    return Layer(name, size, (f"{name}==1",))


def a_book(max_bytes: int, *names: str) -> LayerBook:
    book = LayerBook(max_bytes)
    for at_s, name in enumerate(names):
        book.keep(f"key of {name}", layer(name), at_s, "blog")
    return book


def test_what_was_not_used_for_longest_makes_room() -> None:
    book = a_book(20, "a", "b", "c")
    assert book.find("key of a", "other", 0) is not None
    assert book.let_go() == (["b"], ["key of b"])
    assert book.let_go() == ([], [])
    assert (book.size, book.layers) == (20, 2)
    assert book.find("key of b", "other", 0) is None


def test_what_is_used_again_outlives_a_stream_of_sets_that_are_used_once() -> None:
    book = a_book(20, "a")
    assert book.find("key of a", "other", 0) is not None
    for number in range(5):
        book.keep(f"key {number}", layer(f"once{number}"), 10 + number, "blog")
        gone, _ = book.let_go()
        assert gone == ([f"once{number - 1}"] if number else [])
    assert book.find("key of a", "other", 0) is not None


def test_what_is_in_use_stays_however_little_room_there_is() -> None:
    book = a_book(0, "a", "b")
    with book.held(layer("a")), book.held(layer("a")):
        assert book.let_go() == (["b"], ["key of b"])
    assert book.let_go() == (["a"], ["key of a"])


def test_a_layer_counts_once_however_many_orders_lead_to_it() -> None:
    book = a_book(20, "a", "b")
    book.keep("another key of a", layer("a"), 9, "blog")
    assert (book.size, book.layers) == (20, 2)
    book.keep("key of c", layer("c"), 10, "blog")
    assert book.let_go() == (["b"], ["key of b"])
    book.keep("key of d", layer("d"), 11, "blog")
    assert book.let_go() == (["a"], ["key of a", "another key of a"])


def test_all_orders_that_lead_to_a_layer_have_one_list_of_its_packages() -> None:
    """Each had its own: 64 KiB, ten thousand times."""
    book = a_book(20, "a")
    for key in ("another key of a", "key of a"):
        book.keep(key, layer("a"), 9, "blog")
    found = [book.find(key, "other", 0) for key in ("another key of a", "key of a")]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0].layer is found[1].layer
    other = Layer("a", 10, ("b==1",))
    book.keep("third key", other, 9, "blog")
    third = book.find("third key", "other", 0)
    assert third is not None
    assert third.layer is other


def test_what_an_earlier_life_kept_is_older_than_what_came_since() -> None:
    book = a_book(20, "new")
    book.fill(
        {"k2": KeptLayer(layer("b"), 2.0), "k1": KeptLayer(layer("a"), 1.0), "key of new": KeptLayer(layer("x"), 0)}
    )
    found = book.find("key of new", "other", 0)
    assert found is not None
    assert found.layer.name == "new"
    assert book.let_go()[0] == ["a"]


def test_a_layer_in_whose_place_a_newer_one_came_goes_once_nobody_uses_it() -> None:
    book = a_book(1_000, "a")
    with book.held(layer("a")):
        book.keep("key of a", layer("newer"), 5, "blog")
        assert book.let_go() == ([], [])
    assert book.let_go() == (["a"], [])
    book.keep("key of a", layer("newest"), 6, "blog")
    book.keep("another", layer("newer"), 7, "blog")
    assert book.let_go() == ([], [])


def test_orders_are_bounded_like_layers() -> None:
    book = LayerBook(1 << 20)
    for number in range(layer_book._MAX_ORDERS + 2):
        book.keep(f"key {number}", layer(f"l{number // 50}"), number, "blog")
    assert book.let_go() == ([], ["key 0", "key 1"])
    for number in range(50):
        book.keep(f"key of b {number}", layer("b"), 1e9, "blog")
    layers, keys = book.let_go()
    assert (layers, len(keys), keys[0]) == (["l0"], 50, "key 2")


def test_only_so_many_orders_lead_to_one_layer_and_the_oldest_are_forgotten() -> None:
    book = a_book(1_000, "a")
    for number in range(70):
        book.keep(f"key {number}", layer("b"), number, "blog")
    assert book.let_go() == ([], [f"key {number}" for number in range(6)])
    assert book.find("key 5", "other", 0) is None
    assert (book.find("key 6", "other", 0), book.layers) == (KeptLayer(layer("b"), 6, "blog"), 2)
    book.keep("key of a", layer("b"), 99, "blog")
    book.keep("key 7", layer("b"), 100, "blog")
    assert book.let_go() == (["a"], ["key 8"])


@pytest.mark.parametrize(
    ("client", "after_s", "stays"), [("blog", 10, False), ("blog", 400, True), ("other", 10, True), ("", 10, True)]
)
def test_a_client_that_uses_each_of_its_sets_twice_at_once_pushes_out_nothing(
    client: str, after_s: float, stays: bool
) -> None:
    book = a_book(10, "a")
    assert book.find("key of a", client, after_s) is not None
    book.keep("key of b", layer("b"), after_s, "blog")
    assert book.let_go()[0] == (["b"] if stays else ["a"])
