"""Writes libs/learning/src/xgboost.fixture.json: a model that XGBoost trains and saves, values, and what it says of them.

    python3 tools/make-xgboost-fixture.py        # Debian: apt-get install python3-xgboost
"""
import json
import pathlib
import tempfile

import numpy
import xgboost

random = numpy.random.default_rng(7)
names = ["tenure", "fee", "usage"]
values = random.normal(size=(2_000, 3)).astype(numpy.float32)
values[random.random(values.shape) < 0.1] = numpy.nan
odds = numpy.exp(numpy.nan_to_num(values[:, 0] * values[:, 1] + values[:, 2], nan=1.0))
labels = (random.random(len(values)) < odds / (1 + odds)).astype(numpy.uint8)
settings = {"objective": "binary:logistic", "max_depth": 4, "eta": 0.3, "base_score": 0.4, "nthread": 1}
booster = xgboost.train(settings, xgboost.DMatrix(values, labels, feature_names=names), 5)

file = pathlib.Path(tempfile.mkdtemp()) / "model.json"
booster.save_model(file)
model = json.loads(file.read_text())
for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
    for unused in ("base_weights", "loss_changes", "parents", "id"):  # keeps the file small
        del tree[unused]

# doubles next to the thresholds, whose 32 bits decide; a few rows; missing values
thresholds = [
    (feature, numpy.float32(condition))
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]
    for feature, condition, left in zip(tree["split_indices"], tree["split_conditions"], tree["left_children"])
    if left >= 0
]
rows = [[None if numpy.isnan(value) else float(value) for value in row] for row in values[:15]]
for feature, threshold in thresholds[::4]:
    below = numpy.nextafter(threshold, numpy.float32("-inf"))
    middle = (float(threshold) + float(below)) / 2
    for value in (numpy.nextafter(middle, -numpy.inf), middle, numpy.nextafter(middle, numpy.inf)):
        rows.append([float(value) if at == feature else None for at in range(3)])
matrix = xgboost.DMatrix(numpy.array(rows, dtype=numpy.float64), feature_names=names)
fixture = {
    "model": model,
    "rows": rows,
    "probabilities": [float(each) for each in booster.predict(matrix)],
    "contributions": [[round(float(each), 6) for each in row] for row in booster.predict(matrix, pred_contribs=True)],
}
target = pathlib.Path(__file__).parent.parent / "libs/learning/src/xgboost.fixture.json"
target.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
