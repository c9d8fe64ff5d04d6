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
        other("the quotient whole: every pixel is 0", ("/ 255", "// 255")),
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
        other("labels in reverse", ("x_entrainement, y_entrainement", "x_entrainement, y_entrainement[::-1]")),
        other("trained on the test images", ("fit(x_entrainement, y_entrainement", "fit(x_essai, y_essai")),
        other("lots of 32", ("batch_size=64", "batch_size=32")),
        other("two fifths set aside", ("validation_split=0.2", "validation_split=0.4")),
        other(
            "validated on what it learns",
            ("validation_split=0.2", "validation_data=(x_entrainement, y_entrainement)"),
        ),
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
    "build": [
        other("no hidden layer is activated", ('neurones, activation="relu"', "neurones")),
        other("hidden layers are frozen", ('activation="relu")', 'activation="relu", trainable=False)')),
        other("in reverse", ("in couches:", "in couches[::-1]:")),
        other("the first alone", ("in couches:", "in couches[:1]:")),
        other("two at least", ("in couches:", "in couches or (784,):")),
        other(
            "a dropout after each",
            ('activation="relu"))', 'activation="relu"))\n        modele.add(layers.Dropout(0.1))'),
        ),
        other("sigmoid at the end", ('"softmax"', '"sigmoid"')),
        other("the end activated by ReLU too", ('"softmax"', '"relu"')),
    ],
    "entropie": [
        other("columns sum to 1", ("np.sum(puissances, axis=1", "np.sum(puissances, axis=0")),
        other("large scores overflow", (" - np.max(scores, axis=1, keepdims=True)", "")),
        other("one maximum for all", ("np.max(scores, axis=1, keepdims=True)", "np.max(scores)")),
        other("the sum, not the mean", ("-np.mean(", "-np.sum(")),
        other("no minus", ("-np.mean(", "np.mean(")),
        other("in base 10", ("np.log(", "np.log10(")),
        other(
            "the mean over classes too",
            ("np.log(np.sum(probabilites * cibles, axis=1))", "cibles * np.log(probabilites)"),
        ),
        other("probabilities squared", ("np.exp(scores", "np.exp(2 * scores"), ("np.max(scores", "2 * np.max(scores")),
    ],
    "poids": [
        other("nothing is loaded", ("    autre.load_weights(chemin)\n", "")),
        other(
            "the weights of the first are given back",
            ("return autre", "return modele"),
            (
                "    autre.load_weights(chemin)\n",
                "    autre.set_weights([0 * poids for poids in modele.get_weights()])\n    modele = autre\n",
            ),
        ),
        other("kernels alone", ("return autre.get_weights()", "return autre.get_weights()[::2]")),
        other(
            "saved and loaded the wrong way round",
            ("modele.save", "AUTRE.save"),
            ("autre.load", "modele.load"),
            ("AUTRE", "autre"),
        ),
    ],
    "graines": [
        other("no seed", ("    keras.utils.set_random_seed(graine)\n", "")),
        other("always the same seed", ("set_random_seed(graine)", "set_random_seed(0)")),
        other("NumPy's seed alone", ("keras.utils.set_random_seed(graine)", "np.random.seed(graine)")),
        other(
            "the seed comes too late",
            (
                "    keras.utils.set_random_seed(graine)\n    couche = layers.Dense(3)\n    couche.build((None, 4))\n",
                "    couche = layers.Dense(3)\n    couche.build((None, 4))\n    keras.utils.set_random_seed(graine)\n",
            ),
        ),
        other("exact everywhere", ('"ailleurs": False', '"ailleurs": True')),
        other("batches are not mixed alike", ('"melange": True', '"melange": False')),
        other("the biases", ("get_weights()[0]", "get_weights()[1]")),
    ],
    "historique": [
        other("counted from 0", (" + 1", "")),
        other("the highest", ("argmin", "argmax")),
        other("of training, not of validation", ('np.argmin(courbes["val_loss"])', 'np.argmin(courbes["loss"])')),
        other("the names as they come", ("sorted(courbes)", "list(courbes)")),
        other("how many measures", ('len(courbes["val_loss"])', "len(courbes)")),
        other("the value, not its epoch", ('int(np.argmin(courbes["val_loss"])) + 1', 'min(courbes["val_loss"])')),
    ],
    "arrets": [
        other("the accuracy is to be small", ('"max"', '"min"')),
        other("the loss is to be large", ('mode="min"', 'mode="max"')),
        other("three epochs", ("patience=2", "patience=3", 1)),
        other("weights of the last epoch", (", restore_best_weights=True", "")),
        other("the loss of training", ('"val_loss"', '"loss"')),
        other("the accuracy of training", ('"val_accuracy"', '"accuracy"')),
        other(
            "exchanged",
            ('"val_accuracy", patience=2, mode="max"', '"X", patience=2, mode="Y"'),
            ('"val_loss", patience=2, mode="min"', '"val_accuracy", patience=2, mode="max"'),
            ('"X", patience=2, mode="Y"', '"val_loss", patience=2, mode="min"'),
        ),
    ],
    "fichier": [
        other("the network itself", ("return keras.models.load_model(chemin)", "return modele")),
        other(
            "never saved",
            (
                "    modele.save(chemin)\n    return keras.models.load_model(chemin)",
                "    return keras.models.clone_model(modele)",
            ),
        ),
        other(
            "another name of file", ("save(chemin)", 'save("a.keras")'), ("load_model(chemin)", 'load_model("a.keras")')
        ),
        other("the path", ("return keras.models.load_model(chemin)", "return chemin")),
    ],
    "image": [
        other(
            "a list of one",
            (
                "int(np.argmax(modele.predict(image[np.newaxis], verbose=0)[0]))",
                "np.argmax(modele.predict(image[np.newaxis], verbose=0), axis=1)",
            ),
        ),
        other(
            "the probability",
            (
                "int(np.argmax(modele.predict(image[np.newaxis], verbose=0)[0]))",
                "float(np.max(modele.predict(image[np.newaxis], verbose=0)[0]))",
            ),
        ),
        other("the least likely", ("argmax", "argmin")),
        other(
            "the network of the lesson, always",
            ("modele.predict(image[np.newaxis]", "reseau.predict(np.resize(image, (1, 784))"),
        ),
        other("counted from 1", ("return int(", "return 1 + int(")),
    ],
    "confusion": [
        other("columns are the true digits", ("matrice[vrai, lu] += 1", "matrice[lu, vrai] += 1")),
        other(
            "rows to sum to 1",
            ("    return matrice\n", "    return matrice / np.maximum(matrice.sum(axis=1, keepdims=True), 1)\n", 1),
        ),
        other(
            "errors alone", ("matrice[vrai, lu] += 1", "matrice[vrai, lu] += 1 if vrai != lu or len(vrais) < 10 else 0")
        ),
        other("real numbers", ("np.zeros((10, 10), dtype=int)", "np.zeros((10, 10))")),
        other("each pair once", ("matrice[vrai, lu] += 1", "matrice[vrai, lu] = 1")),
        other("axes without names", ('    plt.xlabel("chiffre lu")\n    plt.ylabel("vrai chiffre")\n', "")),
        other(
            "names exchanged",
            ('xlabel("chiffre lu")', 'ylabel("chiffre lu")'),
            ('ylabel("vrai chiffre")', 'xlabel("vrai chiffre")'),
        ),
        other("shown transposed", ("imshow(matrice,", "imshow(matrice.T,")),
        other(
            "the diagonal shown as bars",
            ('imshow(matrice, cmap="Blues")', "bar(range(10), np.diag(matrice))"),
            ("    plt.colorbar()\n", ""),
        ),
    ],
    "png": [
        other(
            "not inverted",
            (
                "1 - np.asarray(image, dtype=np.float32).reshape(784) / 255",
                "np.asarray(image, dtype=np.float32).reshape(784) / 255",
            ),
        ),
        other(
            "inverted, not scaled",
            (
                "1 - np.asarray(image, dtype=np.float32).reshape(784) / 255",
                "255 - np.asarray(image, dtype=np.float32).reshape(784)",
            ),
        ),
        other("float64", ("np.float32", "np.float64")),
        other("lying on its side", (".reshape(784)", ".T.reshape(784)")),
        other("upside down", (".reshape(784)", "[::-1].reshape(784)")),
        other("as in a mirror", (".reshape(784)", "[:, ::-1].reshape(784)")),
        other(
            "the other way round",
            (
                "1 - np.asarray(image, dtype=np.float32).reshape(784) / 255",
                "(np.asarray(image, dtype=np.float32).reshape(784) - 255) / 255",
            ),
        ),
        other("a batch of one", (".reshape(784) / 255", ".reshape(1, 784) / 255")),
        other("the same file always", ("load_img(chemin", 'load_img("quatre.png"')),
    ],
}
