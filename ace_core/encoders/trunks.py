"""One trunk a modality: decoded uint8 media -> feature tokens (B, T, F), T fixed within a modality.

Pictures  an open_clip ResNet (CLIP's modified ResNet, arXiv 2103.00020) cut after its third stage, then transformer
          layers over its 8 x 8 map.
Sounds    convolutions over the log-mel picture, then transformer layers over time.
Clips     the same ResNet on every frame and on what changes between frames, then layers that attend over time within
          each coarse cell and over the cells within each frame (divided space-time attention, arXiv 2102.05095).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ace_core.collection import Modality
from ace_core.encoders.layers import Block
from ace_core.errors import ConfigError


@dataclass(frozen=True)
class TrunkConfig:
    feature_dimension: int = 192  # F
    layers: int = 2  # transformer layers of each trunk
    heads: int = 4
    picture_px: int = 128  # -> T = (picture_px / 16) ** 2
    resnet_width: int = 16
    resnet_depth: tuple[int, int, int] = (1, 2, 2)
    sound_frames: int = 304  # mel frames of 20 ms -> T = sound_frames / 8
    sound_bands: int = 64
    sound_width: int = 32  # channels of the first convolution
    clip_frames: int = 8
    clip_px: int = 96  # -> T = clip_frames * (clip_px / 32) ** 2

    def __post_init__(self) -> None:
        if self.feature_dimension % self.heads or self.picture_px % 16 or self.clip_px % 32:
            raise ConfigError(
                "TrunkConfig: feature_dimension must divide by heads, picture_px by 16 and clip_px by 32."
            )
        if self.sound_frames % 8 or self.sound_bands % 16:
            raise ConfigError("TrunkConfig: sound_frames must divide by 8 and sound_bands by 16.")

    def media_shape(self, modality: Modality) -> tuple[int, ...]:
        """Shape of one decoded item, uint8."""
        return {
            "image": (self.picture_px, self.picture_px, 3),
            "audio": (self.sound_frames, self.sound_bands),
            "video": (self.clip_frames, self.clip_px, self.clip_px, 3),
        }[modality]

    def tokens(self, modality: Modality) -> int:
        """T of a modality."""
        return {
            "image": (self.picture_px // 16) ** 2,
            "audio": self.sound_frames // 8,
            "video": self.clip_frames * (self.clip_px // 32) ** 2,
        }[modality]


def make_trunk(config: TrunkConfig, modality: Modality) -> nn.Module:
    return {"image": PictureTrunk, "audio": SoundTrunk, "video": ClipTrunk}[modality](config)


class FrameNet(nn.Module):
    """Pixels float (B, 3, H, W) -> (B, 16 * resnet_width, H / 16, W / 16)."""

    def __init__(self, config: TrunkConfig, px: int) -> None:
        super().__init__()
        from open_clip.modified_resnet import ModifiedResNet  # slow to import, not needed to answer a query

        depth = (*config.resnet_depth, 1)
        net = ModifiedResNet(depth, output_dim=64, heads=8, image_size=px, width=config.resnet_width)
        net.init_parameters()
        del net.layer4, net.attnpool  # its map is too coarse, its pooling hides where things are
        self.net = net.to(memory_format=torch.channels_last)
        self.channels = 16 * config.resnet_width

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.net.stem(pixels.contiguous(memory_format=torch.channels_last))
        return self.net.layer3(self.net.layer2(self.net.layer1(x)))


class PictureTrunk(nn.Module):
    def __init__(self, config: TrunkConfig) -> None:
        super().__init__()
        self.frame = FrameNet(config, config.picture_px)
        self.project = nn.Linear(self.frame.channels, config.feature_dimension)
        self.position = _positions(config.tokens("image"), config.feature_dimension)
        self.blocks = _blocks(config)
        self.norm = nn.LayerNorm(config.feature_dimension)

    def forward(self, media: Tensor) -> Tensor:
        """uint8 or float 0..255 (B, H, W, 3) -> (B, T, F)."""
        x = self.frame(_pixels(media)).flatten(2).transpose(1, 2)
        x = self.project(x) + self.position
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class SoundTrunk(nn.Module):
    def __init__(self, config: TrunkConfig) -> None:
        super().__init__()
        width, features = config.sound_width, config.feature_dimension
        self.convolutions = nn.Sequential(
            _convolution(1, width, (2, 2)),
            _convolution(width, 2 * width, (2, 2)),
            _convolution(2 * width, 4 * width, (2, 2)),
            _convolution(4 * width, 4 * width, (1, 2)),
        )
        # Bands stay apart: high and low are not the same thing in a sound, as left and right are in a picture.
        self.project = nn.Linear(4 * width * config.sound_bands // 16, features)
        self.position = _positions(config.tokens("audio"), features)
        self.blocks = _blocks(config)
        self.norm = nn.LayerNorm(features)

    def forward(self, media: Tensor) -> Tensor:
        """uint8 or float 0..255 (B, frames, bands) -> (B, T, F), one token for 160 ms."""
        x = (media.float() / 64 - 2).unsqueeze(1)
        x = self.convolutions(x.contiguous(memory_format=torch.channels_last))
        x = self.project(x.permute(0, 2, 3, 1).flatten(2)) + self.position
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class ClipTrunk(nn.Module):
    def __init__(self, config: TrunkConfig) -> None:
        super().__init__()
        features, cells = config.feature_dimension, (config.clip_px // 32) ** 2
        self.frame = FrameNet(config, config.clip_px)
        self.reduce = nn.Conv2d(2 * self.frame.channels, features, kernel_size=4, stride=2, padding=1)
        self.position = _positions(cells, features)
        self.moment = _positions(config.clip_frames, features)
        self.over_time = _blocks(config)
        self.over_cells = _blocks(config)
        self.norm = nn.LayerNorm(features)

    def start_from(self, pictures: PictureTrunk) -> None:
        """Take over what pictures taught about frames; its first stages are settled and no longer trained."""
        self.frame.load_state_dict(pictures.frame.state_dict())
        for stage in (self.frame.net.conv1, self.frame.net.conv2, self.frame.net.conv3, self.frame.net.layer1):
            stage.requires_grad_(False)

    def forward(self, media: Tensor) -> Tensor:
        """uint8 or float 0..255 (B, frames, H, W, 3) -> (B, frames * cells, F), all cells of a frame in a row."""
        batch, frames = media.shape[:2]
        maps = self.frame(_pixels(media.flatten(0, 1)))
        maps = maps.view(batch, frames, *maps.shape[1:])
        change = torch.diff(maps, dim=1, prepend=maps[:, :1])
        x = self.reduce(torch.cat([maps, change], dim=2).flatten(0, 1))
        x = x.flatten(2).transpose(1, 2).view(batch, frames, -1, x.shape[1])
        x = x + self.position + self.moment[:, None]
        for over_time, over_cells in zip(self.over_time, self.over_cells, strict=True):
            x = over_time(x.transpose(1, 2).flatten(0, 1)).view(batch, -1, frames, x.shape[3]).transpose(1, 2)
            x = over_cells(x.flatten(0, 1)).view(x.shape)
        return self.norm(x.flatten(1, 2))


def _pixels(media: Tensor) -> Tensor:
    """0..255 (B, H, W, 3) -> about -2..2 (B, 3, H, W)."""
    return (media.float() / 64 - 2).permute(0, 3, 1, 2)


def _convolution(inside: int, outside: int, stride: tuple[int, int]) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(outside), nn.GELU()
    )


def _positions(count: int, width: int) -> nn.Parameter:
    return nn.Parameter(0.02 * torch.randn(count, width))


def _blocks(config: TrunkConfig) -> nn.ModuleList:
    return nn.ModuleList(Block(config.feature_dimension, config.heads) for _ in range(config.layers))
