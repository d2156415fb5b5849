#!/usr/bin/env python3
"""Compares runs: losses by step, and how far the weights of the last epoch are apart, as a share of the largest of each tensor. Standard library only."""
import array
import json
import struct
import sys


def losses(run):
    records = [json.loads(line) for line in open(f"{run}/metrics.jsonl")]
    return {r["step"]: r["losses/ar_loss"] for r in records if "step" in r}, [r for r in records if "epoch" in r][-1]


def weights(run):
    with open(f"{run}/last/model.safetensors", "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            tensors[name] = array.array("f", data[slice(*entry["data_offsets"])])
    return tensors


first, others = sys.argv[1], sys.argv[2:]
steps, last = losses(first)
reference = weights(first)
print(f"{'step':>6}  {first}" + "".join(f"  {run:>22}" for run in others))
tables = [losses(run) for run in others]
for step in sorted(steps):
    if step in (10, 50, 100, 150, 200):
        print(f"{step:>6}  {steps[step]:.9f}" + "".join(f"  {t[step]:.9f} ({abs(t[step] / steps[step] - 1):.0e})" for t, _ in tables))
print("largest relative difference of a loss: " + ", ".join(f"{max(abs(t[s] / steps[s] - 1) for s in steps):.1e}" for t, _ in tables))
for run in others:
    other = weights(run)
    worst = max((max(abs(a - b) for a, b in zip(values, other[name])) / max(map(abs, values)), name) for name, values in reference.items() if max(map(abs, values)) > 0)
    equal = sum(values == other[name] for name, values in reference.items())
    print(f"{run}: weights differ by at most {worst[0]:.1e} of the largest ({worst[1]}); {equal} of {len(reference)} tensors are equal bit by bit")
print("hr@10, ndcg@10: " + ", ".join(f"{r['hr@10']:.6f} {r['ndcg@10']:.6f}" for _, r in [(None, last), *tables]))
