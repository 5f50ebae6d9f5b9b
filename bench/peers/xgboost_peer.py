"""XGBoost on request: one JSON object a line in, one a line out. Seconds are those of the work alone.

{"do": "train", "folder": F, "features": n, "threads": t, "trees": k, "leaves": l, "rate": r, "bins": b}
    reads F/train.f32, F/train.u8 and F/test.f32, and answers {"cpu", "wall"} after writing F/predictions.f64;
    with "model": FILE the model is kept there as JSON.
{"do": "predict", "folder": F, "features": n, "rows": m, "model": FILE}
    predicts F/test.f32, repeated to m rows, on one thread, and answers {"cpu", "wall"}.
{"do": "explain", "folder": F, "features": n, "model": FILE}
    writes F/contributions.f64, by row of F/test.f32 one number per feature and the base, from values in memory on one
    thread, and answers {"cpu", "wall"}.
"""
import json
import sys
import time

import numpy
import xgboost


def read(request, name):
    return numpy.fromfile(f"{request['folder']}/{name}.f32", numpy.float32).reshape(-1, request["features"])


def train(request):
    values, labels = read(request, "train"), numpy.fromfile(f"{request['folder']}/train.u8", numpy.uint8)
    settings = {
        "objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_depth": 0,
        "max_leaves": request["leaves"], "eta": request["rate"], "max_bin": request["bins"], "lambda": 1,
        "min_child_weight": 1, "nthread": request["threads"], "base_score": float(labels.mean()),
    }
    wall, cpu = time.perf_counter(), time.process_time()
    booster = xgboost.train(settings, xgboost.DMatrix(values, labels, nthread=request["threads"]), request["trees"])
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    booster.inplace_predict(read(request, "test")).astype(numpy.float64).tofile(f"{request['folder']}/predictions.f64")
    if "model" in request:
        booster.save_model(request["model"])
    return seconds


loaded = {}


def predict(request):
    key = (request["model"], request["rows"])
    if key not in loaded:
        booster = xgboost.Booster({"nthread": 1}, model_file=request["model"])
        booster.set_param({"nthread": 1})
        test = read(request, "test")
        loaded[key] = booster, numpy.resize(test, (request["rows"], test.shape[1]))
        booster.inplace_predict(test[:1000])
    booster, values = loaded[key]
    wall, cpu = time.perf_counter(), time.process_time()
    booster.inplace_predict(values)
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def explain(request):
    booster = xgboost.Booster({"nthread": 1}, model_file=request["model"])
    booster.set_param({"nthread": 1})
    values = read(request, "test")
    wall, cpu = time.perf_counter(), time.process_time()
    contributions = booster.predict(xgboost.DMatrix(values, nthread=1), pred_contribs=True)
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    contributions.astype(numpy.float64).tofile(f"{request['folder']}/contributions.f64")
    return seconds


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"train": train, "predict": predict, "explain": explain}[request["do"]](request)), flush=True)
