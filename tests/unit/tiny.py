"""A Stable Diffusion pipeline of a few thousand random weights, and a LoRA for it, saved in their real formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

WORDS = [
    "l",
    "o",
    "w</w>",
    "lo",
    "low</w>",
    "w",
    "e",
    "r",
    "s",
    "t",
    "i",
    "d",
    "n",
    "a",
    "f",
    "x",
    "<|startoftext|>",
    "<|endoftext|>",
]


def parts() -> dict[str, Any]:
    """The components of a pipeline whose latents are an eighth of the picture, taught at 256 px."""
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(7)
    unet = UNet2DConditionModel(
        sample_size=32, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(8, 16), norm_num_groups=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16, attention_head_dim=2,
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=(4, 4, 4, 4), in_channels=3, out_channels=3, latent_channels=4, norm_num_groups=2, sample_size=256,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    )  # fmt: skip
    text = CLIPTextModel(
        CLIPTextConfig(
            hidden_size=16, intermediate_size=16, num_attention_heads=2, num_hidden_layers=2, vocab_size=len(WORDS), bos_token_id=len(WORDS) - 2,
            eos_token_id=len(WORDS) - 1, pad_token_id=len(WORDS) - 1, max_position_embeddings=77,
        )
    )  # fmt: skip
    scheduler = DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, steps_offset=1
    )
    return {"unet": unet, "vae": vae, "text_encoder": text, "scheduler": scheduler}


def pipeline(folder: Path) -> Path:
    """Save one below `folder`; where it lies."""
    from diffusers import StableDiffusionPipeline
    from transformers import CLIPTokenizer

    words = folder / "words"
    words.mkdir(parents=True)
    (words / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(WORDS)}))
    (words / "merges.txt").write_text("#version: 0.2\nl o\nlo w</w>\n")
    tokenizer = CLIPTokenizer(str(words / "vocab.json"), str(words / "merges.txt"), model_max_length=77)
    pipe = StableDiffusionPipeline(
        **parts(), tokenizer=tokenizer, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )
    pipe.save_pretrained(folder / "tiny", safe_serialization=True)
    return folder / "tiny"


def lora(file: Path) -> Path:
    """Save a LoRA over the attention of that pipeline's UNet, as trainers save it."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(8)
    weights: dict[str, Any] = {}
    for name, module in parts()["unet"].named_modules():
        if name.endswith(("to_q", "to_v")):
            weights[f"unet.{name}.lora_A.weight"] = torch.randn(2, module.in_features)
            weights[f"unet.{name}.lora_B.weight"] = torch.randn(module.out_features, 2)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, file)
    return file
