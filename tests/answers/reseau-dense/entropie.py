# %% reshape
def softmax(scores):
    z = scores - scores.max(axis=1).reshape(-1, 1)
    e = np.exp(z)
    return e / e.sum(axis=1).reshape(-1, 1)

def entropie_croisee(probabilites, cibles):
    return np.mean(-np.sum(cibles * np.log(probabilites), axis=1))

# %% loops
def softmax(scores):
    lignes = []
    for ligne in scores:
        plus_grand = max(ligne)
        exps = [np.exp(s - plus_grand) for s in ligne]
        lignes.append([e / sum(exps) for e in exps])
    return np.array(lignes)

def entropie_croisee(probabilites, cibles):
    total = 0
    for p, c in zip(probabilites, cibles):
        total += -np.log(p[np.argmax(c)])
    return total / len(cibles)

# %% by the index of the class, logarithms that never meet zero
def softmax(scores):
    scores = np.asarray(scores, dtype="float64")
    logs = scores - scores.max(1, keepdims=True)
    logs = logs - np.log(np.exp(logs).sum(1, keepdims=True))
    return np.exp(logs)

def entropie_croisee(probabilites, cibles):
    n = np.arange(len(cibles))
    return float(-np.log(probabilites[n, cibles.argmax(1)] + 1e-12).mean())
