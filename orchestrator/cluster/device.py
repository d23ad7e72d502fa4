"""Chooses the device that a worker computes on, and recognises errors after which a device can no longer be used.

Imports torch only when a function needs it."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from orchestrator.errors import EngineError
from orchestrator.processor import processor

if TYPE_CHECKING:
    import torch


class DeviceFault(Exception):
    """The worker's device failed in a way that leaves its process unusable: it must end, and its batch run elsewhere.

    After such an error, every further call to CUDA fails with the same error.
    """


def choose_device(gpus: float) -> torch.device:
    """The device of a worker that was given this share of GPUs; with 0 the processor, even on a machine with GPUs.

    Ray shows a worker only its own GPUs, so the first one is the right one. With a share of a GPU, torch uses no more
    than that share of its memory, so that workers on one GPU do not take each other's. Raises EngineError if torch does
    not see the GPU that the worker was given: otherwise the work would take hours on the processor, and nobody would
    know why.
    """
    import torch

    if not gpus:
        return torch.device("cpu")
    if not torch.cuda.is_available():
        visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        built = f"is built for CUDA {torch.version.cuda}" if torch.version.cuda else "is built without CUDA"
        raise EngineError(
            f"{socket.gethostname()} gave this worker a GPU (CUDA_VISIBLE_DEVICES={visible}), but torch "
            f"{torch.__version__}, which {built}, does not see it; check the driver with nvidia-smi, or use "
            "--gpus-per-worker 0"
        )
    if gpus < 1:
        torch.cuda.set_per_process_memory_fraction(gpus)
    return torch.device("cuda")


def prepare_torch(threads: int) -> None:
    """Let torch compute with so many threads of the processor, and give the same bits each time. Before CUDA starts."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS needs it to be deterministic
    import torch

    torch.set_num_threads(threads)
    # The same as use_deterministic_algorithms(True), which would also import torch's compiler, for 1.5 s of each start.
    torch.set_deterministic_debug_mode("error")
    torch.backends.cudnn.benchmark = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def device_name(device: torch.device) -> str:
    """For the row: `NVIDIA H100 80GB HBM3`, or `CPU Intel(R) Xeon(R) Processor, AMX`."""
    if device.type == "cuda":
        import torch

        return torch.cuda.get_device_name(device)
    return f"CPU {processor()}"


def device_memory(device: torch.device) -> int | None:
    """All bytes of a GPU's memory, used or free; None for the processor."""
    import torch

    return torch.cuda.mem_get_info(device)[1] if device.type == "cuda" else None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the device had too little memory; a smaller batch may then succeed."""
    import torch

    return isinstance(error, torch.OutOfMemoryError)


def is_device_fault(error: BaseException) -> bool:
    """Whether an error leaves the device unusable for this process: any CUDA error except running out of memory."""
    import torch

    if is_out_of_memory(error):
        return False
    if isinstance(error, torch.AcceleratorError):
        return True
    words = ("CUDA error", "CUDNN_STATUS", "CUBLAS_STATUS", "cuDNN error", "CUSOLVER_STATUS")
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)
