"""Any text at all in place of a policy: it loads, or what is wrong is told at its place."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from policyscan.policies.loading import load_pack
from tests.engine.test_any_shop import POLICIES
from tests.engine.world import POLICY, kinds

TEXTS = [POLICY.format(id=id_, kind="shop") + body for id_, body in POLICIES.items()]
SNIPPETS = st.sampled_from(
    [
        "",
        "null",
        "[]",
        "{}",
        "~",
        "- a",
        "|",
        ">-",
        "&a *a",
        '"',
        "'",
        "{x",
        "1 +",
        "!x",
        "a ? b : c",
        "\t",
        "shop.",
    ]
) | st.text(max_size=3)


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """A sound policy with a few pieces of it replaced."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(SNIPPETS) + text[end:]
    return text


@given(mangled())
def test_any_text_is_a_policy_or_a_problem_with_a_place(text: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "ONE", "ONE-01.yaml")
        path.parent.mkdir()
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        pack, problems = load_pack(Path(folder), kinds(), shown="mine")
    assert pack is not None
    assert bool(pack.policies) != bool(problems)
    for problem in problems:
        assert problem.message
        assert problem.at is not None
        assert problem.at.file == "mine/ONE/ONE-01.yaml"
        assert 1 <= problem.at.line <= text.count("\n") + text.count("\r") + 2
