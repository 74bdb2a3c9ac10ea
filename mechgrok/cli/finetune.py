"""mechgrok finetune."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from mechgrok.api.default_folder import default_folder
from mechgrok.cli import train
from mechgrok.errors import UserError

if TYPE_CHECKING:
    pass

USAGE = """usage: mechgrok finetune PRESET --from RUN[@STEP] --load PART [PART ...] [--freeze PART ...]
                         [--out RUN] [--task.p 59 ...] [--device D] [--threads N] [--forward fast|plain] [--log live|lines|quiet|wandb]

Trains a preset that starts from weights of another run, by default those of its last checkpoint. A PART is
  embed     the embedding (W_E)
  unembed   the unembedding (W_U, b_U)
  body      everything between them, positions included
  all       everything
Parameters that are not loaded are drawn by model.init and model.seed; frozen parameters never change. Numbers keep their embedding, other
tokens are matched by their label, so a vocabulary may grow. Task and model are those of the preset and its flags; they have to fit the
parent's.

  a grokked, frozen embedding      mechgrok finetune PRESET --from RUN --load embed --freeze embed
  a grokked, frozen body           mechgrok finetune PRESET --from RUN --load body --freeze body
  a random, frozen embedding       mechgrok train PRESET --start.freeze embed
  train on, everything             mechgrok finetune PRESET --from RUN --load all

An interrupted run goes on with mechgrok train --resume RUN; the parent may be gone by then. Every value of the config is a flag by its
path; mechgrok finetune PRESET --help lists them.

presets:"""


def main(arguments: list[str]) -> int:
    """Trains a preset from another run's weights."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, *train.preset_lines(), sep="\n")
        return 0
    name, *rest = train.preset_first(arguments)
    options = parsed(name, rest)
    config = train.chosen(options)

    from mechgrok.api.training import from_parent, notes
    from mechgrok.training import finetuning

    if not options.origin:
        raise UserError("--from: give the run to start from, RUN or RUN@STEP (mechgrok finetune --help)")
    train.need_package(options.log)
    origin = finetuning.Origin.of(options.origin)
    usual = default_folder(name, config, train.preset(name, []))
    run = finetuning.begin(config, origin, options.out or from_parent(usual, origin), options.execution)
    for note in notes(config, origin):
        print(f"note: {note}")
    return train.train(run, options.log)


def parsed(name: str, arguments: list[str]) -> Any:
    """The options of the command for the preset of that name, as the arguments set them."""
    preset = train.preset(name, ["--help"])
    import tyro

    from mechgrok.config import Start

    of_parent = "The run to start from, and @ with a step for another checkpoint than its last."
    more = {
        "origin": (Annotated[str, tyro.conf.arg(name="from", metavar="RUN[@STEP]", help=of_parent)], ""),
        "start": (Annotated[Start, tyro.conf.arg(name="")], preset.start),
    }
    text = f"Trains the preset {name} from weights of another run."
    return train.options(f"finetune {name}", text, preset, arguments, more)
