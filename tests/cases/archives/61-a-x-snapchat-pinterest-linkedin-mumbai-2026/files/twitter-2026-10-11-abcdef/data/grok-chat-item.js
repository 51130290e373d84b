window.YTD.grok_chat_item.part0 = [
  {
    "grokChatItem": {
      "accountId": "900100200",
      "chatId": "7",
      "createdAt": "2026-08-08T08:08:08.000Z",
      "sender": "User",
      "message": "plot twist ideas?"
    }
  },
  {
    "grokChatItem": {
      "accountId": "900100200",
      "chatId": "7",
      "createdAt": "2026-08-08T08:08:11.000Z",
      "sender": "Agent",
      "message": "1. The cat did it."
    }
  }
]