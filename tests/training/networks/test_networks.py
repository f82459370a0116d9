"""Networks to train give what the published ones give, start as stock and can be cut down."""

from __future__ import annotations

import pytest
import torch
from spandrel import ModelLoader

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.networks.builtin import BUILTIN, DEFAULT
from upscaler.pipeline.networks.weights import read
from upscaler.training.networks.base import cut_down, load_base, spec_of, without_plane
from upscaler.training.networks.build import build
from upscaler.training.networks.spec import Architecture, NetworkSpec, work_per_pixel

RRDB = NetworkSpec(Architecture.RRDB, 8, 2)
PLANE = NetworkSpec(features=64, blocks=16, quantiser_plane=True)


def stock() -> dict[str, torch.Tensor]:
    path = BUILTIN[DEFAULT].path
    assert path
    return read(path)


def pictures(seed: int = 0) -> torch.Tensor:
    return torch.rand(2, 3, 20, 28, generator=torch.Generator().manual_seed(seed))


def test_compact_gives_what_the_app_s_own_network_gives() -> None:
    network = build(NetworkSpec())
    load_base(network, stock())
    published = ModelLoader(device="cpu").load_from_state_dict(stock())
    with torch.inference_mode():
        assert (network(pictures()) - published.model(pictures())).abs().max() < 1e-5


def test_rrdb_is_read_by_the_app_and_gives_the_same() -> None:
    torch.manual_seed(0)
    network = build(RRDB).eval()
    published = ModelLoader(device="cpu").load_from_state_dict(dict(network.state_dict()))
    assert (published.architecture.name, published.scale) == ("ESRGAN", 4)
    with torch.inference_mode():
        assert (network(pictures()) - published.model(pictures())).abs().max() < 1e-5


@pytest.mark.parametrize("spec", [NetworkSpec(features=12, blocks=3), RRDB, NetworkSpec(quantiser_plane=True)])
def test_a_network_is_known_by_its_weights(spec: NetworkSpec) -> None:
    assert spec_of(build(spec).state_dict()) == spec


def test_other_networks_and_other_shapes_are_refused() -> None:
    with pytest.raises(Refused, match="Training starts from"):
        spec_of({"conv1.weight": torch.zeros(3, 3, 3, 3)})
    with pytest.raises(Refused, match="another shape"):
        load_base(build(NetworkSpec(features=32)), stock())
    with pytest.raises(Refused, match="Only Compact"):
        NetworkSpec(Architecture.RRDB, 64, 23, quantiser_plane=True)
    with pytest.raises(Refused, match="4 to 256 features"):
        NetworkSpec(features=1)


def test_a_network_with_quantisers_starts_as_the_one_without() -> None:
    network, plain = build(PLANE), build(NetworkSpec())
    load_base(network, stock())
    load_base(plain, stock())
    quantisers = torch.full((2, 1, 20, 28), 12.0)
    with torch.inference_mode():
        assert torch.equal(network(pictures(), quantisers), plain(pictures()))


def test_the_twin_without_quantisers_gives_what_unknown_ones_give() -> None:
    torch.manual_seed(1)
    network = build(NetworkSpec(features=8, blocks=2, quantiser_plane=True))
    assert network.plane is not None and not isinstance(network.plane, torch.Tensor)
    with torch.no_grad():
        next(network.plane.parameters()).normal_()
    twin = build(NetworkSpec(features=8, blocks=2))
    twin.load_state_dict(without_plane(network.state_dict()))
    with torch.inference_mode():
        unknown = network(pictures(), torch.zeros(2, 1, 20, 28))
        assert (unknown - twin(pictures())).abs().max() < 1e-5
        assert torch.equal(unknown, network(pictures()))
        assert (unknown - network(pictures(), torch.full((2, 1, 20, 28), 31.0))).abs().max() > 1e-3


def test_a_smaller_network_is_cut_out_of_stock_and_still_enlarges() -> None:
    smaller = cut_down(stock(), 48, 8)
    spec = spec_of(smaller)
    assert spec == NetworkSpec(features=48, blocks=8)
    assert work_per_pixel(NetworkSpec()) / work_per_pixel(spec) > 3
    network = build(spec)
    load_base(network, smaller)
    with torch.inference_mode():
        assert network(pictures()).shape == (2, 3, 80, 112)
    with pytest.raises(Refused, match="must be larger"):
        cut_down(smaller, 64, 8)


def test_cutting_nothing_away_changes_nothing() -> None:
    same = cut_down(stock(), 64, 16)
    assert all(torch.equal(same[key], value.float()) for key, value in stock().items())
