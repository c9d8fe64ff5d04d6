# %% permutation, a loop
def tirage(nombre, total):
    return np.random.permutation(total)[:nombre]

def mon_score(reponses, etiquettes):
    n = 0
    for r, e in zip(reponses, etiquettes):
        if r.lower().strip() == noms[int(np.squeeze(e))]:
            n += 1
    return n / len(reponses)

# %% random.sample, classes compared
import random

def tirage(nombre, total):
    return np.array(random.sample(range(total), nombre))

def mon_score(reponses, etiquettes):
    propres = [r.strip().lower() for r in reponses]
    numeros = np.array([noms.index(r) if r in noms else -1 for r in propres])
    return (numeros == np.array(etiquettes).reshape(-1)).mean()

# %% shuffled, sums of truth values
def tirage(nombre, total):
    tout = np.arange(total)
    np.random.shuffle(tout)
    return tout[0:nombre]

def mon_score(reponses, etiquettes):
    etiquettes = np.asarray(etiquettes).flatten()
    return sum(noms[e] == r.casefold().strip() for e, r in zip(etiquettes, reponses)) / len(etiquettes)

# %% sorted numbers, a set filled in
def tirage(nombre, total):
    vus = set()
    while len(vus) < nombre:
        vus.add(np.random.randint(total))
    return np.array(sorted(vus), dtype=int)

def mon_score(reponses, etiquettes):
    table = {nom: k for k, nom in enumerate(noms)}
    justes = [table.get(" ".join(r.split()).lower()) == int(e) for r, e in zip(reponses, np.ravel(etiquettes))]
    return justes.count(True) / len(justes)

# %% texts in arrays
def tirage(nombre, total):
    numeros = np.arange(total)
    np.random.shuffle(numeros)
    return numeros[:nombre]

def mon_score(reponses, etiquettes):
    donnees = np.char.lower(np.char.strip(np.array(reponses)))
    justes = np.array(noms)[etiquettes.ravel()]
    return np.mean(donnees == justes)

# %% drawn again until there are enough
def tirage(nombre, total):
    choisis = []
    while len(choisis) < nombre:
        n = np.random.randint(total)
        if n not in choisis:
            choisis.append(n)
    return np.array(choisis)

def mon_score(reponses, etiquettes):
    numero = {nom: i for i, nom in enumerate(noms)}
    donnees = np.array([numero.get(r.strip().lower(), -1) for r in reponses])
    return (donnees == np.squeeze(etiquettes)).mean()
