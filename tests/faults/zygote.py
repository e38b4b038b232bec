"""A process that has everything loaded, and forks one for each thing to be stopped.

It reads a line of JSON for each: which door, in which folder, whether with pauses, and
with how much memory beyond what it has. It writes lines of JSON: the process, that the
middle is reached, what came of it, and how it ended.
"""

import json
import os
import resource
import signal
import sys
import tempfile
import threading
import traceback
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults import doors, hungry


def say(**what):
    os.write(1, (json.dumps(what) + "\n").encode())


def warm():
    """Load and compile, before there are processes to be stopped."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        doors.make_runs(folder)
        for door in ("fit", "permutation", "BIDS, its maps", "figure"):
            doors.DOORS[door](folder)


def child(asked):
    # What a shell has started in the background does not hear Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder, door = Path(asked["folder"]), asked["door"]
    if asked.get("beyond"):
        used = int(Path("/proc/self/statm").read_text().split()[0])
        limit = used * resource.getpagesize() + asked["beyond"]
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        say(**hungry.outcome(door, folder))
        return 0
    if asked["pausing"]:
        doors.pausing(door)
    try:
        if door in doors.IN_THREADS:
            say(result=doors.result_of(door, folder))
        else:
            doors.DOORS[door](folder)
    except KeyboardInterrupt as error:
        here = threading.current_thread()
        others = [one.name for one in threading.enumerate() if one is not here]
        say(stopped=repr(error), threads=others, steps=len(doors.steps))
        return 130
    return 0


def serve():
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                say(pid=os.getpid())
                code = child(asked)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        say(status=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    warm()
    say(ready=True)
    serve()
