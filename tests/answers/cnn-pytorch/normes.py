# %% a class that adds to the other
class Norme(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.n1 = nn.Conv2d(3, 8, 5), nn.BatchNorm2d(8)
        self.c2, self.n2 = nn.Conv2d(8, 16, 5), nn.BatchNorm2d(16)
        self.d1, self.d2, self.d3 = nn.Linear(400, 128), nn.Linear(128, 128), nn.Linear(128, 10)
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.n1(self.c1(x))), 2)
        x = F.max_pool2d(F.relu(self.n2(self.c2(x))), 2)
        x = F.relu(self.d1(x.flatten(1)))
        x = F.relu(self.d2(x))
        x = F.dropout(x, 0.25, training=self.training)
        return self.d3(x)
reseau_norme = Norme()

# %% blocks
def bloc(entrees, sorties):
    return nn.Sequential(nn.Conv2d(entrees, sorties, 5), nn.BatchNorm2d(sorties), nn.ReLU(inplace=True), nn.MaxPool2d(2, 2))
reseau_norme = nn.Sequential(bloc(3, 8), bloc(8, 16), nn.Flatten(), nn.Linear(400, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Dropout(p=0.25), nn.Linear(128, 10))
