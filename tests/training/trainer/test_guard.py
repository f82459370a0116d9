"""The guard returns to the best weights once, then ends the run."""

from __future__ import annotations

import math

from upscaler.training.trainer.guard import FALL_DB, SKIPS, Guard, Verdict


def test_a_step_without_a_finite_loss_is_left_out() -> None:
    guard = Guard()
    assert guard.judge_step(0.1, 1.0) is Verdict.CONTINUE
    assert guard.judge_step(math.nan, 1.0) is Verdict.SKIP
    assert guard.judge_step(0.1, math.inf) is Verdict.SKIP
    assert guard.judge_step(0.1, 1.0) is Verdict.CONTINUE
    assert (guard.skipped, guard.skips) == (2, 0)


def test_many_such_steps_in_a_row_return_to_the_best() -> None:
    guard = Guard()
    verdicts = [guard.judge_step(math.nan, 1.0) for _ in range(SKIPS)]
    assert verdicts == [Verdict.SKIP] * (SKIPS - 1) + [Verdict.RETURN]
    assert guard.rate_factor == 0.5


def test_a_score_that_stays_down_returns_to_the_best_once_and_then_ends() -> None:
    guard = Guard()
    fallen = 30 - 2 * FALL_DB
    verdicts = [guard.judge_score(score, step) for step, score in enumerate((29.0, 30.0, fallen, fallen))]
    assert verdicts == [Verdict.CONTINUE] * 3 + [Verdict.RETURN]
    assert (guard.best_score, guard.best_step) == (30.0, 1)
    assert [guard.judge_score(fallen, step) for step in (4, 5)] == [Verdict.CONTINUE, Verdict.END]


def test_a_score_that_falls_for_a_moment_changes_nothing() -> None:
    guard = Guard()
    scores = (30.0, 29.0, 29.95, 29.0, 30.1)
    assert {guard.judge_score(score, step) for step, score in enumerate(scores)} == {Verdict.CONTINUE}
    assert guard.best_score == 30.1


def test_a_guard_comes_back_from_a_checkpoint() -> None:
    guard = Guard()
    guard.judge_score(30.0, 5)
    guard.judge_step(math.nan, 1.0)
    assert Guard(**guard.to_json()) == guard
