"""Images whose bytes are gone or spoilt."""

from __future__ import annotations

from ostler.practice.faults.database import ASK
from ostler.practice.faults.fault import At, Default, Fault, Script
from ostler.practice.openstack.identity_image_settings import IMAGES

FOLDER = f"{IMAGES}/images"
NEEDS = "images, from `ostler practice fill`"

CHOOSE = f"""id=$({ASK} -e "SELECT id FROM glance.images WHERE deleted = 0 AND status = 'active' ORDER BY created_at, id
LIMIT 1") || exit
[ -n "$id" ] && [ -e "$1/$id" ] || {{ echo "there is no image; run \\`ostler practice fill\\` first" >&2; exit 69; }}
"""
KEEP_NAME = f'{CHOOSE}echo "$id"'
TAKE_AWAY = 'read -r id; [ -e "$1/$id.ostler-kept" ] || mv -- "$1/$id" "$1/$id.ostler-kept"'
BRING_BACK = 'read -r id; [ ! -e "$1/$id.ostler-kept" ] || mv -f -- "$1/$id.ostler-kept" "$1/$id"'
SEE_MISSING = 'read -r id; [ ! -e "$1/$id" ] || exit 1'

SPOILT_BYTES = "64"
KEEP_BYTES = f"""{CHOOSE}first=$(head -c "$2" -- "$1/$id" | base64 -w0)
[ -n "$first" ] || {{ echo "the file of image $id is empty" >&2; exit 69; }}
echo "$id"; echo "$first"
"""
SPOIL = """read -r id; count=$(base64 -d | wc -c)
head -c "$count" /dev/urandom | dd of="$1/$id" bs=1 conv=notrunc status=none
"""
"""As many bytes as are remembered: an image may be shorter than what is asked for."""

UNSPOIL = 'read -r id; base64 -d | dd of="$1/$id" bs=1 conv=notrunc status=none'
SEE_SPOILT = """read -r id
[ "$(head -c "$2" -- "$1/$id" | base64 -w0)" != "$(cat)" ] || exit 1
"""

FAULTS = (
    Fault(
        name="image-file-missing",
        does="takes away the file of the oldest image",
        users_see="the image is listed as active and cannot be downloaded; servers made of it fail",
        role="controller",
        default=Default.CLOUD,
        touches=("oldest image",),
        remember=Script(KEEP_NAME, (FOLDER,), At.DATABASE),
        make=Script(TAKE_AWAY, (FOLDER,), At.CONTROLLER),
        see=Script(SEE_MISSING, (FOLDER,), At.CONTROLLER),
        mend=Script(BRING_BACK, (FOLDER,), At.CONTROLLER),
        needs=NEEDS,
    ),
    Fault(
        name="image-file-corrupt",
        does="overwrites the first bytes of the oldest image's file",
        users_see="the image is listed as active; downloads end with a checksum that does not fit",
        role="controller",
        default=Default.CLOUD,
        touches=("oldest image",),
        remember=Script(KEEP_BYTES, (FOLDER, SPOILT_BYTES), At.DATABASE),
        make=Script(SPOIL, (FOLDER,), At.CONTROLLER),
        see=Script(SEE_SPOILT, (FOLDER, SPOILT_BYTES), At.CONTROLLER),
        mend=Script(UNSPOIL, (FOLDER,), At.CONTROLLER),
        needs=NEEDS,
    ),
)
