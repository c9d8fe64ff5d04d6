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

# %% epochs not said, a helper
def compare(reseaux, images, etiquettes, images_test, etiquettes_test):
    def essaie(r):
        h = r.fit(images, etiquettes, batch_size=96, verbose=0, validation_data=(images_test, etiquettes_test))
        return r.count_params(), h.history["val_accuracy"][0]
    return {nom: essaie(r) for nom, r in reseaux.items()}

# %% rounded to four digits
def compare(reseaux, images, etiquettes, images_test, etiquettes_test):
    tableau = dict()
    for nom, reseau in reseaux.items():
        reseau.fit(images, etiquettes, batch_size=96, epochs=1, verbose=0, shuffle=True)
        pred = np.argmax(reseau.predict(images_test, verbose=0), axis=1)
        ok = np.mean(pred == np.reshape(etiquettes_test, -1))
        tableau[nom] = (sum(int(np.prod(w.shape)) for w in reseau.weights), round(float(ok), 4))
    return tableau

# %% a dataset that is shuffled
def compare(reseaux, images, etiquettes, images_test, etiquettes_test):
    noms_r = list(reseaux)
    params = [reseaux[n].count_params() for n in noms_r]
    for n in noms_r:
        reseaux[n].fit(tf.data.Dataset.from_tensor_slices((images, etiquettes)).shuffle(len(images)).batch(96), epochs=1, verbose=0)
    just = [reseaux[n].evaluate(images_test, etiquettes_test, verbose=0, return_dict=True)["accuracy"] for n in noms_r]
    return {n: (p, j) for n, p, j in zip(noms_r, params, just)}
