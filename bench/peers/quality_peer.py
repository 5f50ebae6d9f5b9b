"""Gradient boosting of XGBoost and scikit-learn on request: one JSON object a line in, one a line out.

{"folder": F, "features": n, "categories": [k by feature, 0 for a number], "grouped": bool, "seed": s, "tries": t}
    reads F/train.f32, F/train.u8, F/test.f32 (row by row; a category is its code, NaN is missing) and, where grouped,
    F/train.u32 with the group of each row; writes F/METHOD.f64 with the probabilities of the rows to test, and answers
    {METHOD: settings}. Methods: xgboost and sklearn with their defaults, xgboostTuned and sklearnTuned with the best of
    t settings, the same ones for both, chosen by the area under the curve of three folds inside the rows to train on,
    where the number of trees is that of the best round.
"""
import json
import sys

import numpy
import xgboost
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

ROUNDS_MAX = 400
PATIENCE = 30
# scikit-learn takes no category with more values than it has bins; XGBoost is given the same columns
CATEGORIES_MAX = 255


def settings_of(random, tries):
    """Leaves, rate, rows of a leaf, L2 penalty and share of the columns, the first a common choice."""
    first = {"leaves": 31, "rate": 0.1, "leaf": 20, "l2": 1.0, "columns": 1.0}
    draw = lambda: {
        "leaves": int(random.choice([4, 8, 16, 31, 63])), "rate": float(random.choice([0.02, 0.05, 0.1])),
        "leaf": int(random.choice([5, 20, 50, 100])), "l2": float(random.choice([0.1, 1.0, 10.0])),
        "columns": float(random.choice([0.3, 0.6, 1.0])),
    }
    return [first] + [draw() for _ in range(tries - 1)]


def xgboost_matrix(values, labels, kinds):
    return xgboost.DMatrix(values, labels, feature_types=kinds, enable_categorical=True, nthread=2)


def xgboost_of(given, seed):
    return {
        "objective": "binary:logistic", "eval_metric": "auc", "tree_method": "hist", "grow_policy": "lossguide",
        "max_depth": 0, "max_leaves": given["leaves"], "eta": given["rate"], "min_child_weight": given["leaf"] / 5,
        "lambda": given["l2"], "colsample_bynode": given["columns"], "subsample": 0.8, "nthread": 2, "seed": seed,
    }


def xgboost_rounds(given, seed, train, test):
    booster = xgboost.train(
        xgboost_of(given, seed), train, ROUNDS_MAX, evals=[(test, "test")],
        early_stopping_rounds=PATIENCE, verbose_eval=False,
    )
    return booster.best_score, booster.best_iteration + 1


def sklearn_of(given, seed, categorical, rounds):
    return HistGradientBoostingClassifier(
        max_leaf_nodes=given["leaves"], learning_rate=given["rate"], min_samples_leaf=given["leaf"],
        l2_regularization=given["l2"], max_iter=rounds, early_stopping=False, max_depth=None,
        categorical_features=categorical, random_state=seed,
    )


def sklearn_rounds(given, seed, categorical, train, test):
    model = sklearn_of(given, seed, categorical, ROUNDS_MAX // 2).fit(*train)
    scores = [roc_auc_score(test[1], staged[:, 1]) for staged in model.staged_predict_proba(test[0])]
    best = int(numpy.argmax(scores))
    return scores[best], best + 1


def answer(request):
    folder, seed = request["folder"], request["seed"]
    read = lambda name: numpy.fromfile(f"{folder}/{name}.f32", numpy.float32).reshape(-1, request["features"])
    values, test = read("train"), read("test")
    labels = numpy.fromfile(f"{folder}/train.u8", numpy.uint8)
    categories = request["categories"]
    usable = [at for at, count in enumerate(categories) if count <= CATEGORIES_MAX]
    values, test = values[:, usable], test[:, usable]
    is_category = [categories[at] > 0 for at in usable]
    kinds = ["c" if each else "float" for each in is_category]
    categorical = numpy.array(is_category) if any(is_category) else None
    whole, unseen = xgboost_matrix(values, labels, kinds), xgboost_matrix(test, None, kinds)

    if request["grouped"]:
        groups = numpy.fromfile(f"{folder}/train.u32", numpy.uint32)
        parts = list(StratifiedGroupKFold(3, shuffle=True, random_state=seed).split(values, labels, groups))
    else:
        parts = list(StratifiedKFold(3, shuffle=True, random_state=seed).split(values, labels))

    predictions, chosen = {}, {}
    predictions["xgboost"] = xgboost.train(
        {"objective": "binary:logistic", "tree_method": "hist", "nthread": 2, "seed": seed}, whole, 100
    ).predict(unseen)
    predictions["sklearn"] = HistGradientBoostingClassifier(
        categorical_features=categorical, random_state=seed
    ).fit(values, labels).predict_proba(test)[:, 1]

    folds = [
        (xgboost_matrix(values[fit], labels[fit], kinds), xgboost_matrix(values[held], labels[held], kinds),
         (values[fit], labels[fit]), (values[held], labels[held]))
        for fit, held in parts
    ]
    best = {"xgboostTuned": (-1,), "sklearnTuned": (-1,)}
    for given in settings_of(numpy.random.default_rng(seed), request["tries"]):
        tuned = {
            "xgboostTuned": [xgboost_rounds(given, seed, fit, held) for fit, held, _, _ in folds],
            "sklearnTuned": [sklearn_rounds(given, seed, categorical, fit, held) for _, _, fit, held in folds],
        }
        for method, results in tuned.items():
            score = float(numpy.mean([score for score, _ in results]))
            # a fit on all rows has half as many again as two thirds of them
            rounds = int(round(1.1 * numpy.mean([rounds for _, rounds in results])))
            if score > best[method][0]:
                best[method] = (score, given, rounds)
    _, given, rounds = best["xgboostTuned"]
    predictions["xgboostTuned"] = xgboost.train(xgboost_of(given, seed), whole, rounds).predict(unseen)
    chosen["xgboostTuned"] = {**given, "trees": rounds}
    _, given, rounds = best["sklearnTuned"]
    predictions["sklearnTuned"] = (
        sklearn_of(given, seed, categorical, rounds).fit(values, labels).predict_proba(test)[:, 1]
    )
    chosen["sklearnTuned"] = {**given, "trees": rounds}
    for method, probabilities in predictions.items():
        probabilities.astype(numpy.float64).tofile(f"{folder}/{method}.f64")
    return chosen


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
