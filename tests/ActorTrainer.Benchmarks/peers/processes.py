"""Processes of torch.distributed on this host, joined by Gloo over loopback, one thread each."""
import os
import socket

import torch
import torch.distributed
import torch.multiprocessing


def together(world, work, *arguments):
    """Calls work(rank, *arguments) in `world` processes. Returns what rank 0 returns."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answers = torch.multiprocessing.get_context("spawn").SimpleQueue()
    torch.multiprocessing.spawn(_one, (world, port, work, arguments, answers), world)
    return answers.get()


def _one(rank, world, port, work, arguments, answers):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", rank=rank, world_size=world)
    answer = work(rank, *arguments)
    if rank == 0:
        answers.put(answer)
