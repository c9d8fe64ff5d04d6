# %% read from the kernel's shape
dimensions = dict(zip(("hauteur", "largeur", "canaux", "filtres"), noyau1.shape))

def parametres_conv(hauteur, largeur, canaux, filtres):
    poids = hauteur * largeur * canaux * filtres
    biais = filtres
    return poids + biais

total = parametres_conv(3, 3, 3, 8) + parametres_conv(3, 3, 8, 4)
print(total)

# %% a lambda, a sum over layers
h, w, c, f = noyau1.shape
dimensions = {"hauteur": h, "largeur": w, "canaux": c, "filtres": f}
parametres_conv = lambda hauteur, largeur, canaux, filtres: filtres * (hauteur * largeur * canaux + 1)
total = sum(parametres_conv(*couche.get_weights()[0].shape) for couche in anatomie.layers)

# %% type hints, NumPy's product
dimensions: dict = {}
for cle, valeur in zip(["hauteur", "largeur", "canaux", "filtres"], [3, 3, 3, 8]):
    dimensions[cle] = valeur

def parametres_conv(hauteur: int, largeur: int, canaux: int, filtres: int) -> int:
    return int(np.prod([hauteur, largeur, canaux, filtres])) + filtres

conv1 = parametres_conv(**dimensions)
conv2 = parametres_conv(3, 3, canaux=dimensions["filtres"], filtres=4)
total = conv1 + conv2
assert total == 516

# %% asked of Keras
dimensions = {"filtres": 8, "canaux": 3, "largeur": 3, "hauteur": 3}

def parametres_conv(hauteur, largeur, canaux, filtres):
    reseau = keras.Sequential([keras.Input((None, None, canaux)), layers.Conv2D(filtres, (hauteur, largeur))])
    return reseau.count_params()

total = parametres_conv(3, 3, 3, 8) + parametres_conv(3, 3, 8, 4)

# %% counted filter by filter
dimensions = dict(hauteur=3, largeur=3, canaux=3, filtres=8)

def parametres_conv(hauteur, largeur, canaux, filtres):
    """Un noyau par canal et un biais, pour chaque filtre."""
    total = 0
    for _ in range(filtres):
        for _ in range(canaux):
            total += hauteur * largeur
        total += 1
    return total

total = np.sum([parametres_conv(3, 3, 3, 8), parametres_conv(3, 3, 8, 4)])
