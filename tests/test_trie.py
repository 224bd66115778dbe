"""The flat trie against a trie of dictionaries, restrictions against filtering, and damaged arrays."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core.errors import BundleError, QueryError
from ace_core.identifiers.restriction import Restriction, Runs
from ace_core.identifiers.trie import MOST_ITEMS, Trie

LEVELS = (4, 3, 5, 2)
CODES = st.sets(st.tuples(*[st.integers(0, size - 1) for size in LEVELS]), min_size=1, max_size=30).flatmap(
    lambda codes: st.permutations(sorted(codes))
)


def walk(trie: Trie) -> Iterator[tuple[tuple[int, ...], int, dict[int, int]]]:
    """Every inner node reached from the root through `children`: prefix, node, its children {token: node}."""
    frontier = [((), 0)]
    while frontier:
        prefix, node = frontier.pop()
        depth = len(prefix)
        if depth == trie.length:
            continue
        tokens, nodes, exists = trie.children(depth, torch.tensor([node]))
        assert tokens.shape == nodes.shape == exists.shape == (1, trie.branching[depth])
        below = dict(zip(tokens[exists].tolist(), nodes[exists].tolist(), strict=True))
        assert list(below) == sorted(below)
        yield prefix, node, below
        frontier += [((*prefix, token), child) for token, child in below.items()]


@given(CODES)
@settings(max_examples=40, deadline=None)
def test_equals_a_dictionary_trie(codes):
    trie = Trie.build(np.array(codes), LEVELS)
    by_prefix: dict[tuple[int, ...], list[int]] = {}
    for item, code in enumerate(codes):
        for depth in range(len(code) + 1):
            by_prefix.setdefault(code[:depth], []).append(item)
    for depth in range(len(LEVELS) + 1):
        prefixes = sorted(prefix for prefix in by_prefix if len(prefix) == depth)
        assert trie.nodes(depth) == len(prefixes)
        for node, prefix in enumerate(prefixes):
            assert trie.find(prefix) == (depth, node)
            assert trie.items_below(depth, torch.tensor(node)) == len(by_prefix[prefix])
            first, end = trie.leaf_range(depth, torch.tensor(node))
            assert sorted(trie.leaf_items[first:end].tolist()) == by_prefix[prefix]
    seen = {prefix: set(below) for prefix, _, below in walk(trie)}
    for prefix in by_prefix:
        if len(prefix) < len(LEVELS):
            assert seen.pop(prefix) == {other[len(prefix)] for other in by_prefix if other[:-1] == prefix and other}
    assert not seen
    assert torch.equal(trie.identifiers(), torch.tensor(codes))


@given(CODES, st.data())
@settings(max_examples=40, deadline=None)
def test_restriction_equals_filtering(codes, data):
    trie = Trie.build(np.array(codes), LEVELS)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(codes), max_size=len(codes))))
    prefix = data.draw(st.sampled_from(codes))[: data.draw(st.integers(0, len(LEVELS)))]
    kept = [code for code, allowed in zip(codes, mask, strict=True) if allowed and code[: len(prefix)] == prefix]
    if not kept:
        with pytest.raises(QueryError, match="No allowed item"):
            trie.restrict(mask, prefix)
        return
    restriction = trie.restrict(mask, prefix)
    assert restriction.size == len(kept)
    for depth in range(len(LEVELS) + 1):
        alive = {code[:depth] for code in kept}
        for other in {code[:depth] for code in codes}:
            assert bool(restriction.alive[depth][trie.find(other)[1]]) == (other in alive)


@given(CODES, st.data())
@settings(max_examples=60, deadline=None)
def test_restrictions_narrow_one_another(codes, data):
    trie = Trie.build(np.array(codes), LEVELS)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(codes), max_size=len(codes))))
    mask[data.draw(st.integers(0, len(codes) - 1))] = True
    banned = data.draw(st.lists(st.integers(0, len(codes) - 1), max_size=6))
    prefix = data.draw(st.sampled_from(codes))[: data.draw(st.integers(0, 2))]
    kept = mask & ~np.isin(np.arange(len(codes)), banned) & np.array([code[: len(prefix)] == prefix for code in codes])
    if not kept.any():
        with pytest.raises(QueryError):
            trie.restrict(trie.restrict(mask), prefix, banned)
        return
    wanted = trie.restrict(kept)
    for same in (
        trie.restrict(mask, prefix, banned),
        trie.restrict(trie.restrict(mask), prefix, banned),
        trie.restrict(trie.restrict(trie.restrict(mask, banned=banned), prefix)),
    ):
        assert same.size == wanted.size == kept.sum()
        assert same.prefix == prefix
        for depth in range(len(LEVELS) + 1):
            assert torch.equal(same.alive[depth], wanted.alive[depth])
    leaves = [leaf for leaf, item in enumerate(trie.leaf_items.tolist()) if kept[item]]
    for leaf in range(leaves[-1] + 1):
        following = min(other for other in leaves if other >= leaf)
        assert int(wanted.next_leaf(torch.tensor(leaf, dtype=torch.int32))) == following
    for depth in range(len(LEVELS) + 1):
        below = wanted.items_below(depth, torch.arange(trie.nodes(depth)))
        for node, count in enumerate(below.tolist()):
            first, end = (int(edge) for edge in trie.leaf_range(depth, torch.tensor(node)))
            assert count == kept[trie.leaf_items[first:end].numpy()].sum()


def test_banned_items_must_exist():
    trie = Trie.build(np.array([[0], [1]]), (2,))
    for banned in ([2], [-1]):
        with pytest.raises(ValueError, match="from 0 to 1"):
            trie.restrict(banned=banned)


@given(CODES)
@settings(max_examples=20, deadline=None)
def test_leaves_spell_identifiers(codes):
    trie = Trie.build(np.array(codes), LEVELS)
    leaves = torch.arange(len(codes)).view(1, -1)
    assert trie.leaf_codes(leaves)[0].tolist() == [list(codes[item]) for item in trie.leaf_items.tolist()]


def test_wide_levels_sort_the_same():
    """Too wide for one number an identifier, and for 16 bits a token."""
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 2**40, (200, 3)) % 70_000
    sizes = (70_000,) * 3
    trie = Trie.build(codes, (*sizes, *sizes)[:3])
    assert torch.equal(trie.identifiers(), torch.from_numpy(codes))
    wide = Trie.build(np.hstack([codes, codes]), sizes * 2)
    assert torch.equal(wide.leaf_items, trie.leaf_items)
    assert wide.last_token[0].dtype == torch.int32
    assert wide.find(codes[5]) is not None
    assert trie.find((70_001,)) is None


def test_children_is_vectorised_over_any_shape():
    trie = Trie.build(np.array([[0, 0], [0, 2], [1, 1], [2, 0], [2, 1], [2, 2]]), (3, 3))
    nodes = torch.tensor([[0, 1], [2, 2]])
    tokens, below, exists = trie.children(1, nodes)
    assert tokens.tolist() == [[[0, 2, 0], [1, 0, 0]], [[0, 1, 2], [0, 1, 2]]]
    assert below.tolist() == [[[0, 1, 0], [2, 0, 0]], [[3, 4, 5], [3, 4, 5]]]
    assert exists.tolist() == [[[True, True, False], [True, False, False]], [[True] * 3] * 2]
    assert tokens.dtype == below.dtype == torch.int64


def test_unknown_prefixes_are_not_found():
    trie = Trie.build(np.array([[0, 1], [2, 0]]), (3, 2))
    assert trie.find(()) == (0, 0)
    for absent in [(1,), (0, 0), (9,), (-1,), (0, 1, 0)]:
        assert trie.find(absent) is None
        with pytest.raises(QueryError, match="begins with"):
            trie.restrict(prefix=absent)


@pytest.mark.parametrize(
    ("codes", "levels", "message"),
    [
        ([[0, 1], [1, 1], [0, 1]], (2, 2), "Items 0 and 2 share the identifier \\(0, 1\\)"),
        ([[0, 2]], (2, 2), "token 2 at level 1, outside 0..1"),
        ([[-1, 0]], (2, 2), "token -1 at level 0"),
        ([[0, 1]], (2, 2, 2), "2 tokens but 3 level sizes"),
        ([0, 1], (2, 2), "integers \\(N, L\\)"),
        ([[0.0, 1.0]], (2, 2), "integers \\(N, L\\)"),
        (np.zeros((0, 2), dtype=int), (2, 2), "N, L > 0"),
    ],
)
def test_build_refuses(codes, levels, message):
    with pytest.raises(ValueError, match=message):
        Trie.build(np.array(codes), levels)


@pytest.mark.parametrize("mask", [np.ones(3, dtype=bool), np.ones(2, dtype=int)])
def test_restriction_needs_a_mask_over_items(mask):
    with pytest.raises(ValueError, match="bool mask"):
        Trie.build(np.array([[0], [1]]), (2,)).restrict(mask)


def small() -> Trie:
    generator = np.random.default_rng(0)
    return Trie.build(np.unique(generator.integers(0, 6, (60, 3)), axis=0)[generator.permutation(50)], (6, 6, 6))


def test_saved_and_loaded_is_the_same():
    trie = small()
    again = Trie.from_arrays({name: array.clone() for name, array in trie.arrays().items()})
    assert torch.equal(trie.identifiers(), again.identifiers())
    assert (again.level_sizes, again.branching, again.size) == (trie.level_sizes, trie.branching, trie.size)


def change(name, index, value):
    def apply(arrays):
        arrays[name][index] = value

    return apply


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda arrays: arrays.pop("first_child.1"), "lacks the array 'first_child.1'"),
        (change("first_child.1", 1, 0), "not increasing"),
        (change("first_child.1", -1, 3), "do not cover"),
        (change("last_token.1", 0, 6), "outside 0..5"),
        (change("last_token.1", 0, -1), "outside 0..5"),
        (change("last_token.0", 0, 3), "not in order"),
        (change("leaf_items", 0, 1), "exactly once"),
        (lambda arrays: arrays.update(leaf_items=arrays["leaf_items"][1:]), "do not fit"),
        (lambda arrays: arrays.update({"last_token.2": arrays["last_token.2"].long()}), "int16"),
    ],
)
def test_damaged_arrays_are_refused(damage, message):
    arrays = {name: array.clone() for name, array in small().arrays().items()}
    if arrays["leaf_items"][0] == 1:
        arrays["leaf_items"] = arrays["leaf_items"].flip(0)
    damage(arrays)
    with pytest.raises(BundleError, match=message):
        Trie.from_arrays(arrays)


def test_more_identifiers_than_can_be_numbered_are_refused(monkeypatch):
    codes = np.array([[0, 0], [0, 1], [1, 0]])
    monkeypatch.setattr("ace_core.identifiers.trie.MOST_ITEMS", 3)
    assert Trie.build(codes, (2, 2)).size == 3
    monkeypatch.setattr("ace_core.identifiers.trie.MOST_ITEMS", 2)
    with pytest.raises(ValueError, match="at most 2 identifiers, not 3"):
        Trie.build(codes, (2, 2))


def test_items_are_counted_right_up_to_the_most_there_can_be():
    most = MOST_ITEMS
    first_leaf = tuple(torch.tensor(row, dtype=torch.int32) for row in ([0, most], [0, most - 7, most]))
    allowed = Restriction.of(Runs(np.array([0, most - 5]), np.array([most - 10, most])), first_leaf, ())
    assert allowed.size == most - 5
    assert allowed.items_below(0, torch.tensor([0])).tolist() == [most - 5]
    assert allowed.items_below(1, torch.tensor([0, 1])).tolist() == [most - 10, 5]


def test_two_hundred_thousand_identifiers_are_quick_and_small():
    generator = np.random.default_rng(1)
    count = 200_000
    codes = np.column_stack([generator.integers(0, 256, (count, 5)), np.arange(count) % 1000])
    start = time.perf_counter()
    trie = Trie.build(codes, (256, 256, 256, 256, 256, 1000))
    assert time.perf_counter() - start < 10
    assert sum(array.nbytes for array in trie.arrays().values()) < 120 * count
    order = generator.integers(0, count, 100)
    assert torch.equal(trie.identifiers()[order], torch.from_numpy(codes[order]))
