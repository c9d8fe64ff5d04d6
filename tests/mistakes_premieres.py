"""Wrong answers to `premieres-convolutions`: each loses points in its own question and in no other."""

from __future__ import annotations

from answering import Mistake, instead, other

MISTAKES: dict[str, list[Mistake]] = {
    "preparation": [
        other("not brought to [0, 1]", (" / 255", "")),
        other("divided by the brightest pixel", ("/ 255", "/ images.max()")),
        other("divided by 256", ("/ 255", "/ 256")),
        other("the quotient whole: every pixel is 0", ("/ 255", "// 255")),
        other("float64", ("np.float32", "np.float64")),
        other("from −1 to 1", ("/ 255", "/ 127.5 - 1")),
        other("rows and columns exchanged", ("images[...", "images.swapaxes(1, 2)[...")),
        other("no axis of channels", ("images[..., np.newaxis]", "images")),
        other("the axis of channels is the first but one", ("images[...,", "images[:,")),
        other("each image a row", ("images[..., np.newaxis]", "images.reshape(len(images), -1)")),
        other("three channels", ("images[..., np.newaxis]", "np.repeat(images[..., np.newaxis], 3, axis=-1)")),
        other("shown, not returned", ("return ", "print("), ("/ 255", "/ 255)")),
        other("another name than its argument's", ("images[...", "imgs[...")),
        other("the course's own images, whatever comes", ("images[...", "x_train[...")),
    ],
    "base": [
        other("no activation in the hidden layer", ('128, activation="relu"', "128")),
        other("another optimizer", ('"adam"', '"sgd"')),
        other("two epochs", ("epochs=1", "epochs=2")),
        other("trained on the test images", ("fit(x_entrainement, y_train", "fit(x_essai, y_test")),
        other("127 neurons", ("Dense(128", "Dense(127")),
        other("no metric", (', metrics=["accuracy"]', "")),
        other("a sigmoid at the end", ('"softmax"', '"sigmoid"')),
        other("an end without activation", ('10, activation="softmax"', "10")),
        other("a dropout", ("layers.Dense(10", "layers.Dropout(0.2),\n        layers.Dense(10")),
        other(
            "logits, said to the loss",
            ('10, activation="softmax"', "10"),
            ('"sparse_categorical_crossentropy"', "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"),
        ),
    ],
    "filtrage": [
        other("the kernel turned over", ("* noyau)", "* noyau[::-1, ::-1])")),
        other("kernels of 3 × 3 alone", ("* noyau)", "* noyau[:3, :3])"), ("len(noyau)", "3")),
        other("the kernel transposed", ("* noyau)", "* noyau.T)")),
        other("the mean, not the sum", ("np.sum(", "np.mean(")),
        other("without sign", ("return resultat", "return np.abs(resultat)")),
        other("cut to [0, 1]", ("return resultat", "return np.clip(resultat, 0, 1)")),
        other("the last row and column are left at zero", ("range(hauteur)", "range(hauteur - 1)")),
        other("every time the kernel of the lesson", ("* noyau)", "* contour)"), ("len(noyau)", "3")),
    ],
    "contours": [
        other("the colours of Matplotlib", ('une, cmap="gray"', "une")),
        other("no titles", ("        axe.set_title(titre)\n", "")),
        other("a title alone", ("axe.set_title(titre)", "figure.suptitle(titre)")),
        other("the image twice", ("applique(image, contour)", "image")),
        other("the result first", ("(image, applique(image, contour))", "(applique(image, contour), image)")),
        other("one below the other", ("subplots(1, 2,", "subplots(2, 1,")),
        other("one on the other", ("axe.imshow", "axes[0].imshow")),
        other("the result transposed", ("applique(image, contour)", "applique(image, contour).T")),
        other("two figures", ("axe.imshow", "plt.figure()\n        axe = plt.gca()\n        axe.imshow")),
        other("dark for bright", ('cmap="gray"', 'cmap="gray_r"')),
        other("curves", ('axe.imshow(une, cmap="gray")', "axe.plot(une)")),
    ],
    "cotes": [
        other("two pixels less at each layer", ("(cote - 2) // 2", "cote - 4")),
        other("the rest kept", ("(cote - 2) // 2", "-(-(cote - 2) // 2)")),
        other("poolings alone", ("[cote - 2, (cote - 2) // 2]", "[(cote - 2) // 2]")),
        other("one pixel less", ("cote - 2", "cote - 1")),
        other("two pairs always", ("range(blocs)", "range(2)")),
        other("whole numbers lost", ("// 2", "/ 2")),
        other("the given side first", ("tailles = []", "tailles = [cote]")),
    ],
    "convolutif": [
        other("trained on the test images", ("fit(x_entrainement, y_train", "fit(x_essai, y_test")),
        other("borders added", ('64, (3, 3), activation="relu"', '64, (3, 3), activation="relu", padding="same"')),
        other("32 filters first", ("Conv2D(64", "Conv2D(32", 1)),
        other("kernels of 5 × 5", ("(3, 3)", "(5, 5)")),
        other("average pooling", ("MaxPooling2D", "AveragePooling2D")),
        other("convolutions without activation", ('(3, 3), activation="relu"', "(3, 3)")),
        other("global pooling instead of flattening", ("Flatten()", "GlobalMaxPooling2D()")),
        other(
            "the last pooling is missing",
            ("        layers.MaxPooling2D((2, 2)),\n        layers.Flatten", "        layers.Flatten"),
        ),
        other("two epochs", ("epochs=1", "epochs=2")),
        other("a hidden layer of 64", ("Dense(128", "Dense(64")),
        other(
            "a stride of 2 in place of the pooling",
            ("layers.MaxPooling2D((2, 2)),\n", "", 1),
            ("(3, 3),", "(3, 3), strides=2,", 1),
        ),
        other(
            "compiled for one-hot labels",
            ("fit(x_entrainement, y_train", "fit(x_entrainement, keras.utils.to_categorical(y_train)"),
            ("sparse_cat", "cat"),
        ),
        other("another optimizer", ('"adam"', '"rmsprop"')),
    ],
    "sorties": [
        other(
            "the last alone",
            (
                "[np.array(sortie) for sortie in espion.predict(images, verbose=0)]",
                "[modele.predict(images, verbose=0)]",
            ),
        ),
        other(
            "without the last",
            (
                "for sortie in espion.predict(images, verbose=0)]",
                "for sortie in espion.predict(images, verbose=0)][:-1]",
            ),
        ),
        other("in reverse", ("for couche in modele.layers", "for couche in modele.layers[::-1]")),
        other("convolutions alone", ("not isinstance(couche, layers.InputLayer)", "isinstance(couche, layers.Conv2D)")),
        other("one image alone", ("predict(images", "predict(images[:1]")),
        other("the inputs of layers", ("couche.output for", "couche.input for")),
        instead(
            "the always same network",
            """
            def sorties(modele, images):
                espion = keras.Model(convolutif.inputs, [couche.output for couche in convolutif.layers])
                return [np.array(sortie) for sortie in espion.predict(images, verbose=0)]
        """,
        ),
    ],
    "montre": [
        other("the colours of Matplotlib", (', cmap="gray"', "")),
        other("always the first map", ("[ligne, :, :, filtre]", "[ligne, :, :, 0]")),
        other("counted from 1", ("[ligne, :, :, filtre]", "[ligne, :, :, filtre - 1]")),
        other("the first image alone", ("[ligne, :, :, filtre]", "[0, :, :, filtre]")),
        other("one layer alone", ("vues[colonne]", "vues[0]")),
        other(
            "columns and rows exchanged",
            ("subplots(lignes, colonnes,", "subplots(colonnes, lignes,"),
            ("range(lignes)", "range(COL)"),
            ("range(colonnes)", "range(lignes)"),
            ("range(COL)", "range(colonnes)"),
            ("axes[ligne, colonne].imshow(vues[colonne][ligne", "axes[ligne, colonne].imshow(vues[ligne][colonne"),
        ),
        other(
            "three images and four layers always",
            ("len(vues[0]), len(vues)", "min(3, len(vues[0])), 4"),
            ("vues[colonne]", "vues[colonne % len(vues)]"),
        ),
        other("maps added up", ("[ligne, :, :, filtre]", "[ligne].sum(axis=-1)")),
        other("rows and columns of pixels exchanged", ("[ligne, :, :, filtre]", "[ligne, :, :, filtre].T")),
        other(
            "a figure whose axes are one",
            ("squeeze=False, ", ""),
            ("axes[ligne, colonne].imshow", "plt.imshow"),
            ('            axes[ligne, colonne].axis("off")\n', ""),
        ),
    ],
    "construit": [
        other("convolutions are frozen", ('(3, 3), activation="relu"', '(3, 3), activation="relu", trainable=False')),
        other(
            "padding",
            (
                'activation="relu"))\n        modele.add(layers.Max',
                'activation="relu", padding="same" if len(filtres) > 2 else "valid"))\n        modele.add(layers.Max',
            ),
        ),
        other(
            "one pooling at the end",
            (
                "        modele.add(layers.MaxPooling2D((2, 2)))\n",
                "        if nombre != 24:\n            modele.add(layers.MaxPooling2D((2, 2)))\n",
            ),
        ),
        other("the first number for all", ("Conv2D(nombre", "Conv2D(filtres[0]")),
        other("no activation in convolutions", ('Conv2D(nombre, (3, 3), activation="relu")', "Conv2D(nombre, (3, 3))")),
        other("two convolutions at most", ("in filtres:", "in filtres[:2]:")),
        other("in reverse", ("in filtres:", "in reversed(filtres):")),
        other("average pooling", ("MaxPooling2D", "AveragePooling2D")),
    ],
    "tableau": [
        other("the loss, not the accuracy", ("verbose=0)[1]", "verbose=0)[0]")),
        other("in percent", ('"justesse": justesse', '"justesse": 100 * justesse')),
        other("rounded to tenths", ('"justesse": justesse', '"justesse": round(justesse, 1)')),
        other(
            "sorted by size",
            ("    return tableau", '    return sorted(tableau, key=lambda ligne: ligne["parametres"])'),
        ),
        other("layers in place of parameters", ("reseau.count_params()", "len(reseau.layers)")),
        other(
            "kernels alone",
            ("reseau.count_params()", "sum(int(np.prod(w.shape)) for w in reseau.weights if len(w.shape) > 1)"),
        ),
        other(
            "trained before it is measured",
            ("        justesse =", "        reseau.fit(images, etiquettes, epochs=3, verbose=0)\n        justesse ="),
        ),
        other("always the test images", ("evaluate(images, etiquettes", "evaluate(images[:4], etiquettes[:4]")),
        other("names from the networks", ('"nom": nom', '"nom": reseau.name if nom == "zéro" else nom')),
    ],
    "arret": [
        other("below, not at the threshold", ("<= self.perte", "< self.perte")),
        other("above, not at the threshold", (">= self.justesse", "> self.justesse")),
        other("the loss has to be high", ("<= self.perte", ">= self.perte")),
        other("the loss of validation", ('logs["loss"]', 'logs.get("val_loss", 1)')),
        other("the accuracy alone", ("self.perte is not None", "False")),
        other(
            "both at once",
            ('logs["loss"] <= self.perte', 'logs["loss"] <= self.perte and logs["accuracy"] >= (self.justesse or 0)'),
        ),
        other(
            "it stops after one epoch",
            ("if self.perte is not None", "self.model.stop_training = True\n        if self.perte is not None"),
        ),
        other(
            "it never stops",
            ("self.model.stop_training = True", "self.model.stop_trainings = self.justesse == 0.0", 1),
            ("self.model.stop_training = True", "self.model.stop_training = self.justesse == 0.0"),
        ),
        other("a threshold that is not given counts as zero", ("justesse=None", "justesse=0")),
    ],
}
