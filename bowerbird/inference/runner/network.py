"""How every small network of our own is opened: ONNX Runtime on one thread."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

THREADS = 1


def opened_session(file: Path) -> onnxruntime.InferenceSession:
    """A network on one thread that sleeps while it waits: spinning would burn the web server's cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
