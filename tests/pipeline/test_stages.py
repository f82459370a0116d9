"""Stages that overlap: nothing is lost, no error is swallowed, nothing hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from upscaler.pipeline.render.stages import DEPTH, Prefetch, Sink, for_each


class Broken(Exception):
    pass


def failing_after(count: int) -> Iterator[int]:
    yield from range(count)
    raise Broken


def in_time(action: threading.Thread, seconds: float = 5) -> None:
    action.start()
    action.join(seconds)
    assert not action.is_alive(), "it hangs"


def test_prefetch_gives_every_item_in_order() -> None:
    assert list(Prefetch(iter(range(50)))) == list(range(50))


def test_prefetch_is_over_as_often_as_it_is_asked() -> None:
    items = Prefetch(iter([1]))
    assert next(items) == 1
    for _ in range(3):
        with pytest.raises(StopIteration):
            next(items)


def test_an_error_in_the_iterator_comes_out_after_the_items_before_it() -> None:
    items = Prefetch(failing_after(3))
    assert [next(items), next(items), next(items)] == [0, 1, 2]
    with pytest.raises(Broken):
        next(items)


def test_prefetch_runs_ahead_by_its_depth_and_no_further() -> None:
    taken: list[int] = []

    def counted() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    items = Prefetch(counted())
    next(items)
    deadline = time.monotonic() + 5
    while len(taken) < DEPTH + 2 and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    items.close()
    assert len(taken) <= DEPTH + 3


def test_prefetch_closes_while_its_queue_is_full() -> None:
    items = Prefetch(iter(range(1000)))
    in_time(threading.Thread(target=items.close, daemon=True))


def test_a_sink_hands_everything_over_in_order_before_it_closes() -> None:
    seen: list[int] = []
    sink = Sink(for_each(seen.append))
    for number in range(50):
        sink.put(number)
    sink.close()
    assert seen == list(range(50))


def test_an_error_of_the_consumer_comes_out_of_close() -> None:
    def fail(_item: int) -> None:
        raise Broken

    sink = Sink(for_each(fail))
    sink.put(1)
    with pytest.raises(Broken):
        sink.close()


def test_an_error_of_the_consumer_stops_the_producer() -> None:
    def fail(_item: int) -> None:
        raise Broken

    sink = Sink(for_each(fail))

    def produce_for_ever() -> None:
        while True:
            sink.put(1)

    with pytest.raises(Broken):
        produce_for_ever()
    sink.abandon()


def test_abandoning_a_sink_keeps_quiet_and_may_be_done_twice() -> None:
    def fail(_item: int) -> None:
        raise Broken

    sink = Sink(for_each(fail))
    sink.put(1)

    def twice() -> None:
        sink.abandon()
        sink.abandon()

    in_time(threading.Thread(target=twice, daemon=True))


def test_a_sink_left_by_an_error_does_not_take_what_came_for_everything() -> None:
    ends: list[str] = []

    def consume(items: Iterator[int]) -> None:
        for _ in items:
            pass
        ends.append("all of it")

    with pytest.raises(Broken), Sink(consume) as sink:
        sink.put(1)
        raise Broken
    assert not ends
    with Sink(consume) as sink:
        sink.put(1)
    assert ends == ["all of it"]


def test_leaving_a_sink_in_peace_raises_what_its_consumer_raised() -> None:
    def fail(_items: Iterator[int]) -> None:
        raise Broken

    with pytest.raises(Broken), Sink(fail):
        pass


def test_a_consumer_that_has_enough_does_not_hold_the_producer_up() -> None:
    def take_one(items: Iterator[int]) -> None:
        next(items)

    def produce() -> None:
        with Sink(take_one) as sink:
            for number in range(50):
                sink.put(number)

    in_time(threading.Thread(target=produce, daemon=True))
