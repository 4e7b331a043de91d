"""Xet through huggingface_hub: tokens and advertisement with the client's own code, transfers where hf_xet is installed."""

import importlib.util
import os

HAS_XET = importlib.util.find_spec("hf_xet") is not None
os.environ["HF_HUB_DISABLE_XET"] = "0" if HAS_XET else "1"

from checks import *  # noqa: E402, F403

large = secrets.token_bytes(64) + pattern(6_000_000)
name = new_repo("xet")
put(name, {"w.bin": large})


@check("a file says that it can be fetched by Xet, and the client finds its token")
def _():
    from huggingface_hub.utils import _xet

    def ask():
        session = huggingface_hub.utils.get_session()
        response = session.head(f"{HUB}/{name}/resolve/main/w.bin", headers={"Authorization": f"Bearer {TOKEN}"})
        found = _xet.parse_xet_file_data_from_response(response)
        assert found is not None, dict(response.headers)
        return found

    found = eventually(ask)      # what came by LFS is cut into chunks by a job
    assert len(found.file_hash) == 64
    assert found.refresh_route.startswith(HUB), found.refresh_route
    answer = huggingface_hub.utils.get_session().get(found.refresh_route, headers={"Authorization": f"Bearer {TOKEN}"})
    given = answer.json()
    assert given["casUrl"].startswith(HUB) and not given["casUrl"].endswith("/"), given
    assert given["casUrl"] == answer.headers["X-Xet-Cas-Url"] and given["accessToken"] == answer.headers["X-Xet-Access-Token"]
    assert str(given["exp"]) == answer.headers["X-Xet-Token-Expiration"]


if HAS_XET:
    @check("hf_xet sends a file, sends of a changed one what changed, and fetches both")
    def _():
        first = pattern(20_000_000) + secrets.token_bytes(20_000_000)
        second = first[:25_000_000] + secrets.token_bytes(100_000) + first[25_000_000:]
        other = new_repo("hf-xet")
        for data in (first, second):
            mark = len(requests_seen)
            put(other, {"w.bin": data})
            assert seen_since(mark, method="PUT") == [], seen_since(mark, method="PUT")
            assert sha256(content(other, "w.bin", force_download=True)) == sha256(data)

    @check("hf_xet fetches what came by LFS")
    def _():
        assert content(name, "w.bin", force_download=True) == large
else:
    skipped("hf_xet sends and fetches files", "hf_xet is not installed")

finish()
