"""K-Means on awkward input, the RQ-VAE's start and training, the codec's round trips, the report by brute force."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ace_core.config import from_json, to_json
from ace_core.errors import BundleError, ConfigError, TrainingError
from ace_core.identifiers.codec import Codec, CodecConfig, assign_unique
from ace_core.identifiers.kmeans import drawn, kmeans, nearest
from ace_core.identifiers.report import expected_recall, identifier_report, mutual_information
from ace_core.identifiers.rqvae import ResidualAutoencoder, ResidualQuantiser, closest
from ace_core.identifiers.trie import Trie

MODALITY = ["image"] * 160 + ["audio"] * 80 + ["video"] * 60
CONFIG = CodecConfig(
    coarse={"image": 8, "audio": 6, "video": 4}, codebook_size=16, latent=12, hidden=32, steps=40, batch_size=128
)


def cloud(count: int = 300, dimension: int = 16, seed: int = 0) -> np.ndarray:
    """Unit vectors around 30 points with noise of falling size by axis."""
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(30, dimension))[generator.integers(0, 30, count)]
    rows = points + 0.6 * generator.normal(size=(count, dimension)) * np.linspace(1, 0.2, dimension)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory) -> Codec:
    return Codec.fit(cloud(), MODALITY, CONFIG, tmp_path_factory.mktemp("codec"), seed=3)


# K-Means


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 30), st.just(2)), elements=st.integers(-2, 2)),
    st.integers(1, 12),
)
@settings(max_examples=40, deadline=None)
def test_kmeans_leaves_no_cluster_empty(rows, clusters):
    centres = kmeans(rows, clusters, seed=0)
    places, distances = nearest(rows, centres)
    different = len(np.unique(rows, axis=0))
    assert len(np.unique(places)) == len(centres) <= min(clusters, different)
    if different <= clusters:
        assert len(centres) == different
        np.testing.assert_array_equal(distances, 0)


def test_kmeans_finds_planted_groups_and_is_seeded():
    generator = np.random.default_rng(1)
    planted = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], dtype=np.float32)
    rows = (planted[generator.integers(0, 4, 400)] + generator.normal(0, 0.3, (400, 2))).astype(np.float32)
    centres = kmeans(rows, 4, seed=5)
    assert nearest(planted, centres)[1].max() < 0.05
    np.testing.assert_array_equal(centres, kmeans(rows, 4, seed=5))


def test_a_sample_is_in_order_and_without_repeats():
    np.testing.assert_array_equal(drawn(5, 5, 0), np.arange(5))
    chosen = drawn(1000, 100, 3)
    assert len(chosen) == len(np.unique(chosen)) == 100
    assert (np.diff(chosen) > 0).all()
    assert chosen.max() < 1000
    assert (chosen // 500).mean() == pytest.approx(0.5, abs=0.2)


def test_centres_of_a_sample_serve_the_whole_nearly_as_well(monkeypatch):
    rows = cloud(3000)
    sampled = kmeans(rows, 10, 0)
    monkeypatch.setattr("ace_core.identifiers.kmeans.ROWS_A_CLUSTER", len(rows))
    whole = kmeans(rows, 10, 0)
    assert not np.array_equal(sampled, whole)
    assert nearest(rows, sampled)[1].mean() < 1.05 * nearest(rows, whole)[1].mean()


def test_kmeans_refuses_bad_input():
    with pytest.raises(TrainingError, match="not finite"):
        kmeans(np.array([[0.0, np.nan]]), 1, 0)
    with pytest.raises(TrainingError, match="N > 0"):
        kmeans(np.zeros((0, 3)), 1, 0)
    with pytest.raises(ConfigError, match="at least 1"):
        kmeans(np.zeros((2, 3)), 0, 0)


# RQ-VAE


def test_untrained_network_is_residual_quantisation():
    rows = torch.from_numpy(cloud())
    net = ResidualAutoencoder(16, 16, 8, levels=3, size=10, decay=0.9, dead_share=0.01).eval()
    net.initialise(rows, seed=0)
    books = (net.quantiser.codebooks @ net.up.weight.detach().T) * net.scale  # as vectors of the input space
    left, expected = rows - net.mean, []
    for book in books:
        expected.append(((left.unsqueeze(1) - book) ** 2).sum(-1).argmin(-1))
        left = left - book[expected[-1]]
    codes = net.codes(rows)
    assert torch.equal(codes, torch.stack(expected, 1))
    torch.testing.assert_close(net.reconstruct(codes), rows - left, atol=1e-5, rtol=0)


def test_each_level_is_kmeans_on_all_residuals():
    latent = torch.from_numpy(cloud())
    quantiser = ResidualQuantiser(2, 12, 16, decay=0.9, dead_share=0.01)
    quantiser.initialise(latent, seed=7)
    first = torch.from_numpy(kmeans(latent.numpy(), 12, 7))
    assert torch.equal(quantiser.codebooks[0], first)
    left = latent - first[closest(latent, first)]
    assert torch.equal(quantiser.codebooks[1], torch.from_numpy(kmeans(left.numpy(), 12, 8)))


def test_fewer_residuals_than_codewords():
    latent = torch.eye(3)
    quantiser = ResidualQuantiser(2, 5, 3, decay=0.9, dead_share=0.01)
    quantiser.initialise(latent, seed=0)
    result = quantiser(latent)
    assert result.codes.max() < 3
    torch.testing.assert_close(result.steps[:, -1], latent)


def test_gradient_is_that_of_the_formula():
    """d loss / d latent: straight through once, plus 2 beta x every level's remainder."""
    net = ResidualAutoencoder(6, 6, 4, levels=2, size=4, decay=0.9, dead_share=0.0).eval()
    rows = torch.from_numpy(cloud(50, 6))
    net.initialise(rows, seed=0)
    latent = net.encode(rows).detach().requires_grad_(True)
    quantised = net.quantiser(latent)
    quantised.commitment.backward()
    remainders = 2 * latent.detach() - net.quantiser.codebooks[0][quantised.codes[:, 0]] - quantised.steps[:, 1]
    torch.testing.assert_close(latent.grad, 2 * remainders / len(rows))


def test_codebooks_follow_and_dead_codewords_move():
    torch.manual_seed(0)
    quantiser = ResidualQuantiser(1, 4, 2, decay=0.5, dead_share=0.1)
    quantiser.codebooks[0] = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [50.0, 50.0]])
    quantiser._reset_averages()
    vectors = torch.tensor([[0.1, 0.0], [1.1, 0.0], [0.0, 1.1]]).repeat(100, 1)
    for _ in range(12):
        quantiser(vectors, follow=True)
    book = quantiser.codebooks[0]
    distances = torch.cdist(vectors[:3], book)
    assert distances.amin(1).max() < 1e-2  # every vector has its codeword
    assert distances.amin(0).max() < 0.2  # and the dead one was put onto data
    before = quantiser.codebooks.clone()
    quantiser(vectors)
    assert torch.equal(before, quantiser.codebooks)


@pytest.mark.parametrize("batch", [64, 512])
def test_no_restart_storm_at_any_batch_size(batch):
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    latent = torch.from_numpy(cloud(512))
    quantiser = ResidualQuantiser(1, 32, 16, decay=0.95, dead_share=0.01)
    quantiser.initialise(latent, seed=0)
    start = quantiser.codebooks.clone()
    for _ in range(30):
        quantiser(latent[torch.from_numpy(generator.permutation(512)[:batch])], follow=True)
    assert ((quantiser.codebooks - start).norm(dim=-1) < 0.3).float().mean() > 0.9


# Codec


def test_codes_are_in_range_and_modalities_do_not_mix(fitted):
    codes = fitted.encode(cloud(), MODALITY)
    assert codes.shape == (300, 4)
    assert codes.dtype == np.int64
    assert fitted.level_sizes == (18, 16, 16, 16)
    owners = {name: set(codes[np.array(MODALITY) == name, 0]) for name in ("image", "audio", "video")}
    assert owners == {"image": set(range(8)), "audio": set(range(8, 14)), "video": set(range(14, 18))}


def test_longer_prefixes_rebuild_better_and_training_is_kept_only_if_better(fitted):
    rows = cloud()
    codes = fitted.encode(rows, MODALITY)
    errors = [np.square(fitted.reconstruct(codes[:, :length]) - rows).sum(1).mean() for length in range(1, 5)]
    assert errors == sorted(errors, reverse=True)
    np.testing.assert_array_equal(fitted.reconstruct(codes[:, :1]), fitted.centres.numpy()[codes[:, 0]])
    before, after = fitted.errors.tolist()
    assert np.isfinite([before, after]).all()
    trained = any(bool(p.any()) for p in fitted.autoencoder.decoder[-1].parameters())
    assert trained == (after < before)


def test_harmful_training_is_dropped(tmp_path):
    rows = cloud()
    worse = Codec.fit(rows, MODALITY, replace(CONFIG, learning_rate=3.0, steps=15), tmp_path / "a")
    plain = Codec.fit(rows, MODALITY, replace(CONFIG, steps=0), tmp_path / "b")
    assert worse.errors[1] > worse.errors[0]
    np.testing.assert_array_equal(worse.encode(rows, MODALITY), plain.encode(rows, MODALITY))


def test_a_codec_of_a_sample_codes_the_whole_nearly_as_well(fitted, tmp_path, monkeypatch):
    monkeypatch.setattr("ace_core.identifiers.codec.FITTED_ROWS", 200)
    sampled = Codec.fit(cloud(), MODALITY, CONFIG, tmp_path, seed=3)
    errors = [codec.distances(cloud(), codec.encode(cloud(), MODALITY)).mean() for codec in (sampled, fitted)]
    assert errors[0] != errors[1]
    assert errors[0] < 1.3 * errors[1]


def test_chunks_of_any_size_give_the_same_codes_and_distances(fitted, monkeypatch):
    rows = cloud()
    codes = fitted.encode(rows, MODALITY)
    expected = np.square(fitted.reconstruct(codes) - rows).sum(axis=1)
    for size in (7, 100, 300):
        monkeypatch.setattr("ace_core.identifiers.codec.CHUNK", size)
        np.testing.assert_array_equal(fitted.encode(rows, MODALITY), codes)
        np.testing.assert_allclose(fitted.distances(rows, codes), expected, rtol=1e-4)


def test_same_seed_same_codes(fitted, tmp_path):
    again = Codec.fit(cloud(), MODALITY, CONFIG, tmp_path, seed=3)
    np.testing.assert_array_equal(fitted.encode(cloud(), MODALITY), again.encode(cloud(), MODALITY))


def test_saved_and_loaded_is_the_same(fitted):
    config = from_json(CodecConfig, json.loads(json.dumps(to_json(fitted.config))))
    again = Codec.from_state(config, {name: tensor.clone() for name, tensor in fitted.state().items()})
    codes = fitted.encode(cloud(), MODALITY)
    np.testing.assert_array_equal(again.encode(cloud(), MODALITY), codes)
    np.testing.assert_array_equal(again.reconstruct(codes), fitted.reconstruct(codes))
    state = fitted.state()
    with pytest.raises(BundleError, match="do not fit"):
        Codec.from_state(config, {name: tensor for name, tensor in state.items() if "codebooks" not in name})
    with pytest.raises(BundleError, match="do not fit"):
        Codec.from_state(replace(config, hidden=7), state)
    with pytest.raises(BundleError, match="ranges"):
        Codec.from_state(config, {**state, "ranges": state["ranges"] + 1})


def test_item_to_tokens_to_item_for_every_item(fitted):
    rows = np.concatenate([cloud(), cloud()[:40]])  # forty items twice: they must collide
    modalities = MODALITY + MODALITY[:40]
    codes = fitted.encode(rows, modalities)
    identifiers = assign_unique(codes, np.square(fitted.reconstruct(codes) - rows).sum(1))
    trie = Trie.build(identifiers, (*fitted.level_sizes, int(identifiers[:, -1].max()) + 1))
    for item, identifier in enumerate(identifiers):
        depth, leaf = trie.find(identifier.tolist())
        assert depth == trie.length
        assert int(trie.leaf_items[leaf]) == item


@pytest.mark.parametrize("count", [1, 2, 5])
def test_very_small_collections(count, tmp_path):
    rows = cloud(count)
    config = replace(CodecConfig.for_size({"image": count}), steps=3)
    codec = Codec.fit(rows, ["image"] * count, config, tmp_path)
    assert codec.encode(rows, ["image"] * count).shape == (count, 4)


def test_equal_vectors_get_equal_codes(tmp_path):
    rows = np.repeat(cloud(1), 20, axis=0)
    codec = Codec.fit(rows, ["audio"] * 20, CONFIG, tmp_path)
    assert (codec.encode(rows, ["audio"] * 20) == 0).all()


def test_codec_refuses_bad_input(fitted, tmp_path):
    rows = cloud(10)
    with pytest.raises(ConfigError, match="16 dimensions, not 5"):
        fitted.encode(rows[:, :5], ["image"] * 10)
    with pytest.raises(ValueError, match="one modality each"):
        fitted.encode(rows, ["image"] * 9)
    broken = rows.copy()
    broken[4, 2] = np.inf
    with pytest.raises(TrainingError, match="item 4 is not finite"):
        fitted.encode(broken, ["image"] * 10)
    only_sounds = Codec.fit(rows, ["audio"] * 10, replace(CONFIG, steps=0), tmp_path)
    with pytest.raises(ConfigError, match="without image"):
        only_sounds.encode(rows, ["image"] * 10)
    with pytest.raises(ConfigError, match="no clusters for video"):
        Codec.fit(rows, ["video"] * 10, replace(CONFIG, coarse={"image": 3}), tmp_path)
    with pytest.raises(ValueError, match=r"Codes must be \(N, 1..4\)"):
        fitted.reconstruct(np.zeros((2, 5), dtype=int))


def test_defaults_by_size():
    config = CodecConfig.for_size({"image": 2400, "audio": 1200, "video": 600})
    assert config.coarse == {"image": 49, "audio": 35, "video": 24}
    assert CodecConfig.for_size({"image": 100_000, "audio": 0}).coarse == {"image": 256}
    assert CodecConfig.for_size({"image": 20}).coarse == {"image": 8}
    assert [CodecConfig.for_size({"image": n}).codebook_size for n in (500, 4000, 50_000)] == [64, 128, 256]
    with pytest.raises(ConfigError, match="'picture'"):
        CodecConfig(coarse={"picture": 3})


@given(arrays.arrays(np.int64, st.tuples(st.integers(1, 40), st.just(2)), elements=st.integers(0, 2)), st.data())
@settings(max_examples=40, deadline=None)
def test_unique_tokens_order_equal_codes_by_distance(codes, data):
    distances = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(codes), max_size=len(codes))), dtype=float)
    identifiers = assign_unique(codes, distances)
    np.testing.assert_array_equal(identifiers[:, :-1], codes)
    for code in np.unique(codes, axis=0):
        members = np.flatnonzero((codes == code).all(1))
        expected = sorted(members, key=lambda item: (distances[item], item))
        assert identifiers[expected, -1].tolist() == list(range(len(members)))


def test_unique_token_without_distances_and_with_bad_ones():
    codes = np.array([[1, 1], [0, 0], [1, 1]])
    assert assign_unique(codes)[:, -1].tolist() == [0, 0, 1]
    with pytest.raises(ValueError, match="3 finite distances"):
        assign_unique(codes, np.array([0, np.nan, 1]))


# Report


def test_report_counts(fitted):
    rows = np.concatenate([cloud(), cloud()[:40]])
    modalities = MODALITY + MODALITY[:40]
    codes = fitted.encode(rows, modalities)
    queries = rows[:50] + 0.05 * np.random.default_rng(0).normal(size=(50, 16)).astype(np.float32)
    report = identifier_report(fitted, rows, modalities, codes, queries, np.arange(50))
    assert report.items == 340
    assert report.collision_rate >= 80 / 340
    assert report.levels[0].used == 18
    assert all(1 <= use.perplexity <= use.used + 1e-9 for use in report.levels)
    assert list(report.explained_variance) == sorted(report.explained_variance)
    assert [row.prefix for row in report.ceiling] == [1, 2, 3, 4, None]
    assert report.ceiling[0].recall_at_1 < report.ceiling[3].recall_at_1 <= report.ceiling[4].recall_at_1 + 1e-9
    assert report.ceiling[4].recall_at_1 <= 60  # forty of the fifty answers have a twin: 50 % at best for those
    assert report.coarse_fine_information > report.coarse_fine_information_by_chance


def test_report_is_saved_and_readable(fitted, tmp_path):
    codes = fitted.encode(cloud(), MODALITY)
    report = identifier_report(fitted, cloud(), MODALITY, codes)
    report.save(tmp_path / "identifiers.json")
    assert json.loads((tmp_path / "identifiers.json").read_text())["different_codes"] == report.different_codes
    assert f"| 0 | 18 | {report.levels[0].used} |" in (tmp_path / "identifiers.md").read_text()


@given(st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_expected_recall_equals_the_mean_over_orders(seed):
    generator = np.random.default_rng(seed)
    groups = generator.normal(size=(6, 3))
    group = generator.integers(0, 6, 15)
    queries, answers = generator.normal(size=(4, 3)), generator.integers(0, 15, 4)
    scores = (queries @ (groups / np.linalg.norm(groups, axis=1, keepdims=True)).T)[:, group]
    hits = np.zeros(3)
    rounds = 400
    for _ in range(rounds):
        order = generator.permutation(15)
        ranked = order[np.argsort(-scores[:, order], axis=1, kind="stable")]
        ranks = (ranked == answers[:, None]).argmax(1)
        hits += [(ranks < cut).mean() for cut in (1, 5, 10)]
    np.testing.assert_allclose(expected_recall(queries, groups, group, answers), hits / rounds, atol=0.1)


def test_recall_of_numbers_that_are_not_finite_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        expected_recall(np.full((1, 2), np.nan), np.eye(2), np.arange(2), np.zeros(1, dtype=int))


def test_mutual_information_of_known_tables():
    first = np.array([0, 0, 1, 1])
    assert mutual_information(first, first) == pytest.approx(1)
    assert mutual_information(first, np.array([0, 1, 0, 1])) == pytest.approx(0)
