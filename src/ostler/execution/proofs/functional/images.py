"""Images: bytes that come back as they were sent."""

from __future__ import annotations

import hashlib
import os

from ostler.errors import OutsideError
from ostler.execution.proofs.functional.bench import Bench

IMAGE_BYTES = 1024 * 1024


def make_image(bench: Bench, size: int = IMAGE_BYTES) -> tuple[str, bytes]:
    """Create an image, upload random bytes to it, see it active; return its id and the bytes."""
    content = os.urandom(size)
    body = {"name": f"{bench.prefix}image", "disk_format": "raw", "container_format": "bare"}
    image = bench.call("image", "POST", "/v2/images", body).body
    if not isinstance(image, dict) or "id" not in image:
        raise OutsideError("proofs.odd-answer", "the image API made an image and did not say which")
    path = f"/v2/images/{image['id']}"
    bench.will_delete("image", path)
    headers = {"Content-Type": "application/octet-stream"}
    bench.call("image", "PUT", f"{path}/file", content=content, headers=headers)
    bench.wait("the image is active", lambda: bench.get("image", path, "status") == "active", 60.0)
    return str(image["id"]), content


def image_comes_back(bench: Bench, image_id: str, content: bytes) -> str:
    """Download an image and compare it with what was uploaded. Raises OutsideError when they differ."""
    found = bench.call("image", "GET", f"/v2/images/{image_id}/file").content
    sent, came = hashlib.sha256(content).hexdigest(), hashlib.sha256(found).hexdigest()
    if sent != came:
        raise OutsideError(
            "proofs.image-differs", f"{len(content)} bytes with sha256 {sent[:12]}… were sent, {len(found)} came back"
        )
    return f"{len(content)} bytes up and down, sha256 {sent[:12]}… both times"
