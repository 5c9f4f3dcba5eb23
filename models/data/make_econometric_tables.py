#!/usr/bin/env python3
"""Writes engel.csv, doctor_visits.csv and party.csv from the data sets of statsmodels, all three in the public domain.

    pip install statsmodels==0.15.0
    ./make_econometric_tables.py
"""
import hashlib
import pathlib

import numpy as np
import statsmodels.api as sm

HERE = pathlib.Path(__file__).parent


def write(name, table, digits=7):
    def text(value):
        return np.format_float_positional(np.float64(f"{value:.{digits}g}"), trim="-")

    path = HERE / name
    lines = [",".join(table.columns)] + [",".join(text(v) for v in row) for row in table.itertuples(index=False)]
    path.write_text("\n".join(lines) + "\n")
    print(f"{name}: {len(table)} rows, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


def shuffled(table):  # the sources are ordered: each fifth row is to be a fair sample
    return table.iloc[np.random.Generator(np.random.PCG64(1)).permutation(len(table))]


def main():
    engel = sm.datasets.engel.load_pandas().data
    engel = engel.assign(log_income=np.log(engel.income))
    write("engel.csv", shuffled(engel[["income", "log_income", "foodexp"]].rename(columns={"foodexp": "food_expenditure"})))

    visits = sm.datasets.randhie.load_pandas().data.iloc[::10]
    names = {"mdvis": "visits", "lncoins": "log_coinsurance", "idp": "deductible_plan", "lpi": "log_participation_payment",
             "fmde": "log_maximum_expenditure", "physlm": "physical_limitation", "disea": "chronic_diseases",
             "hlthg": "health_good", "hlthf": "health_fair", "hlthp": "health_poor"}
    visits = visits.rename(columns=names)[[*[n for n in names.values() if n != "visits"], "visits"]]
    write("doctor_visits.csv", shuffled(visits))

    party = sm.datasets.anes96.load_pandas().data
    names = {"age": "age", "educ": "education", "income": "income", "logpopul": "log_population", "TVnews": "television_news", "PID": "party"}
    write("party.csv", shuffled(party.rename(columns=names)[list(names.values())]))


if __name__ == "__main__":
    main()
