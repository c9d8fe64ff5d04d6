"""Wrong answers to `transfert`: each loses points in its own question and in no other."""

from __future__ import annotations

from answering import Mistake, instead, other

SHARED = """
def transfere(modele):
    nouveau = keras.Sequential([keras.Input(shape=modele.input_shape[1:]), *modele.layers[:-1]])
    for couche in nouveau.layers:
        couche.trainable = False
    nouveau.add(layers.Dense(1, activation="sigmoid"))
    nouveau.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return nouveau
"""
LAST = 'layers.Dense(1, activation="sigmoid")'

MISTAKES: dict[str, list[Mistake]] = {
    "top5": [
        other("the least probable classes", ("[:, -k:]", "[:, :k]")),
        other("always five", ("[:, -k:]", "[:, -5:]")),
        other("the best class alone", ("[:, -k:]", "[:, -1:]")),
        other("one class too many", ("[:, -k:]", "[:, -k - 1:]")),
        other("how many, not which share", ("np.mean(np.any", "np.sum(np.any")),
        other("each of the k counts for itself", ("np.mean(np.any(classes", "np.mean((classes"), (", axis=1))", "))")),
        other("labels in a row alone", ("np.reshape(etiquettes, (-1, 1))", "etiquettes[:, None]")),
        other("the errors' share", ("return np.mean", "return 1 - np.mean")),
        other("a percentage", ("return np.mean", "return 100 * np.mean")),
        other("three by default", ("k=5", "k=3")),
    ],
    "taches": [
        instead(
            "bags first, then boots",
            """
            def separe(images, etiquettes):
                x_a, y_a = images[etiquettes < 8], etiquettes[etiquettes < 8]
                sacs, bottines = images[etiquettes == 8], images[etiquettes == 9]
                x_b = np.concatenate([sacs, bottines])
                y_b = np.concatenate([np.zeros(len(sacs)), np.ones(len(bottines))]).astype("float32")
                return (x_a, y_a), (x_b, y_b)
            """,
        ),
        other("bags are 1", ("== 9", "== 8")),
        other("labels of B as they are", ("(etiquettes[tache_b] == 9)", "etiquettes[tache_b]")),
        other(
            "labels of B are truth values", ('(etiquettes[tache_b] == 9).astype("float32")', "etiquettes[tache_b] == 9")
        ),
        other("labels of B in float64", ('"float32"', '"float64"')),
        other("sandals are in B too", (">= 8", ">= 7")),
        other("bags are in A", (">= 8", "> 8")),
        other("A and B change places", ("~tache_b", "x"), ("[tache_b]", "[~tache_b]"), ("[x]", "[tache_b]")),
        other("labels of A are those of all", ("etiquettes[~tache_b])", "etiquettes[: (~tache_b).sum()])")),
        other("images of B are the first ones", ("(images[tache_b]", "(images[: tache_b.sum()]")),
    ],
    "modele-a": [
        other("ten classes", ("Dense(8", "Dense(10")),
        other("no padding", (', padding="same"', "")),
        other("sigmoid at the end", ("softmax", "sigmoid")),
        other("32 and 32 filters", ("Conv2D(64", "Conv2D(32")),
        other("a convolution less", ('    layers.Conv2D(128, 3, padding="same", activation="relu"),\n', "", 1)),
        other(
            "dense layers change places", ("Dense(256", "Dense(x"), ("Dense(128", "Dense(256"), ("Dense(x", "Dense(128")
        ),
        other("the mean in each square", ("MaxPooling2D", "AveragePooling2D")),
        other("kernels of 5", (", 3, padding", ", 5, padding")),
        other("a loss for one-hot labels", ("sparse_categorical_crossentropy", "categorical_crossentropy")),
        other("no metric", (', metrics=["accuracy"]', "")),
        other("gradient descent", ('optimizer="adam"', 'optimizer="sgd"')),
        other("frozen", ("modele_a.compile", "modele_a.layers[0].trainable = False\nmodele_a.compile")),
    ],
    "transfert": [
        instead(
            "a network of all but the last, of the one given",
            """
            def transfere(modele):
                modele_tronque = keras.Model(modele.inputs, modele.layers[-2].output)
                modele_tronque.trainable = False
                sortie = layers.Dense(1, activation="sigmoid")(modele_tronque.output)
                nouveau = keras.Model(modele_tronque.inputs, sortie)
                nouveau.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
                return nouveau
            """,
        ),
        instead("layers are shared with the network given", SHARED),
        other("weights are not copied", ("    copie.set_weights(modele.get_weights())\n", "")),
        other("nothing is frozen", ("couche.trainable = False", "couche.trainable = True")),
        other(
            "the new layer is frozen too",
            (f"nouveau.add({LAST})", f"nouveau.add({LAST})\n    nouveau.trainable = False"),
        ),
        other("the last layer stays", ("layers[:-1]", "layers")),
        other("two layers are left out", ("layers[:-1]", "layers[:-2]")),
        other("no activation at the end", (', activation="sigmoid"', "")),
        other("softmax over one unit", ("sigmoid", "softmax")),
        other("two outputs", ("Dense(1,", "Dense(2,")),
        other("a loss for several classes", ("binary_crossentropy", "sparse_categorical_crossentropy")),
        other(
            "not compiled",
            ('    nouveau.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])\n', ""),
        ),
        other("the first layer stays free", ("for couche in nouveau.layers:", "for couche in nouveau.layers[1:]:")),
        other("the network given comes back", ("return nouveau", "return modele")),
    ],
    "libere": [
        other("not compiled again", ("    modele.compile(", "    keras.models.clone_model(modele).compile(")),
        other("Adam's own rate", ("learning_rate=taux", "")),
        other("a rate of its own", ("learning_rate=taux", "learning_rate=0.01")),
        other("a tenth of the rate", ("learning_rate=taux", "learning_rate=taux / 10")),
        other("gradient descent", ("optimizers.Adam", "optimizers.SGD")),
        other(
            "the first layer stays frozen",
            ("    modele.compile", "    modele.layers[0].trainable = False\n    modele.compile"),
        ),
        other("nothing is freed", ("trainable = True", "trainable = False")),
        other("the last layer alone", ("modele.layers:", "modele.layers[-1:]:")),
        other(
            "a network that is free already is freed",
            ("    for couche in modele.layers:\n        couche.trainable = True\n", "    modele.trainable = True\n"),
        ),
        other("a loss for several classes", ("binary_crossentropy", "categorical_crossentropy")),
        other("nothing comes back", ("    return modele", "    return None")),
    ],
    "vgg-fige": [
        other("nothing is frozen", ("base.trainable = False", "base.trainable = True")),
        other(
            "all is frozen",
            ("return keras.Sequential([", "reseau = keras.Sequential(["),
            ("    ])", "    ])\n    reseau.trainable = False\n    return reseau"),
        ),
        other(
            "the last block is free",
            ("base.trainable = False", "for couche in base.layers[:-4]:\n        couche.trainable = False"),
        ),
        other(
            "a mean in place of Flatten, one layer less",
            (
                "layers.Flatten(),\n        layers.Dense(256",
                "layers.GlobalAveragePooling2D(),\n        layers.Dense(255",
            ),
        ),
        other(
            "dense layers change places", ("Dense(256", "Dense(x"), ("Dense(128", "Dense(256"), ("Dense(x", "Dense(128")
        ),
        other("sigmoid at the end", ("softmax", "sigmoid")),
        other("no dense layer of 128", ('        layers.Dense(128, activation="relu"),\n', "")),
        other("eight classes", ("Dense(10", "Dense(8")),
        other("no activation in the dense layers", (', activation="relu"', "")),
    ],
    "vgg-degele": [
        instead(
            "names compared as texts",
            """
            def libere_depuis(base, nom):
                base.trainable = True
                for couche in base.layers:
                    if couche.name < nom:
                        couche.trainable = False
                return base

            affine = sur_vgg()
            libere_depuis(affine.layers[0], "block5_conv1")
            """,
        ),
        other("the named layer stays frozen", (">= noms.index(nom)", "> noms.index(nom)")),
        other("the other way round", (">= noms.index(nom)", "< noms.index(nom)")),
        other("all is freed", ("rang >= noms.index(nom)", "True")),
        other(
            "the base itself stays frozen",
            ("    base.trainable = True\n", "    base.trainable = False\n"),
            ("couche.trainable = rang >= noms.index(nom)", "pass"),
        ),
        other("the fifth block, whatever is asked", ("noms.index(nom)", "15")),
        other("the named layer alone", (">= noms.index(nom)", "== noms.index(nom)")),
        other("from the fourth block", ('"block5_conv1"', '"block4_conv1"')),
        other("from the second convolution", ('"block5_conv1"', '"block5_conv2"')),
        other("the network is left frozen", ('libere_depuis(affine.layers[0], "block5_conv1")', "")),
        other(
            "the dense part is frozen",
            (
                "affine = sur_vgg()\n",
                "affine = sur_vgg()\nfor couche in affine.layers[1:]:\n    couche.trainable = False\n",
            ),
        ),
        other("nothing comes back", ("    return base\n", "")),
    ],
}
