"""Answers to 02.7 that must be rejected: what the message must say -> the answer."""

from torch.nn.functional import softplus


def both_cut(G, D, optimiser_G, optimiser_D, real, z):
    optimiser_D.zero_grad()
    optimiser_G.zero_grad()
    fake = G(z).detach()
    loss_D = softplus(-D(real)).mean() + softplus(D(fake)).mean()
    loss_D.backward()
    optimiser_D.step()
    loss_G = softplus(-D(fake)).mean()
    loss_G.backward()
    optimiser_G.step()
    return loss_D.item(), loss_G.item()


def wrong_one_cut(G, D, optimiser_G, optimiser_D, real, z):
    optimiser_D.zero_grad()
    optimiser_G.zero_grad()
    fake = G(z)
    loss_D = softplus(-D(real)).mean() + softplus(D(fake)).mean()
    loss_D.backward()
    optimiser_D.step()
    loss_G = softplus(-D(fake.detach())).mean()
    loss_G.backward()
    optimiser_G.step()
    return loss_D.item(), loss_G.item()


def step(clear_D=True, clear_G=True, sign=-1, steps_G=True):
    def one(G, D, optimiser_G, optimiser_D, real, z):
        if clear_D:
            optimiser_D.zero_grad()
        fake = G(z)
        loss_D = softplus(-D(real)).mean() + softplus(D(fake.detach())).mean()
        loss_D.backward()
        optimiser_D.step()
        if clear_G:
            optimiser_G.zero_grad()
        loss_G = softplus(sign * D(fake)).mean()
        loss_G.backward()
        (optimiser_G if steps_G else optimiser_D).step()
        return loss_D.item(), loss_G.item()

    return one


def at_once(G, D, optimiser_G, optimiser_D, real, z):
    optimiser_G.zero_grad()
    fake = G(z)
    loss_G = softplus(-D(fake)).mean()
    loss_G.backward()
    optimiser_D.zero_grad()
    loss_D = softplus(-D(real)).mean() + softplus(D(fake.detach())).mean()
    loss_D.backward()
    optimiser_D.step()
    optimiser_G.step()
    return loss_D.item(), loss_G.item()


WRONG = {
    "it stands still": both_cut,
    "helps D": wrong_one_cut,
    "takes them along": step(clear_D=False),
    "add up in G": step(clear_G=False),
    "learns to be caught": step(sign=1),
    "judges the fakes by the D": at_once,
    "it is D that steps": step(steps_G=False),
    "two numbers": lambda *args: step()(*args)[0],
}
