"""Other names of flags: what people type who know them from papers, TransformerLens or other training scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SYNONYMS = {
    "task.p": "p prime modulus mod n_tokens vocab_size d_vocab",
    "task.operation": "op operation operator fn fn_name function binary_operation",
    "task.kind": "task dataset",
    "split.fraction": "fraction frac frac_train train_frac train_fraction training_fraction train_size train_ratio split_ratio",
    "split.test_fraction": "fraction frac test_fraction test_frac frac_test test_size",
    "split.seed": "split_seed data_seed dataset_seed seed_data",
    "split.kind": "split",
    "model.kind": "model arch architecture model_type",
    "model.layers": "n_layers num_layers layers n_layer depth n_blocks num_blocks",
    "model.hidden_layers": "n_layers num_layers layers n_layer depth",
    "model.stacked": "n_layers num_layers layers n_layer",
    "model.heads": "heads n_heads num_heads n_head nhead attention_heads",
    "model.d_head": "head_dim dim_head d_k head_size",
    "model.d_model": "dim width d_embed embed_dim embedding_dim model_dim hidden_dim n_embd residual_dim",
    "model.d_emb": "dim d_embed d_model embed_dim embedding_dim",
    "model.d_mlp": "hidden d_hidden hidden_size d_ff ff_dim mlp_dim d_ffn mlp_hidden n_neurons neurons num_neurons",
    "model.width": "hidden d_hidden hidden_size hidden_dim d_mlp n_neurons neurons num_neurons",
    "model.hidden": "d_hidden hidden_size hidden_dim",
    "model.activation": "act act_fn act_type activation activation_fn nonlinearity",
    "model.normalization": "norm normalization normalization_type layer_norm layernorm use_ln ln",
    "model.rotary_base": "rope_base rope_theta rotary_theta",
    "model.mlp_dropout": "dropout dropout_rate p_dropout",
    "model.dropout": "dropout_rate p_dropout",
    "model.seed": "model_seed init_seed torch_seed weight_seed manual_seed",
    "optimizer.kind": "optimizer optim optimiser opt",
    "optimizer.lr": "lr learning_rate learningrate step_size eta max_lr base_lr",
    "optimizer.weight_decay": "wd weight_decay decay weightdecay weight_decay_rate l2 lambda",
    "optimizer.l2": "wd weight_decay decay weightdecay weight_decay_rate lambda",
    "optimizer.betas": "betas beta beta1 beta2 adam_betas adam_beta1 adam_beta2",
    "model.eps": "norm_eps layer_norm_eps layernorm_eps rms_norm_eps ln_eps",
    "optimizer.eps": "eps epsilon adam_epsilon adam_eps",
    "schedule.steps": "warmup warmup_steps warm_up num_warmup_steps n_warmup",
    "schedule.kind": "schedule scheduler lr_schedule lr_scheduler",
    "training.steps": "steps epochs n_epochs num_epochs max_epochs n_steps num_steps max_steps total_steps num_training_steps iterations",
    "training.batch": "batch batch_size bs train_batch_size batchsize",
    "training.loss": "loss loss_fn loss_function criterion",
    "training.clip_norm": "clip grad_clip gradient_clip clip_grad clip_grad_norm max_grad_norm gradient_clip_val",
    "training.evaluate_every": "eval_every eval_interval eval_steps log_every log_interval evaluation_interval",
    "training.stop.test_loss_below": "stopping_thresh stopping_threshold",
    "checkpoints.every": "save_every checkpoint_every checkpoint_interval save_interval save_steps ckpt_every",
    "device": "gpu cuda accelerator",
    "threads": "n_threads num_threads cpus n_cpus",
    "out": "output output_dir out_dir outdir save_dir save_path run_dir log_dir folder dir",
}
"""The names that stand for each flag, without what comes before their last point."""


def flag_for(typed: str, options: Any) -> str | None:
    """The flag of some `options` (a config with those of a command) that a `typed` one probably means; None where none is likely."""
    name = typed.rpartition(".")[2].replace("-", "_").lower()
    known = list(_paths(options))
    meant = [path for path, names in SYNONYMS.items() if path in known and name in names.split()]
    alike = [path for path in known if path.rpartition(".")[2] == name]
    return next((f"--{path}" for path in [*meant, *alike * (len(alike) == 1)]), None)


def _paths(options: Any, prefix: str = "") -> Iterator[str]:
    """The path of every value; those of the execution are flags of their own."""
    for name in getattr(type(options), "model_fields", None) or getattr(options, "__dataclass_fields__", {}):
        value = getattr(options, name)
        inner = list(_paths(value, "" if name == "execution" else f"{prefix}{name}."))
        yield from inner or [f"{prefix}{name}"]
