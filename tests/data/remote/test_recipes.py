"""From the published formats to arrays, on tiny files of each format."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image
from scipy.sparse import csr_matrix
from sklearn.utils import Bunch

from robustgen.data.archive import dataset_from, rows_of
from robustgen.data.remote.recipes import RECIPES
from robustgen.data.remote.recipes.idx import read_idx
from robustgen.data.remote.recipes.reuters import parse
from robustgen.data.remote.recipes.text import tf_idf

RNG = np.random.default_rng(0)


def idx_file(path, array):
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


def tar(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def jpeg(colour, size=(40, 30)):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG", quality=95)
    return file.getvalue()


def test_adbench_is_taken_in_single_precision(tmp_path):
    np.savez(tmp_path / "6_cardio.npz", X=np.array([[0.1, 0.2], [0.3, 0.4]]), y=np.array([[0.0], [1.0]]))
    arrays = RECIPES["adbench"](tmp_path)
    assert (arrays["X"].dtype, arrays["y"].tolist()) == (np.float32, [0, 1])
    np.testing.assert_allclose(arrays["X"], [[0.1, 0.2], [0.3, 0.4]], rtol=1e-7)


def test_no_recipe_runs_a_pickle(tmp_path):
    np.savez(tmp_path / "1_evil.npz", X=np.array([{}], dtype=object), y=np.array([0]))
    with pytest.raises(ValueError, match="allow_pickle"):
        RECIPES["adbench"](tmp_path)


def test_dagmm_has_its_labels_in_the_last_column(tmp_path):
    np.savez(tmp_path / "kdd_cup.npz", kdd=np.array([[0.5, 0.25, 1.0], [0.0, 1.0, 0.0]]))
    arrays = RECIPES["dagmm"](tmp_path)
    assert (arrays["X"].tolist(), arrays["y"].tolist()) == ([[0.5, 0.25], [0.0, 1.0]], [1, 0])


def test_idx_has_the_training_images_and_then_the_test_images(tmp_path):
    images = {"train": RNG.integers(0, 256, (3, 28, 28)), "t10k": RNG.integers(0, 256, (2, 28, 28))}
    for part, some in images.items():
        idx_file(tmp_path / f"{part}-images-idx3-ubyte.gz", some)
        idx_file(tmp_path / f"{part}-labels-idx1-ubyte.gz", np.arange(len(some)) + 5)
    arrays = RECIPES["idx"](tmp_path)
    np.testing.assert_array_equal(arrays["X"], np.concatenate([images["train"], images["t10k"]]))
    assert arrays["y"].tolist() == [5, 6, 7, 5, 6]
    assert arrays["split"].tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    "content", [b"\0\0\x0d\x01\0\0\0\1\0\0\0\0", b"\0\0\x08\x01\0\0\0\5abc", b"PNG", b""]
)
def test_what_is_no_idx_file_of_bytes_is_refused(tmp_path, content):
    (tmp_path / "x.gz").write_bytes(gzip.compress(content))
    with pytest.raises(ValueError, match=r"no idx file|cannot reshape"):
        read_idx(tmp_path / "x.gz")


def test_cifar_has_its_colours_first(tmp_path):
    images = RNG.integers(0, 256, (6, 3, 32, 32), dtype=np.uint8)
    records = [bytes([number]) + image.tobytes() for number, image in enumerate(images)]
    names = [*(f"data_batch_{number}.bin" for number in (1, 2, 3, 4, 5)), "test_batch.bin"]
    files = {f"cifar-10-batches-bin/{name}": record for name, record in zip(names, records, strict=True)}
    files["cifar-10-batches-bin/batches.meta.txt"] = b"airplane\nautomobile\nbird\ncat\ndeer\ndog\n\n"
    tar(tmp_path / "cifar-10-binary.tar.gz", files)
    arrays = RECIPES["cifar10"](tmp_path)
    np.testing.assert_array_equal(arrays["X"], images)
    assert arrays["y"].tolist() == [0, 1, 2, 3, 4, 5]
    assert arrays["split"].tolist() == [0, 0, 0, 0, 0, 1]
    assert dataset_from(arrays, "cifar10", tmp_path).classes[:2] == ("airplane", "automobile")


def test_caltech_is_a_tar_file_inside_a_zip_file(tmp_path):
    files = {
        "101_ObjectCategories/watch/image_0001.jpg": jpeg("red"),
        "101_ObjectCategories/ant/image_0002.jpg": jpeg("blue"),
        "101_ObjectCategories/ant/image_0001.jpg": jpeg("lime"),
        "101_ObjectCategories/ant/._image_0001.jpg": b"of macOS",
        "101_ObjectCategories/.DS_Store": b"",
    }
    tar(tmp_path / "inner.tar.gz", files)
    with zipfile.ZipFile(tmp_path / "caltech-101.zip", "w") as outer:
        outer.write(tmp_path / "inner.tar.gz", "caltech-101/101_ObjectCategories.tar.gz")
    arrays = RECIPES["caltech101"](tmp_path)
    assert arrays["X"].shape == (3, 32, 32, 3)
    assert arrays["class_names"].tolist() == ["ant", "watch"]
    assert arrays["y"].tolist() == [0, 0, 1]
    colours = arrays["X"].mean(axis=(1, 2))  # JPEG is off by a shade
    np.testing.assert_allclose(colours, [[0, 255, 0], [0, 0, 255], [255, 0, 0]], atol=3)


SGML = """<!DOCTYPE lewis SYSTEM "lewis.dtd">
<REUTERS TOPICS="YES" LEWISSPLIT="TRAIN" CGISPLIT="TRAINING-SET" OLDID="1" NEWID="1">
<DATE>26-FEB-1987</DATE><TOPICS><D>cocoa</D></TOPICS><PLACES><D>brazil</D></PLACES>
<TEXT><TITLE>BAHIA COCOA REVIEW</TITLE><DATELINE>SALVADOR</DATELINE><BODY>Showers &lt;continued>
in the zone &amp; beyond. REUTER &#3;</BODY></TEXT></REUTERS>
<REUTERS TOPICS="YES" LEWISSPLIT="TEST" NEWID="2"><TOPICS><D>grain</D><D>wheat</D></TOPICS>
<TEXT><TITLE>CROP</TITLE></TEXT></REUTERS>
<REUTERS TOPICS="NO" LEWISSPLIT="TEST" NEWID="3"><TOPICS></TOPICS><TEXT>unstructured</TEXT></REUTERS>
"""


def test_an_article_has_its_text_its_topics_and_its_part():
    first, second, third = parse(SGML)
    assert first.text.startswith("BAHIA COCOA REVIEW\nShowers <continued>\nin the zone & beyond.")
    assert [one.topics for one in (first, second, third)] == [("cocoa",), ("grain", "wheat"), ()]
    assert [one.test for one in (first, second, third)] == [False, True, True]


def article(topic, word, split="TRAIN"):
    return (
        f'<REUTERS LEWISSPLIT="{split}"><TOPICS><D>{topic}</D></TOPICS>'
        f"<TITLE>{word}</TITLE><BODY>news of {word}</BODY></REUTERS>\n"
    )


def test_reuters_keeps_the_ten_biggest_topics_in_the_order_of_their_size(tmp_path):
    topics = [f"t{number:02d}" for number in range(12)]
    many = [article(topic, f"word{topic}") * (20 - place) for place, topic in enumerate(topics)]
    files = {"reut2-000.sgm": "".join(many), "reut2-001.sgm": SGML + article("t00", "last", "TEST")}
    tar(tmp_path / "reuters21578.tar.gz", {name: text.encode("latin-1") for name, text in files.items()})
    arrays = RECIPES["reuters"](tmp_path)
    assert arrays["class_names"].tolist() == topics[:10]
    assert np.bincount(arrays["y"]).tolist() == [21, 19, 18, 17, 16, 15, 14, 13, 12, 11]
    assert arrays["split"].tolist() == [0] * (arrays["y"].size - 1) + [1]
    assert rows_of(arrays).shape[0] == arrays["y"].size


def test_tf_idf_is_its_formula():
    parts = tf_idf(["ant bee", "ant ant ant"])
    X = csr_matrix((parts["X_data"], parts["X_indices"], parts["X_indptr"]), shape=parts["X_shape"]).toarray()
    rare = 1 + np.log(3 / 2)  # of two texts, one holds "bee" and both hold "ant", whose factor is 1
    assert parts["vocab"].tolist() == ["ant", "bee"]
    np.testing.assert_allclose(X, [[1 / np.hypot(1, rare), rare / np.hypot(1, rare)], [1, 0]], rtol=1e-6)


def nsl_line(protocol, attack):
    return f"0,{protocol},http,SF," + ",".join(["1"] * 37) + f",{attack},20\n"


def test_nsl_kdd_has_its_words_one_hot_and_attacks_for_outliers(tmp_path):
    (tmp_path / "KDDTrain+.txt").write_text(nsl_line("udp", "normal") + nsl_line("tcp", "neptune"))
    (tmp_path / "KDDTest+.txt").write_text(nsl_line("icmp", "normal"))
    arrays = RECIPES["nsl_kdd"](tmp_path)
    assert arrays["X"].shape == (3, 38 + 3 + 1 + 1)
    np.testing.assert_array_equal(arrays["X"][:, 1:4], [[0, 0, 1], [0, 1, 0], [1, 0, 0]])
    assert arrays["y"].tolist() == [0, 1, 0]
    assert arrays["split"].tolist() == [0, 0, 1]


def fetched(monkeypatch, name, answer):
    """Let scikit-learn's fetcher answer without the network."""
    monkeypatch.setattr(f"sklearn.datasets.{name}", answer)


def test_kddcup99_of_scikit_learn(monkeypatch, tmp_path):
    data = np.array([[0, b"tcp", 181], [3, b"icmp", 5450]], dtype=object)
    bunch = Bunch(data=data, target=np.array([b"normal.", b"smurf."], dtype=object))
    fetched(monkeypatch, "fetch_kddcup99", lambda data_home, percent10: bunch)
    arrays = RECIPES["scikit-learn:kddcup99"](tmp_path)
    assert arrays["X"].tolist() == [[0, 0, 1, 181], [3, 1, 0, 5450]]
    assert arrays["y"].tolist() == [1, 0]


def test_newsgroups_of_scikit_learn(monkeypatch, tmp_path):
    parts = {
        "train": Bunch(data=["ant bee", "bee"], target=np.array([1, 0]), target_names=["alt", "sci"]),
        "test": Bunch(data=["ant"], target=np.array([1]), target_names=["alt", "sci"]),
    }
    fetched(monkeypatch, "fetch_20newsgroups", lambda subset, **_: parts[subset])
    arrays = RECIPES["scikit-learn:20newsgroups"](tmp_path)
    assert (arrays["y"].tolist(), arrays["split"].tolist()) == ([1, 0, 1], [0, 0, 1])
    assert dataset_from(arrays, "newsgroups20", tmp_path).classes == ("alt", "sci")


def test_covtype_and_faces_of_scikit_learn(monkeypatch, tmp_path):
    fetched(monkeypatch, "fetch_covtype", lambda data_home: Bunch(data=np.eye(3), target=np.array([1, 2, 7])))
    faces = Bunch(images=np.zeros((2, 64, 64)), target=np.array([0, 1]))
    fetched(monkeypatch, "fetch_olivetti_faces", lambda data_home: faces)
    assert RECIPES["scikit-learn:covtype"](tmp_path)["y"].tolist() == [1, 2, 7]
    assert RECIPES["scikit-learn:olivetti_faces"](tmp_path)["X"].shape == (2, 64, 64)
