"""A hub over a real socket: what it holds, how it is asked, and a line that breaks when the test says so."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" * 6 + "abcd"


@dataclass
class Hub:
    """`repos`: files by name, by "owner/name". `break_after`: bytes of a weights file after which the line is cut, once."""

    repos: dict[str, dict[str, bytes]]
    licence: str = "openrail"
    break_after: int = 0
    lies: bool = False  # about the hashes
    gated: bool = False
    url: str = ""
    ranges: list[tuple[str, str]] = field(default_factory=list)
    served: list[str] = field(default_factory=list)

    def info(self, repo: str) -> dict[str, Any]:
        files = [
            {"rfilename": name, "size": len(data), "blobId": hashlib.sha1(data).hexdigest(), "lfs": self._lfs(name, data)}
            for name, data in self.repos[repo].items()
        ]
        return {
            "id": repo,
            "sha": COMMIT,
            "tags": [f"license:{self.licence}"],
            "siblings": files,
            "private": False,
            "downloads": 0,
        }

    def _lfs(self, name: str, data: bytes) -> dict[str, Any] | None:
        if not name.endswith((".safetensors", ".gguf")):
            return None
        return {"sha256": "0" * 64 if self.lies else hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}


@contextmanager
def hub(one: Hub) -> Iterator[Hub]:
    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def say(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path).strip("/")
            if path.startswith("api/models/"):
                repo = "/".join(path.split("/")[2:4])
                if repo not in one.repos:
                    return self.say(404, b"{}", X_Error_Code="RepoNotFound")
                return self.say(200, json.dumps(one.info(repo)).encode(), Content_Type="application/json")
            repo, _, rest = path.partition("/resolve/")
            name = rest.partition("/")[2]
            data = one.repos.get(repo, {}).get(name)
            if data is None:
                return self.say(404, b"", X_Error_Code="EntryNotFound")
            if one.gated:
                return self.say(403, b"", X_Error_Code="GatedRepo")
            return self.file(name, data)

        def file(self, name: str, data: bytes) -> None:
            about = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X_Repo_Commit": COMMIT, "Accept_Ranges": "bytes"}
            if self.command == "HEAD":
                self.send_response(200)
                for key, value in {**about, "Content_Length": str(len(data))}.items():
                    self.send_header(key.replace("_", "-"), value)
                self.end_headers()
                return
            start = 0
            if wanted := self.headers.get("Range"):
                one.ranges.append((name, wanted))
                start = int(wanted.removeprefix("bytes=").partition("-")[0])
                about["Content_Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            one.served.append(name)
            if one.break_after and name.endswith(".safetensors") and len(data) > one.break_after:
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: one.break_after])
                self.wfile.flush()
                self.close_connection = True
                return
            self.say(206 if start else 200, data[start:], **about)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    one.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
