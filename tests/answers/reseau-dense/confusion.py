# %% np.add.at, axes
def confusion(vrais, lus):
    m = np.zeros((10, 10), int)
    np.add.at(m, (vrais, lus), 1)
    return m

def montre_confusion(matrice):
    fig, ax = plt.subplots()
    ax.matshow(matrice)
    ax.set_ylabel("Vrai chiffre")
    ax.set_xlabel("Chiffre lu")
    for i in range(10):
        for j in range(10):
            ax.text(j, i, int(matrice[i, j]), ha="center", va="center")
    plt.show()

# %% counted one by one, scikit-learn's display
from sklearn.metrics import ConfusionMatrixDisplay

def confusion(vrais, lus):
    return np.array([[np.sum((np.array(vrais) == i) & (np.array(lus) == j)) for j in range(10)] for i in range(10)])

def montre_confusion(matrice):
    ConfusionMatrixDisplay(matrice).plot()
    plt.xlabel("chiffre lu")
    plt.ylabel("vrai chiffre")

# %% scikit-learn
from sklearn.metrics import confusion_matrix

def confusion(vrais, lus):
    return confusion_matrix(vrais, lus, labels=range(10))

def montre_confusion(matrice):
    plt.figure(figsize=(5, 5))
    plt.pcolormesh(matrice)
    plt.gca().invert_yaxis()
    plt.xlabel("Chiffre lu par le réseau")
    plt.ylabel("Vrai chiffre")
    plt.title("Confusions")
    plt.savefig("confusion.png")
    plt.close()
