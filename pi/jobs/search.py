"""Lambda searched: for the Psi asked for, for validation SSIM, or for both."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pi.command_line import numbers, recorded
from pi.denoisers import DenoiserSpec, find_denoiser
from pi.digits import number
from pi.jobs.called import asked_name
from pi.jobs.opening import notes_of, open_asked
from pi.jobs.result import Kept, Result, joined
from pi.losses.experiments import Experiment, chosen, find_experiments, require_influence
from pi.losses.input_convention import input_convention
from pi.parameters import SearchParameters, TrainParameters
from pi.search.answer import SearchAnswer
from pi.search.answer_text import answer_text, onward_text, train_arguments
from pi.search.objective import find_objective, state_measured
from pi.search.pruning import HalvingOfPairs
from pi.search.sampler import SeededByTrial
from pi.search.space import find_space
from pi.search.storage import open_storage, storage_url
from pi.search.study import open_study
from pi.slices.patches import PatchPopulation
from pi.tracking.address import tracking_uri
from pi.tracking.tracker import UNTRACKED, Tracker

if TYPE_CHECKING:  # TensorFlow, which what is wrong with the parameters does not wait for
    from pi.network.bank import EncoderBank
    from pi.training.repeated import Bench


@dataclass(frozen=True, repr=False)
class SearchResult(Result):
    """What a study found.

    Attributes:
        study: its name.
        answer: the best trial, the first ones, the front.
        onward: how the best is trained to the end, and what shows the study.
        kept: where the run is.
    """

    study: str
    answer: SearchAnswer = field(repr=False)
    onward: str
    kept: Kept

    @property
    def headline(self) -> str:
        """The best trial."""
        best = self.answer.best
        return f"{self.study}: best {best.point.experiment}, lambda {number(best.point.weight)}"

    def text(self) -> str:
        """Return the answer, how to go on, and where the run is."""
        return joined(answer_text(self.answer), self.onward, self.kept.text())


def search(parameters: SearchParameters, tracker: Tracker = UNTRACKED) -> SearchResult:
    """Work at the study until it has its trials; any number of processes may.

    Raises:
        PiError: something that was asked for cannot be had, or no trial came to its end.
    """
    p = parameters
    experiments = chosen(find_experiments(p.experiments), p.stand_in, p.as_mse_plus)
    require_influence(experiments)
    ranges = (numbers(p.psi_range, "psi_range"), numbers(p.lambda_range, "lambda_range"))
    space = find_space(p.variable, *ranges, experiments, p.schedules)
    objective = find_objective(
        p.objective, p.subject_to, p.target_psi, p.measured, p.tolerance, p.epochs
    )
    state = state_measured(p.measured)
    convention = input_convention(p.encoder_input)
    spec = find_denoiser(p.denoiser, p.patch_size, p.start)
    store = open_asked(p, p.fold, "train", "validation")
    patches = PatchPopulation(store.without("test"), "train", p.patch_size, p.patch_step, p.grid)

    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.evaluation.choice import require_some_value
    from pi.jobs.contexts import find_encoders
    from pi.jobs.searched import shared_study
    from pi.jobs.searched.trials import search_kept
    from pi.tracking.logged_calibration import log_setup
    from pi.tracking.saved_view import save_view
    from pi.training.machine import machine_notes, make_deterministic

    for name, parameter in objective.asked:
        require_some_value(store, "validation", name, parameter)
    encoders = find_encoders(experiments, convention, p.seed, p.medical_weights, p.patch_size)
    url = storage_url(tracking_uri())
    storage = open_storage(url, tracking_uri())
    typed = recorded(p)
    if p.deterministic:
        make_deterministic(p.seed)
    for note in (*notes_of(store), *machine_notes(p.precision)):
        tracker.say(note)
    bank = encoders.bank(tracker.say)
    bench = _bench(p, experiments, bank, patches, spec, tracker)
    searched = shared_study.signature(typed, bench)
    title = asked_name("search", p.experiments, None, p.objective)
    study = open_study(
        storage, p.study or shared_study.name_of(searched), searched, objective.directions,
        SeededByTrial(p.seed),
        HalvingOfPairs(p.halving, p.prune_below),
        shared_study.begin(tracker, title),
    )  # fmt: skip
    with shared_study.open_search(tracker, study, title) as run:
        run.params(typed)
        log_setup(run, typed, patches, experiments)
        found = search_kept(run, study, bench, space, objective, state, p.trials, setting_of(p))
        kept = Kept.of(run, save_view(run, "search"))
    train = train_arguments(kept.run_id, found, setting_of(p))
    onward = onward_text(study.study_name, url, train)
    return SearchResult(study.study_name, found, onward, kept)


def setting_of(parameters: SearchParameters) -> dict[str, str]:
    """Return what trials were made with and `train` would take otherwise, by name.

    A trial is short and looks at its own slices: that is its own, and no matter of `train`.
    """
    usual = recorded(TrainParameters())
    return {
        name: value
        for name, value in recorded(parameters).items()
        if name in usual and name not in ("epochs", "validation_slices") and value != usual[name]
    }


def _bench(
    p: SearchParameters,
    experiments: tuple[Experiment, ...],
    bank: "EncoderBank",
    patches: PatchPopulation,
    spec: DenoiserSpec,
    tracker: Tracker,
) -> "Bench":
    """Return where the trainings of the trials are run."""
    from pi.training.build import Adam
    from pi.training.cached_step import FeaturePlan
    from pi.training.fit import Settings
    from pi.training.repeated import Bench

    settings = Settings(
        p.seed, p.epochs, p.batch_size, 0, 60.0, "best_validation_ssim", 0, p.validation_slices,
        p.epoch_steps,
    )  # fmt: skip
    adam = Adam(p.learning_rate, p.beta_1, p.beta_2, p.epsilon)
    gib = p.feature_cache_gib / len(experiments)  # each of them keeps its own
    features = FeaturePlan(p.feature_cache, gib, repeated=True, say=tracker.say)
    return Bench(experiments, bank, settings, patches, spec, adam, p.precision, p.start, features)
