"""Shows that the npm of this image does what ``install.py`` and ``left_out.cjs`` count on: it says what it leaves out
against a package's will, knows all that is bundled, and chooses for its Node.js. Run where the image is built, so that
another npm fails there, and not in silence in a task."""

import base64
import hashlib
import io
import json
import os
import resource
import subprocess
import tarfile
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import install

_OPEN_FILES, _BUNDLED = 128, 300
_OTHER_MACHINE, _OTHER_NODE = {"os": ["win32"]}, {"engines": {"node": ">=99"}}
_OPTIONAL = ["absent@1", "broken@1", "hidden@1", "later@1", "old@2", "windows@1"]
_KEPT_BACK = ["broken@1.0.0", "hidden@1"]
"""What the package ``needing`` would have where it can, and what of it is not for a reason of its own: the hash is
another one, the registry does not answer. The rest is meant to be left out: not for this machine, or not there."""


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    registry = ThreadingHTTPServer(("127.0.0.1", 0), _Registry)
    registry.url, registry.answers = f"http://127.0.0.1:{registry.server_port}/", {}
    _publish(registry)
    Thread(target=registry.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        _check(registry.url, Path(folder))


def _check(registry, folder):
    """Raises SystemExit where npm does anything else."""
    (folder / "package.json").write_text(json.dumps({"dependencies": {"needing": "1", "bundle": "1", "newer": "1"}}))
    command = install.npm_command(registry, folder)
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}  # a builder's proxy is not for the loopback
    done = subprocess.run(command, check=False, cwd=folder, env=environment, **options)
    told = (line.split(install.LEFT_OUT)[1] for line in done.stdout.splitlines() if line.startswith(install.LEFT_OUT))
    kept_back = sorted({line.partition(": ")[0] for line in told})
    if done.returncode or kept_back != _KEPT_BACK:
        raise SystemExit(f"{done.stdout}npm ends with {done.returncode} and has told that it left out {kept_back}")
    installed = install.installed(folder / "node_modules" / install.LOCK)
    bundled = [f"bundled-{number}@1.0.0" for number in range(_BUNDLED)]
    if installed != sorted(["bundle@1.0.0", "needing@1.0.0", "newer@1.0.0", *bundled]):
        raise SystemExit(f"{done.stdout}npm has told of {installed}")


def _publish(registry):
    for name in ("broken", "old"):
        _offer(registry, name, "1.0.0")
    registry.answers["/broken"]["versions"]["1.0.0"]["dist"]["integrity"] = "sha512-" + "A" * 86 + "=="
    _offer(registry, "windows", "1.0.0", **_OTHER_MACHINE)
    _offer(registry, "later", "1.0.0", **_OTHER_NODE)
    _offer(registry, "newer", "1.0.0")
    _offer(registry, "newer", "1.1.0", **_OTHER_NODE)
    _offer(registry, "needing", "1.0.0", optionalDependencies=dict(one.split("@") for one in _OPTIONAL))
    names = [f"bundled-{number}" for number in range(_BUNDLED)]
    files = {f"node_modules/{name}/package.json": {"name": name, "version": "1.0.0"} for name in names}
    _offer(registry, "bundle", "1.0.0", files, bundleDependencies=names, dependencies=dict.fromkeys(names, "1"))


def _offer(registry, name, version, files=None, **about):
    """Publishes a version, as the latest one."""
    about = {"name": name, "version": version, **about}
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for path, told in {"package.json": about, **(files or {})}.items():
            data = json.dumps(told).encode()
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    tarball = f"{name}-{version}.tgz"
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(made.getvalue()).digest()).decode()
    dist = {"tarball": f"{registry.url}{tarball}", "integrity": integrity}
    document = registry.answers.setdefault(f"/{name}", {"name": name, "versions": {}})
    document["dist-tags"] = {"latest": version}
    document["versions"][version] = {**about, "dist": dist}
    registry.answers[f"/{tarball}"] = made.getvalue()


class _Registry(BaseHTTPRequestHandler):
    def do_GET(self):
        answer = self.server.answers.get(self.path, {"error": "not found"})
        known = 200 if self.path in self.server.answers else 404
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(502 if self.path == "/hidden" else known)
        self.send_header("Content-Type", "application/octet-stream" if answer is body else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing: what matters is what npm says."""


if __name__ == "__main__":
    main()
