"""Every line of the log is one JSON object, whoever wrote it, and holds nothing that a person wrote."""

import json
import subprocess
import sys

PROGRAM = """
import logging
from inbox import logs
logs.configure()
logging.getLogger("waitress.queue").warning("Task queue depth is %d", 3)
try:
    raise ValueError("what a person wrote")
except ValueError:
    logging.getLogger("waitress").exception("Exception while serving")
logs.log.warning("ours")
"""


def test_libraries_log_as_the_inbox_does():
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stderr
    queue, fault, ours = (json.loads(line) for line in said.splitlines())

    assert (queue["event"], queue["level"], queue["logger"]) == ("Task queue depth is 3", "warning", "waitress.queue")
    assert (fault["error"], fault["place"]) == ("ValueError", "<string>:7")
    assert "what a person wrote" not in said
    assert set(ours) <= set(queue)
