# %% modules all along
class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.activation = nn.ReLU()
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.conv1 = nn.Conv2d(in_channels=3, out_channels=8, kernel_size=5)
        self.conv2 = nn.Conv2d(in_channels=8, out_channels=16, kernel_size=5)
        self.fc1 = nn.Linear(in_features=400, out_features=128)
        self.fc2 = nn.Linear(in_features=128, out_features=128)
        self.fc3 = nn.Linear(in_features=128, out_features=10)

    def forward(self, x):
        x = self.pool(self.activation(self.conv1(x)))
        x = self.pool(self.activation(self.conv2(x)))
        x = x.view((x.shape[0], -1))
        x = self.activation(self.fc1(x))
        x = self.activation(self.fc2(x))
        return self.fc3(x)

reseau = ConvNet()

# %% the maximum before the ReLU
class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, (5, 5))
        self.conv2 = nn.Conv2d(8, 16, (5, 5))
        self.pool = nn.MaxPool2d((2, 2))
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 128), nn.Linear(128, 128), nn.Linear(128, 10)
    def forward(self, x):
        x = torch.relu(self.pool(self.conv1(x)))
        x = self.pool(self.conv2(x)).relu()
        x = x.reshape(-1, 400)
        for couche in (self.fc1, self.fc2):
            x = couche(x).clamp(min=0)
        return self.fc3(x)
reseau = ConvNet()

# %% sequences inside
class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.LazyConv2d(16, 5)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.LazyLinear(128)
        self.fc2 = nn.Linear(128, 128)
        self.fc3 = nn.Linear(128, 10)
        self.tete = nn.Sequential(nn.Flatten(), self.fc1, nn.ReLU(), self.fc2, nn.ReLU(), self.fc3)
    def forward(self, x):
        for conv in [self.conv1, self.conv2]:
            x = self.pool(F.relu(conv(x)))
        return self.tete(x)
reseau = ConvNet()
reseau(torch.zeros(1, 3, 32, 32))
