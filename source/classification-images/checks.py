"""Checks of « Classer des images, de MNIST à CIFAR-10 »."""

import numpy as np

from autograder import call, history, model, network, predictions, question, trained, variable
from autograder.asserts import (
    assert_close,
    assert_compiled,
    assert_dtype,
    assert_equal,
    assert_params,
    assert_reaches,
    assert_same_network,
    assert_shape,
)

HASARD = np.random.default_rng(2009)
DECISION = "Dense(10, activation='softmax', kernel_initializer='identity')"
"""Une couche qui rend ce qu'elle reçoit, en probabilités : la classe est la place de la plus grande valeur."""
COMPILE = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}

# --- 1. Des images en nombres -----------------------------------------------------------------------------------------

GRISES = HASARD.integers(10, 201, (6, 5, 7), dtype=np.uint8)  # ni 0, ni 255 : ce ne sont pas les extrêmes des images
COLOREES = HASARD.integers(10, 201, (4, 6, 5, 3), dtype=np.uint8)

grises_pretes = call("prepare", GRISES)
colorees_pretes = call("prepare", COLOREES)


@question("preparation")
def test_prepare_grises(grises_pretes):
    """Les images grises gagnent un axe pour leur unique canal, le dernier."""
    assert_shape(grises_pretes, (6, 5, 7, 1))
    assert_close(grises_pretes[..., 0], GRISES / 255)


@question("preparation")
def test_prepare_couleurs(colorees_pretes):
    """Les images en couleurs gardent leur forme ; tout pixel est divisé par 255, quelles que soient les images."""
    assert_shape(colorees_pretes, (4, 6, 5, 3))
    assert_close(colorees_pretes, COLOREES / 255)


@question("preparation")
def test_prepare_type(grises_pretes, colorees_pretes):
    """Les valeurs sont de type float32."""
    assert_dtype(grises_pretes, "float32")
    assert_dtype(colorees_pretes, "float32")


# --- 2. Un réseau dense -----------------------------------------------------------------------------------------------

dense_chiffre = call("reseau_dense", (28, 28, 1))
dense_photo = call("reseau_dense", (32, 32, 3))
lots_cifar = call("lots", 50_000, 96)
lots_justes = call("lots", 60_000, 96)
lots_un_seul = call("lots", 7, 32)
lots_un_de_trop = call("lots", 97, 96)
avant = variable("avant")
apres = variable("apres")
suivi = history("suivi")


@question("dense")
def test_dense_parametres(dense_chiffre, dense_photo):
    """Le réseau dense compte 7 850 paramètres pour un chiffre, 30 730 pour une photo."""
    assert_params(dense_chiffre, 7_850)
    assert_params(dense_photo, 30_730)


@question("dense", weight=2)
def test_dense_couches(dense_chiffre):
    """L'image est aplatie, puis une couche dense donne dix probabilités."""
    assert_same_network(dense_chiffre, trainable=True)


@question("dense")
def test_dense_compile(dense_chiffre):
    """Le réseau dense est compilé avec la perte, l'optimiseur et la métrique demandés."""
    assert_compiled(dense_chiffre, **COMPILE)


@question("lots")
def test_lots_incomplet(lots_cifar, lots_un_seul, lots_un_de_trop):
    """Le dernier lot compte, même s'il est incomplet."""
    assert_equal(lots_cifar, 521)
    assert_equal(lots_un_seul, 1)
    assert_equal(lots_un_de_trop, 2)


@question("lots")
def test_lots_complet(lots_justes):
    """Quand le compte tombe juste, il n'y a pas de lot de plus."""
    assert_equal(lots_justes, 625)


@question("epoque")
def test_avant(avant):
    """Avant l'entraînement, le réseau répond au hasard."""
    assert 0 <= avant < 0.4, "la justesse est un nombre entre 0 et 1, mesuré avant d'appeler fit"


@question("epoque")
def test_apres(avant, apres, suivi):
    """Après une époque, la justesse sur les images de test est celle que la validation a mesurée, et elle a monté."""
    mesurees = [nom for nom in suivi if nom.startswith("val_") and nom != "val_loss"]
    assert mesurees, "donnez à fit validation_data=(chiffres_test, y_mnist_test)"
    assert_close(apres, suivi[mesurees[0]][-1], atol=1e-3)
    en_apprenant = [suivi[nom][0] for nom in suivi if nom != "loss" and not nom.startswith("val_")]
    assert avant not in en_apprenant, "`avant` se mesure avant d'appeler fit, sur chiffres_test"
    assert apres > avant, "mesurez la justesse une première fois avant d'entraîner, une seconde fois après"


@question("epoque")
def test_une_epoque(suivi):
    """Une époque est demandée."""
    assert_equal(suivi.asked, 1)


# --- 3. Un réseau profond ---------------------------------------------------------------------------------------------

profond_chiffre = call("reseau_profond", (28, 28, 1))
profond_photo = call("reseau_profond", (32, 32, 3))
profond = trained("profond", recipe="chiffres", input_shape=(28, 28, 1))
poids = variable("poids")
biais = variable("biais")


@question("profond")
def test_profond_parametres(profond_chiffre, profond_photo):
    """Le réseau profond compte 259 338 paramètres pour un chiffre, 350 026 pour une photo."""
    assert_params(profond_chiffre, 259_338)
    assert_params(profond_photo, 350_026)


@question("profond", weight=2)
def test_profond_couches(profond_chiffre):
    """Le réseau profond a les couches demandées, dans l'ordre."""
    assert_same_network(profond_chiffre, trainable=True)


@question("profond")
def test_profond_compile(profond_chiffre):
    """Le réseau profond est compilé comme le réseau dense."""
    assert_compiled(profond_chiffre, **COMPILE)


@question("profond")
def test_profond_apprend(profond):
    """Entraîné de la même façon pour tous, le réseau profond reconnaît assez de chiffres de test."""
    assert_reaches(profond)


@question("convolution")
def test_poids(poids):
    """Les noyaux de la première convolution ont 288 valeurs : 3 × 3 × 1 × 32."""
    assert_equal(poids, 288)


@question("convolution")
def test_biais(biais):
    """Chaque filtre a un biais : 32."""
    assert_equal(biais, 32)


# --- 4. CIFAR-10 ------------------------------------------------------------------------------------------------------

CLAIRES = np.repeat(np.float32([1, -1]), 480)[:, None, None, None] * np.ones((1, 4, 4, 1), np.float32)  # puis sombres
TROIS_OU_CINQ = np.where(np.arange(960) < 480, 3, 5).astype(np.uint8)[:, None]  # dix lots suffisent à l'apprendre
NOUVELLES = CLAIRES[460:500]
VRAIES_SAUF_DIX = np.repeat([3, 5, 7], [20, 10, 10]).astype(np.uint8)[:, None]
NEUFS = {
    "un": network((4, 4, 1), "Flatten()", "Dense(10, activation='softmax', kernel_initializer='zeros')", **COMPILE),
    "deux": network(
        (4, 4, 1),
        "GlobalAveragePooling2D()",
        "Dense(6, activation='tanh')",
        "Dense(10, activation='softmax', kernel_initializer='zeros')",
        **COMPILE,
    ),
}

trois_photo = call("reseau_trois", (32, 32, 3))
trois_ailleurs = call("reseau_trois", (20, 24, 1))
comparaison = call("compare", NEUFS, CLAIRES, TROIS_OU_CINQ, NOUVELLES, VRAIES_SAUF_DIX)


def compte_les_lots(avance, vraie):
    """Compare un réseau qui répond 0 d'abord, puis 3 à force de lots étiquetés 3 : plus tard s'il a plus d'avance."""
    images = np.zeros((480, 10), dtype=np.float32)
    images[:, 0] = avance
    reseau = network((10,), "Dense(10, activation='softmax', kernel_initializer='identity')", **COMPILE)
    return call("compare", {"seul": reseau}, images, np.full(480, 3), images[:5], np.full(5, vraie))


quatre_lots_au_moins = compte_les_lots(0.00807, 3)  # avance / (1 + avance) = 2 × 0.001, le pas d'Adam, × 4 lots
sept_lots_au_plus = compte_les_lots(0.01523, 0)  # de même, 7,5 lots : 480 images en font cinq de 96


@question("trois")
def test_trois_parametres(trois_photo):
    """Le réseau à trois convolutions compte 881 162 paramètres."""
    assert_params(trois_photo, 881_162)


@question("trois", weight=2)
def test_trois_couches(trois_photo, trois_ailleurs):
    """Le réseau à trois convolutions a les couches demandées, quelle que soit la forme de l'image."""
    assert_same_network(trois_photo, trainable=True)
    assert_same_network(trois_ailleurs, trainable=True)


@question("trois")
def test_trois_compile(trois_photo):
    """Le réseau à trois convolutions est compilé comme les autres."""
    assert_compiled(trois_photo, **COMPILE)


@question("comparaison")
def test_comparaison_noms(comparaison):
    """Chaque réseau est là, sous son nom."""
    assert_equal(sorted(comparaison), ["deux", "un"])


@question("comparaison")
def test_comparaison_parametres(comparaison):
    """Le premier nombre du couple est celui des paramètres."""
    assert_equal({nom: couple[0] for nom, couple in comparaison.items()}, {"un": 170, "deux": 82})


@question("comparaison", weight=2)
def test_comparaison_justesse(comparaison):
    """Le second est la justesse sur les images de test, une fois le réseau entraîné."""
    assert_close([couple[1] for couple in comparaison.values()], [0.75, 0.75])


@question("comparaison")
def test_comparaison_lots(quatre_lots_au_moins, sept_lots_au_plus):
    """Chaque réseau est entraîné une époque, par lots de 96."""
    ((_, au_quatrieme),), ((_, au_huitieme),) = quatre_lots_au_moins.values(), sept_lots_au_plus.values()
    assert au_quatrieme == 1, "attendu 1 : ce réseau change de réponse au quatrième lot, et 480 images en font cinq"
    assert au_huitieme == 1, "attendu 1 : ce réseau change de réponse au huitième lot, et 480 images n'en font que cinq"


# --- 5. Retenir n'est pas apprendre -----------------------------------------------------------------------------------

RECONNAIT = network((10,), DECISION, **COMPILE)
VALEURS = HASARD.permuted(np.tile(np.linspace(0, 3, 10, dtype=np.float32), (40, 1)), axis=1)
RECONNUES = VALEURS.argmax(axis=1)


def etiquettes_justes(combien, parmi):
    """Les étiquettes des premières valeurs : justes pour les `combien` premières, fausses pour les autres."""
    rang = np.arange(parmi)
    return np.where(rang < combien, RECONNUES[:parmi], (RECONNUES[:parmi] + 3) % 10)


justesse_plate = call("justesse", RECONNAIT, VALEURS, etiquettes_justes(26, 40))
justesse_colonne = call("justesse", RECONNAIT, VALEURS, etiquettes_justes(31, 40)[:, None])
ecart_positif = call(
    "ecart", RECONNAIT, VALEURS, etiquettes_justes(36, 40)[:, None], VALEURS[:25], etiquettes_justes(10, 25)[:, None]
)
ecart_negatif = call("ecart", RECONNAIT, VALEURS[:20], etiquettes_justes(5, 20), VALEURS, etiquettes_justes(30, 40))


@question("ecart")
def test_justesse(justesse_plate):
    """La justesse est la proportion de réponses justes."""
    assert_close(justesse_plate, 26 / 40)


@question("ecart")
def test_justesse_colonne(justesse_colonne):
    """Elle vaut aussi pour des étiquettes de forme (N, 1)."""
    assert_close(justesse_colonne, 31 / 40)


@question("ecart", weight=2)
def test_ecart(ecart_positif, ecart_negatif):
    """L'écart est la justesse sur les images vues, moins la justesse sur les nouvelles ; il peut être négatif."""
    assert_close(ecart_positif, 36 / 40 - 10 / 25)
    assert_close(ecart_negatif, 5 / 20 - 30 / 40)


# --- 6. De nouvelles images -------------------------------------------------------------------------------------------

RAMPE = np.linspace(0.1, 0.9, 40, dtype=np.float32)
VERS_LA_DROITE = np.broadcast_to(RAMPE[:, None], (80, 30, 40, 3)).astype(np.float32)
VERS_LE_BAS = np.broadcast_to(RAMPE[:, None, None], (80, 40, 30, 3)).astype(np.float32)
NUMEROS = np.arange(80, dtype=np.uint8)[:, None] % 10

augmentation = model("augmentation", input_shape=(32, 32, 3))
augmentees_larges = call("augmente", VERS_LA_DROITE, NUMEROS)
augmentees_hautes = call("augmente", VERS_LE_BAS, NUMEROS)


def pentes(images, axe):
    """Le signe de la variation de chaque image, du milieu de son premier quart au milieu du dernier."""
    longueur = images.shape[axe]
    debut, fin = (np.take(images, place, axis=axe) for place in (longueur // 4, 3 * longueur // 4))
    return np.sign((fin - debut).reshape(len(images), -1).mean(axis=1))


def decalages(images, axe):
    """De combien chaque image est décalée le long d'un axe, en pixels : la valeur de son milieu le dit."""
    milieu = np.take(images, images.shape[axe] // 2, axis=axe).reshape(len(images), -1)
    milieu = np.median(milieu, axis=1)  # l'autre décalage laisse des bords, noirs peut-être
    return np.abs((milieu - 0.5) / (RAMPE[1] - RAMPE[0]))


@question("augmentation")
def test_augmentation_couches(augmentation):
    """L'augmentation est faite de deux couches, RandomFlip puis RandomTranslation."""
    assert_equal([couche.cls for couche in augmentation.layers], ["RandomFlip", "RandomTranslation"])


@question("augmentation")
def test_augmente_garde(augmentees_larges):
    """Les images gardent leur taille, et chacune son étiquette."""
    images, etiquettes = augmentees_larges
    assert_shape(images, VERS_LA_DROITE.shape)
    assert_equal(etiquettes, NUMEROS)


@question("augmentation")
def test_augmente_retourne(augmentees_larges, augmentees_hautes):
    """Une image sur deux environ est retournée de gauche à droite, aucune de haut en bas."""
    retournees = np.mean(pentes(augmentees_larges[0], 2) < 0)
    assert retournees > 0, "aucune image n'est retournée : appelez le modèle avec training=True"
    assert 0.25 < retournees < 0.75, "une image sur deux environ devrait être retournée"
    assert np.all(pentes(augmentees_hautes[0], 1) > 0), "des images ont la tête en bas"


@question("augmentation")
def test_augmente_decale(augmentees_larges, augmentees_hautes):
    """Les images sont décalées d'au plus 10 %, en hauteur comme en largeur, chacune à sa façon."""
    for images, axe, sens in ((augmentees_larges[0], 2, "largeur"), (augmentees_hautes[0], 1, "hauteur")):
        de_combien = decalages(images, axe)
        assert len(np.unique(de_combien.round(2))) > 5, f"les images sont toutes décalées pareillement en {sens}"
        assert de_combien.max() < 5.1, f"des images sont décalées de plus de 10 % en {sens}"
        assert de_combien.max() > 2.5, f"les images sont trop peu décalées en {sens}"


# --- 7. Quelques pixels en moins --------------------------------------------------------------------------------------

POSITIVES = HASARD.uniform(0.1, 1, (60, 32, 30, 3)).astype(np.float32)
EN_LIGNE = np.full((3000, 10, 10, 1), 0.01, np.float32)  # cent pixels : 4 % en font quatre, même tirés image par image
EN_LIGNE[:, 0, :, 0] = HASARD.permuted(np.tile(np.linspace(0.1, 0.9, 10, dtype=np.float32), (3000, 1)), axis=1)
LIT_EN_LIGNE = network((10, 10, 1), "MaxPooling2D((10, 1))", "Reshape((10,))", DECISION, **COMPILE)

effacees = call("efface", POSITIVES)
effacees_plus = call("efface", POSITIVES, 0.3)
classes_lues = call("classes", RECONNAIT, VALEURS)
part_changee = call("sensibilite", LIT_EN_LIGNE, EN_LIGNE)


@question("efface")
def test_efface_pixels(effacees):
    """Un pixel est effacé sur tous ses canaux, ou laissé tel qu'il était."""
    assert_shape(effacees, POSITIVES.shape)
    touches = np.any(effacees != POSITIVES, axis=-1)
    assert touches.any(), "aucun pixel n'est effacé"
    assert np.all(effacees[touches] == 0), "des pixels ont changé sans que tous leurs canaux soient à zéro"


@question("efface")
def test_efface_part(effacees, effacees_plus):
    """Environ 4 % des pixels sont effacés, ou la part demandée."""
    assert_shape(effacees, POSITIVES.shape)
    assert 0.034 < np.mean(effacees[..., 0] == 0) < 0.046, "sans autre demande, 4 % des pixels sont effacés"
    assert 0.28 < np.mean(effacees_plus[..., 0] == 0) < 0.32, "part=0.3 devrait effacer 30 % des pixels"


@question("efface")
def test_efface_au_hasard(effacees_plus):
    """Le tirage se fait pixel par pixel, et diffère d'une image à l'autre."""
    assert_shape(effacees_plus, POSITIVES.shape)
    touches = np.all(effacees_plus == 0, axis=-1)
    part = touches.mean()  # vue ailleurs ; au hasard, deux voisins sont effacés ensemble part × part du temps
    assert part > 0, "aucun pixel n'est effacé"
    assert np.std(touches.mean(axis=0)) < 0.15, "ce sont les mêmes pixels dans toutes les images"
    voisins = np.mean(touches[:, :, 1:] & touches[:, :, :-1]) / part**2
    assert 0.55 < voisins < 1.45, "les pixels effacés se suivent, ou sont pris à intervalles réguliers"
    assert np.std(touches.mean(axis=2)) < 0.15, "des lignes entières sont effacées"


@question("sensibilite")
def test_classes(classes_lues):
    """La classe d'une image est celle qui a la plus grande probabilité."""
    assert_equal(classes_lues, RECONNUES)


@question("sensibilite")
def test_sensibilite(part_changee):
    """La sensibilité est la proportion d'images dont la classe change."""
    # ce réseau ne change d'avis que si le plus clair des pixels est effacé : quatre fois sur cent
    assert 0.025 < part_changee < 0.058, "la sensibilité ne compte que les images dont la classe a changé"


# --- 8. Trois défis ---------------------------------------------------------------------------------------------------

NOMS = ["avion", "voiture", "oiseau", "chat", "cerf", "chien", "grenouille", "cheval", "bateau", "camion"]
VRAIES = np.array([3, 5, 0, 9, 2, 7, 7, 6])
DITES = ["chat", "cheval", " Avion", "CAMION ", "voiture", "cheval", "licorne", "grenouille"]  # 5 justes sur 8
CHIENS = np.where(np.arange(200) % 2, 5, 1)
CONFUSION = HASARD.uniform(0, 1, (200, 10)).astype(np.float32)
CONFUSION[:, 7] += np.linspace(-1.5, 1.5, 200, dtype=np.float32)[HASARD.permutation(200)]

tires = call("tirage", 40, 1000)
tous_tires = call("tirage", 60, 60)
score_plat = call("mon_score", DITES, VRAIES)
score_colonne = call("mon_score", DITES[:5], VRAIES[:5, None])
chevaux = call("confondus", RECONNAIT, CONFUSION, CHIENS[:, None], 5, 7)
chevaux_a_plat = call("confondus", RECONNAIT, CONFUSION, CHIENS, 1, 2)
aucun = call("confondus", RECONNAIT, CONFUSION, CHIENS[:, None], 4, 7)


@question("score")
def test_tirage(tires, tous_tires):
    """Les numéros tirés sont différents, et le sont au hasard parmi tous."""
    assert_shape(tires, (40,))
    assert_equal(np.sort(tous_tires), np.arange(60))
    assert len(np.unique(tires)) == 40, "un même numéro est tiré plusieurs fois"
    assert tires.min() >= 0 and tires.max() < 1000, "des numéros sortent de l'ensemble"
    assert tires.max() - tires.min() > 500, "les numéros ne viennent pas de tout l'ensemble"
    assert len(np.unique(np.diff(tires))) > 10, "les numéros se suivent, ou sont pris à intervalles réguliers"


@question("score")
def test_mon_score(score_plat, score_colonne):
    """Le score est la proportion de noms justes, sans égard aux majuscules ni aux espaces."""
    assert_close(score_plat, 5 / 8)
    assert_close(score_colonne, 3 / 5)


@question("confondus")
def test_confondus_lesquels(chevaux, chevaux_a_plat):
    """Toutes les images de la première classe que le réseau prend pour la seconde sont là, et elles seules."""
    lues = CONFUSION.argmax(axis=1)
    assert_equal(sorted(chevaux), np.flatnonzero((CHIENS == 5) & (lues == 7)))
    assert_equal(sorted(chevaux_a_plat), np.flatnonzero((CHIENS == 1) & (lues == 2)))


@question("confondus")
def test_confondus_ordre(chevaux):
    """L'erreur la plus sûre vient d'abord."""
    exposants = np.exp(CONFUSION)
    sures = (exposants[:, 7] / exposants.sum(axis=1))[np.asarray(chevaux, dtype=int)]
    assert len(sures) > 1, "rendez toutes ces images, pour que leur ordre se voie"
    assert np.all(np.diff(sures) <= 1e-6), "rangez-les selon la probabilité donnée à `prise`"


@question("confondus")
def test_confondus_aucun(aucun):
    """Quand il n'y en a aucun, le tableau est vide."""
    assert_equal(len(aucun), 0)


SERREES = HASARD.uniform(0.1, 0.4, (300, 2, 5, 1)).astype(np.float32)
PLATES = SERREES.reshape(300, 10)  # la même mémoire : ce qui suit change SERREES
PREMIERES = HASARD.integers(0, 10, 300)
SECONDES = (PREMIERES + HASARD.integers(1, 10, 300)) % 10
PLATES[np.arange(300), PREMIERES] = 0.9
PLATES[np.arange(300), SECONDES] = 0.9 - HASARD.uniform(9, 15, 300).astype(np.float32) / 255  # à moins de 2 fois 8/255
AUX_BORDS = HASARD.choice([0, 1], (20, 2, 5, 1)).astype(np.float32)
LIT_CINQ = network((2, 5, 1), "Flatten()", DECISION, **COMPILE)
MARGE = 8 / 255

modifiees = call("trompe", LIT_CINQ, SERREES)
modifiees_peu = call("trompe", LIT_CINQ, SERREES, 2 / 255)
modifiees_bords = call("trompe", LIT_CINQ, AUX_BORDS)
jamais_vues = predictions("cible", recipe="objets", hidden="cifar10-hidden", shape=(32, 32, 3))
jamais_vues_modifiees = predictions("cible_trompee", recipe="objets", hidden="cifar10-hidden", shape=(32, 32, 3))


@question("trompe")
def test_trompe_marge(modifiees, modifiees_peu):
    """Aucune valeur ne s'écarte de plus de la marge, 8/255 ou celle que l'on demande."""
    for images, marge in ((modifiees, MARGE), (modifiees_peu, 2 / 255)):
        assert_shape(images, SERREES.shape)
        assert np.abs(images - SERREES).max() <= marge + 1e-5, "des valeurs changent de plus que la marge"


@question("trompe")
def test_trompe_bornes(modifiees_bords):
    """Les valeurs restent entre 0 et 1."""
    assert_shape(modifiees_bords, AUX_BORDS.shape)
    assert modifiees_bords.min() >= 0 and modifiees_bords.max() <= 1, "des valeurs sortent de l'intervalle [0, 1]"


@question("trompe", weight=2)
def test_trompe_calcul(modifiees):
    """Un réseau dont on connaît le calcul se trompe sur presque toutes les images modifiées."""
    assert_shape(modifiees, SERREES.shape)
    assert np.abs(modifiees - SERREES).max() <= MARGE + 1e-5, "des valeurs changent de plus que la marge"
    changees = np.mean(np.reshape(modifiees, (300, 10)).argmax(axis=1) != PREMIERES)
    assert changees > 0.9, f"la réponse ne change que pour {100 * changees:.0f} images sur 100"


@question("trompe", weight=2)
def test_trompe_jamais_vues(jamais_vues, jamais_vues_modifiees):
    """La cible change de réponse pour la plupart des images que vous n'avez jamais vues."""
    changees = np.mean(jamais_vues.classes != jamais_vues_modifiees.classes)
    assert changees > 0.5, f"la réponse ne change que pour {100 * changees:.0f} images sur 100"
