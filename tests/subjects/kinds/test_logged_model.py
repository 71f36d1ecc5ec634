"""Models of MLflow's: ours, which knows itself, and anybody's, whose interface is told."""

from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from subjects.small_store import small_store

from pi.denoisers import DenoiserSpec
from pi.errors import PiError
from pi.evaluation.whole_slices import slice_denoiser
from pi.slices.store import Store
from pi.subjects import OtherDataError, fetch_subject, origin_of, require_own_data
from pi.tracking.kept_denoiser import log_denoiser
from pi.tracking.registry import promote
from pi.tracking.tracker import Tracked

UNET = DenoiserSpec("unet", 2)


@pytest.fixture
def theirs(database: Path) -> str:
    """A registered model of another flavour, and the run that logged it."""
    mlflow.set_tracking_uri(f"sqlite:///{database}")
    with mlflow.start_run() as run:
        # From a file, so that nothing is pickled by reference to this module.
        code = database.parent / "half.py"
        code.write_text(
            "from mlflow.models import set_model\nfrom mlflow.pyfunc import PythonModel\n"
            "class Half(PythonModel):\n"
            "    def predict(self, context, model_input, params=None):\n"
            "        return model_input / 2\n"
            "set_model(Half())\n"
        )
        mlflow.pyfunc.log_model(
            name="half", python_model=str(code), registered_model_name="half",
            pip_requirements=["numpy"],
        )  # fmt: skip
    return str(run.info.run_id)


def test_a_model_of_another_flavour_is_asked_as_it_is_told(theirs: str) -> None:
    MlflowClient().set_registered_model_alias("half", "best", "1")
    hu = np.full((2, 4, 4), 1024, np.int16)
    names = ("models:/half@best", "models:/half@1", "models:/half/1", f"runs:/{theirs}/half")
    digests = set()
    for name in names:
        subject = fetch_subject(name, interface="unit:nhwc")
        denoise = subject.load()
        assert denoise is not None
        assert (denoise(hu) == 0).all()
        digests.add(subject.model)
        assert subject.run_id == ""
        assert origin_of(subject).tags["pi.interface"] == "unit:nhwc"
        assert "ran the code that was logged with it" in subject.remark
    assert len(digests) == 1


def test_a_tag_of_the_version_or_the_run_says_the_interface(theirs: str) -> None:
    with pytest.raises(PiError, match="`interface` must say what arrays 'models:/half@1' takes"):
        fetch_subject("models:/half@1")
    client = MlflowClient()
    client.set_tag(theirs, "pi.interface", "hu")
    assert fetch_subject(f"runs:/{theirs}/half").tags["pi.interface"] == "hu:nhw"
    client.set_model_version_tag("half", "1", "pi.interface", "unit:nchw")
    assert fetch_subject("models:/half@1").tags["pi.interface"] == "unit:nchw"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("models:/nobody@best", "must be in the tracking store but is not there"),
        ("models:/half@nobody", "must be in the tracking store but is not there"),
        ("models:/half@7", "must be in the tracking store but is not there"),
        ("runs:/nosuch/half", "must be in the tracking store but is not there"),
        ("models:half", "`run` must be models:/NAME@ALIAS"),
        ("runs:/x", "`run` must be models:/NAME@ALIAS"),
        ("models:/half/../x", "`run` must be models:/NAME@ALIAS"),
    ],
)
def test_what_is_not_there_is_one_sentence(theirs: str, name: str, said: str) -> None:
    with pytest.raises(PiError, match=said):
        fetch_subject(name, interface="hu")


def test_our_service_knows_itself_its_run_and_its_data(database: Path, tiny_store: Store) -> None:
    with Tracked().open("train", "a training") as run:
        run.params({"experiment": "demo1", "target_psi": 0.9})
        run.tags({"pi.data_digest": tiny_store.digest})
        log_denoiser(run, UNET.build(seed=3), UNET, tiny_store)
    promote(run.run_id, "", "champion")
    subject = fetch_subject("models:/ldct-denoiser@champion")
    assert subject.run_id == run.run_id
    assert subject.params == {"experiment": "demo1", "target_psi": "0.9"}
    require_own_data(subject, tiny_store)
    with pytest.raises(OtherDataError, match="'models:/ldct-denoiser@champion', digest"):
        require_own_data(subject, small_store())
    denoise = subject.load()
    assert denoise is not None
    low_dose = np.random.default_rng(1).uniform(-1000, 500, (2, 45, 70)).astype(np.float32)
    expected = slice_denoiser(UNET.build(seed=3), UNET.design.sizes)(low_dose)
    np.testing.assert_allclose(denoise(low_dose), expected, atol=1e-3)


def test_what_its_own_code_raises_is_one_sentence(
    theirs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise KeyError("a pixel is -98.7")

    subject = fetch_subject("models:/half@1", interface="hu")
    monkeypatch.setattr("mlflow.pyfunc.PyFuncModel.predict", fails)
    with pytest.raises(PiError, match="float32 but raises KeyError in fails, line") as caught:
        subject.check(small_store(), "test", 2)
    assert "-98.7" not in str(caught.value)
    monkeypatch.setattr("mlflow.pyfunc.load_model", fails)
    with pytest.raises(PiError, match="code of the model must load it but raises KeyError"):
        fetch_subject("models:/half@1", interface="hu").load()
