window.YTD.grok_chat_item.part0 = [
  {
    "grokChatItem": {
      "accountId": "1",
      "chatId": "c1",
      "createdAt": "2026-09-09T09:09:09.000Z",
      "sender": {
        "name": "User"
      },
      "message": "dor no peito é grave?"
    }
  },
  {
    "grokChatItem": {
      "accountId": "1",
      "chatId": "c1",
      "createdAt": "2026-09-09T09:09:12.000Z",
      "sender": {
        "name": "Agent"
      },
      "message": "Procure atendimento…"
    }
  }
]