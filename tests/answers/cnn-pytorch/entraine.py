# %% a class, a DataLoader, momentum
def entraine(images, etiquettes):
    class Reseau(nn.Module):
        def __init__(self):
            super().__init__()
            self.norme = nn.BatchNorm2d(3)
            self.c1, self.c2 = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
            self.fc1, self.fc2 = nn.Linear(32 * 64, 64), nn.Linear(64, 10)
        def forward(self, x):
            x = F.max_pool2d(F.relu(self.c1(self.norme(x))), 2)
            x = F.max_pool2d(F.relu(self.c2(x)), 2)
            return self.fc2(F.relu(self.fc1(x.flatten(1))))
    modele = Reseau()
    donnees = torch.utils.data.TensorDataset(torch.from_numpy(images), torch.from_numpy(etiquettes))
    chargeur = torch.utils.data.DataLoader(donnees, batch_size=32, shuffle=True)
    opt = torch.optim.SGD(modele.parameters(), lr=0.02, momentum=0.9)
    for _ in range(10):
        for x, y in chargeur:
            opt.zero_grad()
            nn.CrossEntropyLoss()(modele(x), y).backward()
            opt.step()
    return modele

# %% a scaled input, dropout, AdamW
def entraine(images, etiquettes):
    x, y = torch.tensor(images), torch.tensor(etiquettes).long()
    class Etale(nn.Module):
        def forward(self, x):
            return 4 * x - 2
    m = nn.Sequential(Etale(), nn.Conv2d(3, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2),
                      nn.Flatten(), nn.Linear(800, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
    opt = torch.optim.AdamW(m.parameters(), lr=2e-3)
    m.train()
    for e in range(11):
        for idx in torch.randperm(len(x)).split(32):
            perte = F.cross_entropy(m(x[idx]), y[idx])
            opt.zero_grad()
            perte.backward()
            opt.step()
    m.eval()
    return m
