"""Azure OpenAI as a second back end: export, fine-tuning, inference, deletion with receipts."""
