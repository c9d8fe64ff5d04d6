"""Wrong answers to `reseau-dense`: each loses points in its own question and in no other."""

from __future__ import annotations

from answering import Mistake, other

MISTAKES: dict[str, list[Mistake]] = {
    "description": [
        other("as many classes as the largest label says", ("len(np.unique(etiquettes))", "int(max(etiquettes)) + 1")),
        other("ten classes, always", ("len(np.unique(etiquettes))", "10")),
        other("the type is always that of bytes", ("images.dtype.name", '"uint8"')),
        other("how many pixels", ('len(images),\n        "taille"', 'images.size,\n        "taille"')),
        other("a size that is a square", ("images.shape[1:]", "(images.shape[1], images.shape[1])")),
    ],
    "preparation": [
        other("divided by the brightest pixel", ("/ 255", "/ images.max()")),
        other("float64", ("np.float32", "np.float64")),
        other("from −1 to 1", ("/ 255", "/ 127.5 - 1")),
        other("column by column", ("images.reshape", "images.swapaxes(1, 2).reshape")),
        other("not brought to [0, 1]", (" / 255", "")),
        other("divided by 256", ("255", "256")),
    ],
    "one-hot": [
        other("as many values as labels go", ("classes), dtype", "max(etiquettes) + 1), dtype")),
        other("ten values, always", ("classes), dtype", "10), dtype")),
        other("twice as much", ("] = 1", "] = 2")),
        other("the same digit for all", ("np.arange(len(etiquettes)), etiquettes", ":, etiquettes[:1]")),
    ],
    "reseau": [
        other("no activation", ('784, activation="relu"', "784")),
        other("other names", ('"C1"', '"c1"'), ('"C2"', '"c2"')),
        other("names change places", ('"C1"', '"C0"'), ('"C2"', '"C1"'), ('"C0"', '"C2"')),
        other("another activation", ('"relu"', '"tanh"')),
        other("dropout between", ('name="C1"),', 'name="C1"),\n        layers.Dropout(0.1),')),
    ],
    "formule": [
        other("the first layer has no biases", ("return sum", "return -tailles[1] + 784 * (tailles[1] == 784) + sum")),
        other("two layers alone", ("zip(tailles, tailles[1:])", "zip(tailles[:2], tailles[1:3])")),
        other(
            "the last layer counts twice", ("tailles[1:]))", "tailles[1:])) + (tailles[-1] if len(tailles) > 3 else 0)")
        ),
    ],
    "apprentissage": [
        other("two epochs", ("epochs=3", "epochs=2")),
        other("no validation", (", validation_split=0.2", ", validation_data=None")),
        other("another optimizer", ('"adam"', '"sgd"')),
        other("another loss", ('"categorical_crossentropy"', '"mean_squared_error"')),
    ],
    "entraine": [
        other(
            "nothing is learnt", ("fit(images, etiquettes, batch_size=32, epochs=8, ", "evaluate(images, etiquettes, ")
        ),
        other("three neurons", ("Dense(128", "Dense(3")),
        other("labels in disorder", ("fit(images, etiquettes", "fit(images, np.random.permutation(etiquettes)")),
    ],
    "lecture": [
        other("the smallest", ("argmax", "argmin")),
        other("a percentage", ("return np.mean(", "return 100 * np.mean(")),
        other("how many, not which part", ("return np.mean(", "return np.sum(")),
        other(
            "the mean of the probabilities",
            ("np.mean(chiffres(probabilites) == etiquettes)", "np.mean(np.max(probabilites, axis=1))"),
        ),
        other(
            "numbers a little off",
            ("return np.argmax(probabilites, axis=1)", "return np.argmax(probabilites, axis=1).astype(float) + 1e-3"),
        ),
    ],
}
