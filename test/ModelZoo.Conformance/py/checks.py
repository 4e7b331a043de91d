"""Checks for scripts that are also run by hand, with either generation of the client:

    HUB_URL=http://127.0.0.1:5000 TOKEN=hf_... PYTHONPATH=<huggingface_hub>/src python3 reading.py

One JSON line per check on standard output; a failed check does not end the script. Import this before huggingface_hub, which
reads its settings from the environment when it is imported.
"""

import hashlib
import json
import os
import secrets
import sys
import tempfile
import traceback
from pathlib import Path
from urllib.parse import urlsplit

HUB = os.environ["HUB_URL"].rstrip("/")
TOKEN = os.environ["TOKEN"]
SCRATCH = Path(tempfile.mkdtemp(prefix="py-", dir=os.environ.get("SCRATCH")))
PRODUCTION = "https://huggingface.co"

os.environ.update(
    HF_ENDPOINT=HUB,
    HF_HOME=str(SCRATCH / "home"),
    HF_HUB_DISABLE_XET=os.environ.get("HF_HUB_DISABLE_XET", "1"),     # what is tested about LFS; xet.py says otherwise
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    HF_HUB_DISABLE_IMPLICIT_TOKEN="1",
    HF_HUB_ETAG_TIMEOUT="30",
    HF_HUB_DOWNLOAD_TIMEOUT="30",
)
for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE"):
    os.environ.pop(name, None)



def _old_filelock():
    """The client wants filelock 3.10 for its `mode` argument; Debian 12 has 3.9, which differs in nothing else that is used here."""
    import functools
    import inspect

    import filelock

    if "mode" not in inspect.signature(filelock.BaseFileLock.__init__).parameters:
        for kind in (filelock.FileLock, filelock.SoftFileLock):
            plain = kind.__init__
            kind.__init__ = functools.wraps(plain)(lambda self, path, *args, mode=None, _plain=plain, **kwargs: _plain(self, path, *args, **kwargs))


_old_filelock()
import huggingface_hub  # noqa: E402
import huggingface_hub.errors  # noqa: E402
from huggingface_hub import HfApi  # noqa: E402

ENTRY_ABSENT = getattr(huggingface_hub.errors, "RemoteEntryNotFoundError", huggingface_hub.errors.EntryNotFoundError)
GENERATION = int(huggingface_hub.__version__.split(".")[0])

# Every request the client sends: (method, path with query, status). A few calls of the client go to the production host whatever its
# endpoint is (RepoCard.validate); those are turned to the hub here, which is the only change made to the client.
requests_seen = []


def _watch():
    if GENERATION == 0:
        import requests

        plain = requests.Session.send

        def send(self, request, **kwargs):
            if request.url.startswith(PRODUCTION):
                request.url = HUB + request.url[len(PRODUCTION):]
            response = plain(self, request, **kwargs)
            parts = urlsplit(request.url)
            requests_seen.append((request.method, parts.path + ("?" + parts.query if parts.query else ""), response.status_code))
            return response

        requests.Session.send = send
    else:
        import httpx

        plain = httpx.Client.send

        def send(self, request, **kwargs):
            if str(request.url).startswith(PRODUCTION):
                request.url = httpx.URL(HUB + str(request.url)[len(PRODUCTION):])
                request.headers["host"] = request.url.netloc.decode()
            response = plain(self, request, **kwargs)
            requests_seen.append((request.method, request.url.raw_path.decode(), response.status_code))
            return response

        httpx.Client.send = send


_watch()
api = HfApi(endpoint=HUB, token=TOKEN)
nobody = HfApi(endpoint=HUB, token=False)
_failed = 0


def _say(**line):
    print(json.dumps(line), flush=True)


def check(name):
    """Decorator that runs the function at once, as one check."""

    def run(body):
        global _failed
        start = len(requests_seen)
        try:
            body()
            _say(check=name, ok=True)
        except Exception:
            _failed += 1
            last = "\n".join(f"{m} {p} -> {s}" for m, p, s in requests_seen[start:][-6:])
            _say(check=name, ok=False, error=f"{_short(traceback.format_exc())}\nlast requests:\n{last}")
        return body

    return run


def skipped(name, why):
    _say(check=name, skipped=why)


def finish():
    @check("no request was answered with a server error")
    def _():
        assert [r for r in requests_seen if r[2] >= 500] == [], [r for r in requests_seen if r[2] >= 500]

    sys.exit(1 if _failed else 0)


def refused(kind, action, *, status=None, words=()):
    """The action must end in exactly this class of error (or one of a tuple), with this status and all of these words."""
    try:
        result = action()
    except Exception as error:
        kinds = kind if isinstance(kind, tuple) else (kind,)
        assert type(error) in kinds, f"{type(error).__name__} instead of {[k.__name__ for k in kinds]}: {error}"
        if status is not None:
            assert error.response.status_code == status, f"{error.response.status_code} instead of {status}: {error}"
        for word in (words,) if isinstance(words, str) else words:
            assert word in str(error), f"{word!r} is not in: {error}"
        return error
    raise AssertionError(f"expected a refusal, but it gave {result!r}")


def eventually(action, seconds=20):
    """Facts that a job works out after the commit: asked for again until they are there."""
    import time

    end = time.monotonic() + seconds
    while True:
        try:
            return action()
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def unique(stem):
    return f"{stem}-{secrets.token_hex(4)}"


def new_repo(stem, **options):
    name = f"ada/{unique('py' + str(GENERATION) + '-' + stem)}"
    api.create_repo(name, **options)
    return name


def put(repo, files, message="content", **options):
    """Writes {path: bytes or text} in one commit."""
    from huggingface_hub import CommitOperationAdd

    operations = [CommitOperationAdd(path, text.encode() if isinstance(text, str) else text) for path, text in files.items()]
    return api.create_commit(repo, operations, commit_message=message, **options)


def content(repo, path, **options):
    """What the hub has at this path, downloaded afresh."""
    folder = tempfile.mkdtemp(dir=SCRATCH)
    return Path(api.hf_hub_download(repo, path, cache_dir=folder, **options)).read_bytes()


def files_of(repo, **options):
    return sorted(f for f in api.list_repo_files(repo, **options) if f != ".gitattributes")


def git_id(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def pattern(size):
    """Bytes that differ at every place and are the same in every run."""
    block = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(2048))
    return (block * (size // len(block) + 1))[:size]


def seen_since(mark, *, method=None, within=""):
    return [r for r in requests_seen[mark:] if within in r[1] and method in (None, r[0])]


def _short(text):
    return text if len(text) < 4000 else text[:1000] + "\n[…]\n" + text[-3000:]


def _uncaught(kind, error, trace):
    text = "".join(traceback.format_exception(kind, error, trace))
    last = "\n".join(f"{m} {p} -> {s}" for m, p, s in requests_seen[-6:])
    _say(check="the script's own preparation", ok=False, error=f"{_short(text)}\nlast requests:\n{last}")


sys.excepthook = _uncaught
