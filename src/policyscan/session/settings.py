"""What `config` does: every setting that is in force, and where each comes from.

In: a workspace and the environment. Out: a value `InForce` for each setting, then for each parameter that is
changed, for each client where profiles are assigned to some, and for each variable of the environment; no
control is evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from policyscan.cel import to_json
from policyscan.config import Config
from policyscan.errors import Problems
from policyscan.findings import EvidenceRule, Json
from policyscan.policies.files import read
from policyscan.policies.pack import Pack
from policyscan.policies.parameters import loosened as looser
from policyscan.policies.policy import Policy
from policyscan.records import NamedTuple
from policyscan.session.choice import Choice, choose_policies
from policyscan.session.options import Inputs
from policyscan.session.workspace import Workspace, use_rates
from policyscan.source import Span

if TYPE_CHECKING:
    from policyscan.engine.assigning import Decision

_PREFIX = "POLICYSCAN_"
_HERE = Inputs()


class Whence(Enum):
    """Where the value of a setting comes from."""

    FILE = "file"
    PACK = "pack"
    ENVIRONMENT = "environment"
    DEFAULT = "default"


class InForce(NamedTuple):
    """One setting with its value as JSON; `at` is where it is written, and `remark` what must be known of it,
    such as what it is looser than."""

    key: str
    value: Json
    came_from: Whence
    at: Span | None = None
    remark: str = ""


def resolved(workspace: Workspace, environment: Mapping[str, str], inputs: Inputs = _HERE) -> list[InForce]:
    """All settings in force, `inputs` naming the clients to tell of where profiles are assigned; raises
    Problems where a choice of controls cannot be made with them."""
    choice = choose_policies(workspace, None, (), ())
    return [
        *_of_file(workspace.config, choice, workspace),
        *_parameters(workspace.config, choice),
        *_of_profiles(workspace.config, choice),
        *_of_clients(workspace, choice, inputs),
        *_of_environment(environment),
    ]


def _of_file(config: Config, choice: Choice, workspace: Workspace) -> Iterator[InForce]:
    places = _Places(config)
    yield InForce("file", config.file, Whence.FILE if config.file else Whence.DEFAULT)
    written: dict[str, Json] = {
        "inventories": list(config.inventories),
        "policies": list(config.policies),
        "packs": [_pack(pack) for pack in workspace.packs],
        "builtin_policies": config.builtin,
        "kinds": list(config.kinds),
        "time_zone": config.time_zone,
        "fail_on": config.fail_on or "low",
        "select": list(config.select),
        "ignore": list(config.ignore),
        "companions": config.companions,
        "max_waiver_days": config.max_waiver_days,
        "jobs": config.jobs,
        "profiles": {name: dict(one) for name, one in config.profiles.items()},
        "assign": [dict(one) for one in config.assign],
    }
    for key, value in written.items():
        yield InForce(key, value, *places.of(key))
    yield _profile(choice, workspace, places)
    yield _judged("evidence", _evidence(choice.evidence), _evidence_of(config), choice, places)
    yield _judged("max_taken_away", choice.max_taken_away, config.max_taken_away, choice, places)
    rates = config.exchange_rates
    value = rates._asdict() | {"worth": dict(rates.worth)} if rates is not None else None
    yield InForce("exchange_rates", value, *places.of("exchange_rates"))


def _pack(pack: Pack) -> Json:
    """A pack that is in use, with what settings may pin it by."""
    return {"name": pack.name, "version": pack.version, "digest": f"sha256:{pack.digest}"}


def _profile(choice: Choice, workspace: Workspace, places: _Places) -> InForce:
    """The profile that counts: none where controls are selected."""
    origin, at = places.of("profile")
    if workspace.config.select:
        return InForce("profile", None, *places.of("select"), "select chooses controls instead")
    if origin is Whence.DEFAULT and choice.profile:
        return InForce("profile", choice.profile, Whence.PACK, None, f"default of {workspace.packs[0].name}")
    return InForce("profile", choice.profile or None, origin, at)


def _judged(key: str, value: Json, own: Json, choice: Choice, places: _Places) -> InForce:
    """What the settings and the profile ask together: the stricter of both."""
    origin, at = places.of(key)
    if value is None or (origin is Whence.FILE and value == own):
        return InForce(key, value, origin, at)
    profile = f"profile {choice.profile}" if choice.profile else "the default profile"
    remark = f"{profile} asks for more than the settings" if origin is Whence.FILE else profile
    return InForce(key, value, Whence.PACK, None, remark)


def _evidence(rule: EvidenceRule | None) -> Json:
    return {"grade": rule.grade.value, "max_age_days": rule.max_age_days} if rule is not None else None


def _evidence_of(config: Config) -> Json:
    own = config.evidence
    return {"grade": own[0], "max_age_days": own[1]} if own is not None else None


def _parameters(config: Config, choice: Choice) -> Iterator[InForce]:
    """The parameters that the settings change, of all controls, chosen or not."""
    places = _Places(config)
    rules = {rule.id: rule for rule in choice.rules}
    for id_, values in config.parameters.items():
        policy = choice.known.get(id_) or rules.get(id_)
        if policy is None:
            continue
        for name in values:
            yield _parameter(policy, name, ("parameters", id_, name), places)


def _parameter(policy: Policy, name: str, key: tuple[str, ...], places: _Places) -> InForce:
    """A parameter that is set at a place of the settings."""
    loose = any(parameter.name == name for parameter in looser(policy))
    default = to_json(next(one.default for one in policy.declared if one.name == name))
    remark = f"{'looser than' if loose else 'instead of'} {default} of the pack"
    return InForce(".".join(key), to_json(policy.parameters[name]), *places.of(*key), remark)


def _of_profiles(config: Config, choice: Choice) -> Iterator[InForce]:
    """The parameters that the profiles set which are in use."""
    places = _Places(config)
    for profile, policies in choice.tuned.items():
        for id_, policy in policies.items():
            for name in config.profiles[profile].get("parameters", {}).get(id_, {}):
                found = _parameter(policy, name, ("profiles", profile, "parameters", id_, name), places)
                general = config.parameters.get(id_, {}).get(name)
                if general is not None:
                    at = places.of("parameters", id_, name)[1]
                    where = f" ({at.file}:{at.line})" if at is not None else ""
                    found = found._replace(
                        remark=f"{found.remark}, and of {general}, which all others have{where}"
                    )
                yield found


def _of_clients(workspace: Workspace, choice: Choice, inputs: Inputs) -> Iterator[InForce]:
    """The profile of each client and the line that assigns it, where profiles are assigned."""
    if choice.assigning is None:
        return
    default = _profile(choice, workspace, _Places(workspace.config))
    for client, decision in _profiles_of(workspace, choice, inputs):
        finding = decision.finding
        key, value = f"clients.{client}.profile", decision.profile
        if decision.span is not None:
            yield InForce(key, value, Whence.FILE, decision.span)
        elif finding is not None:
            yield InForce(key, value, Whence.FILE, finding.span, finding.message)
        else:
            yield InForce(key, value, default.came_from, default.at, "the default")


def _profiles_of(workspace: Workspace, choice: Choice, inputs: Inputs) -> Iterator[tuple[str, Decision]]:
    """The id of each client that inputs name, and which profile it is judged by; Problems where one cannot be
    read."""
    from policyscan.engine.assigning import KIND, Decision
    from policyscan.engine.scan import open_evaluation
    from policyscan.reporters.options import Needs
    from policyscan.session.plan import make_plan, moment_of
    from policyscan.session.reader import Reader, find_files

    moment = moment_of(inputs.as_of)
    use_rates(workspace, moment)
    reader = Reader(workspace.kinds, find_files(inputs, workspace.config, workspace.kinds))
    plan = make_plan(choice, workspace, moment, Needs())._replace(gaps=True)
    for document, context in reader.documents():
        if document.kind.name == KIND:
            evaluation = open_evaluation(document, plan, context)
            yield document.id, evaluation.decision or Decision()
    if reader.problems:
        raise Problems(reader.problems)


def _of_environment(environment: Mapping[str, str]) -> Iterator[InForce]:
    """The variables that options are read from, whatever the command."""
    for name in sorted(name for name in environment if name.startswith(_PREFIX) and environment[name]):
        command, _, key = name.removeprefix(_PREFIX).lower().partition("_")
        remark = f"wins over {key} for policyscan {command}" if key in Config._fields else ""
        yield InForce(name, environment[name], Whence.ENVIRONMENT, None, remark)


class _Places:
    """Where settings stand in their file."""

    def __init__(self, config: Config) -> None:
        self._file = None
        if config.file is not None:
            self._file, _ = read(config.file, config.file, "config")

    def of(self, *key: str) -> tuple[Whence, Span | None]:
        """Where a setting comes from, and its place if it is written down."""
        value: Json = self._file.value if self._file is not None else {}
        for part in key:
            if not isinstance(value, Mapping) or part not in value:
                return Whence.DEFAULT, None
            value = value[part]
        return Whence.FILE, self._file.key_span(key) if self._file is not None else None
