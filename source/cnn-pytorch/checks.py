"""Checks of « Un réseau convolutif en PyTorch, et où il regarde »."""

import numpy as np

from autograder import (
    call,
    figure,
    first,
    history,
    instance,
    model,
    named,
    question,
    tensor,
    trained,
    trained_by,
    variable,
)
from autograder.asserts import (
    assert_close,
    assert_curve,
    assert_dtype,
    assert_equal,
    assert_figure,
    assert_params,
    assert_reaches,
    assert_same_network,
    assert_shape,
)

HASARD = np.random.default_rng(10)
PHOTOS = HASARD.integers(0, 256, (6, 5, 7, 3), dtype=np.uint8)  # ni carrées, ni de la taille du cours
PHOTOS[..., 1] //= 2
MOYENNES, ECARTS = np.array([100.0, 50.0, 120.0]), np.array([20.0, 40.0, 10.0])

# --- 1. Les données ---------------------------------------------------------------------------------------------------

mesures = call("statistiques", PHOTOS)
preparees = call("prepare", PHOTOS, MOYENNES, ECARTS)
ecart_test = variable("ecart_test")
ecart_train = variable("ecart_train")


@question("statistiques")
def test_moyennes(mesures):
    """Il y a une moyenne par canal, sur tous les pixels de toutes les images."""
    assert_close(mesures[0], PHOTOS.mean(axis=(0, 1, 2)))


@question("statistiques")
def test_ecarts(mesures):
    """Il y a un écart-type par canal, sur tous les pixels de toutes les images."""
    assert_close(mesures[1], PHOTOS.std(axis=(0, 1, 2)))


@question("preparation")
def test_preparation_forme(preparees):
    """Les canaux viennent d'abord, puis la hauteur, puis la largeur."""
    assert_shape(preparees, (6, 3, 5, 7))


@question("preparation", weight=2)
def test_preparation_valeurs(preparees):
    """Chaque canal est centré et réduit par ses propres nombres, sans que l'image soit couchée."""
    assert_close(preparees, ((PHOTOS - MOYENNES) / ECARTS).transpose(0, 3, 1, 2), atol=1e-4)


@question("preparation")
def test_preparation_type(preparees):
    """Les valeurs sont de type float32."""
    assert_dtype(preparees, "float32")


@question("normalisation", weight=2)
def test_normalisation_test(ecart_test):
    """Le jeu de test est normalisé par les nombres de l'apprentissage."""
    assert_close(ecart_test, 0.0, atol=1e-3)


@question("normalisation")
def test_normalisation_apprentissage(ecart_train):
    """Le jeu d'apprentissage est normalisé par ses propres nombres."""
    assert_close(ecart_train, 0.0, atol=1e-3)


# --- 2. Le réseau -----------------------------------------------------------------------------------------------------

reseau = model("reseau", input_shape=(3, 32, 32))
appris_ici = trained("reseau", recipe="lots", input_shape=(3, 32, 32))


@question("reseau")
def test_reseau_parametres(reseau):
    """Le réseau compte 72 954 paramètres."""
    assert_params(reseau, 72_954)


@question("reseau", weight=3)
def test_reseau_couches(reseau):
    """Le réseau est celui qui est demandé."""
    assert_same_network(reseau, trainable=True)


@question("reseau")
def test_reseau_apprend(appris_ici):
    """Entraîné de la même façon pour tous, le réseau reconnaît assez d'images de test."""
    assert_reaches(appris_ici)


# --- 3. Une boucle qui n'apprend pas ----------------------------------------------------------------------------------

IMAGES = HASARD.normal(size=(5, 3, 2, 2)).astype(np.float32)
CLASSES = np.array([2, 0, 1, 1, 2])

diagnostic = variable("diagnostic")
vide = call("a_change", named("boucle_vide"), named("petit_a"), tensor(IMAGES, "torch"), tensor(CLASSES, "torch"))
retouche = call(
    "a_change", named("boucle_retouche"), named("petit_b"), tensor(IMAGES, "torch"), tensor(CLASSES, "torch")
)
compense = call(
    "a_change", named("boucle_compense"), named("petit_c"), tensor(IMAGES, "torch"), tensor(CLASSES, "torch")
)
fautive = call("a_change", named("boucle_fautive"), named("petit_d"), tensor(IMAGES, "torch"), tensor(CLASSES, "torch"))
descente = call("apprend", named("petit_e"), tensor(IMAGES, "torch"), tensor(CLASSES, "torch"), 4, 0.25)
pertes = history("pertes")
dessin = figure("courbe-reponse")


def descend(epoques: int, taux: float) -> list[float]:
    """Les pertes moyennes d'une régression softmax partie des poids de `petit`, une image à la fois."""
    poids, biais = np.linspace(-1, 1, 36).reshape(3, 12), np.zeros(3)
    moyennes = []
    for _ in range(epoques):
        total = 0.0
        for image, classe in zip(IMAGES.reshape(5, 12), CLASSES, strict=True):
            scores = poids @ image + biais
            parts = np.exp(scores - scores.max())
            parts /= parts.sum()
            total -= np.log(parts[classe])
            parts[classe] -= 1
            poids, biais = poids - taux * np.outer(parts, image), biais - taux * parts
        moyennes.append(total / 5)
    return moyennes


@question("preuve")
def test_diagnostic(diagnostic):
    """L'explication retenue est la bonne."""
    assert_equal(str(diagnostic).strip().upper(), "C")


@question("preuve")
def test_preuve_rien(vide, fautive):
    """La boucle qui ne fait rien et la boucle fautive ne changent aucun paramètre."""
    assert_equal([bool(vide), bool(fautive)], [False, False])


@question("preuve")
def test_preuve_retouche(retouche):
    """Un seul paramètre changé suffit, où qu'il soit."""
    assert_equal(bool(retouche), True)


@question("preuve")
def test_preuve_compense(compense):
    """Des changements qui se compensent sont des changements."""
    assert_equal(bool(compense), True)


@question("apprend", weight=3)
def test_apprend(descente):
    """La boucle réparée descend la pente de chaque image, et d'elle seule."""
    assert_close(descente, descend(4, 0.25), rtol=1e-3)


@question("apprend")
def test_apprend_pertes(pertes):
    """Dans le notebook, la perte descend."""
    assert pertes["loss"][-1] < pertes["loss"][0], "la dernière perte n'est pas plus petite que la première"


@question("courbe")
def test_courbe(dessin, pertes):
    """La courbe montre les pertes, époque par époque."""
    assert_curve(dessin, pertes["loss"])


@question("courbe")
def test_courbe_axes(dessin):
    """Il y a une seule courbe, et chaque axe a un nom."""
    assert_figure(dessin, lines=1, xlabel=True, ylabel=True)


# --- 4. Ce que vaut le réseau -----------------------------------------------------------------------------------------

GRANDES = HASARD.normal(size=(40, 3, 2, 2)).astype(np.float32)
SCORES = GRANDES.reshape(40, 12) @ np.linspace(-1, 1, 36).reshape(3, 12).T
VRAIES = HASARD.integers(0, 5, 60)
PREDITES = np.where(HASARD.random(60) < 0.6, VRAIES, HASARD.integers(0, 5, 60))
VRAIES[VRAIES == 3] = 4  # aucune image de la classe 3
MATRICE = np.zeros((6, 6), dtype=int)
np.add.at(MATRICE, (VRAIES, PREDITES), 1)

lues = call("predit", named("distrait_bis"), tensor(GRANDES, "torch"))
matrice = call("confusion", PREDITES, VRAIES, 6)
en_tout = call("exactitude", MATRICE)
par_classe = call("exactitude_par_classe", MATRICE)


@question("predictions", weight=2)
def test_predictions(lues):
    """La classe prédite est celle du plus grand score, le modèle étant en mode évaluation."""
    assert_equal(lues, SCORES.argmax(axis=1))


@question("confusion", weight=2)
def test_confusion(matrice):
    """Une ligne par vraie classe, une colonne par classe prédite."""
    assert_equal(matrice, MATRICE)


@question("exactitude")
def test_exactitude(en_tout):
    """L'exactitude est la part des images sur la diagonale."""
    assert_close(en_tout, np.trace(MATRICE) / 60)


@question("exactitude", weight=2)
def test_exactitude_par_classe(par_classe):
    """Chaque classe a sa proportion, et 0 quand elle n'a pas d'image."""
    assert_close(par_classe, np.diag(MATRICE) / np.maximum(MATRICE.sum(axis=1), 1))


# --- 5. Faire mieux ---------------------------------------------------------------------------------------------------

ORDRE = HASARD.permutation(10)
RANGS = np.arange(10)
TABLEAUX = np.arange(10.0, dtype=np.float32).reshape(10, 1) * np.ones((1, 3), dtype=np.float32)

paquets = instance(
    "lots", tensor(TABLEAUX, "torch"), tensor(RANGS, "torch"), 4, tensor(ORDRE, "torch"), then=[first(9)]
)
reseau_norme = model("reseau_norme", input_shape=(3, 32, 32))
arret_au_bout = call("arret", [2.0, 1.5, 1.6, 1.2, 1.3, 1.1], 2)
arret_tot = call("arret", [2.0, 1.5, 1.6, 1.7, 1.8, 0.1], 3)
arret_egal = call("arret", [2.0, 1.0, 1.0, 1.0, 0.5], 2)
arret_descente = call("arret", [1.0, 2.0, 1.9, 1.8, 1.7], 2)
meilleur = trained_by("entraine", recipe="entraine", hidden="cifar10-hidden", shape=(3, 32, 32))


@question("lots", weight=2)
def test_lots_images(paquets):
    """Les lots suivent l'ordre demandé, et le dernier peut être plus petit."""
    attendus = [TABLEAUX[ORDRE[debut : debut + 4]] for debut in (0, 4, 8)]
    assert_equal([lot[0].tolist() for lot in paquets["first"]], [lot.tolist() for lot in attendus])


@question("lots")
def test_lots_etiquettes(paquets):
    """Chaque image garde son étiquette."""
    assert_equal([lot[1].tolist() for lot in paquets["first"]], [ORDRE[d : d + 4].tolist() for d in (0, 4, 8)])


@question("normes")
def test_normes_parametres(reseau_norme):
    """Le réseau normalisé compte 73 002 paramètres."""
    assert_params(reseau_norme, 73_002)


@question("normes", weight=2)
def test_normes_couches(reseau_norme):
    """Les normalisations sont à leur place."""
    assert_same_network(reseau_norme)


@question("arret")
def test_arret_au_bout(arret_au_bout):
    """Tant que la perte fait mieux avant que la patience soit épuisée, on continue."""
    assert_equal(list(arret_au_bout), [5, 5])


@question("arret")
def test_arret_tot(arret_tot):
    """On s'arrête quand la patience est épuisée, et l'on revient à la meilleure époque."""
    assert_equal(list(arret_tot), [4, 1])


@question("arret")
def test_arret_egal(arret_egal):
    """Faire aussi bien n'est pas faire mieux."""
    assert_equal(list(arret_egal), [3, 1])


@question("arret")
def test_arret_descente(arret_descente):
    """Chaque perte se compare à la meilleure de toutes, et non à celle de l'époque d'avant."""
    assert_equal(list(arret_descente), [2, 0])


@question("entraine", weight=3)
def test_entraine(meilleur):
    """Le réseau que rend `entraine` reconnaît assez d'images cachées."""
    assert_reaches(meilleur)


# --- 6. Où regarde le réseau ------------------------------------------------------------------------------------------

VUES = HASARD.normal(size=(3, 3, 8, 6)).astype(np.float32)
CARTES = HASARD.normal(size=(4, 5, 6)).astype(np.float32)


def cartes_du_temoin(images: np.ndarray) -> np.ndarray:
    premiere = np.einsum("nchw,oc->nohw", images, [[1.0, -1.0, 0.5], [-0.5, 1.0, 0.0]])
    premiere = np.maximum(premiere + np.array([0.1, -0.1]).reshape(2, 1, 1), 0)
    reduite = premiere.reshape(3, 2, 4, 2, 3, 2).max(axis=(3, 5))
    return np.einsum("nchw,oc->nohw", reduite, [[1.0, -2.0], [0.5, 1.0]]) + np.array([-0.2, 0.3]).reshape(2, 1, 1)


sorties = call("cartes", named("temoin"), tensor(VUES, "torch"))
vu = call("masque", tensor(CARTES, "torch"))
rien_vu = call("masque", tensor(-np.abs(CARTES), "torch"))


@question("cartes", weight=2)
def test_cartes(sorties):
    """Les cartes sont celles de la seconde convolution, avant son ReLU."""
    assert_close(sorties, cartes_du_temoin(VUES), atol=1e-4)


@question("masque", weight=2)
def test_masque(vu):
    """Le masque somme les parties positives, et va jusqu'à 1."""
    somme = np.maximum(CARTES, 0).sum(axis=0)
    assert_close(vu, somme / somme.max(), atol=1e-5)


@question("masque")
def test_masque_nul(rien_vu):
    """Quand rien ne répond, le masque reste nul."""
    assert_equal(rien_vu, np.zeros((5, 6)))
