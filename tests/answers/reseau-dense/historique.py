# %% index of the smallest
def resume(courbes):
    v = courbes["val_loss"]
    return {"mesures": sorted(courbes.keys()), "epoques": len(v), "meilleure": v.index(min(v)) + 1}

# %% a loop
def resume(courbes):
    noms = list(courbes)
    noms.sort()
    meilleure, plus_basse = 1, courbes["val_loss"][0]
    for numero, perte in enumerate(courbes["val_loss"], start=1):
        if perte < plus_basse:
            meilleure, plus_basse = numero, perte
    d = {}
    d["mesures"] = noms
    d["epoques"] = len(courbes["loss"])
    d["meilleure"] = meilleure
    return d

# %% NumPy
def resume(courbes):
    return dict(meilleure=np.array(courbes["val_loss"]).argmin() + 1, epoques=max(len(c) for c in courbes.values()), mesures=tuple(sorted(courbes)))
