"""Suites from TOML: the built-in ones are sound, and every slip gets one clear line."""

from __future__ import annotations

import pytest

from robustgen._checks import UsageError
from robustgen.bench.spec import DatasetSpec, Sampling, Suite
from robustgen.bench.suites import built_in, read_suite
from robustgen.data.files import TableOptions
from robustgen.registry import resolve

WHOLE = """
name = "mine"
question = "What for?"
protocol = "transductive"
corruption = [0.1, 0.5]
corruption_of = "inliers"
repetitions = 2
max_train = 360
max_corruption = 0.9
oracle = false
timeout = 60

[[dataset]]
name = "wine"
inlier_classes = [0, "class_1"]

[[dataset]]
name = "digits"
inlier_classes = "all"
classes = [3, "8", 9]
per_class = 50
max_train = 40

[[detector]]
name = "knn"

[[detector]]
name = "knn-50"
use = "knn"
parameters = { n_neighbors = 50 }
"""


@pytest.fixture
def toml(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return str(path)

    return write


def test_every_key_arrives(toml):
    assert read_suite(toml(WHOLE)) == Suite(
        name="mine",
        question="What for?",
        datasets=(
            DatasetSpec("wine", ("0", "class_1")),
            DatasetSpec("digits", ("all",), classes=("3", "8", "9"), per_class=50, max_train=40),
        ),
        detectors=(resolve("knn"), resolve("knn-50", use="knn", parameters={"n_neighbors": 50})),
        corruption=(0.1, 0.5),
        repetitions=2,
        sampling=Sampling("transductive", "inliers", max_train=360, max_corruption=0.9),
        oracle=False,
        timeout=60,
    )


def test_a_suite_without_a_name_is_called_after_its_file(toml):
    assert read_suite(toml("")).name == "mine"


def test_a_file_lies_beside_its_suite_and_lends_its_name(toml, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    (tmp_path / "boilers.csv").write_text("heat,faulty\n1,0\n2,1\n3,0\n")
    file = "[[dataset]]\ndata = 'boilers.csv'\nlabel = 'faulty'\n"
    (plain,) = read_suite(toml(file)).datasets
    assert (plain.name, plain.file.label) == ("boilers.csv", "faulty")
    assert plain.file.path == str(tmp_path / "boilers.csv")
    (named,) = read_suite(toml(file + "name = 'boilers'")).datasets
    assert (named.name, named.file) == ("boilers", plain.file)


@pytest.mark.parametrize("name", built_in())
def test_built_in_suites_are_sound(name):
    suite = read_suite(name)
    assert suite.name == name
    assert suite.question
    suite.check()
    assert suite.baseline in {spec.name for spec in suite.detectors}


def test_the_quick_suite_needs_nothing_but_scikit_learn(monkeypatch):
    monkeypatch.delenv("ROBUSTGEN_DATA", raising=False)
    cells = read_suite("quick").cells()
    assert {cell.dataset for cell in cells} == {"digits", "breast_cancer"}
    assert {0.0, 0.1, 0.3} == {cell.corruption for cell in cells}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("corruption = 0.1.2", "not valid TOML.*line 1"),
        (
            "corruptoin = [0.1]",
            "the key 'corruptoin' in the suite, expected a known one; did you mean 'corruption'",
        ),
        ("colour = 1", "the key 'colour'.*known are name"),
        ("corruption = 0.1", "corruption = 0.1 in the suite"),
        ("repetitions = 1.5", "repetitions = 1.5"),
        ("oracle = 1", "oracle = 1"),
        ("dataset = 'wine'", "dataset = 'wine'"),
        ("[[dataset]]\nname = 'wine'\ninlier_class = 0", "did you mean 'inlier_classes'"),
        ("[[dataset]]\ninlier_classes = [0]", "without 'name'"),
        ("[[dataset]]\nname = 'wine'\ninlier_classes = 'some'", "inlier_classes = 'some'"),
        ("[[dataset]]\ndata = 'nowhere.csv'", "there is no file .*nowhere.csv"),
        ("[[dataset]]\nname = 'wine'\nlabel = 'y'", "name the file by 'data'"),
        ("[[detector]]\nname = 'rsre'", "unknown detector 'rsre'.*did you mean 'rsrae'"),
        ("[[detector]]\nname = 'knn'\nparameter = {}", "did you mean 'parameters'"),
    ],
)
def test_a_slip_names_the_file_and_the_place(toml, text, message):
    path = toml(text)
    with pytest.raises(UsageError, match=message) as refused:
        read_suite(path)
    assert path in str(refused.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("quik", "got suite 'quik'.*did you mean 'quick'"),
        ("xyzzy", "built in are"),
        ("nowhere.toml", "there is no file"),
    ],
)
def test_a_suite_that_is_not_there(name, message):
    with pytest.raises(UsageError, match=message):
        read_suite(name)


def test_a_folder_is_no_suite(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        read_suite(str(tmp_path / "folder.toml"))


def test_a_suite_says_how_a_table_is_read(toml, tmp_path):
    (tmp_path / "roma.csv").write_text("heat;code;faulty\n" + "61,5;1;0\n" * 20 + "-;2;1\n" * 20)
    said = 'data = "roma.csv"\nlabel = "faulty"\ndecimal = ","\nna = ["-"]\ntypes = { code = "category" }'
    (dataset,) = read_suite(toml(f"{WHOLE.partition('[[dataset]]')[0]}[[dataset]]\n{said}\n")).datasets
    assert dataset.file.options == TableOptions(decimal=",", na=("-",), types=(("code", "category"),))
    assert dataset.file.read("roma.csv").X.shape[0] == 40


def test_how_a_table_is_read_goes_with_a_file(toml):
    with pytest.raises(UsageError, match="got 'decimal' without 'data'"):
        read_suite(toml('[[dataset]]\nname = "wine"\ndecimal = ","'))
