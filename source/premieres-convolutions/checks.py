"""Checks of « Premières convolutions »."""

import re

import numpy as np

from autograder import (
    attribute,
    call,
    drawn_by,
    history,
    instance,
    method,
    model,
    network,
    question,
    source,
    trained,
)
from autograder.asserts import (
    assert_close,
    assert_compiled,
    assert_dtype,
    assert_equal,
    assert_figure,
    assert_image,
    assert_images,
    assert_params,
    assert_reaches,
    assert_same_network,
    assert_shape,
)

HASARD = np.random.default_rng(1957)
OCTETS = HASARD.integers(10, 201, (4, 5, 6), dtype=np.uint8)  # ni 0, ni 255 : ce ne sont pas les extrêmes des images
IMAGE = HASARD.random((9, 12))
NOYAU_3 = np.array([[2, -1, 0], [3, 1, -4], [-2, 5, 1]], dtype=np.float32)  # ni symétrique, ni de somme nulle
NOYAU_5 = HASARD.integers(-3, 4, (5, 5)).astype(np.float32)
GRIS = {"gray", "grey", "Grays", "Greys", "binary", "gist_gray", "gist_grey", "gist_yarg", "gist_yerg"}
CONTOUR = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], dtype=np.float32)


def correlation(image, noyau):
    """Le noyau posé partout où il tient en entier : la somme de ses poids par les pixels qu'il recouvre."""
    return np.einsum("hwij,ij", np.lib.stride_tricks.sliding_window_view(image, noyau.shape), noyau)


# --- 1. Un point de départ --------------------------------------------------------------------------------------------

preparees = call("prepare", OCTETS)
base = model("base", input_shape=(28, 28, 1))
historique_base = history("historique_base")
code_base = source("base-reponse")
base_apprise = trained("base", recipe="vetements", input_shape=(28, 28, 1))


def exige_entrainement(code, historique):
    """Ne dit rien d'un code où `fit` ne reçoit pas l'un de ces noms : on y a peut-être ses propres variables."""
    assert "loss" in historique, "ce n'est pas ce que rend fit"
    appris = re.search(r"\.fit\(\s*(?:x\s*=\s*)?(x_essai|x_test)\b", re.sub(r"#.*", "", code))
    assert not appris, f"fit reçoit {appris[1]} : ces images ne servent qu'à mesurer ce que vaut le réseau"


@question("preparation")
def test_preparation_forme(preparees):
    """Un axe de taille 1 s'ajoute à la fin, pour le seul canal."""
    assert_shape(preparees, (4, 5, 6, 1))


@question("preparation", weight=2)
def test_preparation_valeurs(preparees):
    """Les pixels passent de [0, 255] à [0, 1], en float32, quelles que soient les images."""
    assert_dtype(preparees, "float32")
    assert_close(np.ravel(preparees), OCTETS.ravel() / 255)


@question("base")
def test_base_parametres(base):
    """Le réseau dense compte 101 770 paramètres."""
    assert_params(base, 101_770)


@question("base", weight=2)
def test_base_couches(base):
    """Le réseau dense a les couches demandées, avec leurs activations."""
    assert_same_network(base, trainable=True)


@question("base")
def test_base_compile(base):
    """Le réseau dense est compilé comme demandé."""
    assert_compiled(base, optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])


@question("base")
def test_base_epoque(historique_base):
    """Le réseau dense est entraîné une époque, et la justesse est suivie."""
    assert_equal(historique_base.asked, 1)
    assert "accuracy" in historique_base, "la métrique accuracy n'est pas suivie"


@question("base")
def test_base_images(code_base, historique_base):
    """Le réseau dense est entraîné sur les images d'entraînement, et non sur celles de test."""
    exige_entrainement(code_base, historique_base)


@question("base")
def test_base_apprend(base_apprise):
    """Entraîné de la même façon pour tous, le réseau dense reconnaît assez de vêtements."""
    assert_reaches(base_apprise)


# --- 2. Une convolution à la main -------------------------------------------------------------------------------------

filtree_par_3 = call("applique", IMAGE, NOYAU_3)
filtree_par_5 = call("applique", IMAGE, NOYAU_5)
filtree_contour = call("applique", IMAGE, CONTOUR)
contours = drawn_by("montre_contours", IMAGE)


@question("filtrage", weight=2)
def test_filtrage(filtree_par_3):
    """Partout où le noyau tient, sans être retourné, le résultat est la somme des produits, telle quelle."""
    assert_shape(filtree_par_3, (7, 10))
    assert_close(filtree_par_3, correlation(IMAGE, NOYAU_3), atol=1e-4)


@question("filtrage")
def test_filtrage_noyau_plus_grand(filtree_par_5):
    """Le calcul vaut pour un noyau plus grand."""
    assert_close(filtree_par_5, correlation(IMAGE, NOYAU_5), atol=1e-4)


@question("contours", weight=2)
def test_contours_images(contours, filtree_contour):
    """L'image, puis ses contours, sont affichés en gris."""
    assert_figure(contours, images=2)
    assert_images(contours, [IMAGE, filtree_contour], cmap="gray")


@question("contours")
def test_contours_titres(contours):
    """Les deux images sont côte à côte, chacune avec son titre."""
    assert_figure(contours, figures=1, axes=2, rows=1)
    sans_titre = [axe for axe in contours.axes if not axe.title]
    assert not sans_titre, "une des deux images n'a pas de titre"


# --- 3. Un réseau convolutif ------------------------------------------------------------------------------------------

cotes_de_28 = call("cotes", 28, 2)
cotes_de_50 = call("cotes", 50, 3)
convolutif = model("convolutif", input_shape=(28, 28, 1))
historique = history("historique")
code_convolutif = source("convolutif-reponse")


@question("cotes")
def test_cotes_de_28(cotes_de_28):
    """De 28 pixels, deux paires de couches laissent 26, 13, 11 puis 5 pixels."""
    assert_equal(cotes_de_28, [26, 13, 11, 5])


@question("cotes")
def test_cotes_de_50(cotes_de_50):
    """Le calcul vaut pour un autre côté et pour plus de couches."""
    assert_equal(cotes_de_50, [48, 24, 22, 11, 9, 4])


@question("convolutif")
def test_convolutif_parametres(convolutif):
    """Le réseau convolutif compte 243 786 paramètres."""
    assert_params(convolutif, 243_786)


@question("convolutif", weight=3)
def test_convolutif_couches(convolutif):
    """Le réseau convolutif a les couches demandées, dans l'ordre."""
    assert_same_network(convolutif, trainable=True)


@question("convolutif")
def test_convolutif_compile(convolutif):
    """Le réseau convolutif est compilé comme le réseau dense."""
    assert_compiled(convolutif, optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])


@question("convolutif")
def test_convolutif_epoque(historique):
    """Le réseau convolutif est entraîné une époque, et la justesse est suivie."""
    assert_equal(historique.asked, 1)
    assert "accuracy" in historique, "la métrique accuracy n'est pas suivie"


@question("convolutif")
def test_convolutif_images(code_convolutif, historique):
    """Le réseau convolutif est entraîné sur les images d'entraînement, et non sur celles de test."""
    exige_entrainement(code_convolutif, historique)


# --- 4. Ce que voient les couches -------------------------------------------------------------------------------------

ENTREES = HASARD.random((2, 6, 7, 1)).astype(np.float32)
petit = network(
    (6, 7, 1),
    "Conv2D(2, 3, kernel_initializer='ones', bias_initializer='ones')",
    "MaxPooling2D(2)",
    "Flatten()",
    "Dense(3, kernel_initializer='ones')",
)
sorties_du_petit = call("sorties", petit, ENTREES)
CARTES = [HASARD.random((3, cote, cote, 4)).astype(np.float32) for cote in (8, 4)]
SEULE = [HASARD.random((1, 5, 5, 3)).astype(np.float32)]
grille = drawn_by("montre_cartes", CARTES, 2)
grille_seule = drawn_by("montre_cartes", SEULE, 0)


def attendues():
    """Les sorties du petit réseau, dont tous les poids valent 1."""
    convolution = np.stack([correlation(image[..., 0], np.ones((3, 3))) + 1 for image in ENTREES])
    convolution = np.repeat(convolution[..., None], 2, axis=-1)
    pooling = convolution[:, :, :4].reshape(2, 2, 2, 2, 2, 2).max(axis=(2, 4))
    aplati = pooling.reshape(2, -1)
    return [convolution, pooling, aplati, np.repeat(aplati.sum(axis=1, keepdims=True), 3, axis=1)]


@question("sorties")
def test_sorties_nombre(sorties_du_petit):
    """Chaque couche donne un tableau, l'entrée n'en donne pas."""
    assert_equal([np.shape(sortie) for sortie in sorties_du_petit], [(2, 4, 5, 2), (2, 2, 2, 2), (2, 8), (2, 3)])


@question("sorties", weight=2)
def test_sorties_valeurs(sorties_du_petit):
    """Les tableaux sont les sorties des couches, dans l'ordre."""
    for sortie, attendue in zip(sorties_du_petit, attendues(), strict=True):
        assert_close(sortie, attendue, rtol=1e-3)


@question("montre", weight=2)
def test_montre_cartes(grille):
    """La carte demandée de chaque couche est montrée, pour chaque image, chacune à sa place."""
    assert_figure(grille, images=6, axes=6)
    for vue in CARTES:
        for image in vue:
            assert_image(grille, image[..., 2])


@question("montre")
def test_montre_ordre(grille):
    """Une ligne par image, une colonne par couche."""
    assert_images(grille, [vue[image, :, :, 2] for image in range(3) for vue in CARTES])


@question("montre")
def test_montre_gris(grille):
    """Les cartes sont montrées en gris."""
    couleurs = sorted({carte.style for carte in grille.images if carte.style.removesuffix("_r") not in GRIS})
    assert not couleurs, f'des cartes sont en couleurs ({", ".join(couleurs)}) : imshow prend cmap="gray"'


@question("montre")
def test_montre_seule(grille_seule):
    """La grille vaut pour une seule image et une seule couche."""
    assert_figure(grille_seule, images=1)
    assert_image(grille_seule, SEULE[0][0, :, :, 0])


# --- 5. Plus petit, plus grand, plus profond --------------------------------------------------------------------------

une_convolution = call("construit", [32])
deux_convolutions = call("construit", [16, 24])
trois_convolutions = call("construit", [64, 64, 64])
TRAITS = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 1, 0, 2, 2]]
TEXTES = np.array([0, 1, 2, 3, 2, 0, 2, 1])  # un réseau qui s'entraînerait sur elles répondrait 2, et non 0
copie = network(
    (4,),
    "Dense(4, kernel_initializer='identity', activation='softmax')",
    optimizer="adam",
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
zero = network(
    (4,),
    "Dense(6, kernel_initializer='zeros')",
    "Dense(4, kernel_initializer='zeros', bias_initializer='zeros', activation='softmax')",
    optimizer="adam",
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
tableau = call("compare", {"zéro": zero, "copie": copie}, TRAITS, TEXTES)


@question("construit")
def test_construit_une(une_convolution):
    """Avec une seule convolution de 32 filtres, 693 962 paramètres."""
    assert_params(une_convolution, 693_962)


@question("construit", weight=2)
def test_construit_deux(deux_convolutions):
    """Chaque nombre de la liste donne une convolution et un pooling."""
    assert_same_network(deux_convolutions, trainable=True)


@question("construit")
def test_construit_trois(trois_convolutions):
    """La liste peut être plus longue."""
    assert_same_network(trois_convolutions, trainable=True)


@question("tableau")
def test_tableau_parametres(tableau):
    """Une ligne par réseau, dans l'ordre reçu, avec son nom et son nombre de paramètres."""
    assert_equal([ligne["nom"] for ligne in tableau], ["zéro", "copie"])
    assert_equal([ligne["parametres"] for ligne in tableau], [5 * 6 + 7 * 4, 5 * 4])


@question("tableau")
def test_tableau_justesse(tableau):
    """La justesse est celle du réseau sur les images données."""
    assert_close([ligne["justesse"] for ligne in tableau], [2 / 8, 6 / 8])


# --- 6. S'arrêter à temps ---------------------------------------------------------------------------------------------

ESSAI = network((4,), "Dense(4)", optimizer="adam", loss="mean_squared_error")


def epoques(*mesures):
    """Les étapes d'un apprentissage : à la fin de chaque époque, ses mesures, puis s'il doit s'arrêter."""
    etapes = [method("set_model", ESSAI)]
    for numero, (perte, justesse) in enumerate(mesures):
        etapes += [method("on_epoch_end", numero, {"loss": perte, "accuracy": justesse})]
        etapes += [attribute("model.stop_training")]
    return etapes


par_la_perte = instance("ArretAuSeuil", perte=0.5, then=epoques((0.9, 0.99), (0.51, 0.99), (0.5, 0.1)))
par_la_justesse = instance("ArretAuSeuil", justesse=0.75, then=epoques((0.01, 0.5), (0.01, 0.74), (2.0, 0.75)))
par_les_deux_perte = instance("ArretAuSeuil", perte=0.5, justesse=0.75, then=epoques((0.9, 0.5), (0.4, 0.5)))
par_les_deux_justesse = instance("ArretAuSeuil", perte=0.5, justesse=0.75, then=epoques((0.9, 0.5), (0.9, 0.8)))
sans_seuil = instance("ArretAuSeuil", then=epoques((0.0, 1.0)))


@question("arret")
def test_arret_perte(par_la_perte):
    """Avec un seuil de perte, l'arrêt vient quand la perte est descendue jusque-là, pas avant."""
    assert_equal([bool(arret) for arret in par_la_perte[2::2]], [False, False, True])


@question("arret")
def test_arret_justesse(par_la_justesse):
    """Avec un seuil de justesse, l'arrêt vient quand la justesse est montée jusque-là, pas avant."""
    assert_equal([bool(arret) for arret in par_la_justesse[2::2]], [False, False, True])


@question("arret")
def test_arret_deux(par_les_deux_perte, par_les_deux_justesse):
    """Avec les deux seuils, un seul suffit."""
    assert_equal([bool(arret) for arret in par_les_deux_perte[2::2]], [False, True])
    assert_equal([bool(arret) for arret in par_les_deux_justesse[2::2]], [False, True])


@question("arret")
def test_arret_sans(sans_seuil):
    """Sans seuil, l'apprentissage continue."""
    assert_equal([bool(arret) for arret in sans_seuil[2::2]], [False])
