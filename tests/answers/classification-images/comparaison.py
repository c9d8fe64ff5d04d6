# %% a comprehension and a helper
def une_epoque(modele, x, y, xt, yt):
    modele.fit(x, y, epochs=1, batch_size=96)
    return modele.count_params(), modele.evaluate(xt, yt)[1]

def compare(reseaux, images, etiquettes, images_test, etiquettes_test):
    return {nom: une_epoque(m, images, etiquettes, images_test, etiquettes_test) for nom, m in reseaux.items()}

# %% val_accuracy, lists
def compare(reseaux, images, etiquettes, images_test, etiquettes_test):
    resultats = dict()
    for nom in reseaux:
        h = reseaux[nom].fit(images, etiquettes, batch_size=96, verbose=0, validation_data=(images_test, etiquettes_test))
        resultats[nom] = [reseaux[nom].count_params(), h.history["val_accuracy"][-1]]
    return resultats

# %% parameters summed by hand, accuracy by predict
def compare(reseaux, images, etiquettes, images_test, etiquettes_test):
    sortie = {}
    for nom, r in reseaux.items():
        n = sum(int(np.prod(w.shape)) for w in r.weights)
        r.fit(images, etiquettes, 96, 1, 0)
        p = np.argmax(r.predict(images_test, verbose=0), axis=1)
        sortie[nom] = (n, float(np.mean(p == etiquettes_test.reshape(-1))))
    return sortie

# %% NumPy's own numbers, printed too
def compare(reseaux, images, etiquettes, images_test, etiquettes_test):
    tableau = {}
    for nom, modele in reseaux.items():
        modele.fit(images, etiquettes, batch_size=96, epochs=1, shuffle=True, verbose=2)
        scores = modele.evaluate(images_test, etiquettes_test, return_dict=True, verbose=0)
        print(nom, scores)
        tableau.update({nom: (np.int64(modele.count_params()), np.float32(scores["accuracy"]))})
    return tableau
