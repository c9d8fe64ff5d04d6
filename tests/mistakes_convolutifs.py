"""Wrong answers to `reseaux-convolutifs`: each loses points in its own question and in no other.

Most are the solution with something changed. Those that were graded as right once stand first.
"""

from __future__ import annotations

from answering import Mistake, instead, other

MISTAKES: dict[str, list[Mistake]] = {
    "gris": [
        other("the weights are rounded", ("0.2989, 0.5870, 0.1140", "0.3, 0.59, 0.11")),
        other("the weights of another standard", ("0.2989, 0.5870, 0.1140", "0.299, 0.587, 0.114")),
        other("the weights are made to sum to 1", ("image @ ponderation", "image @ (ponderation / ponderation.sum())")),
        other("blue before red", ("0.2989, 0.5870, 0.1140", "0.1140, 0.5870, 0.2989")),
        other("the plain mean", ("image @ ponderation", "image.mean(axis=-1)")),
        other("the brightest of the colours", ("image @ ponderation", "image.max(axis=-1)")),
        other("float64", (".astype(np.float32)", "")),
        other("float16", ("np.float32", "np.float16")),
        other("an axis too many", ("image @ ponderation", "(image @ ponderation)[..., np.newaxis]")),
        other("divided by 255 once more", ("image @ ponderation", "image @ ponderation / 255")),
        other("stretched to the brightest", ("image @ ponderation", "(image @ ponderation) / np.max(image)")),
        other("rounded to hundredths", ("(image @ ponderation)", "(image @ ponderation).round(2)")),
        instead(
            "fit for one size alone",
            """
            def en_gris(image):
                gris = 0.2989 * image[:427, :640, 0] + 0.5870 * image[:427, :640, 1] + 0.1140 * image[:427, :640, 2]
                return gris.reshape(427, 640).astype(np.float32)
            """,
        ),
    ],
    "noyaux": [
        other("the kernel is transposed", ("tf.cast(noyau, tf.float32)", "tf.cast(noyau.T, tf.float32)")),
        other("negative results are cut off", ("sortie[0, :, :, 0]", "tf.nn.relu(sortie)[0, :, :, 0]")),
        other("results are cut to [0, 1]", ("sortie[0, :, :, 0]", "tf.clip_by_value(sortie, 0, 1)[0, :, :, 0]")),
        other("results have lost their sign", ("sortie[0, :, :, 0]", "tf.abs(sortie)[0, :, :, 0]")),
        other(
            "divided by the kernel's sum", ("tf.cast(noyau, tf.float32)", "tf.cast(noyau / noyau.sum(), tf.float32)")
        ),
        other(
            "divided by the kernel's sum where it has one",
            ("tf.cast(noyau, tf.float32)", "tf.cast(noyau / (noyau.sum() or 1), tf.float32)"),
        ),
        other("kernels of 3 x 3 alone", ("(*noyau.shape, 1, 1)", "(3, 3, 1, 1)")),
        other(
            "the corner of a larger kernel",
            ("tf.cast(noyau, tf.float32)", "tf.cast(noyau[:3, :3], tf.float32)"),
            ("*noyau.shape", "3, 3"),
        ),
        other("blurs in float64", ("dtype=np.float32", "dtype=np.float64"), (".astype(np.float32) / 16", " / 16")),
        other("one blur in float64", (".astype(np.float32) / 16", " / 16")),
        other(
            "the top and the left have another border",
            (
                'entree, poids, strides=1, padding="SAME"',
                'tf.pad(entree, [[0, 0], [0, len(noyau) - 1], [0, len(noyau) - 1], [0, 0]]), poids, 1, "VALID"',
            ),
        ),
        other(
            "the image goes on as a mirror",
            (
                'entree, poids, strides=1, padding="SAME"',
                'tf.pad(entree, [[0, 0], [len(noyau) // 2] * 2, [len(noyau) // 2] * 2, [0, 0]], "REFLECT"), poids, '
                '1, "VALID"',
            ),
        ),
        other("no border", ('"SAME"', '"VALID"')),
        other(
            "no border, then resized",
            ('padding="SAME")', 'padding="VALID")\n    sortie = tf.image.resize(sortie, image.shape)'),
        ),
        instead(
            "the kernel turned round",
            """
            from scipy.ndimage import convolve

            noyaux["flou_moyen"] = np.full((3, 3), 1 / 9, dtype=np.float32)
            noyaux["flou_gaussien"] = np.outer([1, 2, 1], [1, 2, 1]).astype(np.float32) / 16

            def filtre(image, noyau):
                return convolve(image, noyau, mode="constant")
            """,
        ),
        instead(
            "the border repeats the last pixel",
            """
            from scipy.ndimage import correlate

            noyaux["flou_moyen"] = np.full((3, 3), 1 / 9, dtype=np.float32)
            noyaux["flou_gaussien"] = np.outer([1, 2, 1], [1, 2, 1]).astype(np.float32) / 16

            def filtre(image, noyau):
                return correlate(image, noyau, mode="nearest")
            """,
        ),
        instead(
            "the border is left as it was",
            """
            noyaux["flou_moyen"] = np.full((3, 3), 1 / 9, dtype=np.float32)
            noyaux["flou_gaussien"] = np.outer([1, 2, 1], [1, 2, 1]).astype(np.float32) / 16

            def filtre(image, noyau):
                resultat, k = image.copy(), len(noyau) // 2
                for i in range(k, image.shape[0] - k):
                    for j in range(k, image.shape[1] - k):
                        resultat[i, j] = np.sum(image[i - k:i + k + 1, j - k:j + k + 1] * noyau)
                return resultat
            """,
        ),
        other("the given kernels are gone", ('noyaux["flou_moyen"] =', 'noyaux = {}\nnoyaux["flou_moyen"] =')),
        other("the blur sums to 9", ("1 / 9", "1")),
        other("the blur is divided by 8", ("1 / 9", "1 / 8")),
        other("the gaussian does not sum to 1", ("/ 16", "/ 15")),
        other("the gaussian has another middle", ("[1, 2, 1], [1, 2, 1]", "[1, 3, 1], [1, 3, 1]"), ("/ 16", "/ 25")),
        other(
            "the gaussian is a sum",
            ("np.outer([1, 2, 1], [1, 2, 1])", "np.add.outer([1, 2, 1], [1, 2, 1])"),
            ("/ 16", "/ 24"),
        ),
        other(
            "the blurs have each other's name",
            ('["flou_moyen"]', '["flou_x"]'),
            ('["flou_gaussien"]', '["flou_moyen"]'),
            ("flou_x", "flou_gaussien"),
        ),
        other("rounded to whole numbers", ("sortie[0, :, :, 0]", "tf.round(sortie)[0, :, :, 0]")),
        other(
            "the image is made brighter first",
            ("tf.cast(image, tf.float32)", "tf.cast(image / image.max(), tf.float32)"),
        ),
        other(
            "stretched to [0, 1]",
            (
                "sortie[0, :, :, 0]",
                "((sortie - tf.reduce_min(sortie)) / (tf.reduce_max(sortie) - tf.reduce_min(sortie)))[0, :, :, 0]",
            ),
        ),
        other("the image, whatever the kernel", ("return sortie", "sortie = entree\n    return sortie")),
    ],
    "anatomie": [
        other("channels and filters change places", ('"canaux": 3, "filtres": 8', '"canaux": 8, "filtres": 3')),
        other("no bias", (" + 1) * filtres", ") * filtres"), ("(3, 3, 8, 4)", "(3, 3, 8, 4) + 8 + 4")),
        other(
            "one bias for all filters",
            ("(hauteur * largeur * canaux + 1) * filtres", "hauteur * largeur * canaux * filtres + 1"),
            ("(3, 3, 8, 4)", "(3, 3, 8, 4) + 10"),
        ),
        other(
            "a bias for each channel",
            ("canaux + 1) * filtres", "canaux * filtres + canaux)"),
            ("total = parametres_conv(3, 3, 3, 8) + parametres_conv(3, 3, 8, 4)", "total = 516"),
        ),
        other("square kernels alone", ("hauteur * largeur", "hauteur ** 2")),
        other("the second layer alone has its bias", ("total = parametres_conv(3, 3, 3, 8)", "total = 216")),
        other("kernels of 3 x 3 alone", ("hauteur * largeur", "9")),
        other("two biases", ("canaux + 1)", "canaux + 2)"), ("(3, 3, 8, 4)", "(3, 3, 8, 4) - 12")),
    ],
    "pooling-moyen": [
        other("squares of 2 whatever is asked", ("AveragePooling2D(taille", "AveragePooling2D(2")),
        other("steps of 2 whatever is asked", ("AveragePooling2D(taille", "AveragePooling2D(taille, strides=2")),
        other("steps of 1", ("AveragePooling2D(taille", "AveragePooling2D(taille, strides=1")),
        other("the maximum", ("AveragePooling2D", "MaxPooling2D")),
        other("the border is completed", ('"valid"', '"same"')),
        other("negative values are cut off", ("np.asarray(image, dtype=np.float32)", "np.maximum(image, 0)")),
        other("values have lost their sign", ("np.asarray(image, dtype=np.float32)", "np.abs(image)")),
        other("rounded to tenths", ("numpy()", "numpy().round(1)")),
        other("the sum", ("[0, :, :, 0]", "[0, :, :, 0] * taille**2")),
        other("one value", ("[0, :, :, 0]", "[0, :, :, 0] * 0 + np.mean(image)")),
        other("axes too many", ("numpy()[0, :, :, 0]", "numpy()")),
        instead(
            "the first pixel of each square",
            """
            def pooling_moyen(image, taille):
                return image[::taille, ::taille][: image.shape[0] // taille, : image.shape[1] // taille]
            """,
        ),
        instead(
            "the median",
            """
            def pooling_moyen(image, taille):
                h, w = (cote // taille for cote in image.shape)
                return np.median(image[: h * taille, : w * taille].reshape(h, taille, w, taille), axis=(1, 3))
            """,
        ),
        instead(
            "the rest is left out at the top",
            """
            def pooling_moyen(image, taille):
                h, w = (cote // taille for cote in image.shape)
                return image[-h * taille :, -w * taille :].reshape(h, taille, w, taille).mean(axis=(1, 3))
            """,
        ),
        instead(
            "divided by the side",
            """
            def pooling_moyen(image, taille):
                h, w = (cote // taille for cote in image.shape)
                return image[: h * taille, : w * taille].reshape(h, taille, w, taille).sum(axis=(1, 3)) / (2 * taille)
            """,
        ),
    ],
    "pooling-max": [
        other("squares of 2 whatever is asked", ("MaxPooling2D(taille", "MaxPooling2D(2")),
        other("steps of 2 whatever is asked", ("MaxPooling2D(taille", "MaxPooling2D(taille, strides=2")),
        other("the mean", ("MaxPooling2D", "AveragePooling2D")),
        other("the border is completed", ('"valid"', '"same"')),
        other("values have lost their sign", ("np.asarray(image, dtype=np.float32)", "np.abs(image)")),
        other(
            "the minimum",
            ("np.asarray(image, dtype=np.float32)", "-np.asarray(image)"),
            ("return layers", "return -layers"),
        ),
        other("lines and columns change places", ("[0, :, :, 0]", "[0, :, :, 0].T")),
        instead(
            "the maximum and 0",
            """
            def pooling_max(image, taille):
                h, w = (cote // taille for cote in image.shape)
                resultat = np.zeros((h, w))
                for i in range(h * taille):
                    for j in range(w * taille):
                        resultat[i // taille, j // taille] = max(resultat[i // taille, j // taille], image[i, j])
                return resultat
            """,
        ),
    ],
    "huit": [
        other("a text that names the shape", ("huit_reduit.shape", '"pool de (4, 4) ?"')),
        other("the shape written by hand", ("huit_reduit.shape", "(4, 4)")),
        other("the shape written in a text", ("print(huit_reduit.shape)", 'print(f"forme : {4} x {4}")')),
        other("nothing is printed", ("print(huit_reduit.shape)", "huit_reduit.shape")),
        other("the shape before", ("print(huit_reduit.shape)", "print(huit.shape)")),
        other("one side", ("huit_reduit.shape", "len(huit_reduit)")),
        other("the values are printed", ("print(huit_reduit.shape)", "print(huit_reduit)")),
        other("how many values", ("huit_reduit.shape", "huit_reduit.size")),
        other(
            "by 4",
            ("pooling_max(huit, 2)", "pooling_max(huit, 4)"),
            ("huit_reduit.shape", "huit_reduit.shape * 2, 4, 4"),
        ),
        other("the mean", ("pooling_max(huit, 2)", "pooling_moyen(huit, 2)")),
        other("every other pixel", ("pooling_max(huit, 2)", "huit[::2, ::2]")),
        other("not reduced, but cut", ("pooling_max(huit, 2)", "huit[2:6, 2:6]")),
    ],
    "preparation": [
        other(
            "labels are returned as images", ("images[train], images[valid]", "etiquettes[train], etiquettes[valid]")
        ),
        other(
            "images are returned as labels", ("etiquettes[train], etiquettes[valid]", "images[train], images[valid]")
        ),
        other(
            "every fourth example",
            ("np.random.default_rng(42).permutation(len(images))", "np.arange(len(images)).reshape(-1, 4).T.ravel()"),
        ),
        other(
            "blocks of 100",
            (
                "np.random.default_rng(42).permutation(len(images))",
                "np.random.permutation(np.arange(len(images)).reshape(-1, 100)).ravel()",
            ),
        ),
        other(
            "blocks of 4",
            (
                "np.random.default_rng(42).permutation(len(images))",
                "np.random.permutation(np.arange(len(images)).reshape(-1, 4)).ravel()",
            ),
        ),
        other("the first quarter", ("np.random.default_rng(42).permutation(len(images))", "np.arange(len(images))")),
        other(
            "one run of examples from a random place",
            (
                "np.random.default_rng(42).permutation(len(images))",
                "np.roll(np.arange(len(images)), np.random.randint(len(images)))",
            ),
        ),
        other(
            "drawn from the first half alone",
            (
                "np.random.default_rng(42).permutation(len(images))",
                "np.r_[np.random.permutation(len(images) // 2), len(images) // 2 : len(images)]",
            ),
        ),
        other("drawn twice, at times", (".permutation(len(images))", ".integers(0, len(images), len(images))")),
        other("a fifth", ("len(images) // 4", "len(images) // 5")),
        other("a quarter for training", ("valid, train = np", "train, valid = np")),
        other(
            "training keeps the examples of validation",
            ("images[train]", "images[ordre[: len(train)]]"),
            ("etiquettes[train]", "etiquettes[ordre[: len(train)]]"),
        ),
        other(
            "images and labels shuffled apart",
            ("images[train], images[valid]", "*np.split(np.random.permutation(images), [len(train)])"),
        ),
        other(
            "labels are not shuffled", ("etiquettes[train], etiquettes[valid]", "*np.split(etiquettes, [len(train)])")
        ),
        other("labels of validation are not those of its images", ("etiquettes[valid]", "etiquettes[np.sort(valid)]")),
        other(
            "images, labels, images, labels", ("images[valid], etiquettes[train]", "etiquettes[train], images[valid]")
        ),
        other("images made darker", ("images[train]", "images[train] // 2")),
        other("divided by the brightest pixel", ("/ 127.5 - 1", "/ np.max(images) * 2 - 1")),
        other(
            "stretched from the darkest to the brightest",
            (
                "np.asarray(images, dtype=np.float32) / 127.5 - 1",
                "((images - images.min()) / (images.max() - images.min()) * 2 - 1).astype(np.float32)",
            ),
        ),
        other("from 0 to 1", ("/ 127.5 - 1", "/ 255")),
        other("divided by 128", ("127.5", "128")),
        other("float64", ("dtype=np.float32) / 127.5", ") / 127.5")),
        other(
            "bytes overflow",
            (
                "np.asarray(images, dtype=np.float32) / 127.5 - 1",
                "(np.asarray(images) * 2 / 255 - 1).astype(np.float32)",
            ),
        ),
        other("centred on the mean", ("/ 127.5 - 1", "/ 127.5 - np.mean(images) / 127.5")),
        other(
            "upside down",
            ("np.asarray(images, dtype=np.float32) / 127.5 - 1", "1 - np.asarray(images, dtype=np.float32) / 127.5"),
        ),
        other("a row more for each label", (".reshape(-1)]", "]")),
        other("as many values as labels go", ("np.eye(10", "np.eye(np.max(etiquettes) + 1")),
        other(
            "nine values",
            (
                "np.eye(10, dtype=np.float32)[np.asarray(etiquettes).reshape(-1)]",
                "np.eye(10, dtype=np.float32)[np.asarray(etiquettes).reshape(-1)][:, :9]",
            ),
        ),
        other("a place too far", (".reshape(-1)]", ".reshape(-1) - 1]")),
        other(
            "−1 instead of 0",
            (
                "np.eye(10, dtype=np.float32)[np.asarray(etiquettes).reshape(-1)]",
                "2 * np.eye(10)[np.asarray(etiquettes).reshape(-1)] - 1",
            ),
        ),
        instead(
            "one value for each label that there is",
            """
            from sklearn.preprocessing import LabelBinarizer

            def separe(images, etiquettes):
                ordre = np.random.default_rng(42).permutation(len(images))
                valid, train = np.split(ordre, [len(images) // 4])
                return images[train], images[valid], etiquettes[train], etiquettes[valid]

            def normalise(images):
                return np.asarray(images, dtype=np.float32) / 127.5 - 1

            def one_hot(etiquettes):
                codes = LabelBinarizer().fit_transform(np.ravel(etiquettes))
                return np.pad(codes, ((0, 0), (0, 10 - codes.shape[1])))
            """,
        ),
    ],
    "repare": [
        other(
            "trainable is switched off", ('activation="softmax"))', 'activation="softmax"))\nmodele.trainable = False')
        ),
        other(
            "one layer is frozen",
            ('activation="softmax"))', 'activation="softmax"))\nmodele.layers[0].trainable = False'),
        ),
        other(
            "a ReLU of one's own that does nothing",
            ("modele = keras", "def relu(x):\n    return x\n\nmodele = keras"),
            ('padding="same", activation="relu"', 'padding="same", activation=relu'),
        ),
        other(
            "a softmax of one's own that does something else",
            (
                "modele = keras",
                "def softmax(x):\n    return x / keras.ops.sum(x, axis=-1, keepdims=True)\n\nmodele = keras",
            ),
            ('activation="softmax"', "activation=softmax"),
        ),
        other("sizes of convolutions that keep them", ("[30, 15, 13, 6, 4, 2]", "[32, 16, 16, 8, 8, 4]")),
        other("the rest is kept", ("[30, 15, 13, 6, 4, 2]", "[30, 15, 13, 7, 5, 3]")),
        other("one pixel less", ("[30, 15, 13, 6, 4, 2]", "[31, 15, 14, 7, 6, 3]")),
        other("sizes of the mended network last", ("4, 2]", "6, 3]")),
        other(
            "the last convolution keeps no size",
            ("(32, 64, 128, 128):", "(32, 64, 128):"),
            (
                "modele.add(layers.Flatten",
                'modele.add(layers.Conv2D(128, (3, 3), activation="relu"))\n'
                "modele.add(layers.MaxPooling2D((2, 2)))\nmodele.add(layers.Flatten",
            ),
        ),
        other("a convolution less", ("(32, 64, 128, 128)", "(32, 64, 128)")),
        other("other filters", ("(32, 64, 128, 128)", "(32, 64, 64, 128)")),
        other("no activation", (', activation="relu"', "")),
        other("sigmoid at the end", ('"softmax"', '"sigmoid"')),
        other("no activation at the end", (', activation="softmax"', "")),
        other("a mean over the image", ("layers.Flatten()", "layers.GlobalAveragePooling2D()")),
        other("the mean in each square", ("MaxPooling2D", "AveragePooling2D")),
        other(
            "convolutions take steps, nothing is pooled",
            ('padding="same", activation', 'padding="same", strides=2, activation'),
            ("    modele.add(layers.MaxPooling2D((2, 2)))\n", ""),
        ),
        other("kernels of 1", ("(3, 3)", "(1, 1)")),
        other(
            "a dropout more",
            ("modele.add(layers.Flatten())", "modele.add(layers.Flatten())\nmodele.add(layers.Dropout(0.5))"),
        ),
    ],
    "model2": [
        other(
            "a ReLU of one's own that does something else",
            ("model2 = keras", "def relu(x):\n    return keras.ops.maximum(x, 0.1)\n\nmodel2 = keras"),
            ('activation="relu"', "activation=relu"),
        ),
        other(
            "a softmax over the batch",
            ("model2 = keras", "def softmax(x):\n    return keras.ops.softmax(x, axis=0)\n\nmodel2 = keras"),
            ('activation="softmax"', "activation=softmax"),
        ),
        other(
            "frozen",
            (
                'activation="softmax"))',
                'activation="softmax"))\nfor couche in model2.layers[:6]:\n    couche.trainable = False',
            ),
        ),
        other("the first two convolutions are equal", ("(32, 64)", "(64, 64)")),
        other("convolutions of a pair change places", ("(32, 64)", "(64, 32)")),
        other(
            "a pooling less",
            (
                "    model2.add(layers.MaxPooling2D((2, 2)))\n",
                "    if premier != 32:\n        model2.add(layers.MaxPooling2D((2, 2)))\n",
            ),
        ),
        other(
            "pooled between the convolutions",
            (
                'second, (3, 3), padding="same", activation="relu"))\n    model2.add(layers.MaxPooling2D((2, 2)))',
                'second, (3, 3), padding="same", activation="relu"))',
            ),
            (
                "    model2.add(layers.Conv2D(second",
                "    model2.add(layers.MaxPooling2D((2, 2)))\n    model2.add(layers.Conv2D(second",
            ),
        ),
        other(
            "one convolution keeps no size",
            ('second, (3, 3), padding="same"', 'second, (3, 3), padding="same" if second > 64 else "valid"'),
        ),
        other("kernels of 5", ("(3, 3)", "(5, 5)")),
        other(
            "dense layers change places", ("Dense(256", "Dense(x"), ("Dense(128", "Dense(256"), ("Dense(x", "Dense(128")
        ),
        other("a dense layer less", ('model2.add(layers.Dense(128, activation="relu"))\n', "")),
        other("a dense layer without activation", ('Dense(128, activation="relu")', "Dense(128)")),
        other(
            "a convolution without activation",
            ('premier, (3, 3), padding="same", activation="relu"', 'premier, (3, 3), padding="same"'),
        ),
        other("another activation", ('activation="relu"', 'activation="elu"')),
        other("a leaky ReLU", ('activation="relu"', "activation=keras.layers.LeakyReLU()")),
        other("a ReLU that ends at 6", ('activation="relu"', 'activation="relu6"')),
        other("sigmoid at the end", ('"softmax"', '"sigmoid"')),
        other(
            "softmax twice",
            (
                'model2.add(layers.Dense(10, activation="softmax"))',
                'model2.add(layers.Dense(10, activation="softmax"))\nmodel2.add(layers.Softmax())',
            ),
        ),
        other(
            "100 classes cut to 10",
            ("Dense(10,", "Dense(100,"),
            ('activation="softmax"))', 'activation="softmax"))\nmodel2.add(layers.Lambda(lambda p: p[:, :10]))'),
        ),
        other(
            "batches normalised",
            (
                "model2.add(layers.MaxPooling2D((2, 2)))",
                "model2.add(layers.BatchNormalization())\n    model2.add(layers.MaxPooling2D((2, 2)))",
            ),
        ),
        other("no biases", ('padding="same", activation', 'padding="same", use_bias=False, activation')),
        other("kernels spread out", ('padding="same", activation', 'padding="same", dilation_rate=2, activation')),
        other("the mean in each square", ("MaxPooling2D", "AveragePooling2D")),
        other("squares that overlap", ("MaxPooling2D((2, 2))", 'MaxPooling2D((3, 3), strides=2, padding="same")')),
        other("separable convolutions", ("layers.Conv2D", "layers.SeparableConv2D")),
        other("a mean over the image", ("layers.Flatten()", "layers.GlobalAveragePooling2D()")),
        other(
            "weights decay", ('Dense(256, activation="relu"', 'Dense(256, activation="relu", kernel_regularizer="l2"')
        ),
        other(
            "images made smaller first",
            (
                "model2 = keras.Sequential([keras.Input(shape=(32, 32, 3))])",
                "model2 = keras.Sequential([keras.Input(shape=(32, 32, 3)), layers.Rescaling(1 / 255)])",
            ),
        ),
    ],
    "vgg": [
        other(
            "Sequential under another name",
            (
                "entree = keras.Input(shape=(32, 32, 3))",
                "S = keras.models.Sequential\nentree = keras.Input(shape=(32, 32, 3))",
            ),
            (
                'vgg = keras.Model(entree, layers.Dense(10, activation="softmax")(x))',
                'vgg = S(keras.Model(entree, layers.Dense(10, activation="softmax")(x)).layers)',
            ),
        ),
        other(
            "its end is a Sequential",
            (
                'x = layers.Flatten()(x)\nx = layers.Dense(256, activation="relu")(x)\n'
                'x = layers.Dense(128, activation="relu")(x)',
                'x = keras.Sequential([layers.Flatten(), layers.Dense(256, activation="relu"), layers.Dense(128, '
                'activation="relu")])(x)',
            ),
        ),
        instead(
            "Sequential, called",
            """
            from keras.models import Sequential as Suite

            suite = Suite([keras.Input(shape=(32, 32, 3))])
            for filtres, fois in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
                for _ in range(fois):
                    suite.add(layers.Conv2D(filtres, 3, padding="same", activation="relu"))
                suite.add(layers.MaxPooling2D(2))
            suite.add(layers.Flatten())
            suite.add(layers.Dense(256, activation="relu"))
            suite.add(layers.Dense(128, activation="relu"))
            suite.add(layers.Dense(10, activation="softmax"))
            entree = keras.Input(shape=(32, 32, 3))
            vgg = keras.Model(entree, suite(entree))
            """,
        ),
        instead(
            "a class with a call of its own",
            """
            class VGG(keras.Model):
                def __init__(self):
                    super().__init__()
                    self.couches = []
                    for filtres, fois in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
                        for _ in range(fois):
                            self.couches.append(layers.Conv2D(filtres, 3, padding="same", activation="relu"))
                        self.couches.append(layers.MaxPooling2D(2))
                    self.couches += [layers.Flatten(), layers.Dense(256, activation="relu")]
                    self.couches += [layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")]

                def call(self, x):
                    for couche in self.couches:
                        x = couche(x)
                    return x

            vgg = VGG()
            vgg.build((None, 32, 32, 3))
            """,
        ),
        other(
            "frozen",
            (
                "vgg = keras.Model(entree",
                "for numero, couche in enumerate(keras.Model(entree, x).layers):\n"
                "    couche.trainable = numero > 18\nvgg = keras.Model(entree",
            ),
        ),
        other(
            "a ReLU of one's own that is none",
            ("commun = {", "def relu(x):\n    return keras.ops.abs(x)\n\ncommun = {"),
            ('"activation": "relu"', '"activation": relu'),
        ),
        other(
            "one convolution keeps no size, and poolings hide it",
            ("Conv2D(64, 3, **commun)(entree)", 'Conv2D(64, 3, activation="relu")(entree)'),
            ("MaxPooling2D(2)", 'MaxPooling2D(2, padding="same")'),
        ),
        other("two convolutions in the third block", ("x = layers.Conv2D(256, 3, **commun)(x)\n", "", 1)),
        other(
            "three convolutions in the second block",
            (
                "x = layers.Conv2D(128, 3, **commun)(x)\n",
                "x = layers.Conv2D(128, 3, **commun)(x)\nx = layers.Conv2D(128, 3, **commun)(x)\n",
                1,
            ),
        ),
        other(
            "a block less",
            (
                "x = layers.Conv2D(512, 3, **commun)(x)\nx = layers.Conv2D(512, 3, **commun)(x)\n"
                "x = layers.Conv2D(512, 3, **commun)(x)\nx = layers.MaxPooling2D(2)(x)\n",
                "",
                1,
            ),
            ("x = layers.Flatten()(x)", "x = layers.Flatten()(layers.MaxPooling2D(2)(x))"),
        ),
        other("256 filters in the fourth block", ("Conv2D(512", "Conv2D(256", 3)),
        other(
            "a convolution without activation",
            ("Conv2D(64, 3, **commun)(entree)", 'Conv2D(64, 3, padding="same")(entree)'),
        ),
        other(
            "a line that is not linked",
            (
                "x = layers.Conv2D(64, 3, **commun)(x)\nx = layers.MaxPooling2D(2)(x)",
                "y = layers.Conv2D(64, 3, **commun)(x)\nx = layers.MaxPooling2D(2)(x)",
            ),
        ),
        other(
            "one layer serves twice",
            (
                "x = layers.Conv2D(512, 3, **commun)(x)\nx = layers.Conv2D(512, 3, **commun)(x)\n"
                "x = layers.MaxPooling2D(2)(x)\nx = layers.Flatten()",
                "conv = layers.Conv2D(512, 3, **commun)\nx = conv(conv(x))\nx = layers.MaxPooling2D(2)(x)\n"
                "x = layers.Flatten()",
            ),
        ),
        other("the mean in each square", ("MaxPooling2D", "AveragePooling2D")),
        other("dense layers of the original", ("Dense(256", "Dense(4096"), ("Dense(128", "Dense(4096")),
        other("no softmax", (', activation="softmax")(x)', ")(x)")),
        other("softmax in all dense layers", ('Dense(256, activation="relu")', 'Dense(256, activation="softmax")')),
        other("dropout", ("x = layers.Dense(128", "x = layers.Dropout(0.5)(x)\nx = layers.Dense(128")),
        other("the first block has kernels of 5", ("Conv2D(64, 3", "Conv2D(64, 5")),
        other(
            "a way past a block",
            (
                "x = layers.Conv2D(64, 3, **commun)(x)\n",
                "y = layers.Conv2D(64, 3, **commun)(x)\nx = layers.add([x, y])\n",
            ),
        ),
        other(
            "two outputs",
            (
                'vgg = keras.Model(entree, layers.Dense(10, activation="softmax")(x))',
                'vgg = keras.Model(entree, [layers.Dense(10, activation="softmax")(x), x])',
            ),
        ),
    ],
    "blocs": [
        other("kernels of 3 whatever is asked", ("filters, kernel_size, padding", "filters, 3, padding")),
        other("kernels of 3 in the block of two", ("bloc(x, filters, kernel_size, 2)", "bloc(x, filters, 3, 2)")),
        other("kernels of 3 in the block of three", ("bloc(x, filters, kernel_size, 3)", "bloc(x, filters, 3, 3)")),
        other(
            "padding for kernels of 3 alone",
            ('filters, kernel_size, padding="same")(x)', "filters, kernel_size)(layers.ZeroPadding2D(1)(x))"),
        ),
        other(
            "filters of the first block",
            ("bloc(x, filters, kernel_size, 2)", "bloc(x, 64 if filters < 64 else filters, kernel_size, 2)"),
        ),
        other("three convolutions in the block of two", ("kernel_size, 2)", "kernel_size, 3)")),
        other("two convolutions in the block of three", ("kernel_size, 3)", "kernel_size, 2)")),
        other(
            "a ReLU after the last convolution alone",
            ("        x = layers.ReLU()(x)\n", ""),
            ("layers.MaxPooling2D(2)(x)", "layers.MaxPooling2D(2)(layers.ReLU()(x))"),
        ),
        other("no ReLU", ("        x = layers.ReLU()(x)\n", "")),
        other("a ReLU that ends at 6", ("layers.ReLU()", "layers.ReLU(6.0)")),
        other(
            "the same convolution each time",
            (
                '    for _ in range(convolutions):\n        x = layers.Conv2D(filters, kernel_size, padding="same")(x)',
                '    x = layers.Conv2D(filters, kernel_size, padding="same")(x)\n'
                '    couche = layers.Conv2D(filters, kernel_size, padding="same")\n'
                "    for _ in range(convolutions - 1):\n        x = layers.ReLU()(x)\n        x = couche(x)",
            ),
        ),
        other(
            "no padding",
            (', padding="same")', ")"),
            ('vgg_court = keras.Model(entree, layers.Dense(10, activation="softmax")(x))', "vgg_court = vgg"),
            ("x = entree\nfor", "x = keras.Input(shape=(320, 320, 3))\nfor"),
        ),
        other("the mean in each square", ("MaxPooling2D", "AveragePooling2D")),
        other(
            "pooled after each convolution",
            (
                "x = layers.ReLU()(x)\n    return layers.MaxPooling2D(2)(x)",
                "x = layers.MaxPooling2D(2 if _ else 1)(layers.ReLU()(x))\n    return x",
            ),
        ),
        other(
            "the short form lacks a block",
            ("(256, 512, 512)", "(256, 512)"),
            ("x = layers.Flatten()(x)", "x = layers.Flatten()(layers.MaxPooling2D(2)(x))"),
        ),
        other(
            "the short form has blocks of two alone",
            ("x = conv3_relu_max(x, filtres, 3)", "x = conv2_relu_max(x, filtres, 3)"),
        ),
        other("the short form has kernels of 5", ("x, filtres, 3)", "x, filtres, 5)")),
        other(
            "the short form is frozen",
            ('activation="softmax")(x))', 'activation="softmax")(x))\nvgg_court.trainable = False'),
        ),
        other("the short form ends otherwise", ('Dense(128, activation="relu")', 'Dense(128, activation="tanh")')),
        other(
            "the short form is the block alone",
            (
                "for filtres in (256, 512, 512):\n    x = conv3_relu_max(x, filtres, 3)",
                "x = conv3_relu_max(x, 256, 3)\nfor filtres in (512, 512):\n    x = conv2_relu_max(x, filtres, 3)",
            ),
        ),
    ],
}
