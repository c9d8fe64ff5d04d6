# %% where there are none, zero
def exactitude(matrice):
    return np.sum(np.diag(matrice)) / np.sum(matrice)

def exactitude_par_classe(matrice):
    n = len(matrice)
    resultat = np.zeros(n)
    for i in range(n):
        if matrice[i].sum() > 0:
            resultat[i] = matrice[i, i] / matrice[i].sum()
    return resultat

# %% divide where
def exactitude(matrice):
    return float(matrice.diagonal().sum() / matrice.sum())

def exactitude_par_classe(matrice):
    total = matrice.sum(axis=1)
    return np.divide(matrice.diagonal(), total, out=np.zeros(len(matrice)), where=total != 0)

# %% nan_to_num, a list
def exactitude(matrice):
    return sum(matrice[i][i] for i in range(len(matrice))) / np.sum(matrice)

def exactitude_par_classe(matrice):
    with np.errstate(all="ignore"):
        return list(np.nan_to_num(np.diag(matrice) / matrice.sum(1)))
