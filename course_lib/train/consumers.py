"""What watches a training from outside: each takes reports, passes every one of them on, and does one thing meanwhile.

They chain like any iterators, and an early stop is a `break`:

    reports = live_plot(progress(save_every(training, training, "runs/a/checkpoint.safetensors"), total=training.steps))
    for report in reports:
        if report.step > 100 and report.fake_logit < -10:
            break
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from course_lib.train import checkpoint
from course_lib.train.gan_loop import GanTraining, Report


def progress(reports: Iterable[Report], total: int | None = None, every: int = 20) -> Iterator[Report]:
    """Show one line of plain text: steps done, speed, both losses.

    Parameters
    ----------
    reports
        A training, or another consumer around it.
    total
        The number of the last step.
    every
        How often the losses are read; reading waits for the device.

    Yields
    ------
    Report
        The same reports.
    """
    from tqdm import tqdm  # not tqdm.auto: its widgets leave nothing behind in a stored notebook

    with tqdm(total=total, unit="step", mininterval=0.5) as bar:
        for report in reports:
            bar.update(report.step - bar.n)  # a resumed training does not begin at 1
            if report.step % every == 0:
                bar.set_postfix_str(f"D {report.loss_d.item():.3f}  G {report.loss_g.item():.3f}", refresh=False)
            yield report


def live_plot(reports: Iterable[Report], every: int = 100, show: Callable | None = None) -> Iterator[Report]:
    """Draw both losses and the latest samples, anew after every so many steps and at the end.

    Parameters
    ----------
    reports
        A training, or another consumer around it.
    every
        Steps between two drawings.
    show
        Is called with each matplotlib figure; None replaces the last drawing in the notebook's output.

    Yields
    ------
    Report
        The same reports.
    """
    show = show or _notebook_display()
    steps, losses_d, losses_g, report = [], [], [], None
    for report in reports:
        steps.append(report.step)
        losses_d.append(report.loss_d)
        losses_g.append(report.loss_g)
        if report.step % every == 0:
            show(_draw(steps, losses_d, losses_g, report))
        yield report
    if report is not None and report.step % every:
        show(_draw(steps, losses_d, losses_g, report))


def _notebook_display() -> Callable:
    from IPython.display import display

    handle = None

    def show(figure) -> None:
        nonlocal handle
        if handle is None:
            handle = display(figure, display_id=True)
        else:
            handle.update(figure)

    return show


def _draw(steps: list, losses_d: list, losses_g: list, report: Report):
    from matplotlib.figure import Figure  # not pyplot: nothing is shown twice, nothing has to be closed

    figure = Figure(figsize=(8, 3), layout="constrained")
    curves, samples = figure.subplots(1, 2)
    curves.plot(steps, [loss.item() for loss in losses_d], label="D", linewidth=1)
    curves.plot(steps, [loss.item() for loss in losses_g], label="G", linewidth=1, linestyle="--")
    curves.set(xlabel="step", ylabel="loss")
    curves.legend()
    x = report.samples.cpu()
    if x.ndim == 4:
        columns = min(5, len(x))
        x = x[: min(25, len(x)) // columns * columns].add(1).div(2).clamp(0, 1)  # the border: [-1, 1] → [0, 1]
        x = x.unflatten(0, (-1, columns)).permute(0, 3, 1, 4, 2).flatten(0, 1).flatten(1, 2)  # rows, h, columns, w, channels
        samples.imshow(x.numpy(), cmap="grey", vmin=0, vmax=1)
        samples.set_axis_off()
    elif x.shape[1] == 2:
        samples.scatter(*x.unbind(1), s=4)
        samples.set_aspect("equal")
    else:
        samples.hist(x.flatten().tolist(), bins=40)
    samples.set_title(f"G's samples, step {report.step}")
    return figure


def save_every(reports: Iterable[Report], training: GanTraining, path: str | Path, every: int = 500) -> Iterator[Report]:
    """Write the training's state to a checkpoint after every so many steps and after the last.

    Continue from it with `training.restore(checkpoint.load(path))`, on a training made with the same settings.

    Parameters
    ----------
    reports
        The training itself, or another consumer around it.
    training
        The training whose state is kept.
    path
        The file; it is replaced in one move each time.
    every
        Steps between two checkpoints.

    Yields
    ------
    Report
        The same reports.
    """
    report = None
    for report in reports:
        if report.step % every == 0:
            checkpoint.save(path, training.state())
        yield report
    if report is not None and report.step % every:
        checkpoint.save(path, training.state())
