# %% add.at
def confusion(predites, vraies, classes):
    m = np.zeros((classes, classes))
    np.add.at(m, (np.asarray(vraies), np.asarray(predites)), 1)
    return m

# %% a histogram of pairs
def confusion(predites, vraies, classes):
    paires = np.asarray(vraies) * classes + np.asarray(predites)
    return np.bincount(paires, minlength=classes**2).reshape(classes, classes)

# %% two loops
def confusion(predites, vraies, classes):
    predites, vraies = np.array(predites), np.array(vraies)
    return np.array([[np.sum((vraies == i) & (predites == j)) for j in range(classes)] for i in range(classes)])
