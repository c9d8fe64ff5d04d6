# %% attributes of arrays
def decrit(images, etiquettes):
    n, h, w = images.shape
    return {"exemples": n, "taille": (h, w), "type": str(images.dtype), "classes": len(set(etiquettes))}

# %% a dictionary filled in, np.unique
def decrit(images, etiquettes):
    d = {}
    d["exemples"] = images.shape[0]
    d["taille"] = images[0].shape
    d["type"] = f"{images.dtype}"
    d["classes"] = np.unique(etiquettes).size
    print(d)
    return d

# %% dict(), a list for the size, type hints
def decrit(images: np.ndarray, etiquettes: np.ndarray) -> dict:
    return dict(classes=len({int(e) for e in etiquettes}), type=images.dtype.name, taille=list(images.shape[1:]), exemples=len(etiquettes))
