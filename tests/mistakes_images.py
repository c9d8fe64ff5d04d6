"""Wrong answers to `classification-images`: each loses points in its own question and in no other."""

from __future__ import annotations

from answering import Mistake, instead, other

MISTAKES: dict[str, list[Mistake]] = {
    "preparation": [
        instead(
            "from the darkest pixel to the brightest",
            """
            def prepare(images):
                x = images.astype("float32")
                x = (x - x.min()) / (x.max() - x.min())
                return x if x.ndim == 4 else x[..., None]
            """,
        ),
        other("not brought to [0, 1]", (" / 255", "")),
        other("divided by the brightest pixel", ("/ 255", "/ np.max(images)")),
        other("float64", ("dtype=np.float32", "dtype=np.float64")),
        other("divided by 256", ("255", "256")),
        other("the axis of channels is the first but one", ("pixels[..., np.newaxis]", "pixels[:, np.newaxis]")),
        other("from −1 to 1", ("/ 255", "/ 127.5 - 1")),
        other("the quotient whole: every pixel is 0", ("/ 255", "// 255")),
        other("bytes again, once they are divided", ("/ 255\n", "/ 255\n    pixels = pixels.astype(np.uint8)\n")),
        other("no axis of channels at all", ("pixels[..., np.newaxis]", "pixels")),
        other("nothing returned", ("return pixels if", "pixels = pixels if")),
        other("another name than its argument's", ("np.asarray(images", "np.asarray(imgs")),
    ],
    "dense": [
        other("no activation", (', activation="softmax"', "")),
        other("sigmoid", ('"softmax"', '"sigmoid"')),
        other(
            "a hidden layer", ("layers.Flatten(),", 'layers.Flatten(),\n        layers.Dense(10, activation="relu"),')
        ),
        other("not flattened, a mean", ("layers.Flatten()", "layers.GlobalAveragePooling2D()")),
        other(
            "the loss of a network without softmax",
            ('"sparse_categorical_crossentropy"', "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"),
        ),
        other("another optimizer", ('"adam"', '"sgd"')),
        other("fit for digits alone", ("shape=forme", "shape=(28, 28, 1)")),
    ],
    "lots": [
        other("the last lot is left out", ("(exemples + taille - 1) // taille", "exemples // taille")),
        other("one more, always", ("(exemples + taille - 1) // taille", "exemples // taille + 1")),
        other("rounded to the nearest", ("(exemples + taille - 1) // taille", "round(exemples / taille)")),
        other("not a whole number", ("(exemples + taille - 1) // taille", "exemples / taille")),
    ],
    "epoque": [
        other("the loss for the accuracy", ("verbose=0)[1]\nsuivi", "verbose=0)[0]\nsuivi")),
        other("two epochs", ("epochs=1", "epochs=2")),
        other("lots of 32", ("batch_size=96, ", "")),
        other(
            "before is what fit measured",
            ("avant = dense.evaluate(chiffres_test, y_mnist_test, verbose=0)[1]\n", ""),
            ("apres =", "avant = suivi.history['accuracy'][0]\napres ="),
        ),
        other("no validation", (", validation_data=(chiffres_test, y_mnist_test)", "")),
        other(
            "validated on what it learns",
            ("validation_data=(chiffres_test, y_mnist_test)", "validation_data=(chiffres, y_mnist)"),
        ),
        other(
            "measured on what it has seen",
            ("apres = dense.evaluate(chiffres_test, y_mnist_test", "apres = dense.evaluate(chiffres, y_mnist"),
        ),
        instead(
            "trained before it is measured",
            """
            essai = (chiffres_test, y_mnist_test)
            suivi = dense.fit(chiffres, y_mnist, batch_size=96, epochs=1, validation_data=essai, verbose=0)
            avant = dense.evaluate(chiffres_test, y_mnist_test, verbose=0)[1]
            apres = dense.evaluate(chiffres_test, y_mnist_test, verbose=0)[1]
            """,
        ),
    ],
    "profond": [
        other(
            "no dropout before the first dense layer",
            ("layers.Flatten(),\n        layers.Dropout(0.5),", "layers.Flatten(),"),
        ),
        other(
            "borders filled in",
            (
                'activation="relu"),\n        layers.MaxPooling2D',
                'activation="relu", padding="same"),\n        layers.MaxPooling2D',
            ),
        ),
        other("kernels of 5 x 5", ("(3, 3)", "(5, 5)")),
        other("a mean in place of the maximum", ("MaxPooling2D", "AveragePooling2D")),
        other("a dropout of a quarter", ("Dropout(0.5)", "Dropout(0.25)")),
        other(
            "the dense layers exchanged", ("Dense(128", "Dense(0"), ("Dense(256", "Dense(128"), ("Dense(0", "Dense(256")
        ),
        other("not compiled with an accuracy", (', metrics=["accuracy"]', "")),
    ],
    "convolution": [
        other("biases among the weights", ("noyaux.size, decalages", "noyaux.size + 32, decalages")),
        other("the second convolution", ("profond.layers[0]", "profond.layers[2]")),
        other("the shape, not how many", ("noyaux.size, decalages.size", "9, decalages.size")),
        other("exchanged", ("noyaux.size, decalages.size", "decalages.size * 9, noyaux.size")),
    ],
    "trois": [
        other(
            "a pooling too many",
            (
                'layers.Conv2D(64, (3, 3), activation="relu"),\n        layers.Conv2D',
                'layers.Conv2D(64, (3, 3), activation="relu"),\n        layers.MaxPooling2D(2),\n        layers.Conv2D',
            ),
        ),
        other(
            "two convolutions",
            ('layers.Conv2D(64, (3, 3), activation="relu"),\n        layers.Conv2D', "layers.Conv2D"),
        ),
        other("dense 256", ("512", "256")),
        other("32 filters again", ("layers.Conv2D(64", "layers.Conv2D(32", 1)),
        other("no activation", ('Dense(512, activation="relu")', "Dense(512)")),
        other(
            "the loss of a network without softmax",
            ('"sparse_categorical_crossentropy"', "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"),
        ),
    ],
    "comparaison": [
        instead(
            "what fit measured while it learnt",
            """
            def compare(reseaux, images, etiquettes, images_test, etiquettes_test):
                resultats = {}
                for nom, modele in reseaux.items():
                    h = modele.fit(images, etiquettes, epochs=1, batch_size=96, verbose=0)
                    resultats[nom] = (modele.count_params(), h.history["accuracy"][-1])
                return resultats
            """,
        ),
        other("never trained", ("        reseau.fit(images, etiquettes, batch_size=96, epochs=1, verbose=0)\n", "")),
        other("the loss for the accuracy", ("_, justesse_test =", "justesse_test, _ =")),
        other("measured on what it has seen", ("evaluate(images_test, etiquettes_test", "evaluate(images, etiquettes")),
        other(
            "the accuracy first", ("(reseau.count_params(), justesse_test)", "(justesse_test, reseau.count_params())")
        ),
        other("weights of one layer", ("reseau.count_params()", "reseau.layers[-1].count_params()")),
        other("a percentage", ("reseau.count_params(), justesse_test", "reseau.count_params(), 100 * justesse_test")),
        other("labels in disorder", ("fit(images, etiquettes", "fit(images, 9 - etiquettes")),
    ],
    "ecart": [
        instead(
            "the best of all numbers, not of each row",
            """
            def justesse(modele, images, etiquettes):
                p = modele.predict(images, verbose=0)
                return np.mean(np.argmax(p) == etiquettes)

            def ecart(modele, vues, etiquettes_vues, nouvelles, etiquettes_nouvelles):
                return justesse(modele, vues, etiquettes_vues) - justesse(modele, nouvelles, etiquettes_nouvelles)
            """,
        ),
        other("labels in a column are compared with all", ("np.ravel(etiquettes)", "etiquettes")),
        other(
            "the other way round",
            (
                "etiquettes_vues) - justesse(modele, nouvelles, etiquettes_nouvelles)",
                "etiquettes_vues) * -1 + justesse(modele, nouvelles, etiquettes_nouvelles)",
            ),
        ),
        instead(
            "never negative",
            """
            def justesse(modele, images, etiquettes):
                return np.mean(np.argmax(modele.predict(images, verbose=0), axis=1) == np.ravel(etiquettes))

            def ecart(modele, vues, etiquettes_vues, nouvelles, etiquettes_nouvelles):
                return abs(justesse(modele, vues, etiquettes_vues) - justesse(modele, nouvelles, etiquettes_nouvelles))
            """,
        ),
        other("how many, not which part", ("np.mean(reponses", "np.sum(reponses")),
        other("the error", ("reponses == np", "reponses != np")),
    ],
    "augmentation": [
        instead(
            "the old images stay before the new ones",
            """
            augmentation = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomTranslation(0.1, 0.1)])

            def augmente(images, etiquettes):
                nouvelles = augmentation(images, training=True).numpy()
                return np.concatenate([images, nouvelles]), np.concatenate([etiquettes, etiquettes])
            """,
        ),
        other("by predict, which changes nothing", ("(images, training=True).numpy()", ".predict(images, verbose=0)")),
        other("not as in training", ("training=True", "training=False")),
        other("turned upside down", ('"horizontal"', '"vertical"')),
        other("turned both ways", ('"horizontal"', '"horizontal_and_vertical"')),
        other("moved too far", ("RandomTranslation(0.1, 0.1)", "RandomTranslation(0.3, 0.3)")),
        other("moved up and down alone", ("RandomTranslation(0.1, 0.1)", "RandomTranslation(0.1, 0.0)")),
        other("no translation", (", layers.RandomTranslation(0.1, 0.1)", "")),
        other("labels forgotten", (".numpy(), etiquettes", ".numpy(), etiquettes[::-1]")),
        other("a rotation in place of it", ("RandomTranslation(0.1, 0.1)", "RandomRotation(0.1)")),
    ],
    "efface": [
        instead(
            "a slice is taken for a copy",
            """
            def efface(images, part=0.04):
                copie = images[:]
                masque = np.random.rand(*images.shape[:3]) < part
                copie[masque] = 0
                return copie
            """,
        ),
        other("the images received change", ("images.copy()", "images")),
        other("each channel by itself", ("images.shape[:3]", "images.shape")),
        other(
            "one draw for all",
            ("random(images.shape[:3])", "random(images.shape[1:3])"),
            ("copie[tires]", "copie[:, tires]"),
        ),
        other("what is left is 4 %", ("< part", "> part")),
        other("always 4 %", ("< part", "< 0.04")),
        other("40 %", ("< part", "< 10 * part")),
        other("one channel", ("copie[tires] = 0", "copie[tires, 0] = 0")),
        other("white", ("copie[tires] = 0", "copie[tires] = 1")),
        other(
            "whole lines", ("random(images.shape[:3])", "random((*images.shape[:2], 1)) * np.ones(images.shape[:3])")
        ),
    ],
    "sensibilite": [
        other("the smallest", ("np.argmax", "np.argmin")),
        other("the share that stays", (" != classes", " == classes")),
        other("how many", ("return np.mean(", "return np.sum(")),
        other(
            "probabilities",
            (
                "return np.argmax(modele.predict(images, verbose=0), axis=1)",
                "return np.max(modele.predict(images, verbose=0), axis=1)",
            ),
        ),
        other("compared with itself", ("classes(modele, efface(images))", "classes(modele, images)")),
    ],
    "score": [
        other("the same may be drawn twice", (", replace=False", "")),
        other("the first ones", ("np.random.default_rng().choice(total, nombre, replace=False)", "np.arange(nombre)")),
        other("capitals count", (".strip().lower()", ".strip()")),
        other("spaces count", (".strip().lower()", ".lower()")),
        other("how many", ("return np.mean([", "return np.sum([")),
        other("drawn among the last", ("choice(total, nombre, replace=False)", "permutation(nombre) + total - nombre")),
    ],
    "confondus": [
        instead(
            "probabilities come back",
            """
            def confondus(modele, images, etiquettes, vraie, prise):
                p = modele.predict(images, verbose=0)
                ok = (etiquettes.ravel() == vraie) & (p.argmax(1) == prise)
                return np.sort(p[ok, prise])[::-1]
            """,
        ),
        other("the least sure first", ("np.argsort(-probabilites", "np.argsort(probabilites")),
        other("in the order of the images", ("trouves[np.argsort(-probabilites[trouves, prise])]", "trouves")),
        other("horses taken for dogs", ("== vraie", "== prise"), ("axis=1) == prise", "axis=1) == vraie")),
        other("all that are wrong", ("probabilites.argmax(axis=1) == prise", "probabilites.argmax(axis=1) != vraie")),
        other(
            "sorted by what is given to the true class",
            ("probabilites[trouves, prise]", "probabilites[trouves, vraie]"),
        ),
        other(
            "places among those found",
            (
                "return trouves[np.argsort(-probabilites[trouves, prise])]",
                "return np.argsort(-probabilites[trouves, prise])",
            ),
        ),
        other(
            "a likely horse, not the most likely",
            ("probabilites.argmax(axis=1) == prise", "probabilites[:, prise] > 0.1"),
        ),
    ],
    "trompe": [
        instead(
            "towards the class that it gives",
            """
            def trompe(modele, images, marge=8 / 255):
                x = tf.convert_to_tensor(images, dtype=tf.float32)
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    p = tf.reduce_max(modele(x), axis=1)
                return np.clip(images + marge * np.sign(tape.gradient(p, x)), 0, 1)
            """,
        ),
        other(
            "noise at random",
            ("sens = tf.sign(bande.gradient(perte, tenseur))", "sens = tf.sign(tf.random.normal(tf.shape(tenseur)))"),
        ),
        other("the loss goes down", ("images + marge", "images - marge")),
        other("no sign", ("tf.sign(bande.gradient(perte, tenseur))", "bande.gradient(perte, tenseur)")),
        other("8 in place of 8/255", ("marge * sens", "8 * sens")),
        other("not cut to [0, 1]", ("np.clip(images + marge * sens.numpy(), 0, 1)", "images + marge * sens.numpy()")),
        other("the margin asked for is forgotten", ("images + marge * sens", "images + 8 / 255 * sens")),
        other("nothing changes", ("images + marge * sens.numpy()", "images")),
        other("twice as far", ("images + marge", "images + 2 * marge")),
    ],
}
