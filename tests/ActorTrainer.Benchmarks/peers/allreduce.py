"""The sum of a vector over processes by torch.distributed over Gloo: what `actortrainer bench collective` stands beside.

    python3 allreduce.py WORLD FLOATS ROUNDS

A barrier before each round; the first two rounds do not count.
One JSON object: the median seconds, and the bus bandwidth 2 (W - 1) / W bytes a second, the convention of nccl-tests.
"""
import json
import statistics
import sys
import time

import torch
import torch.distributed

import processes


def sums(rank, floats, rounds):
    vector, seconds = torch.ones(floats), []
    for _ in range(rounds):
        torch.distributed.barrier()
        began = time.perf_counter()
        torch.distributed.all_reduce(vector)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[2:])


def main(world, floats, rounds):
    seconds = processes.together(world, sums, floats, rounds)
    moved = 2 * (world - 1) / world * 4 * floats
    print(json.dumps({"peer": "gloo, torch " + torch.__version__, "world": world, "bytes": 4 * floats, "seconds": round(seconds, 5), "bus_gb_per_s": round(moved / seconds / 1e9, 3)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
