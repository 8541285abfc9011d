"""The tree of every construct, precedence, limits, and errors that teach."""

from __future__ import annotations

import pytest

from policyscan.cel import parser
from policyscan.cel.ast import (
    Bind,
    Call,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    MacroCall,
    MapExpr,
    Node,
    Select,
    children,
    walk,
)
from policyscan.cel.errors import CelError
from policyscan.cel.parser import MAX_DEPTH, MAX_NESTING, MAX_SIZE
from policyscan.cel.registry import binders

CORE = binders(policy=False)


def parse(source: str, macros: parser.Macros = CORE) -> Node:
    return parser.parse(source, macros)


def shape(node: Node) -> str:
    """The tree in brackets: `a + b * c` is `(_+_ a (_*_ b c))`."""
    match node:
        case Literal(value):
            return repr(value)
        case Ident(name, absolute):
            return f".{name}" if absolute else name
        case Select(operand, field, optional):
            return f"({shape(operand)}{'.?' if optional else '.'}{field})"
        case Has(operand, field):
            return f"(has {shape(operand)}.{field})"
        case Index(operand, index, optional):
            return f"({shape(operand)}[{'?' if optional else ''}{shape(index)}])"
        case Call(function, target, args):
            return f"({' '.join([function, *(shape(n) for n in ((target, *args) if target else args))])})"
        case MacroCall(name, target, names, args):
            binders = ",".join(v.name for v in names)
            return f"({name} {shape(target) if target else ''} {binders}: {' '.join(map(shape, args))})"
        case Bind(var, init, body):
            return f"(bind {var.name} {shape(init)} {shape(body)})"
        case ListExpr(items, optional):
            marks = ["?" if mark else "" for mark in optional]
            return f"[{' '.join(m + shape(i) for m, i in zip(marks, items, strict=True))}]"
        case MapExpr(entries, optional):
            marks = ["?" if mark else "" for mark in optional]
            parts = (f"{m}{shape(k)}:{shape(v)}" for m, (k, v) in zip(marks, entries, strict=True))
            return f"{{{' '.join(parts)}}}"
    raise AssertionError(node)


REFUSED = {
    # source: (part of the message, part of the hint, place)
    "": ("is empty", "", (0, 0)),
    " // nothing\n": ("is empty", "", (0, 12)),
    "a <": ("ends where a value was expected, after '<'", "", (2, 3)),
    "(a": ("'(' is never closed", "", (0, 1)),
    "f(a": ("'(' is never closed", "", (1, 2)),
    "[a, b": ("'[' is never closed", "", (0, 1)),
    "{'a': b": ("'{' is never closed", "", (0, 1)),
    "{'a'": ("'{' is never closed", "", (0, 1)),
    "a)": ("')' closes nothing", "", (1, 2)),
    "(a]": ("']' does not close the '('", "", (2, 3)),
    "()": ("a value was expected", "empty list is []", (1, 2)),
    "(a, b)": ("hold one value", "[a, b]", (2, 3)),
    "a, b": ("unexpected ','", "[a, b]", (1, 2)),
    "a: b": ("unexpected ':'", "condition ? a : b", (1, 2)),
    "f(a,)": ("an argument was expected", "", (4, 5)),
    "{a}": ("needs a ':'", "[a, b]", (2, 3)),
    "{{ a }}": ("needs a ':'", "without braces", (5, 6)),
    "{'a' 1}": ("an operator was expected before '1'", "", (5, 6)),
    "a ? b": ("no ':' part", "YAML", (2, 3)),
    "a ? b ? c : d : e": ("needs parentheses", "", (6, 7)),
    "T{a: 1}": ("cannot be constructed", '{"key": value}', (0, 2)),
    "pkg.T{}": ("cannot be constructed", '{"key": value}', (0, 6)),
    "a.1": ("field's name", "list[0]", (1, 3)),
    "a.": ("field's name", "", (2, 2)),
    "a.'b-c'": ("field's name", 'a["b-c"]', (2, 7)),
    "a.*": ("field's name", "items.map", (2, 3)),
    "a.in": ("cannot be a field's name", "`in`", (2, 4)),
    "a.?f(1)": ("not called with .?", "orValue", (3, 4)),
    "a[1:2]": ("no slices", "slice(1, 3)", (3, 4)),
    "a[:2]": ("no slices", "slice(1, 3)", (2, 3)),
    "`a`": ("a value was expected", "after a dot", (0, 3)),
    "'a' 'b'": ("side by side", "+", (4, 7)),
    "f'{a}'": ("unknown string prefix 'f'", "format", (0, 1)),
    "rb'a'": ("unknown string prefix 'rb'", "br", (0, 2)),
    "+1": ("a value was expected", "plus sign", (0, 1)),
    "a * / b": ("a value was expected", "two operators", (4, 5)),
    "a and b": ("an operator was expected before 'and'", "&&", (2, 5)),
    "a or b": ("an operator was expected before 'or'", "||", (2, 4)),
    "not a": ("an operator was expected before 'a'", "!", (4, 5)),
    "a not in b": ("an operator was expected before 'not'", "!(x in list)", (2, 5)),
    "a is null": ("an operator was expected before 'is'", "==", (2, 4)),
    "a if b else c": ("an operator was expected before 'if'", "? a : b", (2, 4)),
    "if a then b": ("'if' is a reserved word", "? a : b", (0, 2)),
    "a elif b": ("an operator was expected before 'elif'", "? a : b", (2, 6)),
    "[x for x in y]": ("an operator was expected before 'for'", "items.map", (3, 6)),
    "lambda x: x": ("an operator was expected before 'x'", "items.all", (7, 8)),
    "a contains b": ("an operator was expected before 'contains'", "text.contains", (2, 10)),
    "14 days": ("an operator was expected before 'days'", "days(14)", (3, 7)),
    "let x = 1": ("'let' is a reserved word", "cel.bind", (0, 3)),
    "has(a)": ("asks for a field", "has(a.b)", (4, 5)),
    "has(a[0])": ("asks for a field", "in a", (4, 8)),
    "has(a.?b)": ("asks for a field", "hasValue", (4, 8)),
    "xs.all(x.y, true)": ("needs the name of a variable", "items.all", (7, 10)),
    "xs.all(.x, true)": ("needs the name of a variable", "items.all", (7, 9)),
    "xs.all(i, i, true)": ("names two variables", "", (10, 11)),
    "cel.bind(1, 2, 3)": ("needs the name of a variable", "cel.bind", (9, 10)),
    "9223372036854775808": ("64 bits", "-9223372036854775808", (0, 19)),
    "-(9223372036854775808)": ("64 bits", "", (2, 21)),
    "a.all(x => x)": ("unexpected '=>'", "items.all", (8, 10)),
    "a = b)": ("unexpected '='", "==", (2, 3)),
}


@pytest.mark.parametrize(("source", "expected"), REFUSED.items(), ids=repr)
def test_refuses_and_teaches(source: str, expected: tuple[str, str, tuple[int, int]]) -> None:
    message, hint, place = expected
    with pytest.raises(CelError) as caught:
        parse(source)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert (caught.value.start, caught.value.end) == place


DEEP = {
    "parentheses": "(" * 10_000 + "a" + ")" * 10_000,
    "open parentheses": "(" * 10_000,
    "lists": "[" * 10_000 + "]" * 10_000,
    "maps": "{1:" * 10_000 + "1" + "}" * 10_000,
    "calls": "f(" * 10_000 + "a" + ")" * 10_000,
    "calls on a target": "a.f(" * 10_000 + ")" * 10_000,
    "calls behind operators": "a && b || c.f(" * 5_000 + ")" * 5_000,
    "indexes": "a" + "[a" * 10_000 + "]" * 10_000,
    "chained indexes": "a" + "[0]" * 10_000,
    "fields": "a" + ".b" * 10_000,
    "negations": "!" * 10_000 + "a",
    "minuses": "-" * 10_000 + "a",
    "sums": "+".join("a" * 10_000),
    "conditionals": "a ? b : " * 10_000 + "c",
    "macros": "a.all(x, " * 9_000 + "x" + ")" * 9_000,
    "binds": "cel.bind(x, 1, " * 6_000 + "x" + ")" * 6_000,
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP)
def test_deep_nesting_is_an_error_with_a_place(source: str) -> None:
    with pytest.raises(CelError, match="nested too deeply") as caught:
        parse(source)
    assert 0 <= caught.value.start < caught.value.end <= len(source)


def test_the_limits_themselves_are_allowed() -> None:
    nested = "a && b || c.f(" * (MAX_NESTING - 1) + "d" + ")" * (MAX_NESTING - 1)
    assert isinstance(parse(nested), Call)
    assert isinstance(parse("+".join("a" * MAX_DEPTH)), Call)


def test_long_chains_of_and_and_or_are_allowed() -> None:
    terms = [f"a{i}" for i in range(5_000)]
    tree = parse(" && ".join(terms))
    assert [node.name for node in walk(tree) if isinstance(node, Ident)] == terms
    assert (tree.start, tree.end) == (0, len(" && ".join(terms)))


def test_an_expression_that_is_too_long_says_so() -> None:
    with pytest.raises(CelError, match="at most 100000"):
        parse("a" * (MAX_SIZE + 1))


TREES = {
    "a + b * c - d": "(_-_ (_+_ a (_*_ b c)) d)",
    "a * b + c": "(_+_ (_*_ a b) c)",
    "a - b - c": "(_-_ (_-_ a b) c)",
    "a / b % c": "(_%_ (_/_ a b) c)",
    "(a + b) * c": "(_*_ (_+_ a b) c)",
    "a || b && c || d": "(_||_ (_||_ a (_&&_ b c)) d)",
    "a && b == c + 1": "(_&&_ a (_==_ b (_+_ c 1)))",
    "a == b != c": "(_!=_ (_==_ a b) c)",
    "a < b < c": "(_<_ (_<_ a b) c)",
    "a in b && !c": "(_&&_ (@in a b) (!_ c))",
    "a < b ? c : d ? e : f": "(_?_:_ (_<_ a b) c (_?_:_ d e f))",
    "!!a": "(!_ (!_ a))",
    "-a.b": "(-_ (a.b))",
    "- a[0]": "(-_ (a[0]))",
    "-1": "-1",
    "--1": "(-_ -1)",
    "a -1": "(_-_ a 1)",
    "a - -1": "(_-_ a -1)",
    "-1.5": "-1.5",
    "-3u": "(-_ 3)",
    "-9223372036854775808": "-9223372036854775808",
    "true && false || null": "(_||_ (_&&_ True False) None)",
    "a.b.c": "((a.b).c)",
    "a.?b.c": "((a.?b).c)",
    "a.`b-c`.?`d e`": "((a.b-c).?d e)",
    "a.if": "(a.if)",
    "a.package()": "(package a)",
    ".a.b": "(.a.b)",
    "a[?b][c]": "((a[?b])[c])",
    "f()": "(f)",
    ".f(a)": "(f a)",
    "a.f(b, c)": "(f a b c)",
    "'a'.size()": "(size 'a')",
    "1.f()": "(f 1)",
    "math.least(a, b)": "(least math a b)",
    "math.least(a, b, c)": "(least math [a b c])",
    "[]": "[]",
    "[a, ?b, c,]": "[a ?b c]",
    "{}": "{}",
    "{'a': 1, ?b: c,}": "{'a':1 ?b:c}",
    "{a ? b : c: d}": "{(_?_:_ a b c):d}",
    "has(a.b)": "(has a.b)",
    "has(a.?b.c)": "(has (a.?b).c)",
    "a.has(b)": "(has a b)",
    "cel.bind(x, a, x + x)": "(bind x a (_+_ x x))",
    "other.bind(x, a, b)": "(bind other x a b)",
    "a.all(x, x > 0)": "(all a x: (_>_ x 0))",
    "a.all(i, x, x > i)": "(all a i,x: (_>_ x i))",
    "a.map(x, x > 0, x)": "(map a x: (_>_ x 0) x)",
    "a.transformMap(k, v, v > 1, v)": "(transformMap a k,v: (_>_ v 1) v)",
    "a.optMap(x, x)": "(optMap a x: x)",
    "a.all(x)": "(all a x)",
    "all(x, y)": "(all x y)",
    "a // b\n + c": "(_+_ a c)",
}


@pytest.mark.parametrize(("source", "tree"), TREES.items(), ids=repr)
def test_tree(source: str, tree: str) -> None:
    assert shape(parse(source)) == tree


def test_macros_can_be_switched_off() -> None:
    assert shape(parse("has(a.b) && c.all(x, x)", macros={})) == "(_&&_ (has (a.b)) (all c x x))"


PLACES = {
    # source: the text of the node, of its name or operator
    "a + b": ("a + b", "+"),
    "(a) + (b)": ("(a) + (b)", "+"),
    "a.f(b)": ("a.f(b)", "f"),
    "f (a)": ("f (a)", "f"),
    "a ? b : c": ("a ? b : c", "?"),
    "!  a": ("!  a", "!"),
    "x.all(i, i > 1)": ("x.all(i, i > 1)", "all"),
    "a && b && c": ("a && b && c", "&&"),
    "a in b": ("a in b", "in"),
}


@pytest.mark.parametrize(("source", "expected"), PLACES.items(), ids=repr)
def test_calls_know_the_place_of_their_name(source: str, expected: tuple[str, str]) -> None:
    node = parse(f" {source} ")
    assert isinstance(node, Call | MacroCall)
    text = f" {source} "
    assert (text[node.start : node.end], text[node.name_start : node.name_end]) == expected


def test_every_node_lies_within_its_parent() -> None:
    source = "a.b[?c].f(d, [e, {f: g}]) && (h ? -i : !j) || cel.bind(k, l.all(m, n, has(o.p)), k in [q])"
    for node in walk(parse(source)):
        for child in children(node):
            assert node.start <= child.start <= child.end <= node.end
            assert parse(source[child.start : child.end])


def test_fields_know_their_place() -> None:
    source = "has(a . b) && c .? d"
    places = {
        source[n.field_start : n.end if isinstance(n, Select) else n.end - 1]
        for n in walk(parse(source))
        if isinstance(n, Select | Has)
    }
    assert places == {"b", "d"}
