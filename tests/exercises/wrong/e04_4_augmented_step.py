"""Answers to 04.4 that must be rejected: what the message must say -> the answer."""

from torch.nn.functional import softplus


def step(real_plain=False, fake_plain=False, plain_for_G=False, cut=False, leak=False):
    def one(G, D, optimiser_G, optimiser_D, real, z, augment):
        fake = G(z)
        seen = fake if leak else fake.detach()
        loss_D = softplus(-D(real if real_plain else augment(real))).mean()
        loss_D = loss_D + softplus(D(seen if fake_plain else augment(seen))).mean()
        optimiser_D.zero_grad()
        loss_D.backward(retain_graph=True)
        optimiser_D.step()
        mine = fake.detach().requires_grad_(True) if cut else fake
        loss_G = softplus(-D(mine if plain_for_G else augment(mine))).mean()
        if not leak:
            optimiser_G.zero_grad()
        loss_G.backward()
        optimiser_G.step()
        return loss_D.item(), loss_G.item()

    return one


WRONG = {
    "plain fakes, a kind of image": step(plain_for_G=True),
    "augmented reals from plain fakes": step(fake_plain=True),
    "asked to undo": step(real_plain=True),
    "Nothing is augmented": step(real_plain=True, fake_plain=True, plain_for_G=True),
    "G stands still": step(cut=True),
    "clear G's gradients": step(leak=True),
    "two numbers": lambda *arguments: step()(*arguments)[0],
}
