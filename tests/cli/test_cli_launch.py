"""The launcher, with its own host and with a backend modelled on the player's."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from commands import environment
from hosting import tone_file
from patience import LIMIT_SEC
from running import running

LAUNCHER = Path.cwd() / "launch-auralis-web.py"
QUIETLY = ("--port", "0", "--no-browser", "--workers", "1")

# A small model of the player's backend, in its order of construction: paths, lifespan, application, middleware, routes,
# the catch-all for websockets, the one for /api, and static files at the root. Its own code is not used.
MODEL = """
import os, sys
from contextlib import asynccontextmanager
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
with (HERE / "imports").open("a") as count:
    count.write("x")

from fastapi import FastAPI, WebSocket
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

import auralis_parts  # from the top of the checkout

components = {}

@asynccontextmanager
async def lifespan(app):
    components["library"] = "up"
    yield
    (HERE / "ended").write_text("well")

class SecurityHeaders(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = "default-src 'self'; script-src 'self' 'unsafe-inline'"
        return response

class OriginCheck(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if request.method == "POST" and request.url.path.startswith("/api") and "origin" in request.headers:
            return JSONResponse({"detail": "Untrusted origin"}, 403)
        return await call_next(request)

app = FastAPI(title="Auralis Web API", lifespan=lifespan)
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1"])
app.add_middleware(OriginCheck)
app.add_middleware(SecurityHeaders)
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:8765"], allow_credentials=True)

@app.get("/api/health")
async def health():
    return {"status": "healthy", "auralis_available": True}

@app.get("/api/where")
async def where():
    return {
        "cwd": os.getcwd(), "path": os.environ["PYTHONPATH"].split(os.pathsep)[0], "argv": sys.argv,
        "dev": os.environ.get("AURALIS_DEV_MODE"), "components": components, "parts": auralis_parts.NAME,
    }

@app.websocket("/{path:path}")
async def no_websocket(websocket: WebSocket, path: str):
    await websocket.close(1008)

@app.api_route("/api/{path:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
async def no_api(path: str):
    return JSONResponse({"detail": "Not Found"}, 404)

app.mount("/", StaticFiles(directory=HERE / "dist", html=True))

if __name__ == "__main__":
    raise SystemExit("not started as a program")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout with that backend, and a song in a separate folder."""
    backend = tmp_path / "Auralis" / "auralis-web" / "backend"
    (backend / "dist").mkdir(parents=True)
    (backend / "dist" / "index.html").write_text("<title>Auralis</title>", encoding="ascii")
    (backend / "main.py").write_text(MODEL, encoding="utf-8")
    (tmp_path / "Auralis" / "auralis_parts.py").write_text("NAME = 'parts'", encoding="ascii")
    (tmp_path / "music").mkdir()
    tone_file(tmp_path / "music" / "song.wav")
    return tmp_path / "Auralis"


def test_unmodified_backend(checkout: Path, tmp_path: Path) -> None:
    """The backend runs as with its own launcher; the plugin precedes its catch-all routes."""
    backend, music = checkout / "auralis-web" / "backend", tmp_path / "music"
    options = ("--auralis", "Auralis", "--dev", "--library", "music", "--data-dir", "data")
    with running(LAUNCHER, *QUIETLY, *options, folder=tmp_path) as host:
        where = requests.get(f"{host.url}/api/where", timeout=LIMIT_SEC).json()
        assert (where["cwd"], where["path"]) == (str(backend), str(checkout))
        assert (where["dev"], where["parts"], where["components"]) == ("1", "parts", {"library": "up"})
        assert where["argv"] == [str(backend / "main.py")]
        assert "Auralis" in requests.get(host.url, timeout=LIMIT_SEC).text
        assert requests.get(f"{host.url}/api/nothing", timeout=LIMIT_SEC).json() == {"detail": "Not Found"}
        body: Any = {"track_id": 1, "filepath": str(music / "song.wav")}
        answer = requests.post(f"{host.url}/fingerprint", json=body, timeout=LIMIT_SEC)
        assert answer.status_code == 200, answer.text
        page = requests.get(f"{host.url}/fingerprint/", timeout=LIMIT_SEC)
        assert "unsafe-inline" not in page.headers["Content-Security-Policy"]  # the header of the plugin
        dev = {"Origin": "http://localhost:3000"}
        assert requests.post(f"{host.url}/fingerprint/pause", headers=dev, timeout=LIMIT_SEC).status_code == 202
        foreign = {"Origin": "http://evil.example"}
        assert requests.post(f"{host.url}/fingerprint/resume", headers=foreign, timeout=LIMIT_SEC).status_code == 403
        with requests.get(f"{host.url}/fingerprint/events", stream=True, timeout=LIMIT_SEC) as listening:
            assert next(listening.iter_lines())
            assert host.stop() == 0, host.complaints
    assert (backend / "ended").read_text(encoding="ascii") == "well"
    assert (backend / "imports").read_text(encoding="ascii") == "x"  # imported once, and not by a worker


def test_failed_start_leaves_the_player_running(checkout: Path, tmp_path: Path) -> None:
    """If the plugin cannot start, its prefix answers with the reason."""
    (tmp_path / "file").write_text("in the way", encoding="ascii")
    with running(LAUNCHER, *QUIETLY, "--auralis", checkout, "--data-dir", "file/data", folder=tmp_path) as host:
        assert requests.get(f"{host.url}/api/health", timeout=LIMIT_SEC).json()["status"] == "healthy"
        assert requests.get(f"{host.url}/fingerprint/health", timeout=LIMIT_SEC).status_code == 503
        assert host.stop(signal.SIGTERM) == 0, host.complaints
    assert "could not be started" in host.complaints


@pytest.mark.parametrize(
    ("main", "sentence"),
    [
        (None, "takes the top of a checkout"),
        ("import no_such_module_here.part", "the package no_such_module_here is missing"),
        ("from fastapi import nothing_of_that_name", "nothing_of_that_name"),
        (
            "raise RuntimeError('Form data requires something.\\nInstall it.')",
            "RuntimeError: Form data requires something.",
        ),
        ("type Later[T] = = list[T]", "invalid syntax in main.py, line 1"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("value = 1", "AttributeError"),
    ],
)
def test_a_backend_that_cannot_be_imported(checkout: Path, tmp_path: Path, main: str | None, sentence: str) -> None:
    """It is a usage error of one sentence, whatever the reason; so is a checkout without a backend."""
    file = checkout / "auralis-web" / "backend" / "main.py"
    file.unlink()
    if main is not None:
        file.write_text(main, encoding="ascii")
    command: list[str | Path] = [sys.executable, LAUNCHER, *QUIETLY, "--auralis", checkout]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SEC, check=False, env=environment())
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert sentence in done.stderr


def test_a_python_that_is_too_old(checkout: Path, tmp_path: Path) -> None:
    """The version that the checkout asks for is named; the backend is tried nevertheless."""
    (checkout / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.99"\n', encoding="ascii")
    with running(LAUNCHER, *QUIETLY, "--auralis", checkout, "--data-dir", "data", folder=tmp_path) as host:
        assert requests.get(f"{host.url}/api/health", timeout=LIMIT_SEC).json()["status"] == "healthy"
        assert host.stop() == 0, host.complaints
    assert "The player asks for Python 3.99 or newer; this is Python 3." in host.complaints


def test_a_player_that_does_not_stop(checkout: Path, tmp_path: Path) -> None:
    """It is ended within two seconds of Ctrl-C, and the plugin has stopped in good order by then."""
    main = checkout / "auralis-web" / "backend" / "main.py"
    main.write_text(
        main.read_text(encoding="utf-8").replace("    yield\n", "    yield\n    import time; time.sleep(1000)\n")
    )
    with running(LAUNCHER, *QUIETLY, "--auralis", checkout, "--data-dir", "data", folder=tmp_path) as host:
        started = time.monotonic()
        assert host.stop() == 130
        assert time.monotonic() - started < LIMIT_SEC
    assert "The player did not stop within 1.5 s and was ended." in host.complaints


@pytest.mark.parametrize("program", [(LAUNCHER,), ("-m", "auralis_fp", "launch")], ids=["script", "command"])
def test_launcher_without_backend(checkout: Path, tmp_path: Path, program: tuple[str | Path, ...]) -> None:
    """Script and command serve the plugin; origins of the development server are allowed only with ``--dev``."""
    with running(*program, *QUIETLY, "--library", "music", "--data-dir", "data", folder=tmp_path) as host:
        assert requests.get(f"{host.url}/api/health", timeout=LIMIT_SEC).json()["auralis_available"] is True
        assert "<html" in requests.get(f"{host.url}/", timeout=LIMIT_SEC).text
        dev = {"Origin": "http://localhost:3000"}
        assert requests.post(f"{host.url}/fingerprint/pause", headers=dev, timeout=LIMIT_SEC).status_code == 403
        assert host.stop() == 0, host.complaints
