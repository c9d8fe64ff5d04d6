# %% zero_grad last
def apprend(modele, images, etiquettes, epoques, taux):
    optimiseur = torch.optim.SGD(modele.parameters(), lr=taux)
    pertes = []
    for epoque in range(epoques):
        total = 0.0
        for i in range(len(images)):
            scores = modele(images[i : i + 1])
            perte = F.cross_entropy(scores, etiquettes[i : i + 1])
            perte.backward()
            optimiseur.step()
            optimiseur.zero_grad()
            total += perte.item()
        pertes.append(total / len(images))
    return pertes

# %% a criterion, a zip, unsqueeze
def apprend(modele, images, etiquettes, epoques, taux):
    critere = nn.CrossEntropyLoss()
    opt = torch.optim.SGD(modele.parameters(), lr=taux)
    historique = []
    for _ in range(epoques):
        pertes_epoque = []
        for image, etiquette in zip(images, etiquettes):
            opt.zero_grad()
            perte = critere(modele(image.unsqueeze(0)), etiquette.unsqueeze(0))
            perte.backward()
            opt.step()
            pertes_epoque.append(perte.item())
        historique.append(np.mean(pertes_epoque))
    return historique

# %% the step by hand
def apprend(modele, images, etiquettes, epoques, taux):
    pertes = []
    for _ in range(epoques):
        total = 0.
        for x, y in zip(images.split(1), etiquettes.split(1)):
            modele.zero_grad()
            perte = F.nll_loss(F.log_softmax(modele(x), dim=1), y)
            perte.backward()
            with torch.no_grad():
                for p in modele.parameters():
                    p -= taux * p.grad
            total += perte.detach()
        pertes.append(float(total / len(images)))
    return pertes
