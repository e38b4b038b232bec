"""Fault table: damaged files, full disks, interruptions.

Reading: always one `ImageFileError` that names the file and says what is wrong.
Writing: always one error that names the file; under the final name there is the
old file or none, and no other file in the folder.
"""

import contextlib
import gc
import gzip
import signal
import subprocess
import sys
import threading
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from boldglm._base.errors import ImageFileError
from boldglm.glm.first_level import FirstLevelModel
from boldglm.image import (
    concat_imgs,
    get_data,
    load_img,
    mean_img,
    save_img,
    smooth_img,
)
from boldglm.image.reading import iter_blocks, open_image
from boldglm.image.stored import VoxelStream
from boldglm.maskers import NiftiMasker
from boldglm.plotting.saving import save_figure

SHAPE = (8, 9, 7, 20)
AFFINE = np.diag([3.0, 3.0, 3.0, 1.0])
MASK = nib.Nifti1Image(np.ones(SHAPE[:3], np.uint8), AFFINE)
DESIGN = pd.DataFrame({"task": np.arange(20) % 4 / 4.0, "constant": 1.0})

READERS = {
    "load_img": lambda path: get_data(load_img(path)),
    "mean_img": mean_img,
    "concat_imgs": lambda path: concat_imgs([path, path]),
    "smooth_img": lambda path: smooth_img(path, 4.0),
    "NiftiMasker": lambda path: NiftiMasker(mask_img=MASK).fit().transform(path),
    "NiftiMasker, its mask": lambda path: NiftiMasker().fit(path),
    "FirstLevelModel": lambda path: FirstLevelModel(
        mask_img=MASK, smoothing_fwhm=None
    ).fit(path, design_matrices=DESIGN),
    "FirstLevelModel, smoothed": lambda path: FirstLevelModel(
        mask_img=MASK, smoothing_fwhm=4.0
    ).fit(path, design_matrices=DESIGN),
    "FirstLevelModel, its mask": lambda path: FirstLevelModel().fit(
        path, design_matrices=DESIGN
    ),
    "save_img": lambda path: save_img(load_img(path), path.parent / "copy.nii.gz"),
}


def _image(klass=nib.Nifti1Image):
    values = np.random.default_rng(0).normal(1000, 30, SHAPE)
    values[0] = values[-1] = 20.0
    return klass(values.astype(np.float32), AFFINE)


def _gz(folder):
    nib.save(_image(), folder / "run.nii.gz")
    return folder / "run.nii.gz"


def _nii(folder):
    nib.save(_image(), folder / "run.nii")
    return folder / "run.nii"


def _pair(folder):
    nib.save(_image(nib.Nifti1Pair), folder / "run.img")
    return folder / "run.img"


def _cut(path, part):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    return path


def _flip(path, part):
    """Turn one bit of a file around."""
    content = bytearray(path.read_bytes())
    content[int(part * len(content))] ^= 0x10
    path.write_bytes(content)
    return path


def _header(path, field, value, *, on=None):
    """Change one field of the header of a file that is otherwise whole."""
    on = on or path
    content = on.read_bytes()
    plain = gzip.decompress(content) if on.suffix == ".gz" else content
    header = nib.Nifti1Header(plain[:348], check=False)
    header[field] = value
    plain = header.binaryblock + plain[348:]
    on.write_bytes(gzip.compress(plain) if on.suffix == ".gz" else plain)
    return path


def _only_header(folder):
    path = _gz(folder)
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:352]))
    return path


def _short_inside(folder):
    path = _gz(folder)
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-999]))
    return path


def _second_member_short(folder):
    path = _gz(folder)
    plain = gzip.decompress(path.read_bytes())
    second = gzip.compress(plain[9000:])
    path.write_bytes(gzip.compress(plain[:9000]) + second[: len(second) // 2])
    return path


def _not_gzip(folder):
    path = _nii(folder)
    return path.rename(folder / "run.nii.gz")


def _alone(folder, missing):
    path = _pair(folder)
    path.with_suffix(missing).unlink()
    return path


def _short_pair(folder):
    path = _pair(folder)
    _cut(path, 0.6)
    return path.with_suffix(".hdr")


def _content(folder, name, content):
    (folder / name).write_bytes(content)
    return folder / name


def _folder(folder):
    (folder / "run.nii").mkdir()
    return folder / "run.nii"


def _loop(folder):
    """A link to itself, which nobody may open, not even the administrator."""
    (folder / "run.nii").symlink_to(folder / "run.nii")
    return folder / "run.nii"


HUGE = [4, 8, 9, 32767, 32767, 1, 1, 1]
READING_FAULTS = {
    **{
        f"gz cut at {10 * part} %": (
            lambda folder, part=part: _cut(_gz(folder), part / 10),
            "may be truncated|is truncated",
        )
        for part in range(1, 10)
    },
    "gz without its checksum": (lambda f: _cut(_gz(f), 0.9999), "may be truncated"),
    "gz of a header only": (_only_header, "is truncated: .* they end after 352"),
    "gz of too few bytes": (_short_inside, r"is truncated: .* they end after \d+"),
    "gz cut in its second member": (_second_member_short, "may be truncated"),
    **{
        f"gz with a bit turned at {part} %": (
            lambda folder, part=part: _flip(_gz(folder), part / 100),
            "corrupt",
        )
        for part in (20, 50, 80)
    },
    "gz with a wrong checksum": (
        lambda f: _flip(_gz(f), 1 - 6 / (f / "run.nii.gz").stat().st_size),
        "CRC|corrupt",
    ),
    "gz that is none": (_not_gzip, "cannot be read as an image.*no image at all"),
    "gz whose header promises more": (
        lambda f: _header(_gz(f), "datatype", 64),
        r"is truncated: its header \(shape \(8, 9, 7, 20\), float64\) promises",
    ),
    "gz whose header promises terabytes": (
        lambda f: _header(_gz(f), "dim", HUGE),
        "is truncated: its header .* promises .* can hold",
    ),
    **{
        f"nii cut at {part} %": (
            lambda folder, part=part: _cut(_nii(folder), part / 100),
            "is truncated: its header .* promises" if part > 1 else "cannot be read",
        )
        for part in (0.5, 30, 60, 99)
    },
    "nii whose header promises more": (
        lambda f: _header(_nii(f), "datatype", 64),
        "is truncated: its header .* promises",
    ),
    "nii of a data type that is none": (
        lambda f: _header(_nii(f), "datatype", 1234),
        "cannot be read as an image: .*1234",
    ),
    "nii of negative size": (
        lambda f: _header(_nii(f), "dim", [4, 8, -9, 7, 20, 1, 1, 1]),
        "no voxels: .*-9",
    ),
    "nii whose voxels begin nowhere": (
        lambda f: _header(_nii(f), "vox_offset", np.nan),
        "cannot be read as an image",
    ),
    "pair whose voxels begin before the file": (
        lambda f: _header(_pair(f), "vox_offset", -1e9, on=f / "run.hdr"),
        "damaged header|cannot be read as an image",
    ),
    "nii with a wrong magic": (
        lambda f: _header(_nii(f), "magic", b"nope"),
        "cannot be read as an image",
    ),
    "pair cut": (_short_pair, "is truncated: .* run.img has|run.img has"),
    "pair without header": (lambda f: _alone(f, ".hdr"), r"run\.hdr"),
    "pair without voxels": (
        lambda f: _alone(f, ".img").with_suffix(".hdr"),
        r"No such file or directory .*run\.img",
    ),
    "text": (lambda f: _content(f, "run.nii", b"onset\t" * 90), "no image at all"),
    "zeros": (lambda f: _content(f, "run.nii", bytes(5000)), "no image at all"),
    "nothing": (lambda f: _content(f, "run.nii.gz", b""), r"is empty \(0 bytes\)"),
    "missing": (lambda f: f / "run.nii", "File not found"),
    "folder": (_folder, "is a folder"),
    "link to itself": (_loop, "cannot be read: .*links.* Check"),
    "five dimensions": (
        lambda f: _header(_nii(f), "dim", [5, 8, 9, 7, 10, 2, 1, 1]),
        "5 dimensions",
    ),
}


@pytest.mark.parametrize("fault", list(READING_FAULTS))
@pytest.mark.parametrize("reader", list(READERS))
def test_a_damaged_file_gives_one_error_that_names_it(tmp_path, fault, reader):
    damage, says = READING_FAULTS[fault]
    path = damage(tmp_path)
    before = sorted(tmp_path.iterdir())
    kind = TypeError if fault == "five dimensions" else ImageFileError
    with pytest.raises(kind, match=says) as error:
        READERS[reader](path)
    assert str(path.with_suffix("")) in str(error.value)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("reader", list(READERS))
def test_the_same_files_undamaged_are_read(tmp_path, reader):
    for make in (_gz, _nii, _pair):
        READERS[reader](make(tmp_path))


@pytest.mark.parametrize("make", [_gz, _nii])
@pytest.mark.parametrize("reader", [name for name in READERS if name != "save_img"])
def test_a_file_that_must_not_be_read_says_so(tmp_path, monkeypatch, make, reader):
    """Refused when it is opened for its voxels; the header was read before."""
    path = make(tmp_path)
    img = load_img(path)

    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    for given in (img, path):
        with pytest.raises(ImageFileError, match="Permission denied") as error:
            READERS[reader](given)
        assert str(path) in str(error.value)


@pytest.mark.parametrize("make", [_gz, _nii])
def test_a_disk_that_fails_while_reading_is_told(tmp_path, monkeypatch, make):
    """Half of the run is read when the disk goes away; the error names the file."""
    img = open_image(make(tmp_path))
    whole = VoxelStream.read_into
    calls = []

    def fail(self, out):
        calls.append(threading.current_thread())
        if len(calls) > 5:
            raise OSError(5, "Input/output error")
        whole(self, out)

    monkeypatch.setattr(VoxelStream, "read_into", fail)
    seen = []
    with pytest.raises(ImageFileError, match=r"run\.nii.*Input/output error"):
        seen.extend(cut.stop for cut, _ in iter_blocks(img, size=2))
    assert max(seen, default=10) == 10
    assert threading.main_thread() not in calls


# leaving early


def _threads():
    return [t for t in threading.enumerate() if t.name.startswith("boldglm-ahead")]


@pytest.mark.parametrize("make", [_gz, _nii])
@pytest.mark.parametrize("stop", ["break", ValueError, KeyboardInterrupt])
def test_leaving_early_leaves_no_thread_and_no_open_file(tmp_path, make, stop):
    """ResourceWarning is an error in these tests."""
    img = open_image(make(tmp_path))

    def work():
        for _, block in iter_blocks(img, size=1):
            assert block.shape[3] == 1
            if stop == "break":
                break
            raise stop

    with contextlib.nullcontext() if stop == "break" else pytest.raises(stop):
        work()
    gc.collect()
    assert not _threads()
    assert _open_files(tmp_path) == []


def test_a_run_read_to_its_end_leaves_no_thread_and_no_open_file(tmp_path):
    for _ in iter_blocks(open_image(_gz(tmp_path)), size=3):
        assert len(_threads()) <= 1
    assert not _threads()
    assert _open_files(tmp_path) == []


def test_a_run_that_is_never_begun_opens_nothing(tmp_path):
    blocks = iter_blocks(open_image(_gz(tmp_path)), size=3)
    assert not _threads()
    blocks.close()


def _open_files(folder):
    links = Path("/proc/self/fd")
    if not links.is_dir():
        pytest.skip("needs /proc to see open files")
    found = []
    for link in links.iterdir():
        with contextlib.suppress(OSError):
            found.append(link.readlink())
    return [path for path in found if folder in path.parents]


def test_an_interrupted_program_ends_at_once_though_a_run_is_being_read(tmp_path):
    """The thread that reads ahead does not keep the interpreter alive."""
    path = _gz(tmp_path)
    code = (
        "import sys, boldglm.image.reading as r\n"
        "blocks = r.iter_blocks(r.open_image(sys.argv[1]), size=1)\n"
        "next(blocks)\n"
        "sys.kept = blocks\n"
        "raise KeyboardInterrupt\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(path)],
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert b"KeyboardInterrupt" in done.stderr
    assert b"ImageFileError" not in done.stderr


# writing


def _save_model(path):
    model = FirstLevelModel(mask_img=MASK, smoothing_fwhm=None)
    model.fit(_image(), design_matrices=DESIGN).save(path)


def _save_figure(path):
    figure = Figure(figsize=(6, 6), dpi=100)
    axes = figure.add_subplot()
    axes.imshow(np.random.default_rng(0).random((300, 300)))
    save_figure(figure, path)


WRITERS = {
    "image .nii": ("a.nii", lambda path: save_img(_image(), path), ImageFileError),
    "image .nii.gz": (
        "a.nii.gz",
        lambda path: save_img(_image(), path),
        ImageFileError,
    ),
    "image .img": ("a.img", lambda path: save_img(_image(), path), ImageFileError),
    "image rescaled": (
        "a.nii.gz",
        lambda path: save_img(_rescaled(), path),
        ImageFileError,
    ),
    "model": ("a.npz", _save_model, OSError),
    "figure .png": ("a.png", _save_figure, OSError),
    "figure .pdf": ("a.pdf", _save_figure, OSError),
    "figure .svg": ("a.svg", _save_figure, OSError),
}


def _rescaled():
    img = _image()
    img.set_data_dtype(np.int16)
    return img


def _state(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def no_space():
    """Files may not grow beyond 8 kB, as on a full disk; no special rights needed."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    @contextlib.contextmanager
    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, limits[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    yield limited
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("old", [True, False], ids=["over an old file", "new"])
@pytest.mark.parametrize("writer", list(WRITERS))
def test_a_full_disk_leaves_what_there_was(tmp_path, no_space, writer, old):
    name, write, kind = WRITERS[writer]
    if old:
        write(tmp_path / name)
    before = _state(tmp_path)
    with no_space(), pytest.raises(kind, match=r"Cannot write .*File too large") as bad:
        write(tmp_path / name)
    assert str(tmp_path / name) in str(bad.value)
    assert "No file of that name was changed" in str(bad.value)
    gc.collect()
    assert _state(tmp_path) == before
    assert _open_files(tmp_path) == []


@pytest.mark.parametrize("writer", list(WRITERS))
def test_what_is_written_is_whole_and_alone(tmp_path, writer):
    name, write, _ = WRITERS[writer]
    write(tmp_path / name)
    names = {name, "a.hdr"} if name == "a.img" else {name}
    assert set(_state(tmp_path)) == names


@pytest.mark.parametrize("writer", list(WRITERS))
def test_a_folder_in_its_place_or_none_around_it_is_told(tmp_path, writer):
    name, write, kind = WRITERS[writer]
    with pytest.raises(kind, match=r"folder '.*nowhere' does not exist"):
        write(tmp_path / "nowhere" / name)
    (tmp_path / name).mkdir()
    with pytest.raises(kind, match=r"Cannot write .*it is a folder"):
        write(tmp_path / name)
    assert list(tmp_path.iterdir()) == [tmp_path / name]


@pytest.mark.parametrize("writer", list(WRITERS))
def test_a_folder_that_must_not_be_written_to_is_told(tmp_path, monkeypatch, writer):
    name, write, kind = WRITERS[writer]

    def refuse(folder, *args, **kwargs):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("os.mkdir", refuse)
    with pytest.raises(kind, match=r"Cannot write .*Permission denied"):
        write(tmp_path / name)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_an_interrupted_write_leaves_what_there_was(tmp_path, monkeypatch, name, stop):
    save_img(_image(), tmp_path / name)
    before = _state(tmp_path)

    def blocks_until_interrupted(img, *args, **kwargs):
        yield from list(iter_blocks(img, *args, size=2, **kwargs))[:4]
        raise stop

    monkeypatch.setattr("boldglm.image.writing.iter_blocks", blocks_until_interrupted)
    with pytest.raises(stop):
        save_img(_image(), tmp_path / name)
    assert _state(tmp_path) == before


@pytest.mark.parametrize(
    ("writer", "inner"),
    [("model", "numpy.savez_compressed"), ("figure .png", "PIL.Image.Image.save")],
)
def test_an_interrupted_model_or_figure_leaves_what_there_was(
    tmp_path, monkeypatch, writer, inner
):
    name, write, _ = WRITERS[writer]
    write(tmp_path / name)
    before = _state(tmp_path)

    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(inner, stop)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / name)
    assert _state(tmp_path) == before


def test_a_damaged_source_is_not_blamed_on_the_target(tmp_path):
    source = _cut(_gz(tmp_path), 0.7)
    with pytest.raises(ImageFileError, match=r"run\.nii\.gz cannot be read") as bad:
        save_img(load_img(source), tmp_path / "copy.nii.gz")
    assert "copy.nii.gz" not in str(bad.value)
    assert list(tmp_path.iterdir()) == [source]


KILLED = """
import sys, time
import nibabel as nib, numpy as np
from boldglm.image import reading, writing

def slowly(*args, **kwargs):
    for item in reading.iter_blocks(*args, size=1, **kwargs):
        yield item
        print("wrote a scan", flush=True)
        time.sleep(0.1)

writing.iter_blocks = slowly
data = np.random.default_rng(0).random((32, 32, 32, 500), dtype=np.float32)
writing.save_img(nib.Nifti1Image(data, np.eye(4)), sys.argv[1])
"""


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_killed_program_leaves_no_part_under_the_name(tmp_path, name):
    save_img(_image(), tmp_path / name)
    before = (tmp_path / name).read_bytes()
    code = [sys.executable, "-c", KILLED, str(tmp_path / name)]
    with subprocess.Popen(code, stdout=subprocess.PIPE) as program:
        for _ in range(5):
            program.stdout.readline()
        program.kill()
    assert program.returncode == -signal.SIGKILL
    assert (tmp_path / name).read_bytes() == before
    assert list(tmp_path.glob("*.nii*")) == [tmp_path / name]


def test_a_reader_in_between_meets_the_old_file(tmp_path, monkeypatch):
    save_img(_image(), tmp_path / "a.nii.gz")
    met = []

    def look_meanwhile(img, *args, **kwargs):
        for item in iter_blocks(img, *args, size=5, **kwargs):
            met.append(nib.load(tmp_path / "a.nii.gz").get_fdata())
            yield item

    monkeypatch.setattr("boldglm.image.writing.iter_blocks", look_meanwhile)
    save_img(nib.Nifti1Image(np.ones(SHAPE, np.float32), AFFINE), tmp_path / "a.nii.gz")
    assert len(met) == 4
    for data in met:
        np.testing.assert_array_equal(data, _image().get_fdata())


def test_three_blocks_are_read_while_one_is_used_and_no_more(tmp_path, monkeypatch):
    whole = VoxelStream.read_into
    done = threading.Semaphore(0)

    def count(self, out):
        whole(self, out)
        done.release()

    monkeypatch.setattr(VoxelStream, "read_into", count)
    blocks = iter_blocks(open_image(_gz(tmp_path)), size=1)
    next(blocks)
    for _ in range(4):
        assert done.acquire(timeout=30), "the next are read though nobody asked"
    assert not done.acquire(timeout=0.1), "those after them are not"
    blocks.close()
