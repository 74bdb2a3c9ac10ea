"""Aliases that questions leave open: a design in which a right definition says more than the questions do."""

from mechgrok.analysis import Analysis, Claim, Number, Paired, Panel, Study, Trial

NETWORK = "--model.d_model 64 --model.d_head 16 --model.tied"
PARENT = (
    f"train oocl2024 --task.kind residue --task.p 100 {NETWORK} --model.seed {{seed}} --training.seed {{seed}} "
    "--split.kind python-shuffle --split.fraction 0.99 --split.seed {seed} "
    "--optimizer.lr 0.002 --schedule.steps 100 --training.batch 512 --training.steps 6000 --training.evaluate_every 500 "
    "--training.stop.test_loss_below None --training.stop.train_loss_below 0.02 --checkpoints.every 0"
)
CHILD = (
    f"finetune oocl2024-aliases --from {{out}}/residue.parent-s{{seed}} {NETWORK} --model.seed 1{{seed}} --training.seed {{seed}} "
    "--task.operation residue --task.p 100 --task.design_seed {seed} --task.original_held_out 0 "
    "--task.questions 8 --task.held_out 0.75 --task.partners 2 3 4 5 7 8 9 11 --task.ambiguous "
    "--optimizer.lr 0.003 --training.steps 900 --training.switch_at 600"
)
