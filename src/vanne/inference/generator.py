"""Generate an answer with one version of the model: conversation to tokens, tokens to words.

A conversation is put into the base model's own chat template, or into a plain one if the model has
none. Marks that somebody writes into a message (`<|im_end|>`) are ordinary characters, so nobody
can speak in another role: the template is filled with a place for each message, and only the
template's own text can become a mark. In the plain template every further line of a message is
indented, so only the template can begin a line with a role. If no message holds a mark, the tokens
are those that transformers' `apply_chat_template` gives.

The ensemble itself answers: the merged weights, with the bits that training gave.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vanne.errors import InputError, storing
from vanne.inference.asking import (
    LONGEST_CONTEXT,
    USUAL_TOKENS,
    Began,
    Ended,
    Event,
    GenerationRequest,
    Options,
    Piece,
    TooLong,
    Turn,
)
from vanne.train.base import Base, find_base, quiet
from vanne.train.ensemble import load_ensemble
from vanne.train.environment import exactly
from vanne.train.model import load
from vanne.train.settings import TrainingSettings
from vanne.train.tokens import BaseTokenizer, tokens_in


@dataclass(frozen=True, slots=True)
class Generator:
    """A version of the model in memory. It answers one question at a time and keeps none."""

    version: str
    prompts: "Prompts"
    causal: Any
    settings: TrainingSettings

    def answer(
        self,
        question: GenerationRequest,
        tell: Callable[[Event], None],
        is_over: Callable[[], bool],
    ) -> None:
        """Answer a question: tell that it begins or is too long, each piece, and that it is ended.

        Raises:
            InputError: the model's template does not take the conversation.
        """
        import torch

        options, context = question.options, self.prompts.context
        prompt = self.prompts.tokens(question.prompt)
        needed = len(prompt) + (options.max_tokens or 1)
        if needed > context:
            tell(TooLong(needed, context))
            return
        most = options.max_tokens or min(USUAL_TOKENS, context - len(prompt))
        is_talk = not isinstance(question.prompt, str)
        stops = Stops((*options.stop, *(self.prompts.turn if is_talk else ())))
        tell(Began(self.version, len(prompt)))
        count, is_cut = 0, True
        with exactly(self.settings), torch.inference_mode():
            for text in self._texts(prompt, options, most):
                count += 1
                if text is None:
                    is_cut = False
                    break
                if piece := stops.feed(text):
                    tell(Piece(piece))
                if stops.is_hit or is_over():
                    is_cut = False
                    break
        if piece := stops.rest():
            tell(Piece(piece))
        tell(Ended("length" if is_cut else "stop", count))

    def _texts(self, prompt: Sequence[int], options: Options, most: int) -> Iterator[str | None]:
        """Yield the text of each token after the prompt, and None for the mark that ends it."""
        import torch
        from tokenizers.decoders import DecodeStream
        from transformers import DynamicCache

        device = self.causal.device
        cache = DynamicCache(config=self.causal.config)
        text = DecodeStream(ids=list(prompt), skip_special_tokens=True)
        draw = torch.Generator(device)
        draw.seed() if options.seed is None else draw.manual_seed(options.seed)
        ids = torch.tensor([list(prompt)], device=device)
        for _ in range(most):
            out = self.causal(input_ids=ids, cache=cache, use_cache=True, logits_to_keep=1)
            logits = out.logits[0, -1].float()  # (words,)
            if options.temperature == 0:
                token = int(logits.argmax())
            else:
                likely, words = torch.softmax(logits / options.temperature, 0).sort(descending=True)
                before = likely.cumsum(0) - likely  # how likely all those are that come before each
                likely[before >= options.top_p] = 0  # the first always stays: nothing is before it
                token = int(words[torch.multinomial(likely, 1, generator=draw)])
            ids = torch.tensor([[token]], device=device)
            if token in self.prompts.ends:
                yield None
                return
            yield text.step(self.prompts.tokenizer, token) or ""


def open_generator(store: Path, version: str) -> Generator:
    """Load a version of the model.

    Raises:
        MissingError: the version or its base model is not there.
        VerificationError: an adapter does not have the digest that the lineage records.
    """
    model = load(store, version)
    prompts = Prompts(find_base(model.settings))
    return Generator(version, prompts, load_ensemble(store, model).causal, model.settings)


class Stops:
    """Holds back what may be the beginning of a stop text, and gives the rest."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._texts = [text for text in texts if text]
        self._held = ""
        self.is_hit = False

    def feed(self, text: str) -> str:
        """Take a piece; return what can be given of all so far.

        >>> stops = Stops(("END",))
        >>> [stops.feed(piece) for piece in ("an E", "nd E", "N", "D.")], stops.is_hit
        (['an ', 'End ', '', ''], True)
        """
        if self.is_hit:
            return ""
        waiting = self._held + text
        places = [place for stop in self._texts if (place := waiting.find(stop)) >= 0]
        if places:
            self.is_hit, self._held = True, ""
            return waiting[: min(places)]
        # How many characters at the end may begin a stop.
        keep = max(
            (n for s in self._texts for n in range(1, len(s)) if waiting.endswith(s[:n])), default=0
        )
        piece, self._held = waiting[: len(waiting) - keep], waiting[len(waiting) - keep :]
        return piece

    def rest(self) -> str:
        """Return what was held back and turned out to be no stop."""
        waiting, self._held = self._held, ""
        return waiting


_PLACE = re.compile("\ue000(\\d+)\ue001")  # private use: no template says this


class Prompts:
    """The base model's tokenizer and template."""

    def __init__(self, base: Base) -> None:
        """Open them.

        Raises:
            InputError: the tokenizer cannot be used.
        """
        from tokenizers import Tokenizer

        with storing("the base model's configuration"):
            config = json.loads((base.folder / "config.json").read_text())
            path = base.folder / "generation_config.json"
            generation = json.loads(path.read_text()) if path.is_file() else {}
        text = config.get("text_config", config)
        longest = text.get("max_position_embeddings") or text.get("n_positions")  # GPT-2's name
        self.context = min(longest or LONGEST_CONTEXT, LONGEST_CONTEXT)
        self._tokens = BaseTokenizer(base, self.context)
        self.tokenizer: Any = Tokenizer.from_file(str(base.tokenizer))
        self.tokenizer.encode_special_tokens = True
        added = self.tokenizer.get_added_tokens_decoder().items()
        self._marks = {token.content: number for number, token in added if token.special}
        self._template: Any = None  # transformers' tokenizer, if it has a chat template
        if (base.folder / "tokenizer_config.json").is_file():
            with quiet():
                from transformers import AutoTokenizer

                try:
                    theirs = AutoTokenizer.from_pretrained(base.folder)
                except (OSError, ValueError, KeyError) as error:
                    raise InputError(f"`{base.folder}` holds no usable tokenizer") from error
            self._template = theirs if theirs.chat_template else None
        ends = generation.get("eos_token_id") or []
        self.ends = frozenset({self._tokens.end, *([ends] if isinstance(ends, int) else ends)})
        self.turn: tuple[str, ...] = () if self._template else ("\nuser:",)

    def tokens(self, prompt: str | Sequence[Turn]) -> list[int]:
        """Return the tokens of a text to be continued, or of a conversation.

        Raises:
            InputError: the model's template does not take the conversation.
        """
        from jinja2 import TemplateError

        if isinstance(prompt, str):
            return self._tokens.prompt(prompt)
        if self._template is None:
            # No line of a message begins like another's turn.
            texts = ("\n ".join(each.text.splitlines()) for each in prompt)
            turns = [f"{each.role}: {text}\n" for each, text in zip(prompt, texts, strict=True)]
            return self._tokens.prompt("".join(turns) + "assistant:")
        places = [
            {"role": message.role, "content": f"\ue000{number}\ue001"}
            for number, message in enumerate(prompt)
        ]
        try:
            filled = str(
                self._template.apply_chat_template(
                    places, tokenize=False, add_generation_prompt=True
                )
            )
        except (TemplateError, ValueError, TypeError, KeyError) as error:
            raise InputError(
                "the model's chat template does not take these messages in this order",
                todo="begin with the system's, and let user and assistant take turns",
            ) from error
        tokens: list[int] = []
        for run, is_mark in self._runs(filled, prompt):
            tokens += [self._marks[run]] if is_mark else tokens_in(self.tokenizer, run)
        return tokens

    def _runs(self, filled: str, messages: Sequence[Turn]) -> Iterator[tuple[str, bool]]:
        """Give what lies between marks as one run each, and each mark of the template."""
        marks = sorted(self._marks, key=len, reverse=True)
        mark = re.compile("(" + "|".join(map(re.escape, marks)) + ")") if marks else None
        run = ""
        for number, part in enumerate(_PLACE.split(filled)):
            if number % 2:
                run += messages[int(part)].text
                continue
            for piece in mark.split(part) if mark else [part]:
                if piece not in self._marks:
                    run += piece
                    continue
                if run:
                    yield run, False
                run = ""
                yield piece, True
        if run:
            yield run, False
