# %% counting without progress
def arret(pertes, patience):
    meilleure_perte, meilleure_epoque, attente = float("inf"), 0, 0
    for epoque, perte in enumerate(pertes):
        if perte < meilleure_perte:
            meilleure_perte, meilleure_epoque, attente = perte, epoque, 0
        else:
            attente += 1
            if attente >= patience:
                return epoque, meilleure_epoque
    return epoque, meilleure_epoque

# %% argmin of what was seen
def arret(pertes, patience):
    for e in range(len(pertes)):
        m = int(np.argmin(pertes[: e + 1]))
        if e - m == patience:
            break
    return [e, m]
