"""What the process that holds the network says of trouble; it lives on."""

from __future__ import annotations

import io
import json
import os
import threading
from dataclasses import asdict

import pytest

from tests.jobs.conftest import wait_until
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.render.render_child import Child, Request

REQUEST = Request(
    source="a.avi", plan={}, weights={}, precision="fp32", backend="auto", start=0, end=1, target="b.mp4",
    pairs="pairs", tuned="tuned.json", max_pixels=1000, stall_seconds=1.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            OSError(28, "No space left on device"),
            {
                "kind": "error",
                "message": "Can't write a segment: No space left on device.",
                "permanent": False,
                "detail": "[Errno 28] No space left on device",
            },
        ),
        (
            PipelineError("It is damaged.", permanent=True, detail="header"),
            {"kind": "error", "message": "It is damaged.", "permanent": True, "detail": "header"},
        ),
        (
            IndexError("no such channel"),
            {
                "kind": "error",
                "message": "Unexpected error in a segment (IndexError). See the server's log for details.",
                "permanent": False,
                "detail": "Traceback (most recent call last):\nIndexError: no such channel\n",
            },
        ),
    ],
)
def test_a_failure_is_said_and_the_next_request_is_heard(
    error: Exception, expected: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Child, request: Request) -> None:
        raise error

    monkeypatch.setattr(Child, "_render", fail)
    answers, line = io.StringIO(), json.dumps(asdict(REQUEST)) + "\n"
    reading, writing = os.pipe()
    os.write(writing, line.encode())
    with os.fdopen(reading) as requests, os.fdopen(writing, "w") as more:
        child = threading.Thread(target=Child(answers).serve, args=(requests,))
        child.start()
        wait_until(lambda: answers.getvalue().count("\n") == 1, "the first request was not answered")
        more.write(line)
        more.close()
        child.join(10)
    said = [json.loads(line) for line in answers.getvalue().splitlines()]
    for answer in said:
        answer["detail"] = "".join(part for part in answer["detail"].splitlines(True) if not part.startswith(" "))
    assert said == [expected, expected]
