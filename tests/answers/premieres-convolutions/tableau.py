# %% by hand
def compare(reseaux, images, etiquettes):
    lignes = []
    for nom in reseaux:
        r = reseaux[nom]
        lus = np.argmax(r.predict(images, verbose=0), axis=1)
        lignes.append(dict(nom=nom, parametres=r.count_params(), justesse=float(np.mean(lus == etiquettes))))
    return lignes

# %% return_dict
def compare(reseaux, images, etiquettes):
    return [
        {"nom": nom, "parametres": reseau.count_params(),
         "justesse": reseau.evaluate(images, etiquettes, verbose=0, return_dict=True)["accuracy"]}
        for nom, reseau in reseaux.items()
    ]

# %% weights counted
def compare(reseaux, images, etiquettes):
    table = []
    for cle, valeur in reseaux.items():
        taille = sum(np.prod(w.shape) for w in valeur.weights)
        perte, justesse = valeur.evaluate(images, etiquettes)
        table.append({"justesse": justesse, "nom": cle, "parametres": int(taille)})
    return table
