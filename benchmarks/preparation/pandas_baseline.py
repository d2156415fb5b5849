#!/usr/bin/env python3
"""Prepares a ratings file (user,item,rating,timestamp; no header) with pandas, in the steps of the reference's preprocessor: one count of
users and items, codes by order of the ids, sort by time, lists a user, users left with fewer than five rows dropped, rows shuffled, CSV.

    /usr/bin/time -v python3 pandas_baseline.py ratings_Books.csv sasrec_format.csv
"""
import sys
import time

import pandas as pd

source, target = sys.argv[1:3]
start = time.time()


def tell(step):
    print(f"{time.time() - start:7.1f} s  {step}", file=sys.stderr)


ratings = pd.read_csv(source, names=["user_id", "item_id", "rating", "timestamp"], header=None)
tell(f"read {len(ratings):,} rows")
users, items = ratings["user_id"].value_counts(), ratings["item_id"].value_counts()
ratings = ratings[(ratings["user_id"].map(users) >= 5) & (ratings["item_id"].map(items) >= 5)]
tell(f"filtered to {len(ratings):,} rows")
ratings["item_id"] = pd.Categorical(ratings["item_id"]).codes
ratings["user_id"] = pd.Categorical(ratings["user_id"]).codes
tell("coded")
grouped = ratings.sort_values("timestamp").groupby("user_id")
sequences = pd.DataFrame(
    {
        "user_id": list(grouped.groups.keys()),
        "sequence_item_ids": list(grouped["item_id"].apply(list)),
        "sequence_ratings": list(grouped["rating"].apply(list)),
        "sequence_timestamps": list(grouped["timestamp"].apply(list)),
    }
)
sequences = sequences[sequences["sequence_item_ids"].apply(len) >= 5].reset_index(drop=True)
tell(f"grouped into {len(sequences):,} users")
for column in ["sequence_item_ids", "sequence_ratings", "sequence_timestamps"]:
    sequences[column] = sequences[column].apply(lambda values: ",".join(map(str, values)))
sequences.sample(frac=1).reset_index().to_csv(target, index=False, sep=",")
tell("written")
