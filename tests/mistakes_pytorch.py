"""Wrong answers to `cnn-pytorch`: each loses points in its own question and in no other."""

from __future__ import annotations

from answering import Mistake, instead, other

MISTAKES: dict[str, list[Mistake]] = {
    "statistiques": [
        other("one number for all channels", ("images.mean(axis=(0, 1, 2))", "np.full(3, images.mean())")),
        other(
            "the spread of each pixel, averaged", ("images.std(axis=(0, 1, 2))", "images.std(axis=0).mean(axis=(0, 1))")
        ),
        other("the variance", ("images.std(", "images.var(")),
        other("of the first image", ("images.mean(axis=(0, 1, 2))", "images[0].mean(axis=(0, 1))")),
    ],
    "preparation": [
        other("width before height", ("0, 3, 1, 2", "0, 3, 2, 1")),
        other("channels last", ("normalisees.transpose(0, 3, 1, 2)", "normalisees")),
        other("not divided", (" / ecarts", "")),
        other("divided before the mean is taken off", ("(images - moyennes) / ecarts", "images / ecarts - moyennes")),
        other("float64", ("torch.float32", "torch.float64")),
        other(
            "reshaped, so that the image is broken",
            ("normalisees.transpose(0, 3, 1, 2)", "normalisees.reshape(len(images), 3, *images.shape[1:3])"),
        ),
    ],
    "normalisation": [
        other(
            "the test set by its own numbers",
            ("prepare(x_test, moyennes, ecarts)", "prepare(x_test, *statistiques(x_test))"),
        ),
        other(
            "both by the numbers of both",
            (
                "X_train",
                "toutes = np.concatenate([x_train, x_test])\n"
                "moyennes, ecarts = toutes.mean(axis=(0, 1, 2)), toutes.std(axis=(0, 1, 2))\n"
                "X_train",
                1,
            ),
        ),
        other("the test set not centred", ("prepare(x_test, moyennes,", "prepare(x_test, 0 * moyennes,")),
    ],
    "reseau": [
        other(
            "a kernel of 3",
            ("nn.Conv2d(8, 16, kernel_size=5)", "nn.Conv2d(8, 16, kernel_size=3, padding=0)"),
            ("16 * 5 * 5", "16 * 6 * 6"),
        ),
        other(
            "padding",
            ("nn.Conv2d(3, 8, kernel_size=5)", "nn.Conv2d(3, 8, kernel_size=5, padding=2)"),
            ("16 * 5 * 5", "16 * 6 * 6"),
        ),
        other("no activation between dense layers", ("x = F.relu(self.fc2(x))", "x = self.fc2(x)")),
        other("a softmax at the end", ("return self.fc3(x)", "return F.softmax(self.fc3(x), dim=1)")),
        other("an average pooling", ("nn.MaxPool2d(2)", "nn.AvgPool2d(2)")),
        other("sigmoid", ("x = F.relu(self.fc1(x))", "x = torch.sigmoid(self.fc1(x))")),
        other(
            "one convolution frozen", ("reseau = ConvNet()", "reseau = ConvNet()\nreseau.conv1.requires_grad_(False)")
        ),
    ],
    "preuve": [
        other("the wrong letter", ('"C"', '"A"')),
        other("parameters not copied", (".detach().clone()", "")),
        other(
            "the sums of parameters",
            ("parametre.detach().clone()", "parametre.detach().sum()"),
            ("torch.equal(ancien, nouveau)", "torch.isclose(ancien, nouveau.sum(), atol=1e-4)"),
        ),
        other(
            "the first parameter alone",
            ("zip(avant, modele.parameters())", "list(zip(avant, modele.parameters()))[:1]"),
        ),
        other("all parameters have to change", ("any(not", "all(not")),
    ],
    "apprend": [
        other("gradients never set to zero", ("            optimiseur.zero_grad()\n", "")),
        other(
            "a step before the gradients",
            (
                "            perte.backward()\n            optimiseur.step()",
                "            optimiseur.step()\n            perte.backward()",
            ),
        ),
        other(
            "the step at the end of the epoch alone",
            ("            optimiseur.step()\n            total", "            total"),
            ("        pertes.append", "        optimiseur.step()\n        pertes.append"),
        ),
        other("the sum of losses", ("total / len(images)", "total")),
        other("another optimizer", ("torch.optim.SGD", "torch.optim.Adam")),
        other("a rate of its own", ("lr=taux", "lr=0.01")),
        other("one epoch too many", ("range(epoques)", "range(epoques + 1)")),
    ],
    "courbe": [
        other("no names on the axes", ('plt.xlabel("époque")\n', ""), ('plt.ylabel("perte moyenne")\n', "")),
        other("the other way round", ("range(1, len(pertes) + 1), pertes", "pertes, range(1, len(pertes) + 1)")),
        other("accumulated", ("1), pertes,", "1), np.cumsum(pertes),")),
        instead("nothing is drawn", "print(pertes)"),
    ],
    "predictions": [
        other("still in training", ("    modele.eval()\n", "    modele.train()\n")),
        other("the smallest score", ("argmax", "argmin")),
        other("the scores", (".argmax(dim=1)", "")),
        other("along the examples", ("argmax(dim=1)", "argmax(dim=0)")),
    ],
    "confusion": [
        other("transposed", ("[vraie, predite]", "[predite, vraie]")),
        other("shares", ("return matrice", "return matrice / matrice.sum()")),
        other("only what is right", ("matrice[vraie, predite] += 1", "matrice[vraie, vraie] += vraie == predite")),
        other("each pair once", ("+= 1", "= 1")),
    ],
    "exactitude": [
        other("a percentage", ("np.trace(matrice) /", "100 * np.trace(matrice) /")),
        other("by predicted class", ("axis=1", "axis=0")),
        other("nothing where a class has no image", ("np.maximum(totaux, 1)", "totaux")),
        other("of all images", ("np.maximum(totaux, 1)", "matrice.sum()")),
    ],
    "lots": [
        other("the last batch left out", ("range(0, len(ordre), taille)", "range(0, len(ordre) - taille + 1, taille)")),
        other(
            "in the order of the set",
            (
                "images[indices], etiquettes[indices]",
                "images[debut : debut + taille], etiquettes[debut : debut + taille]",
            ),
        ),
        other("labels in the order of the set", ("etiquettes[indices]", "etiquettes[debut : debut + taille]")),
        other("batches that overlap", ("debut + taille]", "debut + taille + 1]")),
    ],
    "normes": [
        other(
            "normalised after the ReLU",
            ("    nn.BatchNorm2d(8),\n    nn.ReLU(),\n", "    nn.ReLU(),\n    nn.BatchNorm2d(8),\n"),
        ),
        other("no dropout", ("    nn.Dropout(0.25),\n", "")),
        other("more dropout", ("0.25", "0.5")),
        other("one normalisation", ("    nn.BatchNorm2d(16),\n", "")),
        other(
            "dropout at the very end",
            ("    nn.Dropout(0.25),\n    nn.Linear(128, 10),\n", "    nn.Linear(128, 10),\n    nn.Dropout(0.25),\n"),
        ),
    ],
    "arret": [
        other("as good is better", ("perte < pertes", "perte <= pertes")),
        other("one epoch later", (">= patience", "> patience")),
        other("the best of all, seen or not", ("return epoque, meilleure", "return epoque, int(np.argmin(pertes))")),
        other("compared with the epoch before", ("perte < pertes[meilleure]", "epoque and perte < pertes[epoque - 1]")),
        other("the loss, not the epoch", ("return epoque, meilleure", "return epoque, pertes[meilleure]")),
    ],
    "entraine": [
        other("no step", ("            optimiseur.step()\n", "")),
        other(
            "labels in disorder",
            (
                "torch.tensor(images), torch.tensor(etiquettes)",
                "torch.tensor(images), torch.tensor(etiquettes)[torch.randperm(len(etiquettes))]",
            ),
        ),
        other("two neurons", ("nn.Linear(800, 128)", "nn.Linear(800, 2)"), ("nn.Linear(128, 10)", "nn.Linear(2, 10)")),
    ],
    "cartes": [
        other(
            "of the first convolution",
            (
                "modele.conv2(modele.pool(F.relu(modele.conv1(images))))",
                "F.interpolate(modele.conv1(images), scale_factor=0.5)",
            ),
        ),
        other(
            "after the ReLU",
            (
                "return modele.conv2(modele.pool(F.relu(modele.conv1(images))))",
                "return F.relu(modele.conv2(modele.pool(F.relu(modele.conv1(images)))))",
            ),
        ),
        other("no ReLU between", ("F.relu(modele.conv1(images))", "modele.conv1(images)")),
    ],
    "masque": [
        other(
            "the mean of the channels, not brought to 1",
            ("return somme / somme.max() if somme.max() > 0 else somme", "return somme / len(carte)"),
        ),
        other("negative values kept", ("np.maximum(np.asarray(carte), 0)", "np.asarray(carte)")),
        other(
            "negative sums alone are put to zero",
            ("np.maximum(np.asarray(carte), 0).sum(axis=0)", "np.maximum(np.asarray(carte).sum(axis=0), 0)"),
        ),
        other("absolute values", ("np.maximum(np.asarray(carte), 0)", "np.abs(np.asarray(carte))")),
        other("nothing over nothing", (" if somme.max() > 0 else somme", "")),
        other("divided by the sum", ("somme / somme.max()", "somme / somme.sum()")),
    ],
}
