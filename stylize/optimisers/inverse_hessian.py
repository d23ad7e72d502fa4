"""L-BFGS's estimate of the curvature of B functions, from the last changes of their points and gradients.

The inverse Hessian is kept in its compact form (Byrd, Nocedal, Schnabel 1994, *Representations of quasi-Newton matrices
and their use in limited memory methods*, equation 3.1): with changes of point S and of gradient Y, R the upper triangle
of SᵀY, D its diagonal and γ = s·y / y·y of the latest pair,

    H g = γ g + S R⁻ᵀ ((D + γ YᵀY) R⁻¹ Sᵀg − γ Yᵀg) − γ Y R⁻¹ Sᵀg.

This takes two passes over S and Y for the whole batch; the two-loop recursion takes four over each pair.
"""

from __future__ import annotations

import torch
from torch import Tensor

MEMORY = 20
"""How many pairs of changes of point and gradient are kept."""

SLOTS = MEMORY + 1
"""One more, which is free: a pair that is not kept is written there as zeros, so that the code has no branches."""


class InverseHessian:
    """H of B functions of D variables. All state keeps its address in memory."""

    def __init__(self, batch: int, size: int, dtype: torch.dtype, device: torch.device) -> None:
        # S in the first slots of each function, Y in the others.
        self._pairs = torch.zeros(batch, 2 * SLOTS, size, dtype=dtype, device=device)
        self._changes = torch.zeros(batch, SLOTS, SLOTS, dtype=torch.float64, device=device)  # s_i·y_j
        self._turns = torch.zeros_like(self._changes)  # y_i·y_j
        self._free = torch.zeros(batch, dtype=torch.long, device=device)
        self._count = torch.zeros_like(self._free)
        self._make_numbers()

    def _make_numbers(self) -> None:
        """Make constants once, so that nothing is copied to the device later."""
        device = self._free.device
        self._slots = torch.arange(SLOTS, device=device)
        self._rows = torch.arange(len(self._free), device=device) * 2 * SLOTS
        self._identity = torch.eye(MEMORY, dtype=torch.float64, device=device)

    def keep(self, places: Tensor) -> None:
        """Keep only the functions at these positions."""
        for name, tensor in self.state().items():
            setattr(self, f"_{name}", tensor[places])
        self._make_numbers()

    def state(self) -> dict[str, Tensor]:
        """All that is known, by name; the first dimension of each tensor is B. It is the own memory of this object."""
        return {name: getattr(self, f"_{name}") for name in ("pairs", "changes", "turns", "free", "count")}

    def is_empty(self) -> Tensor:
        """For which functions nothing is known, so that H is the identity."""
        return self._count == 0

    def forget(self, where: Tensor) -> None:
        """Forget everything about the functions that the mask selects."""
        self._count *= ~where

    def learn(self, where: Tensor, moved: Tensor, turned: Tensor) -> None:
        """Keep changes of point and gradient (B×D each) of the functions that the mask selects, if the curvature is
        positive.
        """
        curvature = torch.linalg.vecdot(moved, turned)
        turn = torch.linalg.vecdot(turned, turned)
        sound = where & (curvature > 1e-12 * turn) & curvature.isfinite()
        pair = torch.cat([moved, turned]) * sound.repeat(2)[:, None]
        pair = torch.where(sound.repeat(2)[:, None], pair, 0.0)  # 0·∞ is not 0
        at = torch.cat([self._rows + self._free, self._rows + SLOTS + self._free])
        self._pairs.flatten(0, 1).index_copy_(0, at, pair)
        products = torch.bmm(self._pairs, pair[len(moved) :, :, None])[:, :, 0].double()  # with the new y
        new = self._slots == self._free[:, None]
        torch.where(new[:, None, :], products[:, :SLOTS, None], self._changes, out=self._changes)
        torch.where(new[:, None, :], products[:, SLOTS:, None], self._turns, out=self._turns)
        torch.where(new[:, :, None], products[:, None, SLOTS:], self._turns, out=self._turns)
        self._free.add_(sound).remainder_(SLOTS)
        self._count.add_(sound).clamp_(max=MEMORY)

    def times(self, gradient: Tensor) -> Tensor:
        """H g for each function: B×D to B×D."""
        order = (self._free[:, None] + 1 + self._slots[:MEMORY]) % SLOTS  # slots, oldest first
        known = self._slots[:MEMORY] >= MEMORY - self._count[:, None]
        both = known[:, :, None] & known[:, None, :]
        changes, turns = (_ordered(one, order) * both for one in (self._changes, self._turns))
        diagonal = changes.diagonal(dim1=1, dim2=2)
        upper = changes.triu() + self._identity * ~both  # the identity for what is not known
        latest = turns[:, -1, -1]
        scale = torch.where(self.is_empty(), 1.0, diagonal[:, -1] / latest)[:, None]

        products = torch.bmm(self._pairs, gradient[:, :, None])[:, :, 0].double()
        along, turning = (products[:, part].gather(1, order) * known for part in (slice(SLOTS), slice(SLOTS, None)))
        solved = torch.linalg.solve_triangular(upper, along[:, :, None], upper=True)
        middle = diagonal * solved[:, :, 0] + scale * (torch.bmm(turns, solved)[:, :, 0] - turning)
        of_changes = torch.linalg.solve_triangular(upper.mT, middle[:, :, None], upper=False)[:, :, 0]
        shares = torch.zeros_like(products)
        shares.scatter_(1, order, of_changes)
        shares.scatter_(1, order + SLOTS, -scale * solved[:, :, 0])
        learned = torch.bmm(shares[:, None].to(gradient.dtype), self._pairs)[:, 0]
        return scale.to(gradient.dtype) * gradient + learned


def _ordered(matrices: Tensor, order: Tensor) -> Tensor:
    """B×S×S matrices with rows and columns taken in an order, B×M."""
    rows = matrices.gather(1, order[:, :, None].expand(-1, -1, matrices.shape[2]))
    return rows.gather(2, order[:, None, :].expand(-1, order.shape[1], -1))
