"""Runs a command component on wasmtime's Python package, and prints the outcome as JSON.

Takes one argument, a record as JSON: component (a path), args, env, preopens (guest name to host
path), stdin, stdout and stderr (paths of files).
"""

import json
import sys

from wasmtime import Engine, ExitTrap, Store, Trap, WasiConfig, WasmtimeError
from wasmtime.component import Component, Linker


def run(asked):
    engine = Engine()
    linker = Linker(engine)
    linker.add_wasip2()
    store = Store(engine)
    wasi = WasiConfig()
    wasi.argv = asked["args"]
    wasi.env = list(asked["env"].items())
    wasi.stdin_file = asked["stdin"]
    wasi.stdout_file = asked["stdout"]
    wasi.stderr_file = asked["stderr"]
    for guest, host in asked["preopens"].items():
        wasi.preopen_dir(host, guest)
    store.set_wasi(wasi)
    component = Component.from_file(engine, asked["component"])
    instance = linker.instantiate(store, component)
    for patch in range(0, 13):
        interface = instance.get_export_index(store, f"wasi:cli/run@0.2.{patch}")
        if interface is not None:
            break
    function = instance.get_func(store, instance.get_export_index(store, "run", interface))
    try:
        result = function(store)
    except ExitTrap as ended:
        return {"exitCode": ended.code}
    except (Trap, WasmtimeError) as trap:
        return {"trap": str(trap)}
    return {"exitCode": 0 if getattr(result, "tag", "ok") == "ok" else 1}


print(json.dumps(run(json.loads(sys.argv[1]))))
