"""A disk that takes no files: the place, the reason, the remedy."""

import errno
import os

import pytest

from boldglm._base.disk_errors import cannot_write, naming_place, refusal_of

ROOM = "Make room there, or write to another disk."
MAY = "Choose a folder that you may write to."
FILE = "A file is where a folder is needed: choose another place, or move it."
OTHER = "Choose another place, or see whether its disk is well."


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, ROOM),
        (errno.EFBIG, ROOM),
        (errno.EDQUOT, ROOM),
        (errno.EACCES, MAY),
        (errno.EPERM, MAY),
        (errno.EROFS, MAY),
        (errno.EEXIST, FILE),
        (errno.ENOTDIR, FILE),
        (errno.EIO, OTHER),
    ],
)
def test_place_reason_and_remedy(tmp_path, number, remedy):
    reason = os.strerror(number)
    error = cannot_write(
        tmp_path / "z.nii", OSError(number, reason), "It is as it was."
    )
    assert error.errno == number
    said = f"Cannot write {tmp_path / 'z.nii'}: {reason}. It is as it was. {remedy}"
    assert error.strerror == said


def test_the_kind_is_kept():
    assert isinstance(cannot_write("a", PermissionError(13, "no")), PermissionError)
    assert type(cannot_write("a", OSError(28, "full"))) is OSError


def test_an_error_without_a_number_is_one_of_the_disk():
    error = cannot_write("a", OSError("encoder error -2"))
    assert error.errno == errno.EIO
    assert error.strerror == f"Cannot write a: encoder error -2. {OTHER}"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_the_root_of_an_error_that_only_writing_has_is_told(number):
    def write():
        with naming_place("results", "All is as it was."):
            msg = "Cannot write .writing-0/files/a: no."
            raise ValueError(msg) from OSError(number, "no")

    with pytest.raises(OSError, match=r"Cannot write results: no\. All is") as told:
        write()
    assert told.value.errno == number
    assert "writing-" not in str(told.value)


@pytest.mark.parametrize(
    "error", [OSError(errno.EACCES, "no"), OSError("no"), ValueError("no")]
)
def test_errors_that_reading_may_have_too_pass(error):
    assert refusal_of(error) is None
    with pytest.raises(type(error)) as told, naming_place("results"):
        raise error
    assert told.value is error
