"""Activities of several feeds run on threads of one process and may decode a type for the first
time together. msgspec 0.22 crashed the whole process then.
"""

import subprocess
import sys

FIRST_DECODING_BY_FOUR_THREADS = """
import sys, threading, types, msgspec

FIELDS = "a: int; b: str | None = None; c: 'list[{inner}] | None' = None; d: dict[str, int] = {{}}"
SOURCE = "import msgspec\\n" + "".join(
    f"class T{n}(msgspec.Struct): " + FIELDS.format(inner=f"T{max(n - 1, 0)}") + "\\n"
    for n in range(30)
)
sys.setswitchinterval(1e-6)
for _ in range(100):
    module = sys.modules["types_of_this_round"] = types.ModuleType("types_of_this_round")
    exec(SOURCE, module.__dict__)
    together = threading.Barrier(4)

    def decode():
        together.wait()
        msgspec.json.decode(b'{"a": 1, "c": [{"a": 2, "c": [{"a": 3}]}]}', type=module.T29)

    threads = [threading.Thread(target=decode) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_a_type_may_be_decoded_for_the_first_time_by_several_threads() -> None:
    command = [sys.executable, "-c", FIRST_DECODING_BY_FOUR_THREADS]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
