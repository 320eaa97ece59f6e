"""A vision transformer whose attention costs O(N k) instead of O(N²): the Linformer (Wang et al. 2020).

Keys and values of N tokens are first mixed down to k of them by a learned (k, N) matrix, so each query looks
at k summaries instead of at N tokens. What is notable here: no class token (the vector is the mean over
tokens), no dropout, and a network belongs to one input size, because the (k, N) matrices do.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LinformerAttention(nn.Module):
    """Multi-head self-attention of low rank (Wang et al. 2020, eq. 7; one projection for all heads).

    Args:
        width: Channels D of a token.
        heads: Attention heads; divides ``width``.
        n_tokens: Tokens N.
        rank: Summaries k that keys and values are mixed down to.

    Example:
        >>> LinformerAttention(width=32, heads=2, n_tokens=64, rank=16)(torch.zeros(1, 64, 32)).shape
        torch.Size([1, 64, 32])
    """

    def __init__(self, *, width: int, heads: int, n_tokens: int, rank: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide {width} channels")
        self.heads = heads
        self.to_qkv = nn.Linear(width, 3 * width)
        self.mix_keys = nn.Parameter(torch.randn(rank, n_tokens) * n_tokens**-0.5)
        self.mix_values = nn.Parameter(torch.randn(rank, n_tokens) * n_tokens**-0.5)
        self.out = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, N, D) → (B, N, D)."""
        B, N, D = tokens.shape
        query, key, value = self.to_qkv(tokens).chunk(3, dim=-1)
        key, value = self.mix_keys @ key, self.mix_values @ value  # (B, k, D)
        query, key, value = (
            part.reshape(B, -1, self.heads, D // self.heads).transpose(1, 2) for part in (query, key, value)
        )
        weights = (query * (D // self.heads) ** -0.5) @ key.transpose(-1, -2)  # (B, heads, N, k)
        mixed = weights.softmax(dim=-1) @ value  # in full: at few tokens the fused kernel is slower on a CPU
        return self.out(mixed.transpose(1, 2).reshape(B, N, D))


class LinformerBlock(nn.Module):
    """Pre-norm transformer block with Linformer attention."""

    def __init__(self, *, width: int, heads: int, n_tokens: int, rank: int, mlp_ratio: int = 4) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = LinformerAttention(width=width, heads=heads, n_tokens=n_tokens, rank=rank)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, mlp_ratio * width), nn.GELU(), nn.Linear(mlp_ratio * width, width)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, N, D) → (B, N, D)."""
        tokens = tokens + self.attention(self.attention_norm(tokens))
        return tokens + self.mlp(self.mlp_norm(tokens))


class LinformerEncoder(nn.Module):
    """Position and Linformer blocks over a square map; a map goes in and a map comes out.

    Args:
        width: Channels D.
        depth: Blocks.
        heads: Attention heads.
        side: Tokens along a side; N = side².
        rank: Summaries k, at most N.
    """

    def __init__(self, *, width: int, depth: int, heads: int, side: int, rank: int = 32) -> None:
        super().__init__()
        n_tokens = side * side
        self.position = nn.Parameter(torch.randn(1, n_tokens, width) * 0.02)
        self.blocks = nn.ModuleList(
            LinformerBlock(width=width, heads=heads, n_tokens=n_tokens, rank=min(rank, n_tokens))
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, maps: Tensor) -> Tensor:
        """(B, D, side, side) → (B, D, side, side)."""
        tokens = maps.flatten(2).transpose(1, 2) + self.position
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens).transpose(1, 2).reshape(maps.shape)


class LinformerViT(nn.Module):
    """Linformer over square patches, the mean token as the vector.

    Attributes:
        num_features: Length D of a vector.

    Example:
        >>> LinformerViT(size_px=64)(torch.zeros(2, 3, 64, 64)).shape
        torch.Size([2, 192])
    """

    def __init__(
        self, *, size_px: int, patch_px: int = 8, width: int = 192, depth: int = 12, heads: int = 3
    ) -> None:
        super().__init__()
        if size_px % patch_px:
            raise ValueError(f"patches of {patch_px} px do not tile {size_px} px")
        self.num_features = width
        self.patches = nn.Conv2d(3, width, patch_px, stride=patch_px)
        self.encoder = LinformerEncoder(width=width, depth=depth, heads=heads, side=size_px // patch_px)

    def forward_features(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, D, H / patch, W / patch)."""
        return self.encoder(self.patches(images))

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, D)."""
        return self.forward_features(images).mean(dim=(2, 3))
