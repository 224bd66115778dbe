"""The retriever: fusion, decoding, loss, training, warm starts, Hugging Face encoders."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from ace_core.encoders.space import JointConfig, JointSpace
from ace_core.errors import BundleError, ConfigError, TrainingError
from ace_core.identifiers.trie import Trie
from ace_core.retriever.beam import NONE, beam_search
from ace_core.retriever.fast import FastRetriever
from ace_core.retriever.fusion import CrossAttention, EncoderMemory, Fusion
from ace_core.retriever.loss import Paths, child_log_probs, level_targets, retriever_loss, running_marginals
from ace_core.retriever.model import Retriever, RetrieverConfig
from ace_core.retriever.pairs import PairSampler, TextPairs
from ace_core.retriever.train import Averaged, Queries, RetrieverTrainConfig, recall, train_retriever
from ace_core.retriever.warm_start import init_from_codec, init_from_text_tower
from ace_core.training.loop import LoopConfig

SIZES = (4, 5, 5, 3)
SMALL = RetrieverConfig(
    vocab_size=40, level_sizes=SIZES, d_model=32, encoder_layers=2, decoder_layers=2, heads=2, d_ff=64, dropout=0.0
)


@pytest.fixture(autouse=True)
def _one_seed_and_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def random_codes(seed: int = 0, items: int = 60, sizes: tuple[int, ...] = SIZES) -> np.ndarray:
    rng = np.random.default_rng(seed)
    codes = np.unique(np.stack([rng.integers(0, size, items) for size in sizes], axis=1), axis=0)
    rng.shuffle(codes)
    return codes


def random_queries(count: int, seed: int = 0, longest: int = 8, vocab: int = 40) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(2, longest + 1, (count, 1), generator=generator)
    mask = torch.arange(longest) < lengths
    ids = torch.randint(4, vocab, (count, longest), generator=generator).masked_fill(~mask, 0)
    ids[:, 0] = 2
    return ids, mask


# Fusion


def fused(coarse: bool, fine: bool, layers: int = 3) -> tuple[Fusion, EncoderMemory, list[Tensor], Tensor, Tensor]:
    fusion = Fusion(16, 24, layers, heads=2, dropout=0.0, coarse=coarse, fine=fine).eval()
    memory = EncoderMemory(layers, 24, 16, coarse)
    states = [torch.randn(2, 5, 24) for _ in range(layers)]
    mask = torch.ones(2, 1, 1, 5, dtype=torch.bool)
    mask[1, :, :, 3:] = False
    return fusion, memory, states, torch.randn(2, 7, 16), mask


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("fine", [False, True])
def test_fusion_gives_one_vector_a_position_and_reads_what_it_should(coarse: bool, fine: bool) -> None:
    fusion, memory, states, y, mask = fused(coarse, fine)
    states = [state.requires_grad_() for state in states]
    out = fusion(y, fusion.remember(*memory(states)), mask)
    assert out.shape == y.shape
    grads = torch.autograd.grad(out.square().sum(), states, allow_unused=True)
    read = [grad is not None and bool(grad[0].abs().sum() > 0) for grad in grads]
    assert read == ([True] * 3 if coarse or fine else [False, False, True])
    for grad in grads:
        assert grad is None or (grad[1, 3:] == 0).all()  # what the mask hides is not read


def plain_attention(attention: CrossAttention, y: Tensor, source: Tensor, mask: Tensor) -> Tensor:
    """Cross-attention written out, one head after the other."""
    key, value = attention.key_value(source).chunk(2, dim=-1)
    query, width = attention.query(y), y.shape[-1] // attention.heads
    answers = []
    for head in range(attention.heads):
        part = slice(head * width, (head + 1) * width)
        scores = query[..., part] @ key[..., part].transpose(1, 2) / math.sqrt(width)
        answers.append(scores.masked_fill(~mask[:, 0], -torch.inf).softmax(-1) @ value[..., part])
    return attention.out(torch.cat(answers, dim=-1))


@torch.no_grad()
def test_gates_at_their_ends_leave_plain_attention_to_the_last_layer() -> None:
    fusion, memory, states, y, mask = fused(True, True)
    assert fusion.self_gate is not None
    assert fusion.gates is not None
    for weight in (fusion.self_gate.weight, fusion.gates.of_state, fusion.gates.of_answer):
        weight.zero_()
    fusion.self_gate.bias.fill_(-30)
    fusion.gates.bias.fill_(-30)
    fusion.gates.bias[-1] = 30
    out = fusion(y, fusion.remember(*memory(states)), mask)
    assert fusion.fine is not None
    plain = plain_attention(fusion.fine, y, memory.norms[-1](states[-1]), mask)
    torch.testing.assert_close(out * math.sqrt(3), plain, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_fusion_equals_its_formula() -> None:
    fusion, memory, states, y, mask = fused(True, True)
    nn.init.normal_(fusion.gates.bias)  # type: ignore[union-attr]
    normed = [norm(state) for norm, state in zip(memory.norms, states, strict=True)]
    mixture = memory.mix(torch.cat(normed, dim=-1))  # type: ignore[misc]
    c = plain_attention(fusion.coarse, y, mixture, mask)  # type: ignore[arg-type]
    wanted = torch.sigmoid(fusion.self_gate(c)) * c  # type: ignore[misc]
    for index, source in enumerate(normed):
        a = plain_attention(fusion.fine, y, source, mask)  # type: ignore[arg-type]
        gates = fusion.gates
        weight = torch.cat([gates.of_state[index], gates.of_answer[index]])  # type: ignore[union-attr]
        alpha = torch.sigmoid(torch.cat([y, a], dim=-1) @ weight + gates.bias[index])  # type: ignore[union-attr]
        wanted = wanted + alpha * a / math.sqrt(len(states))
    torch.testing.assert_close(fusion(y, fusion.remember(*memory(states)), mask), wanted, atol=1e-5, rtol=1e-5)


# Decoding


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"coarse_fusion": False},
        {"fine_fusion": False},
        {"coarse_fusion": False, "fine_fusion": False},
        {"tie_heads": True},
        {"summary": False},
        {"encoder_width": 16},
    ],
)
@torch.no_grad()
def test_step_by_step_equals_teacher_forced(change: dict) -> None:
    model = Retriever(replace(SMALL, **change)).eval()
    ids, mask = random_queries(3)
    written = torch.from_numpy(np.stack([random_codes(seed)[:6] for seed in range(3)]))  # (B, W, L)
    encoded = model.encode(ids, mask)
    cache = model.start(encoded, 6)
    order = torch.arange(6).expand(3, 6)
    generator = torch.Generator().manual_seed(1)
    for level in range(model.length):
        tokens = None if level == 0 else written.gather(1, order.unsqueeze(-1).expand(3, 6, 4))[..., level - 1]
        hidden, cache = model.step(encoded, cache, tokens, level)
        got = model.level_logits(level, hidden)
        for beam in range(6):
            codes = written[torch.arange(3), order[:, beam]]
            wanted = model(ids, mask, codes)[level]
            torch.testing.assert_close(got[:, beam], wanted, atol=1e-4, rtol=1e-4)
        parents = torch.stack([torch.randperm(6, generator=generator) for _ in range(3)])
        cache, order = cache.reorder(parents), order.gather(1, parents)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.4, 1.0]))
def test_search_gives_what_the_model_says_of_every_item(seed: int, share: float) -> None:
    torch.manual_seed(seed)
    codes = random_codes(seed, 30)
    trie = Trie.build(codes, SIZES)
    model = Retriever(SMALL).eval()
    for head in model.heads:
        nn.init.normal_(head.weight, std=0.5)  # type: ignore[union-attr, arg-type]
    allowed = np.random.default_rng(seed).random(len(codes)) < share
    allowed[0] = True
    ids, mask = random_queries(3, seed)
    found = beam_search(model, ids, mask, trie, len(codes), trie.restrict(allowed) if share < 1 else None)
    for query in range(3):
        with torch.no_grad():
            logits = model(
                ids[query].expand(len(codes), -1), mask[query].expand(len(codes), -1), torch.from_numpy(codes)
            )
        for item, score in zip(found.items[query].tolist(), found.log_probs[query].tolist(), strict=True):
            if item == NONE:
                continue
            wanted = 0.0
            for level, token in enumerate(codes[item]):
                siblings = np.unique(codes[allowed & (codes[:, :level] == codes[item, :level]).all(1)][:, level])
                wanted += float(logits[level][item, siblings].log_softmax(0)[np.searchsorted(siblings, token)])
            assert score == pytest.approx(wanted, abs=1e-3)
        assert (found.items[query] != NONE).sum() == allowed.sum()
        assert float(found.log_probs[query].exp().sum()) == pytest.approx(1, abs=1e-3)


def test_a_query_is_answered_the_same_in_any_company() -> None:
    codes = random_codes(3, 100)
    trie = Trie.build(codes, SIZES)
    model = Retriever(SMALL).eval()
    ids, mask = random_queries(9)
    together = beam_search(model, ids, mask, trie, 7)
    alone = [beam_search(model, ids[i : i + 1], mask[i : i + 1], trie, 7) for i in range(9)]
    assert torch.equal(together.items, torch.cat([one.items for one in alone]))
    torch.testing.assert_close(together.log_probs, torch.cat([one.log_probs for one in alone]))
    shorter = beam_search(model, *(part[:1, : int(mask[0].sum())] for part in (ids, mask)), trie, 7)
    torch.testing.assert_close(shorter.log_probs, alone[0].log_probs)
    encoded = model.encode(ids, mask)
    assert torch.equal(beam_search(model, ids, mask, trie, 7, encoded=encoded).items, together.items)


def test_a_query_without_tokens_gives_numbers() -> None:
    model = Retriever(SMALL).eval()
    ids = torch.zeros(2, 4, dtype=torch.int64)
    encoded = model.encode(ids, torch.zeros(2, 4, dtype=torch.bool))
    hidden, _ = model.step(encoded, model.start(encoded), None, 0)
    assert hidden.isfinite().all()


def test_a_query_over_the_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 32"):
        Retriever(SMALL).encode(torch.full((1, 33), 5), torch.ones(1, 33, dtype=torch.bool))


# Loss


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 40))
def test_paths_follow_the_identifiers(seed: int, items: int) -> None:
    codes = random_codes(seed, items)
    trie = Trie.build(codes, SIZES)
    paths = Paths(trie)
    for level in range(trie.length):
        tokens, nodes, exists = trie.children(level, paths.nodes[:, level])
        chosen = paths.places[:, level : level + 1]
        assert exists.gather(1, chosen).all()
        np.testing.assert_array_equal(tokens.gather(1, chosen)[:, 0], codes[:, level])
        if level + 1 < trie.length:
            assert torch.equal(nodes.gather(1, chosen)[:, 0], paths.nodes[:, level + 1])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.0, 0.1]), st.sampled_from([0.5, 1.0]))
def test_subtree_marginals_equal_brute_force(seed: int, smoothing: float, distil: float) -> None:
    codes = random_codes(seed, 40)
    trie = Trie.build(codes, SIZES)
    paths = Paths(trie)
    rng = np.random.default_rng(seed)
    teacher = rng.random((len(codes), len(codes))) * (rng.random((len(codes), len(codes))) < 0.3)
    teacher[:, 0] += 1e-3
    teacher /= teacher.sum(axis=1, keepdims=True)
    marginals = running_marginals(trie, torch.from_numpy(teacher))
    for level in range(trie.length):
        nodes, places = paths.nodes[:, level], paths.places[:, level]
        got = level_targets(trie, level, nodes, places, smoothing, marginals, distil)
        tokens, _, exists = trie.children(level, nodes)
        for item in range(len(codes)):
            real = exists[item]
            inside = (codes[:, :level] == codes[item, :level]).all(axis=1)
            mass = [teacher[item, inside & (codes[:, level] == int(token))].sum() for token in tokens[item][real]]
            hard = (tokens[item][real].numpy() == codes[item, level]) * (1 - smoothing) + smoothing / int(real.sum())
            soft = np.array(mass) / sum(mass) if sum(mass) > 1e-9 else hard
            np.testing.assert_allclose(got[item][real], (1 - distil) * hard + distil * soft, atol=1e-5)
            assert (got[item][~real] == 0).all()


def batch_of(trie: Trie, items: list[int], seed: int = 0) -> dict[str, Tensor]:
    ids, mask = random_queries(len(items), seed)
    paths, chosen = Paths(trie), torch.tensor(items)
    return {
        "ids": ids,
        "mask": mask,
        "codes": trie.identifiers()[chosen],
        "nodes": paths.nodes[chosen],
        "places": paths.places[chosen],
    }


def test_the_loss_is_the_mean_negative_log_probability_that_the_search_reports() -> None:
    codes = random_codes(4, 50)
    trie = Trie.build(codes, SIZES)
    model = Retriever(SMALL).eval()
    items = list(range(10))
    batch = batch_of(trie, items)
    loss, parts = retriever_loss(model, trie, batch)
    found = beam_search(model, batch["ids"], batch["mask"], trie, len(codes))
    scores = [found.log_probs[i][found.items[i] == item].item() for i, item in enumerate(items)]
    assert loss.item() == pytest.approx(-float(np.mean(scores)) / trie.length, abs=1e-4)
    assert loss.item() == pytest.approx(float(np.mean(list(parts.values()))), abs=1e-5)


def test_only_tokens_that_exist_get_gradient_and_forced_ones_none() -> None:
    trie = Trie.build(np.array([[0, 1, 2, 0], [0, 3, 1, 0], [2, 2, 2, 2]]), SIZES)
    logits = torch.randn(3, 5, requires_grad=True)
    paths = Paths(trie)
    log_probs = child_log_probs(trie, 1, paths.nodes[:, 1], logits)
    (log_probs.gather(1, paths.places[:, 1:2]).sum()).backward()
    assert logits.grad is not None
    assert (logits.grad[2] == 0).all()  # item 2 has no rival here
    assert (logits.grad[:2, [0, 2, 4]] == 0).all()
    assert (logits.grad[:2, [1, 3]] != 0).all()
    assert log_probs[2, 0] == 0


def test_r_drop_is_nothing_without_dropout_and_something_with_it() -> None:
    trie = Trie.build(random_codes(1, 40), SIZES)
    batch = batch_of(trie, [0, 1, 2, 3])
    plain = Retriever(SMALL).train()
    twin = Retriever(replace(SMALL, r_drop=1.0)).train()
    twin.load_state_dict(plain.state_dict())
    loss, parts = retriever_loss(twin, trie, batch)
    assert parts["r_drop"] == pytest.approx(0, abs=1e-6)
    torch.testing.assert_close(loss, retriever_loss(plain, trie, batch)[0])
    noisy = Retriever(replace(SMALL, r_drop=0.5, dropout=0.3)).train()
    noisy.load_state_dict(plain.state_dict())
    loss, parts = retriever_loss(noisy, trie, batch)
    assert parts["r_drop"] > 1e-4
    levels = [value for name, value in parts.items() if name != "r_drop"]
    assert loss.item() == pytest.approx(float(np.mean(levels)) + 0.5 * parts["r_drop"], abs=1e-5)


def test_what_looks_ahead_may_see_less_than_the_teacher() -> None:
    codes = random_codes(4, 50)
    trie = Trie.build(codes, SIZES)
    model = Retriever(replace(SMALL, look_ahead="items")).eval()
    for head in model.heads:  # so that nothing counts but what is seen ahead
        torch.nn.init.zeros_(head.weight)
        torch.nn.init.zeros_(head.bias)
    items = list(range(10))
    taught, dimmed = (torch.rand(10, len(codes)).softmax(dim=1) for _ in range(2))
    batch = batch_of(trie, items) | {"item_targets": taught, "distil": torch.zeros(10, 1)}
    for seen, more in ((taught, {}), (dimmed, {"item_ahead": dimmed})):
        loss = retriever_loss(model, trie, batch | more)[0]
        right = seen[torch.arange(10), torch.tensor(items)]
        assert loss.item() == pytest.approx(-float(right.log().mean()) / trie.length, abs=1e-4)


# Drawing


def test_items_are_drawn_evenly_and_human_texts_by_their_share() -> None:
    items = torch.tensor([7, 2, 2, 2, 2, 5, 5, 9])
    human = torch.tensor([1, 1, 1, 0, 0, 0, 0, 1], dtype=torch.bool)
    weights = torch.tensor([1.0, 1, 3, 1, 1, 2, 0, 0])
    blank = torch.zeros(8, 2, dtype=torch.int64)
    sampler = PairSampler(TextPairs(blank, blank.bool(), items, weights, human), human_share=0.8)
    drawn = np.bincount(sampler.draw(60_000, np.random.default_rng(0)), minlength=8) / 60_000
    wanted = np.array([1, 0.2, 0.6, 0.1, 0.1, 1, 0, 0]) / 3  # item 9 has no text that may be drawn
    np.testing.assert_allclose(drawn, wanted, atol=0.01)
    assert (drawn[wanted == 0] == 0).all()


@pytest.mark.parametrize("weights", [[0.0, 0.0], [1.0, -1.0], [1.0, math.nan]])
def test_pairs_that_cannot_be_drawn_are_refused(weights: list[float]) -> None:
    blank = torch.zeros(2, 2, dtype=torch.int64)
    with pytest.raises(TrainingError):
        PairSampler(TextPairs(blank, blank.bool(), torch.tensor([0, 1]), torch.tensor(weights)), 0.5)


# Training


def toy(items: int = 60, texts: int = 3) -> tuple[Trie, TextPairs]:
    """Every item has its own words in a random order."""
    rng = np.random.default_rng(0)
    trie = Trie.build(random_codes(5, items * 2)[:items], SIZES)
    words = [rng.choice(np.arange(4, 40), 4, replace=False) for _ in range(items)]
    ids = np.stack([[2, *rng.permutation(words[item]), 3] for item in range(items) for _ in range(texts)])
    mask = torch.ones(ids.shape, dtype=torch.bool)
    owners = torch.arange(items).repeat_interleave(texts)
    return trie, TextPairs(torch.from_numpy(ids), mask, owners, torch.ones(len(owners)))


def training(steps: int, **changes: object) -> RetrieverTrainConfig:
    loop = LoopConfig(steps=steps, batch_size=64, learning_rate=3e-3, validate_every=steps, save_every=steps, threads=1)
    return replace(RetrieverTrainConfig(loop), **changes)  # type: ignore[arg-type]


def test_sixty_items_are_learnt_by_heart(tmp_path: Path) -> None:
    trie, pairs = toy()
    model = Retriever(SMALL)
    queries = Queries(pairs.ids, pairs.mask, pairs.items)
    before = recall(model, trie, queries)["recall_at_1"]
    report = train_retriever(
        training(130, average=0.9), model, trie, pairs, tmp_path, validation=queries, progress=False
    )
    assert before < 20
    assert report.best["recall_at_1"] == recall(model, trie, queries)["recall_at_1"] == 100
    assert not model.training


def test_a_teacher_alone_can_train(tmp_path: Path) -> None:
    trie, pairs = toy(20)
    model = Retriever(SMALL)
    shifted = (pairs.items + 1) % 20  # the teacher says the next item, always

    def teacher(chosen: np.ndarray) -> Tensor:
        return torch.nn.functional.one_hot(shifted[torch.from_numpy(chosen)], 20).float()

    # Along the true path, the first level is where both paths still meet.
    train_retriever(training(40, distil=1.0), model, trie, pairs, tmp_path, item_targets=teacher, progress=False)
    found = beam_search(model, pairs.ids, pairs.mask, trie, 1)
    coarse = trie.identifiers()[shifted, 0]
    assert (found.codes[:, 0, 0] == coarse).float().mean() > 0.9
    with pytest.raises(ConfigError, match="teacher"):
        train_retriever(training(40, distil=1.0), model, trie, pairs, tmp_path / "x", progress=False)


def test_following_a_teacher_teaches_its_whole_distribution(tmp_path: Path) -> None:
    """The teacher names the next item with 0.7 and the third next with 0.3, never the true one; so does the model."""
    trie, pairs = toy(12)
    first, second = (pairs.items + 1) % 12, (pairs.items + 3) % 12

    def teacher(chosen: np.ndarray) -> Tensor:
        rows = torch.from_numpy(chosen)
        share = torch.zeros(len(rows), 12)
        share[torch.arange(len(rows)), first[rows]] = 0.7
        share[torch.arange(len(rows)), second[rows]] = 0.3
        return share

    model = Retriever(SMALL)
    train_retriever(training(80, teacher_paths=1.0), model, trie, pairs, tmp_path, item_targets=teacher, progress=False)
    found = beam_search(model, pairs.ids, pairs.mask, trie, 12)
    given = torch.zeros(len(pairs.items), 12).scatter(1, found.items, found.log_probs.exp())
    torch.testing.assert_close(given, teacher(np.arange(len(pairs.items))), atol=0.15, rtol=0)


def test_the_average_follows_the_weights() -> None:
    model = Retriever(SMALL)
    both = Averaged(model, 0.5)
    old = model.start_vector.detach().clone()
    with torch.no_grad():
        model.start_vector.add_(1.0)
    both.update()  # decay is at most (1 + step) / (10 + step)
    torch.testing.assert_close(both.average.start_vector, old * 0.1 + (old + 1) * 0.9)
    for _ in range(30):
        both.update()
    torch.testing.assert_close(both.average.start_vector, old + 1)
    assert not any(parameter.requires_grad for parameter in both.average.parameters())


def test_recall_counts_ranks() -> None:
    trie, pairs = toy(20)
    model = Retriever(SMALL).eval()
    found = beam_search(model, pairs.ids[:20], pairs.mask[:20], trie, 10, autocast=True).items
    answers = torch.cat([found[:5, 0], found[5:10, 1], found[10:15, 9], torch.full((5,), 999)])
    got = recall(model, trie, Queries(pairs.ids[:20], pairs.mask[:20], answers), batch=20)
    assert got["recall_at_1"] == pytest.approx(25)
    assert got["recall_at_10"] == pytest.approx(75)
    assert got["mrr_at_10"] == pytest.approx(25 * (1 + 1 / 2 + 1 / 10))


def test_training_on_another_tree_is_refused(tmp_path: Path) -> None:
    trie, pairs = toy()
    with pytest.raises(ConfigError, match="levels"):
        train_retriever(
            training(5), Retriever(replace(SMALL, level_sizes=(4, 4))), trie, pairs, tmp_path, progress=False
        )


@pytest.mark.parametrize(
    "change",
    [{"heads": 3}, {"level_sizes": ()}, {"level_sizes": (3, 0)}, {"dropout": 1.0}, {"decoder_layers": 0}],
)
def test_impossible_configurations_are_refused(change: dict) -> None:
    with pytest.raises(ConfigError):
        replace(SMALL, **change)


# Saving


@pytest.mark.parametrize("tie", [False, True])
def test_save_and_load_give_the_same_model(tmp_path: Path, tie: bool) -> None:
    model = Retriever(replace(SMALL, tie_heads=tie)).eval()
    model.save(tmp_path)
    loaded = Retriever.load(tmp_path)
    assert loaded.config == model.config
    ids, mask = random_queries(4)
    codes = torch.from_numpy(random_codes()[:4])
    for one, other in zip(model(ids, mask, codes), loaded(ids, mask, codes), strict=True):
        assert torch.equal(one, other)
    assert not loaded.training
    replace_config = (tmp_path / "config.json").read_text().replace('"d_ff": 64', '"d_ff": 32')
    (tmp_path / "config.json").write_text(replace_config)
    with pytest.raises(BundleError, match="does not fit"):
        Retriever.load(tmp_path)


# Warm starts


@torch.no_grad()
def test_the_encoder_can_begin_as_the_text_tower() -> None:
    joint = JointConfig(vocab_size=40, feature_dimension=8, dimension=32, text_width=16, text_heads=2)
    tower = JointSpace(joint).text.eval()
    nn.init.normal_(tower.telling.weight)
    nn.init.normal_(tower.leave.weight)
    model = Retriever(replace(SMALL, encoder_layers=3, encoder_width=16)).eval()
    copied = init_from_text_tower(model, tower)
    assert set(copied) == set(tower.state_dict())
    ids, mask = random_queries(5)
    _, summary = model.encoder(ids, mask)
    torch.testing.assert_close(summary, tower(ids, mask))
    wider = Retriever(SMALL)
    assert set(init_from_text_tower(wider, tower)) == {"words.weight", "telling.weight"}
    assert wider.encoder.blocks[0].out.weight.abs().sum() > 0  # type: ignore[union-attr, index]
    with pytest.raises(ConfigError, match="vocab_size"):
        init_from_text_tower(Retriever(replace(SMALL, vocab_size=41)), tower)


@torch.no_grad()
def test_the_encoder_can_begin_as_a_tower_that_is_a_bag_alone() -> None:
    tower = JointSpace(JointConfig(vocab_size=40, feature_dimension=8, dimension=32, text_layers=0)).text.eval()
    nn.init.normal_(tower.telling.weight)
    model = Retriever(SMALL).eval()
    assert set(init_from_text_tower(model, tower)) == {"words.weight", "telling.weight"}
    ids, mask = random_queries(5)
    torch.testing.assert_close(model.encoder(ids, mask)[1], tower(ids, mask))
    with pytest.raises(ValueError, match="over the limit"):
        tower(torch.zeros(1, 49, dtype=torch.int64), torch.ones(1, 49, dtype=torch.bool))


class Sums:
    """A codec whose reconstruction is the sum of one vector a token."""

    def __init__(self, dimension: int) -> None:
        generator = torch.Generator().manual_seed(3)
        scales = (1.0, 0.6, 0.3)
        self.tables = [
            torch.randn(size, dimension, generator=generator) * scale * dimension**-0.5
            for size, scale in zip(SIZES, scales, strict=False)
        ]

    def reconstruct(self, codes: np.ndarray) -> np.ndarray:
        return sum(self.tables[level][codes[:, level]] for level in range(codes.shape[1])).numpy()  # type: ignore


@pytest.mark.parametrize("dimension", [32, 20, 48])
@torch.no_grad()
def test_heads_can_begin_with_the_codecs_vectors(dimension: int) -> None:
    codec, codes = Sums(dimension), random_codes(2, 80)
    model = Retriever(SMALL).eval()
    init_from_codec(model, codec, codes, scale=20)
    for level in range(3):
        used = np.unique(codes[:, level])
        vectors = codec.tables[level][used]
        vectors = vectors - vectors.mean(dim=0)
        rows = model.heads[level].weight[used] / 20 * 32**0.5  # type: ignore[index, operator]
        if dimension <= 32:  # nothing is lost: products between tokens stay
            torch.testing.assert_close(rows @ rows.T, vectors @ vectors.T, atol=1e-4, rtol=1e-4)
    ids, mask = random_queries(2)
    assert all(logits.isfinite().all() for logits in model(ids, mask, torch.from_numpy(codes[:2])))


@torch.no_grad()
def test_a_warm_start_already_finds_items() -> None:
    """With words that are the items' vectors, the untrained retriever is a search by residual quantisation."""
    codec, codes = Sums(32), random_codes(2, 30)
    vectors = codec.reconstruct(codes[:, :3])
    trie = Trie.build(codes, SIZES)
    model = Retriever(replace(SMALL, vocab_size=4 + len(codes))).eval()
    encoder = model.encoder
    encoder.words.weight[4:] = torch.from_numpy(vectors)  # type: ignore[union-attr]
    encoder.leave.weight.zero_()  # type: ignore[union-attr]
    init_from_codec(model, codec, codes)
    ids = torch.stack([torch.full((len(codes),), 2), torch.arange(4, 4 + len(codes))], dim=1)
    answers = torch.arange(len(codes))
    got = recall(model, trie, Queries(ids, torch.ones_like(ids, dtype=torch.bool), answers))
    assert got["recall_at_10"] > 80
    assert got["recall_at_1"] > 30


# Hugging Face encoders


def save_tiny_encoder(folder: Path, kind: str) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, T5Config, T5EncoderModel

    words = ["<pad>", "</s>", "<unk>", "[CLS]", "a", "red", "boat", "on", "lake", "the", "two", "birds"]
    inner = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.post_processor = processors.TemplateProcessing(
        single="$A </s>" if kind == "t5" else "[CLS] $A </s>", special_tokens=[("</s>", 1), ("[CLS]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", cls_token="[CLS]"
    ).save_pretrained(folder)
    if kind == "t5":
        T5EncoderModel(
            T5Config(vocab_size=12, d_model=24, d_kv=8, d_ff=32, num_layers=3, num_heads=2, dropout_rate=0.0)
        ).save_pretrained(folder)
    else:
        BertModel(
            BertConfig(
                vocab_size=12,
                hidden_size=24,
                num_hidden_layers=3,
                num_attention_heads=2,
                intermediate_size=32,
                max_position_embeddings=40,
            )
        ).save_pretrained(folder)


@pytest.mark.parametrize("kind", ["t5", "bert"])
def test_a_hugging_face_encoder_works_the_same_way(tmp_path: Path, kind: str) -> None:
    save_tiny_encoder(tmp_path / "hub", kind)
    config = replace(SMALL, encoder=str(tmp_path / "hub"))
    model = Retriever(config).eval()
    assert len(model.memory.norms) == 3
    ids, mask = model.tokenize(["a red boat on the lake", "two birds"])
    assert ids.dtype == torch.int64
    assert mask.dtype == torch.bool
    assert mask.sum(dim=1).tolist() == ([7, 3] if kind == "t5" else [8, 4])
    trie = Trie.build(random_codes(1, 40), SIZES)
    found = beam_search(model, ids, mask, trie, trie.size)
    assert found.log_probs.exp().sum(dim=1).tolist() == pytest.approx([1, 1], abs=1e-4)
    alone = beam_search(model, *model.tokenize(["two birds"]), trie, trie.size)
    assert torch.equal(alone.items[0], found.items[1])
    fast = beam_search(FastRetriever(model), ids, mask, trie, trie.size)
    assert torch.equal(fast.items, found.items)
    torch.testing.assert_close(fast.log_probs, found.log_probs, atol=1e-4, rtol=0)

    model.save(tmp_path / "saved")
    (tmp_path / "hub").rename(tmp_path / "gone")  # a saved retriever needs nothing else
    loaded = Retriever.load(tmp_path / "saved")
    again = beam_search(loaded, *loaded.tokenize(["a red boat on the lake", "two birds"]), trie, trie.size)
    torch.testing.assert_close(again.log_probs, found.log_probs)


def test_a_hugging_face_encoder_can_be_trained_along(tmp_path: Path) -> None:
    save_tiny_encoder(tmp_path / "hub", "t5")
    model = Retriever(replace(SMALL, encoder=str(tmp_path / "hub"), d_model=32))
    trie = Trie.build(random_codes(5, 8)[:4], SIZES)
    ids, mask = model.tokenize(["a red boat", "two birds", "on the lake", "the boat on the lake"])
    pairs = TextPairs(ids, mask, torch.arange(4), torch.ones(4))
    before = model.encoder.model.shared.weight.detach().clone()  # type: ignore[union-attr]
    train_retriever(training(30, average=0.8, encoder_rate=0.3), model, trie, pairs, tmp_path / "run", progress=False)
    assert recall(model, trie, Queries(ids, mask, torch.arange(4)))["recall_at_1"] == 100
    assert not torch.equal(before, model.encoder.model.shared.weight)  # type: ignore[union-attr]


def test_an_encoder_that_is_not_there_is_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="could not be loaded"):
        Retriever(replace(SMALL, encoder=str(tmp_path / "empty")))


def test_a_retriever_without_a_tokenizer_says_so() -> None:
    with pytest.raises(ConfigError, match="tokenizer"):
        Retriever(SMALL).tokenize(["a boat"])
