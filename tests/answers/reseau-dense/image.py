# %% reshape
def lit(modele, image):
    p = modele.predict(image.reshape(1, -1), verbose=0)
    return p.argmax()

# %% called
def lit(modele, image):
    sortie = modele(np.expand_dims(image, 0))
    return int(np.argmax(sortie, axis=1)[0])

# %% a list of one
def lit(modele, image):
    scores = list(modele.predict(np.array([image]))[0])
    return scores.index(max(scores))
