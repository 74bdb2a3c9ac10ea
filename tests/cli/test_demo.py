"""mechgrok demo."""

from __future__ import annotations

import pytest
from tiny_flags import QUIET, TINY

pytestmark = pytest.mark.usefixtures("here")


@pytest.mark.long
def test_it_goes_on_with_the_run_that_is_there_and_analyses_it(call) -> None:
    assert call("train", "demo", *TINY, *QUIET, "--out", "run")[0] == 0
    status, out, _ = call("demo", "--out", "run", *QUIET)
    first, *_, last = out.splitlines()
    assert status == 0
    assert first == "stopped at step 20: it is finished already. Next: mechgrok analyze run"
    assert last == "report: run/report/index.html"


def test_an_unknown_flag_is_one_line(call) -> None:
    status, out, err = call("demo", "--otu", "x")
    assert (status, out) == (2, "")
    assert err.startswith("mechgrok: Unrecognized options: --otu, x")
    assert err.count("\n") == 1
