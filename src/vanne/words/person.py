"""The sentences about one person: each code of `vanne.report.person_words`, in English.

Which sentence a person reads follows from their state (`vanne.report.person`), and from it alone.
"""

from vanne.words.message import Template

PERSON: dict[str, Template] = {
    # the answer to the question of the page
    "person-kept-out": "No, and nothing here can change that.",
    "person-open": "Yes, your data is used to train generative AI.",
    "person-open-exported": "Yes, others are given your data to train generative AI.",
    "person-open-unknown": "Yes, your data may be used.",
    "person-opening": "Yes, your data may be used. No model holds it yet.",
    "person-partly": "Yes, but only a part of your data.",
    "person-earlier": "Yes, but only what you published before.",
    "person-model-leaves-at": (
        "No. Your data leaves the model %(moment)s, by %(day)s at the latest."
    ),
    "person-model-leaves-by": "No. Your data leaves the model by %(day)s at the latest.",
    "person-model-leaving": "No. The model has yet to forget your data.",
    "person-corpus-leaving": "No. Your data is leaving the training set.",
    "person-closed": "No, your data has left the model.",
    "person-never": "No, and no model has held your data.",
    "person-nothing": "No, none of your items may be used.",
    "person-off": "No, your data is not used to train generative AI.",
    "person-off-exported": "No: no new export holds your data.",
    "person-other-used": "Your data may be used for this.",
    "person-other-off": "Your data is not used for this.",
    # the same in a word or two
    "person-word-late": "Late",
    "person-word-closing": "Being removed",
    "person-word-closed": "Removed and proven",
    "person-word-partly": "Partly on",
    "person-word-earlier": "Off from now on",
    "person-word-not-used": "Not used",
    "person-word-on-by-default": "On by default",
    "person-word-off-by-default": "Off by default",
    "person-word-turned-on": "Turned on",
    "person-word-turned-off": "Turned off",
    "person-word-on": "On",
    "person-word-off": "Off",
    # who decided it, and since when
    "person-by-signal": "Your browser asked for this (Global Privacy Control) on %(date)s.",
    "person-by-choice": "Your choice: %(moment)s.",
    "person-by-region-on": (
        "You have not chosen yet. The setting has been on by default in your region (%(region)s) "
        "since %(day)s."
    ),
    "person-by-region-off": (
        "You have not chosen yet. The setting has been off by default in your region (%(region)s) "
        "since %(day)s."
    ),
    "person-not-chosen": "You have not chosen yet.",
    "person-kept-off": "Your “no” is kept, and counts later too: %(moment)s.",
    "person-kept-on": "Your “yes” is kept, and opens nothing today: %(moment)s.",
    # where a change of the policy leaves them
    "person-chose-on": "You chose on, on %(date)s.",
    "person-chose-off": "You chose off, on %(date)s.",
    "person-choice-stays": "That stays as it is, and nobody asks you again.",
    "person-default-on": "The default in your region is then on.",
    "person-default-off": "The default in your region is then off.",
    # what could change where a person is kept out
    "person-correct-age": (
        "No choice changes that. If your date of birth is wrong or missing, ask the network to "
        "correct it."
    ),
    "person-correct-region": (
        "No choice changes that. If your region is wrong or missing, ask the network to correct it."
    ),
    "person-correct-member": "No choice changes that. Ask the network to enter you as a member.",
    # what else is so
    "person-left-on": "It left on %(day)s.",
    "person-model-unknown": "What the model of today holds is not known.",
    "person-past-unknown": "Whether an earlier model held any of it is not known.",
    "person-must-leave-model": (
        "%(n)s item must leave the model by %(day)s.",
        "%(n)s items must leave the model by %(day)s.",
    ),
    "person-must-leave-corpus": (
        "%(n)s item must leave the training set by %(day)s.",
        "%(n)s items must leave the training set by %(day)s.",
    ),
    "person-late": "That day has passed: this is late.",
    # what became of an opt-out
    "person-forgotten": (
        "Forgotten on %(date)s, which certificate %(name)s proves; it was due by %(day)s."
    ),
    "person-rest-waits": "What was beside it in the model is being trained again.",
    "person-rest-trained": (
        "What was beside it in the model was trained again on %(date)s: certificate %(name)s."
    ),
    "person-forget-due": "The current model must have forgotten it by %(day)s.",
    "person-forget-overdue": "It should have been forgotten by %(day)s. This is late.",
    "person-forget-nothing": "No model holds anything of it.",
    # the exports that held something of theirs
    "person-receiver-unnamed": "not named",
    "person-export-holds": (
        "Export of %(day)s, receiver: %(receiver)s. It holds %(n)s of your items.",
        "Export of %(day)s, receiver: %(receiver)s. It holds %(n)s of your items.",
    ),
    "person-export-left": (
        "Export of %(day)s, receiver: %(receiver)s. It held %(n)s of your items; the next one, of "
        "%(later)s, holds none.",
        "Export of %(day)s, receiver: %(receiver)s. It held %(n)s of your items; the next one, of "
        "%(later)s, holds none.",
    ),
    "person-export-unknown": (
        "Export of %(day)s, receiver: %(receiver)s. Whether it holds items of yours is not known."
    ),
    # the steps of a choice
    "person-step-recorded": "Choice recorded",
    "person-step-corpus-out": "Out of the training set",
    "person-step-model-out": "Out of the model",
    "person-step-retrained": "Model trained again",
    "person-step-export-out": "Out of the exports",
    "person-step-corpus-in": "Into the training set",
    "person-step-model-in": "Into the model",
    "person-step-export-in": "Into an export",
    # what each step does, before it is done
    "person-plan-recorded": "At once, with a receipt. You can change your mind at any time.",
    "person-plan-corpus-in": "At its next update.",
    "person-plan-model-in": "At its next training.",
    "person-plan-export-in": "With the next one.",
    "person-plan-corpus-out-trains": "No training begins with it from then on.",
    "person-plan-corpus-out-exports": "No export holds it from then on.",
    "person-plan-corpus-out-nothing": "Nothing has been trained or exported here yet.",
    "person-plan-retrained": "Without your items.",
    "person-plan-model-out": "By %(day)s at the latest. A dated certificate proves it.",
    "person-plan-export-out": (
        "The next one leaves your items out, and names those that its receiver must delete."
    ),
    "person-plan-afterwards": (
        "What you publish from then on. What you published before stays in: this network applies a "
        "no only to what is published after it."
    ),
    # what the setting changes
    "person-on-trains": (
        "Models may learn from those of your items that the policy permits. You can leave out a "
        "kind, or a single item."
    ),
    "person-on-exports": (
        "The network may export those of your items that the policy permits, for models that "
        "others train. You can leave out a kind, or a single item."
    ),
    "person-on-nothing": (
        "Those of your items that the policy permits may be used. You can leave out a kind, or a "
        "single item."
    ),
    "person-on-again-corpus": "If you turn it on again, your items join the training set.",
    "person-on-again-model": (
        "If you turn it on again, your items join the training set, and the model at its next "
        "training."
    ),
    "person-certificate-stays": ("The certificate stays valid: it is about the model of its day."),
    "person-off-trains": (
        "No model learns from your items. What one learnt from them is taken out, by %(day)s at "
        "the latest, and a dated certificate proves it."
    ),
    "person-off-exports": (
        "No later export holds your items. What an earlier one held, the next one names as taken "
        "back: its receiver must delete it."
    ),
    "person-off-nothing": (
        "Your items leave the training set. Nothing has been trained or exported here yet."
    ),
    "person-off-afterwards": (
        "No model learns from what you publish from then on. What you published before stays in: "
        "this network applies a no only to what is published after it."
    ),
    # the one press that a person who is kept out is offered
    "person-keep-no": "Keep my “no” for later",
    "person-keep-no-help": "Recorded at once, with a receipt.",
    # why a press was not recorded
    "not-saved-changed": (
        "Not saved: what stands beside the switch has changed since you opened this page. Read it, "
        "and press again if you still want it."
    ),
    "not-saved-kept-out": (
        "Not saved: this cannot be turned on for you. A “no” can be recorded at any time."
    ),
    # the caption of the picture
    "person-gate-open": "The gate is open.",
    "person-gate-closed": "The gate is closed.",
    "person-gate-flows": "The gate is open: it flows to the model.",
    "person-gate-none-yet": "The gate is open: the model has none of it yet.",
    "person-gate-earlier": "The gate is closed. What went through before stays.",
    "person-gate-model-emptied": "The gate is closed: the model is being emptied.",
    "person-gate-corpus-emptied": "The gate is closed: the training set is being emptied.",
    "person-gate-empty": "The gate is closed, and both basins are empty.",
}
