"""Checks of « Un réseau dense pour lire des chiffres »."""

import re

import numpy as np

from autograder import (
    attribute,
    call,
    drawn_by,
    history,
    method,
    model,
    network,
    question,
    source,
    trained,
    trained_by,
    variable,
)
from autograder.asserts import (
    assert_close,
    assert_compiled,
    assert_dtype,
    assert_equal,
    assert_figure,
    assert_image,
    assert_params,
    assert_reaches,
    assert_same_network,
    assert_shape,
)

HASARD = np.random.default_rng(1998)
PETITES = HASARD.integers(10, 201, (6, 5, 7), dtype=np.uint8)  # ni 0, ni 255
ETIQUETTES = np.array([4, 0, 4, 11, 2, 2])
PROBABILITES = HASARD.dirichlet(np.ones(10), 40)
JUSTES = PROBABILITES.argmax(axis=1)
ECRITES = np.where(np.arange(40) < 26, JUSTES, (JUSTES + 1) % 10)

# --- 1. Les données ---------------------------------------------------------------------------------------------------

description = call("decrit", PETITES, ETIQUETTES)
description_flottants = call("decrit", np.zeros((3, 8, 8), dtype=np.float32), np.array([7, 7, 7]))
preparees = call("prepare", PETITES)
encodees = call("one_hot", ETIQUETTES, 14)


@question("description")
def test_description(description):
    """Le nombre d'exemples, la taille d'une image, le type des pixels et le nombre de classes sont donnés."""
    assert_equal(description, {"exemples": 6, "taille": (5, 7), "type": "uint8", "classes": 4})


@question("description")
def test_description_flottants(description_flottants):
    """La description suit les données, quelles qu'elles soient."""
    assert_equal(description_flottants, {"exemples": 3, "taille": (8, 8), "type": "float32", "classes": 1})


@question("preparation")
def test_preparation_forme(preparees):
    """Chaque image devient une ligne, quelle que soit sa taille."""
    assert_shape(preparees, (6, 35))


@question("preparation", weight=2)
def test_preparation_valeurs(preparees):
    """Les pixels vont de 0 à 1, dans l'ordre de l'image."""
    assert_close(
        preparees,
        PETITES.reshape(6, 35) / 255,
        hint="tous les pixels sont divisés par 255, quelles que soient les images, et lus ligne après ligne.",
    )


@question("preparation")
def test_preparation_type(preparees):
    """Les valeurs sont de type float32."""
    assert_dtype(preparees, "float32")


@question("one-hot", weight=2)
def test_one_hot(encodees):
    """Chaque étiquette devient une ligne, avec un seul 1, à sa place, pour autant de classes que demandé."""
    assert_equal(encodees, np.eye(14)[ETIQUETTES])


# --- 2. Le réseau -----------------------------------------------------------------------------------------------------

reseau = model("reseau", input_shape=(784,))
compte_quatre = call("parametres_denses", [784, 500, 400, 10])
compte_cinq = call("parametres_denses", [5, 4, 3, 2, 1])
construit_deux = call("build_nn", (500, 400))
construit_trois = call("build_nn", [30, 20, 40])
construit_aucune = call("build_nn", ())


@question("reseau")
def test_reseau_parametres(reseau):
    """Le réseau compte 623 290 paramètres."""
    assert_params(reseau, 623_290)


@question("reseau", weight=2)
def test_reseau_couches(reseau):
    """Le réseau a les deux couches demandées, avec leurs activations."""
    assert_same_network(reseau, trainable=True)


@question("reseau")
def test_reseau_noms(reseau):
    """Les deux couches denses se nomment C1 et C2."""
    assert_equal([couche.name for couche in reseau.layers if couche.cls == "Dense"], ["C1", "C2"])


@question("formule")
def test_formule_deux_couches_cachees(compte_quatre):
    """Avec des couches cachées de 500 et 400 neurones, le compte est de 596 910."""
    assert_equal(compte_quatre, 596_910)


@question("formule")
def test_formule_longue(compte_cinq):
    """La formule vaut pour une liste plus longue."""
    assert_equal(
        compte_cinq,
        6 * 4 + 5 * 3 + 4 * 2 + 3 * 1,
        hint="chaque couche compte ses poids, et un biais pour chaque neurone.",
    )


@question("build")
def test_build_deux(construit_deux):
    """Avec deux couches cachées, de 500 et 400 neurones, le réseau a 596 910 paramètres."""
    assert_params(construit_deux, 596_910)


@question("build", weight=2)
def test_build_trois(construit_trois):
    """Chaque nombre donne une couche dense avec ReLU, dans l'ordre, et la sortie est une couche de 10 avec softmax."""
    assert_same_network(construit_trois, trainable=True)


@question("build")
def test_build_aucune(construit_aucune):
    """Sans couche cachée, il reste la couche de sortie."""
    assert_same_network(construit_aucune, trainable=True)


# --- 3. L'apprentissage -----------------------------------------------------------------------------------------------

SCORES = HASARD.normal(0, 3, (5, 7))
GRANDS = np.array([[1000.0, 1001.0, 999.0], [-1000.0, -1000.0, -1002.0]])
DONNEES = HASARD.dirichlet(np.ones(6), 8)
CIBLES = np.eye(6)[HASARD.integers(0, 6, 8)]
COURBES = {
    "val_loss": [0.9, 0.4, 0.35, 0.38, 0.41],
    "loss": [1.2, 0.5, 0.3, 0.2, 0.1],
    "accuracy": [0.6, 0.8, 0.9, 0.95, 0.97],
}
uns = network((4,), "Dense(3, kernel_initializer='ones', bias_initializer='ones')")
zeros = network((4,), "Dense(3, kernel_initializer='zeros')")
probabilites = call("softmax", SCORES)
probabilites_grands = call("softmax", GRANDS)
erreur = call("entropie_croisee", DONNEES, CIBLES)
poids_transmis = call("transmet", uns, zeros, "transmis.weights.h5")
tirage = call("poids_tires", 12)
meme_tirage = call("poids_tires", 12)
autre_tirage = call("poids_tires", 13)
reproductible = variable("reproductible")
resume = call("resume", COURBES)
SUIVIS = [attribute("monitor"), attribute("patience"), attribute("restore_best_weights"), attribute("mode")]
arret_justesse = variable("arret_justesse", then=SUIVIS)
arret_perte = variable("arret_perte", then=SUIVIS)
copie = call("copie", network((6,), "Dense(5, activation='relu')", "Dense(2)"), "copie.keras")
historique = history("historique")
premiere_image = variable("x_entrainement", then=[method("__getitem__", 0)])
premiere_cible = variable("y_entrainement", then=[method("__getitem__", 0)])
code_apprentissage = source("apprentissage-reponse")
appris_ici = trained("reseau", recipe="trois-epoques", input_shape=(784,))
appris_par_entraine = trained_by("entraine", recipe="entraine", hidden="mnist-hidden", shape=(784,))


def softmax(scores):
    """Les exponentielles de chaque ligne, divisées par leur somme."""
    puissances = np.exp(scores - scores.max(axis=1, keepdims=True))
    return puissances / puissances.sum(axis=1, keepdims=True)


@question("entropie", weight=2)
def test_softmax(probabilites):
    """Les scores de chaque ligne deviennent des probabilités."""
    assert_close(
        probabilites, softmax(SCORES), hint="chaque ligne est divisée par sa propre somme : elle en a une de 1."
    )


@question("entropie")
def test_softmax_grands(probabilites_grands):
    """De très grands scores ne mettent pas le calcul en défaut."""
    assert_close(
        probabilites_grands,
        softmax(GRANDS),
        hint="retranchez à chaque ligne son maximum : rien ne déborde, et le quotient reste le même.",
    )


@question("entropie", weight=2)
def test_entropie(erreur):
    """L'erreur est la moyenne des opposés des logarithmes des probabilités des bonnes classes."""
    assert_close(
        erreur,
        -np.log(DONNEES[CIBLES == 1]).mean(),
        hint="une somme sur les classes, puis une moyenne sur les exemples, au signe moins près.",
    )


@question("poids")
def test_transmet(poids_transmis):
    """Le second réseau a reçu tous les poids du premier."""
    assert_equal([np.shape(poids) for poids in poids_transmis], [(4, 3), (3,)])
    assert_equal(poids_transmis[0], np.ones((4, 3)))
    assert_equal(poids_transmis[1], np.ones(3))


@question("graines", weight=2)
def test_poids_tires(tirage, meme_tirage, autre_tirage):
    """La même graine donne les mêmes poids, une autre en donne d'autres."""
    assert_shape(tirage, (4, 3))
    assert np.array_equal(tirage, meme_tirage), "deux appels avec la même graine rendent des poids différents"
    assert not np.array_equal(tirage, autre_tirage), "deux graines différentes rendent les mêmes poids"


@question("graines")
def test_reproductible(reproductible):
    """Ce qu'une graine garantit, et ce qu'elle ne garantit pas."""
    assert_equal(
        reproductible,
        {"poids": True, "melange": True, "ailleurs": False},
        hint="une graine fixe les poids de départ et l'ordre des exemples ; un autre matériel arrondit autrement.",
    )


@question("historique")
def test_resume(resume):
    """Les mesures, le nombre d'époques et la meilleure d'entre elles sont lus dans l'historique."""
    assert_equal(list(resume["mesures"]), ["accuracy", "loss", "val_loss"])
    assert_equal(resume["epoques"], 5, hint="une mesure a autant de valeurs qu'il y a d'époques.")
    assert_equal(
        resume["meilleure"],
        3,
        hint="c'est l'époque, comptée à partir de 1, où la perte de validation est la plus petite.",
    )


@question("arrets")
def test_arret_justesse(arret_justesse):
    """`arret_justesse` surveille la justesse de validation, et la veut grande."""
    assert_equal(arret_justesse["monitor"], "val_accuracy")
    assert arret_justesse["mode"] in ("max", "auto"), "la meilleure justesse est la plus grande"


@question("arrets")
def test_arret_perte(arret_perte):
    """`arret_perte` surveille la perte de validation, et la veut petite."""
    assert_equal(arret_perte["monitor"], "val_loss")
    assert arret_perte["mode"] in ("min", "auto"), "la meilleure perte est la plus petite"


@question("arrets")
def test_arrets_patience(arret_justesse, arret_perte):
    """Tous deux patientent deux époques."""
    assert_equal([arret_justesse["patience"], arret_perte["patience"]], [2, 2])


@question("arrets")
def test_arrets_meilleurs_poids(arret_justesse, arret_perte):
    """Tous deux rendent au réseau ses meilleurs poids."""
    rendus = arret_justesse["restore_best_weights"] and arret_perte["restore_best_weights"]
    assert rendus, "sans `restore_best_weights`, le réseau garde les poids de la dernière époque"


@question("fichier")
def test_copie(copie):
    """Le réseau relu a les mêmes couches."""
    assert_same_network(copie, ["Dense(5, activation='relu')", "Dense(2)"])


@question("apprentissage")
def test_historique_courbes(historique):
    """La perte et la justesse sont suivies, à l'entraînement et en validation."""
    manquantes = {"loss", "accuracy", "val_loss", "val_accuracy"} - set(historique)
    assert not manquantes, f"il manque {', '.join(sorted(manquantes))}"


@question("apprentissage")
def test_historique_epoques(historique):
    """Trois époques sont demandées."""
    assert_equal(historique.asked, 3)


@question("apprentissage")
def test_historique_apprend(historique, premiere_image, premiere_cible):
    """La justesse de validation dépasse nettement celle du hasard."""
    image, cible = np.asarray(premiere_image[0]), np.asarray(premiere_cible[0])
    # De données mal préparées on n'apprend peut-être rien : c'est l'affaire des questions qui les préparent.
    bien_preparees = np.ptp(image) > 0.5 and np.isclose(cible.sum(), 1)
    apprend = max(historique["val_accuracy"]) > 0.3 or not bien_preparees
    assert apprend, "chaque image doit aller avec son étiquette : y_entrainement, dans l'ordre de x_entrainement"


@question("apprentissage")
def test_images_d_entrainement(code_apprentissage):
    """Le réseau apprend des images d'entraînement, et il est validé sur d'autres que celles dont il apprend."""
    # Rien n'est dit d'un code où `fit` ne reçoit pas l'un de ces noms : on y a peut-être ses propres variables.
    code = re.sub(r"#.*", "", code_apprentissage)
    appris = re.search(r"\.fit\(\s*(?:x\s*=\s*)?(x_essai|x_test)\b", code)
    assert not appris, f"fit reçoit {appris[1]} : ces images ne servent qu'à mesurer ce que vaut le réseau"
    revues = re.search(r"validation_data\s*=\s*[(\[]\s*x_entrainement\s*,", code)
    assert not revues, "validation_data reçoit les images mêmes dont le réseau apprend"


@question("apprentissage")
def test_reglages(code_apprentissage):
    """Les lots sont de 64 images, et un cinquième des exemples sert à la validation."""
    for reglage, demande in (("batch_size", 64), ("validation_split", 0.2)):
        ecrits = re.findall(rf"\b{reglage}\s*=\s*(\d+\.?\d*|\.\d+)\s*[,)]", code_apprentissage)
        bons = not ecrits or any(np.isclose(float(ecrit), demande) for ecrit in ecrits)
        assert bons, f"{reglage} vaut {', '.join(ecrits)}, et {demande} est demandé"


@question("apprentissage")
def test_reseau_compile(reseau):
    """Le réseau est compilé avec l'entropie croisée, l'optimiseur Adam et la métrique demandée."""
    assert_compiled(reseau, optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])


@question("apprentissage", weight=2)
def test_reseau_apprend(appris_ici):
    """Entraîné de la même façon pour tous, le réseau reconnaît assez de chiffres de test."""
    assert_reaches(appris_ici)


@question("entraine", weight=3)
def test_entraine(appris_par_entraine):
    """Le réseau que rend `entraine` reconnaît assez de chiffres cachés."""
    assert_reaches(appris_par_entraine)


# --- 4. Lire les réponses ---------------------------------------------------------------------------------------------

lus = call("chiffres", PROBABILITES)
part_juste = call("taux", PROBABILITES, ECRITES)


@question("lecture")
def test_chiffres(lus):
    """Le chiffre reconnu est celui de la plus grande probabilité."""
    assert_equal(lus, JUSTES)


@question("lecture")
def test_taux(part_juste):
    """Le taux de réussite est la proportion de réponses justes."""
    assert_close(part_juste, 26 / 40, hint="de 0 à 1 : les réponses justes, divisées par toutes.")


IDENTITE = network((12,), "Dense(12, kernel_initializer='identity')")
VRAIS = HASARD.integers(0, 10, 60)
LUS = np.where(HASARD.random(60) < 0.6, VRAIS, HASARD.integers(0, 10, 60))
MATRICE = HASARD.integers(0, 90, (10, 10))
lu_seul = call("lit", IDENTITE, np.eye(12, dtype=np.float32)[9] + 0.25)
lu_autre = call("lit", IDENTITE, np.linspace(1, 0, 12, dtype=np.float32))
matrice = call("confusion", VRAIS, LUS)
matrice_montree = drawn_by("montre_confusion", MATRICE)
quatre = call("ouvre", "quatre.png")
sept = call("ouvre", "sept.png")


@question("image")
def test_lit(lu_seul, lu_autre):
    """Un seul chiffre est rendu : celui que le réseau préfère."""
    assert_equal(lu_seul, 9, hint="le rang de la plus grande probabilité que rend le réseau donné, compté de 0.")
    assert_equal(lu_autre, 0)


@question("confusion", weight=2)
def test_confusion(matrice):
    """Les lignes sont les vrais chiffres, les colonnes les chiffres lus."""
    attendue = np.zeros((10, 10), dtype=int)
    np.add.at(attendue, (VRAIS, LUS), 1)
    assert_equal(
        matrice,
        attendue,
        hint="la ligne est le vrai chiffre, la colonne celui qui est lu ; chaque exemple compte une fois.",
    )


@question("confusion")
def test_confusion_entiers(matrice):
    """La matrice est faite d'entiers."""
    assert np.asarray(matrice).dtype.kind in "iu", "ce sont des exemples que l'on compte : np.zeros(…, dtype=int)"


@question("confusion")
def test_confusion_montree(matrice_montree):
    """La matrice est montrée comme une image, et ses axes ont un nom."""
    assert_image(matrice_montree, MATRICE)
    assert_figure(matrice_montree, images=1, xlabel="lu", ylabel="vrai")


@question("png")
def test_ouvre_forme(quatre, sept):
    """L'image devient un vecteur de 784 valeurs, en float32."""
    for vecteur in (quatre, sept):
        assert_shape(vecteur, (784,))
        assert_dtype(vecteur, "float32")


@question("png", weight=2)
def test_ouvre_valeurs(quatre, sept):
    """Le fond est noir, le trait clair, et le dessin n'est ni couché ni retourné."""
    for vecteur, clairs, sombres in (
        (quatre, [(14, 10), (20, 17)], [(3, 3), (20, 10)]),
        (sept, [(6, 18), (20, 12)], [(20, 6), (20, 18)]),
    ):
        assert_shape(vecteur, (784,))
        dessin = np.reshape(vecteur, (28, 28))
        assert dessin.min() >= 0 and dessin.max() <= 1, "les valeurs ne sont pas toutes entre 0 et 1"
        assert max(dessin[place] for place in sombres) < 0.2, (
            "le fond n'est pas noir, ou le dessin n'est pas à sa place"
        )
        assert min(dessin[place] for place in clairs) > 0.5, "le trait n'est pas clair, ou n'est pas à sa place"
        assert 0.02 < dessin.mean() < 0.35, "le dessin est trop clair, ou trop sombre"
