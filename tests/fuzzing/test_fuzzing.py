"""A short run of `script/fuzz`, always the same one."""

from itertools import islice

import pytest
from fuzzing import mutating

SAMPLES = 400


@pytest.mark.parametrize("target", [target.name for target in mutating.targets()])
def test_no_sample_that_was_made_worse_breaks_a_parser(target):
    assert [fault for fault in islice(mutating.run(1, (target,)), SAMPLES) if fault] == []
